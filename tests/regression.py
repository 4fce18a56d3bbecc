"""The regression net: what short runs of many scenarios give, to the last bit and as a table of outcomes.

python tests/regression.py [SYSTEM ...]   prints the digest of every system, or of those that are named
python tests/regression.py --check        compares digests (machines like the recorded one) and outcomes (any machine)
python tests/regression.py --renew        records both, when results are meant to change; say so in CHANGELOG.md
python tests/regression.py --dispatched   prints the CPU features that NumPy chooses at run time
"""

from __future__ import annotations

import json
import math
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

import cmsim

RECORDED = Path(__file__).with_name("regression.json")
TOLERANCE = 1e-6
"""Relative, of each outcome: floating-point functions differ in the last bits between CPU families."""

SMALL: dict[str, Any] = {"world.population.clients": 60, "world.warm_up_days": 60, "run.days": 120}
SMALL |= {f"{part}.staff.case_managers": 3 for part in ("baseline", "service")}
SMALL |= {f"{part}.hospital.beds": 9 for part in ("baseline", "service")}
EXTRAS: dict[str, Any] = {
    "service.staff.aides": 1,
    "service.staff.psychiatrists": 3,
    "service.crisis.teams": 1,
    "service.crisis.first.rule": "own_then_team",
    "service.crisis.on_call.rule": "team",
    "service.caseload.closure": "clients_fixed",
    "service.caseload.size": 15,
    "service.medication.rule": "firm",
    "service.titration.rule": "client_led",
    "service.allocation.rule": "longest_overdue",
    "service.slack.rule": "more_visits",
    "service.shortage.rule": "shorter_visits",
    "service.turnover.vacancy.rule": "hold_for_successor",
    "service.payer.rule": "fee_for_contact",
    "service.referral_help.rule": "tapered",
    "service.approach.rule": "motivational",
}
"""Rules and services that no bundled scenario combines."""

SYSTEMS: dict[str, tuple[str, dict[str, Any], int]] = {
    "usual_care": ("usual_care", {}, 0),
    "usual_care, replication 1": ("usual_care", {}, 1),
    "warm handovers": ("usual_care", {"service.turnover.handover.rule": "warm"}, 0),
    "everything else": ("usual_care", EXTRAS, 2),
    "assertive_community_treatment": ("assertive_community_treatment", {}, 0),
    "brokerage": ("brokerage", {}, 0),
    "hospital_first": ("hospital_first", {}, 1),
    "hospital_first_assertive": ("hospital_first_assertive", {}, 0),
    "intensive": ("intensive", {}, 0),
    "no_case_management": ("no_case_management", {}, 0),
    "rural_companion": ("rural_companion", {}, 0),
    "strained": ("strained", {}, 1),
    "strengths": ("strengths", {}, 0),
    "time_limited_transition": ("time_limited_transition", {}, 0),
    "urban_high_risk": ("urban_high_risk", {}, 0),
    "utilisation_review": ("utilisation_review", {}, 0),
    "well_resourced": ("well_resourced", {}, 1),
}
"""Scenario, settings and replication of each run whose digest is recorded."""

TABLED = ("usual_care", "everything else", "hospital_first_assertive", "strained", "urban_high_risk")
"""Systems whose outcomes are recorded as a table for any machine."""


def scenario(system: str) -> cmsim.Scenario:
    """Return the scenario of one system: a small agency whose policies part at the end of a short warm-up."""
    name, settings, _ = SYSTEMS[system]
    return cmsim.load_scenario(name).replace({**SMALL, **settings})


def run_system(system: str) -> cmsim.Simulated:
    """Simulate one system in its replication."""
    return cmsim.simulate(scenario(system), SYSTEMS[system][2])


def machine() -> str:
    """Return the kind of machine: floating-point functions differ in the last bits between CPU families."""
    features = " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))
    return f"{platform.system()} {platform.machine()} {features}".strip()


def measure(system: str) -> tuple[str, dict[str, float]]:
    """Return the digest of one system, and its outcomes if they are tabled: those that are finite and not 0."""
    run = run_system(system)
    found = run.outcomes() if system in TABLED else {}
    return run.digest(), {name: value for name, value in found.items() if math.isfinite(value) and value != 0.0}


def differences(system: str, digest: str, outcomes: dict[str, float], recorded: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each way in which a system is not as recorded.

    Args:
        system: its name.
        digest: its digest; compared on machines of a recorded kind only.
        outcomes: its outcomes by name.
        recorded: the content of ``regression.json``.
    """
    known = recorded["digests"].get(machine(), {}).get(system, digest)
    if known != digest:
        yield f"{system}: digest {digest}, recorded {known}"
    for name, value in recorded["outcomes"].get(system, {}).items():
        found = outcomes.get(name, math.nan)
        if not math.isclose(found, value, rel_tol=TOLERANCE):
            yield f"{system}: {name} is {found!r}, recorded {value!r}"


def check() -> list[str]:
    """Return what differs from the record."""
    recorded = json.loads(RECORDED.read_text())
    return [line for system in SYSTEMS for line in differences(system, *measure(system), recorded)]


def renew() -> None:
    """Record digests and outcomes; digests of other machines are dropped, since they no longer hold."""
    found = {system: measure(system) for system in SYSTEMS}
    digests = {system: digest for system, (digest, _) in found.items()}
    outcomes = {system: table for system, (_, table) in found.items() if table}
    RECORDED.write_text(json.dumps({"digests": {machine(): digests}, "outcomes": outcomes}, indent=1) + "\n")


if __name__ == "__main__":
    if "--dispatched" in sys.argv:
        print(*__cpu_dispatch__)
    elif "--renew" in sys.argv:
        renew()
    elif "--check" in sys.argv:
        wrong = check()
        print("\n".join(wrong) or f"{len(SYSTEMS)} systems as recorded")
        sys.exit(bool(wrong))
    else:
        for each in sys.argv[1:] or SYSTEMS:
            print(f"{run_system(each).digest()}  {each}")
