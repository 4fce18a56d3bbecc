"""Options of the tests: the long examination of emergent claims runs only when asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[1] / "docs" / "claims"


def pytest_addoption(parser):
    parser.addoption("--claims", action="store_true", help="examine emergent claims on all their draws")
    parser.addoption("--record", action="store_true", help="with --claims: write the results to docs/claims/")
    parser.addoption("--claims-jobs", type=int, default=1, help="processes for --claims")


@pytest.fixture
def examined(request):
    """Return what a contrast shows: run anew with --claims (written down with --record), otherwise the
    committed result, after the contrast has run once at smoke size."""
    from cmsim.claims import Examined, examine, smoke

    def look(contrast):
        if not request.config.getoption("--claims"):
            smoke(contrast)
            return Examined.load(RESULTS, contrast.name)
        found = examine(contrast, n_jobs=request.config.getoption("--claims-jobs"))
        if request.config.getoption("--record"):
            found.save(RESULTS)
        return found

    return look
