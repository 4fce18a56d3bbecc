"""Fixtures of the tests of claims: recorded results that the present code confirms, and small pairs of runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cmsim.scenario.parameter_sets import bundled_ensemble
from cmsim.validation.claims import ContrastResult, find_differences

RESULTS = Path(__file__).parents[2] / "docs" / "data" / "claims"


@pytest.fixture(scope="session")
def examined():
    """Return the recorded result of a contrast, once the present code has given its first draw again."""
    known = {}

    def look(contrast):
        if contrast.name not in known:
            found = ContrastResult.load(RESULTS, contrast.name)
            known[contrast.name] = found, find_differences(contrast, found, bundled_ensemble())
        found, differences = known[contrast.name]
        assert not differences, f"python tools/record_claims.py {contrast.name} records the contrast anew"
        return found

    return look


@pytest.fixture(scope="session")
def paired():
    """Return how far each measure moves the way a claim says, in small pairs of runs of a contrast.

    For claims that a rule states: the consequence at system level, not its size. Each pair has people and
    random streams of its own; a test asks for the sign in all four (``.min() > 0``), which stochastic
    variation alone gives in one of 16 cases.
    """
    known = {}

    def look(contrast, replications=4, clients=120, days=180):
        name = (contrast.name, replications, clients, days)
        if name not in known:
            small = replace(contrast, clients=clients, warm_up=30, days=days)
            signs = [measure.sign for measure in contrast.measures]
            pairs = (small.simulate_pair({}, replication) for replication in range(replications))
            gaps = np.array([(b - a) * signs for a, b in pairs])
            known[name] = dict(zip((measure.name for measure in contrast.measures), gaps.T, strict=True))
        return known[name]

    return look
