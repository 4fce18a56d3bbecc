"""Run the virtual trials and write down what they give: python tools/validate.py [NAME ...] [--jobs N].

Each result is data, docs/data/validation/NAME.json; docs/validation.md is made from them by tools/generate.py. The
bundled ensemble of parameter sets is used where there is one, its sets shared out over the replications; without
one, the defaults. Takes a while: about ten minutes a trial on two cores.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import cmsim
from cmsim.scenario.parameter_sets import bundled_ensemble
from cmsim.validation.trials import load_trial, run_trial, trial_names

DOCS = Path(__file__).parents[1] / "docs"


def recorded(name: str, jobs: int, most: int, replications: int | None) -> dict[str, Any]:
    """Return the result of a trial as plain data."""
    trial = load_trial(name)
    precise = replications is None
    result = run_trial(
        trial, replications=replications, ensemble=bundled_ensemble(), workers=jobs, until_precise=precise, most=most
    )
    table = result.table.astype(object)
    rows = table.where(table.notna(), None).to_dict("records")
    return {
        "trial": name,
        "title": trial.title,
        "question": trial.question,
        "about": trial.about,
        "replications": result.replications,
        "cmsim": cmsim.__version__,
        "python": platform.python_version(),
        "manifest": dict(result.manifest),
        "targets": rows,
    }


def main() -> None:
    """Run what is asked for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("names", nargs="*", metavar="NAME")
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--most", type=int, default=64, help="replications of a trial at most")
    words.add_argument("--replications", type=int, help="replications, instead of as many as precision takes")
    given = words.parse_args()
    place = DOCS / "data" / "validation"
    place.mkdir(exist_ok=True)
    for name in given.names or trial_names():
        found = recorded(name, given.jobs, given.most, given.replications)
        (place / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(name, *(f"{row['target']}: {row['verdict']}" for row in found["targets"]), sep="\n  ")


if __name__ == "__main__":
    main()
