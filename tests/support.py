"""Small communities for tests of mechanisms, and runs of the app without processes of their own."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

from cmsim import load_scenario
from cmsim.app.session.live_run import LiveRun
from cmsim.app.session.run_process import Remote, RunEndedError
from cmsim.components import COMPONENTS
from cmsim.model.community import Community


def without(*names):
    """Return the names of all components but some."""
    return [name for name in COMPONENTS if name not in names]


def throughout(settings):
    """Return settings of the service as settings of baseline and service alike, by their whole keys."""
    return {f"{part}.{key}": value for key, value in dict(settings).items() for part in ("service", "baseline")}


def small_scenario(both=(), *, clients=60, warm_up=0, days=200, workers=3, **settings):
    """Return usual care in a small agency.

    Args:
        both: settings of baseline and service alike, such as ``{"hospital.beds": 9}``.
        clients: at the start.
        warm_up: days before the analysis window.
        days: of the analysis window.
        workers: case managers; as many as in usual care where it is None.
        settings: any others by their whole keys.
    """
    size = {"world.population.clients": clients, "world.warm_up_days": warm_up, "run.days": days}
    staff = {} if workers is None else {"staff.case_managers": workers}
    size |= throughout({**staff, **dict(both)})
    return load_scenario("usual_care").replace({**size, **settings})


def run_community(scenario):
    """Simulate a scenario; return its community, its state variables and, by their names, its tables."""
    community = Community(scenario)
    for _ in range(scenario.total_days):
        community.step()
    community.close()
    return SimpleNamespace(
        community=community,
        people=community.people,
        known=slice(0, community.people.known),
        minutes=community.ledger.component_minutes(),
        **{table.kind.name: table.rows() for table in community.ledger},
    )


def small_run(components=COMPONENTS, *, both=(), clients=60, days=200, workers=3, **world):
    """Run usual care in a small agency without a warm-up.

    Args:
        components: names of the components that the service has.
        both: other settings of baseline and service alike.
        clients: at the start.
        days: simulated.
        workers: case managers.
        world: settings of the world, such as ``**{"illness.onset_rate": 4.0}``.
    """
    service = {"practice.components": list(components), **dict(both)}
    settings = {f"world.{key}": value for key, value in world.items()}
    return run_community(small_scenario(service, clients=clients, days=days, workers=workers, **settings))


class InProcess(Remote):
    """A run in this process, asked and answered as one in a process of its own."""

    def __init__(self):
        self.progress, self.preview = (0, 1), None
        self._run = self._asked = None
        self._closed = False

    def ask(self, name, *args):
        if self._closed:
            raise RunEndedError("a run has ended; reset it to begin again")
        self._asked = pickle.dumps((name, args))

    def answer(self):
        name, args = pickle.loads(self._asked)
        if name == "begin":
            course, day, _ = args
            self._run = LiveRun(course, day, lambda *done: setattr(self, "progress", done))
            return None
        return pickle.loads(pickle.dumps(getattr(self._run, name)(*args)))

    def close(self):
        self._closed = True


IN_PROCESS = SimpleNamespace(take=InProcess)
"""Where a session of the app takes its runs from, in place of a nursery of processes."""
