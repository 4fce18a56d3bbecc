"""Options of the tests: the long examination of emergent claims runs only when asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[1] / "docs" / "claims"


def pytest_addoption(parser):
    parser.addoption("--claims", action="store_true", help="examine emergent claims anew on all their draws")
    parser.addoption("--claims-jobs", type=int, default=1, help="processes for --claims")


@pytest.fixture
def examined(request):
    """Return what a contrast shows: the recorded result, after the contrast has run once at smoke size.

    With --claims it is run anew on all draws. A contrast that is not recorded yet is left out.
    """
    from cmsim.claims import Examined, examine, smoke

    def look(contrast):
        if request.config.getoption("--claims"):
            return examine(contrast, n_jobs=request.config.getoption("--claims-jobs"))
        smoke(contrast)
        if not (RESULTS / f"{contrast.name}.json").exists():
            pytest.skip(f"{contrast.name} is not recorded yet: python docs/record_claims.py {contrast.name}")
        return Examined.load(RESULTS, contrast.name)

    return look


@pytest.fixture
def once():
    """Return how far a measure moves the way a claim says, in one small pair of histories of a contrast.

    For claims that a rule states: the consequence at system level, not its size.
    """
    from cmsim.claims import Contrast
    from cmsim.simulation import simulate

    def look(contrast, name, clients=60, days=180):
        small = {"clients": clients, "warm_up": 30, "days": days}
        arms = Contrast(**{**contrast.__dict__, **small}).arms()
        measure = next(each for each in contrast.measures if each.name == name)
        a, b = (measure(simulate(arm)) for arm in arms)
        return (b - a) * measure.sign

    return look
