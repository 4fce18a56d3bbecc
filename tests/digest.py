"""The digest of a short run: the same on every supported Python and Mesa, for any hash seed and process
count.

python tests/digest.py                prints it
python tests/digest.py --renew        records it for machines like this one, when results are meant to
                                      change; say so in CHANGELOG.md with "Results change"
python tests/digest.py --dispatched   prints the CPU features that NumPy chooses at run time
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

import cmsim

RECORDED = Path(__file__).with_name("digest.json")


def scenario() -> cmsim.Scenario:
    """Return a small agency with policies that part at the end of a short warm-up."""
    settings = {"world.population.clients": 60, "world.warm_up_days": 60, "run.days": 120}
    settings |= {f"{part}.staff.case_managers": 3 for part in ("baseline", "service")}
    settings |= {f"{part}.hospital.beds": 9 for part in ("baseline", "service")}
    return cmsim.load_scenario("usual_care").replace({**settings, "service.turnover.handover.rule": "warm"})


def digest(replication: int = 0) -> str:
    """Return the digest of one history."""
    return cmsim.simulate(scenario(), replication).digest()


def machine() -> str:
    """Return the kind of machine: floating-point functions differ in the last bits between CPU families."""
    features = " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))
    return f"{platform.system()} {platform.machine()} {features}".strip()


def recorded() -> str | None:
    """Return the digest recorded for machines like this one, if any."""
    found: str | None = json.loads(RECORDED.read_text()).get(machine()) if RECORDED.exists() else None
    return found


def renew() -> None:
    """Record the digest; those of other machines are dropped, since they no longer hold."""
    RECORDED.write_text(json.dumps({machine(): digest()}, indent=2) + "\n")


if __name__ == "__main__":
    if "--dispatched" in sys.argv:
        print(*__cpu_dispatch__)
    elif "--renew" in sys.argv:
        renew()
    else:
        print(digest())
