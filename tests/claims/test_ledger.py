"""The register of claims is complete, and every mark in it points at something that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmsim.core.errors import CmsimError
from cmsim.validation.claims import (
    CLAIMS,
    ContrastResult,
    Measure,
    claim,
    collect_contrasts,
    collect_statuses,
    list_open_claims,
    load_test_modules,
)

pytestmark = pytest.mark.claims

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "data" / "claims"
OPEN = ROOT / "docs" / "data" / "claims_open.txt"


@pytest.fixture(scope="module")
def statuses():
    return collect_statuses(load_test_modules(ROOT / "tests" / "claims"))


def test_there_are_119_claims_of_five_documents():
    assert len(CLAIMS) == 119
    assert {key[0] for key in CLAIMS} == set("KASOQ")


def test_a_claim_once_tested_keeps_a_test(statuses):
    """``docs/data/claims_open.txt`` names the claims without a test, or whose contrast is not recorded yet."""
    assert OPEN.read_text().split() == list_open_claims(statuses, RESULTS), (
        "python tools/record_claims.py NAME writes it"
    )
    assert {each.key for each in statuses} == set(CLAIMS), "every claim has a test"


def test_a_contrast_behind_a_claim_is_one_that_a_test_defines(statuses):
    known = collect_contrasts(ROOT / "tests" / "claims")
    for each in statuses:
        if each.contrast is not None:
            assert each.contrast in known, f"{each.key} in {each.test}"
    # and no result is left of a contrast that is no longer there
    assert {path.stem for path in RESULTS.glob("*.json")} <= set(known)


def test_an_emergent_claim_has_a_committed_result_of_enough_draws(statuses):
    for each in statuses:
        if each.status == "emerges":
            assert each.contrast, f"{each.key} in {each.test} names no contrast"
        if each.contrast and (RESULTS / f"{each.contrast}.json").exists():
            result = ContrastResult.load(RESULTS, each.contrast)
            enough = 50 if each.status == "emerges" else 20
            is_clear = all(found.is_clear for found in result.findings)
            assert is_clear or result.manifest["draws"] >= enough, each.contrast


def test_marks_that_point_nowhere_are_refused():
    with pytest.raises(ValueError, match="unknown claim"):
        claim("K-99", status="built in", mechanism="cmsim.core.simtime:day_of")
    with pytest.raises(ValueError, match="unknown status"):
        claim("K-14", status="shown", mechanism="cmsim.core.simtime:day_of")
    with pytest.raises(ValueError, match="needs a reason"):
        claim("K-14", status="not shown", mechanism="cmsim.core.simtime:day_of")
    with pytest.raises(AttributeError):
        claim("K-14", status="built in", mechanism="cmsim.core.simtime:no_such_function")
    with pytest.raises(CmsimError):
        Measure("no_such_outcome", 1)(None)
