"""Suites, options and shared fixtures; the long examination of emergent claims runs only when asked for."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

SUITES = ("slow", "system", "claims")
"""Markers of the suites that run when asked for, as ``pytest -m slow``, or when a file is named; others are default."""

RESULTS = Path(__file__).parents[1] / "docs" / "data" / "claims"


def pytest_addoption(parser):
    parser.addoption("--claims", action="store_true", help="examine emergent claims anew on all their draws")
    parser.addoption("--claims-jobs", type=int, default=1, help="processes for --claims")


def pytest_configure(config):
    """Choose the suite, let Ctrl-C through, compile once for all processes that run tests.

    A shell that starts the tests in the background lets them, and the programs that they start, ignore SIGINT.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput"):
        return
    if not config.option.markexpr and not any(".py" in word for word in config.args):
        config.option.markexpr = " and ".join(f"not {name}" for name in SUITES)
    if config.option.collectonly:
        return
    from cmsim import load_scenario, simulate

    small = {"world.population.clients": 40, "world.warm_up_days": 0, "run.days": 30}
    simulate(load_scenario("usual_care").replace(small))


def pytest_collection_modifyitems(items):
    """Refuse a test that stands in two suites: each runs once, in the default suite or in one of the others."""
    for item in items:
        suites = [name for name in SUITES if item.get_closest_marker(name)]
        if len(suites) > 1:
            raise pytest.UsageError(f"{item.nodeid} stands in the suites {' and '.join(suites)}")


@pytest.fixture
def examined(request):
    """Return what a contrast shows: the recorded result, after the contrast has run once at smoke size.

    With --claims it is run anew on all draws. A contrast that is not recorded yet, or with
    other measures than it has now, is left out.
    """
    from cmsim.validation.claims import Examined, examine, smoke

    def look(contrast):
        if request.config.getoption("--claims"):
            return examine(contrast, n_jobs=request.config.getoption("--claims-jobs"))
        smoke(contrast)
        if not (RESULTS / f"{contrast.name}.json").exists():
            pytest.skip(f"{contrast.name} is not recorded yet: python tools/record_claims.py {contrast.name}")
        found = Examined.load(RESULTS, contrast.name)
        if {each.name for each in contrast.measures} != set(found.values):
            pytest.skip(f"{contrast.name} was recorded with other measures: python tools/record_claims.py")
        return found

    return look


@pytest.fixture(scope="session")
def paired():
    """Return how far each measure moves the way a claim says, in small pairs of replications of a contrast.

    For claims that a rule states: the consequence at system level, not its size. Each pair has people and
    luck of its own; a test asks for the sign in all four (``.min() > 0``), which chance alone gives in one of
    16 cases.
    """
    import numpy as np

    from cmsim.validation.claims import Contrast
    from cmsim.validation.claims.arm_runs import live_all, measured

    known = {}

    def look(contrast, replications=4, clients=120, days=180):
        name = (contrast.name, replications, clients, days)
        if name not in known:
            small = {"clients": clients, "warm_up": 30, "days": days}
            arms = Contrast(**{**contrast.__dict__, **small}).arms()
            by_code = {each.code: each for each in contrast.measures}
            gaps = []
            for replication in range(replications):
                runs = dict(live_all(arms, replication, lambda _, run: measured(run, by_code)))
                gaps.append([(runs[1][e.code] - runs[0][e.code]) * e.sign for e in contrast.measures])
            known[name] = dict(zip((e.name for e in contrast.measures), np.array(gaps).T, strict=True))
        return known[name]

    return look
