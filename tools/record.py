"""Record everything that rests on the model's results anew, in the order in which it depends: python tools/record.py.

The calibration and the ensemble made of it, the trials, the claims, the questions of practitioners, the experiments,
the facilitator's cases, and the generated tables of the documents; then the digests of the regression test. Hours on
two cores (about an hour for the calibration, 100 minutes each for trials and experiments, an hour for the claims).
Stopped and started again, it goes on with the part it was in, and each part goes on where it was as far as it can.
``--list`` says what is still to be done.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from cmsim.experiments.study.run_key import model_version

HOME = Path(__file__).parents[1]
ENSEMBLE = HOME / "cmsim" / "scenario" / "ensemble.json"
CALIBRATION = HOME / "docs" / "data" / "calibration"
STEPS: dict[str, tuple[str, ...]] = {
    "calibration": ("-m", "cmsim", "calibrate", "--out"),
    "trials": ("tools/validate.py",),
    "claims": ("tools/record_claims.py",),
    "questions": ("tools/record_claims.py", "--questions"),
    "experiments": ("tools/experiment.py",),
    "cases": ("tools/cases.py", "--write"),
    "regression": ("tests/regression.py", "--renew"),
    "documents": ("tools/generate.py",),
}
"""Commands by the part of the records that they renew."""


def lay_in(found: Path) -> None:
    """Put the result of a calibration where the package and the documents have it."""
    shutil.copy(found / "ensemble.json", ENSEMBLE)
    for file in (*found.glob("*.csv"), found / "manifest.json"):
        shutil.copy(file, CALIBRATION)


def main() -> None:
    """Renew what is asked for and not yet done with this code of the model."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    words.add_argument("--list", action="store_true", help="only say what is still to be done")
    given = words.parse_args()
    unknown = set(given.steps) - STEPS.keys()
    if unknown:
        words.error(f"given {', '.join(sorted(unknown))}; allowed: {', '.join(STEPS)}")
    place = HOME / "results" / f"records-{model_version()['code'][:12]}"
    place.mkdir(parents=True, exist_ok=True)
    for step in given.steps or STEPS:
        done = place / f"{step}.done"
        if done.exists():
            continue
        if given.list:
            print(step)
            continue
        print(f"-- {step}", flush=True)
        out = (str(place / step),) if step == "calibration" else ()
        if subprocess.run([sys.executable, *STEPS[step], *out], cwd=HOME, check=False).returncode:
            sys.exit(f"{step} did not end well, see above; the same command goes on from there")
        if step == "calibration":
            lay_in(place / step)
        done.touch()


if __name__ == "__main__":
    main()
