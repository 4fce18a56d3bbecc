"""The model compiled once, before the processes start of which each would compile it for itself."""

import sys
from pathlib import Path

from cmsim.core import compilation
from cmsim.results.simulation import simulate
from cmsim.scenario import load_scenario

_SMALL = {"world.population.clients": 60, "world.warm_up_days": 30, "run.days": 60}
"""Small, yet with all that is compiled."""


def compile_once() -> None:
    """Compile what every run needs if none of it is kept yet, with a word on a terminal."""
    kept = compilation.folder()
    if kept is None or any(Path(kept).rglob("*.nbi")):  # folders are there from the import on
        return
    if sys.stderr is not None and sys.stderr.isatty():
        print("Compiling the model, once for this version: some half a minute ...", file=sys.stderr, flush=True)
    simulate(load_scenario("usual_care").replace(_SMALL))
