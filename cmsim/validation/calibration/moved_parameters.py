"""What a fit to an agency's figures moves: by default the assumptions that bear most directly on the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.parameters import Parameter, parameters
from cmsim.experiments.parameter_distributions import parse_range
from cmsim.experiments.study.factors import apply_settings
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import stated_facts
from cmsim.scenario.service import Service

MOST = 6
"""Parameters that are moved by default."""

_CONTACTS = ("world.contact_time.visit", "world.contact_time.travel")
_FOLLOW_UP = ("world.psychiatry.first_days", "world.hospital.informs")
_LEAVING = ("world.relationship.disengage_rate",)
_HOMES = ("world.housing.loss_rate",)
_CRISES = ("world.crisis.acute_rate", "world.crisis.stressor_rate")
_LIKELY: Mapping[str, tuple[str, ...]] = {
    "stay": ("world.hospital.stay_mean",),
    "bed_days": ("world.hospital.stay_mean", "world.acute_care.severity"),
    "no_show": ("world.relationship.comes_log_odds",),
    "turnover": ("world.workforce.leave_rate",),
    "tenure": ("world.workforce.leave_rate",),
    "vacancies": ("world.workforce.hire_days",),
    "exhaustion": ("world.workforce.resting",),
    "exhausted": ("world.workforce.resting",),
    "days_off": ("world.workforce.absent_day",),
    **dict.fromkeys(("recorded_contacts", "served_contacts", "client_contacts"), _CONTACTS),
    **dict.fromkeys(("out_of_contact_30", "unseen_30"), ("world.contact_time.visit",)),
    **dict.fromkeys(("admissions", "served_admissions", "involuntary"), ("world.acute_care.severity",)),
    **dict.fromkeys(("relapse", "relapses"), ("world.illness.turns_acute",)),
    "crises": _CRISES,
    **dict.fromkeys(
        ("readmitted_30", "readmitted_90", "readmitted_180", "readmitted_365"), ("world.crisis.recency_log",)
    ),
    **dict.fromkeys(("follow_up_7", "follow_up_30", "follow_up_72h"), _FOLLOW_UP),
    **dict.fromkeys(("homeless_share", "homeless_days", "homeless_any"), _HOMES),
    **dict.fromkeys(("retained_365", "dropout", "years_lost"), _LEAVING),
    **dict.fromkeys(("waiting", "worker_wait", "seen_28"), ("world.population.recovered_rate", *_LEAVING)),
    **dict.fromkeys(("bed_occupancy", "emergency_hours"), ("world.hospital.outside_occupancy",)),
    "psychiatrist_wait": ("world.psychiatry.outside_share",),
}
"""Parameters by the figure that they bear on most directly. Those that are calibrated to published figures are not
among them: what holds everywhere is not to be bent to one agency."""


@dataclass(frozen=True)
class Move:
    """A parameter or setting that is moved.

    Attributes:
        key: its dotted key.
        before: its value in the scenario.
        low: lower end of the range.
        high: upper end.
        unit: in words.
        whole: whether it takes whole numbers only.
        is_fact: whether it is a fact of the world that the scenario does not state, which belongs into parameter sets;
            if not, it belongs into the scenario.
    """

    key: str
    before: float
    low: float
    high: float
    unit: str
    whole: bool
    is_fact: bool

    def setting(self, value: float) -> float | int:
        """Return a value as a scenario takes it."""
        return round(value) if self.whole else float(value)


def choose_moves(scenario: Scenario, asked: Sequence[str]) -> tuple[Move, ...]:
    """Return what is moved: what is asked for, else what bears on the figures that the scenario observes.

    Args:
        scenario: with figures observed.
        asked: ``KEY`` or ``KEY=LOW:HIGH`` each.

    Raises:
        CmsimError: there is no such parameter, a range is not allowed, the scenario states it and no range is given, or
            more are asked for than there are figures.
    """
    known = {
        each.key: each for each in (*parameters(scenario.world, "world"), *parameters(scenario.baseline, "agency"))
    }
    usual = {each.key: each.value for each in parameters(Service(), "agency")}
    stated = {key for key, each in known.items() if key in usual and each.value != usual[key]} | stated_facts(scenario)
    names = [name for name, _ in scenario.observed]
    if not asked:
        by_rank = zip_longest(*(_LIKELY.get(name, ()) for name in names))  # one for each figure, then second ones
        likely = dict.fromkeys(key for rank in by_rank for key in rank if key and key not in stated)
        moves = [_move(known[key], None, False) for key in likely][: min(MOST, len(names))]
        if not moves:
            raise CmsimError(
                f"fit: nothing to move by default for {', '.join(names)}; allowed: --move KEY or KEY=LOW:HIGH (cmsim "
                "evidence WORD finds keys)"
            )
        return tuple(moves)
    ranges = [parse_range(text, "--move") for text in asked]
    found = {}
    for given, ends in ranges:
        key = next((each for each in (given, f"world.{given}", f"agency.{given}") if each in known), None)
        if key is None:
            hint = nearest(given, [*known, *(each.partition(".")[2] for each in known)])
            raise CmsimError(
                f'--move: given "{given}"; allowed: keys of the world or of the agency (cmsim evidence){hint}'
            )
        if key in found:
            raise CmsimError(f"--move: given {key} twice; allowed: once")
        if key in stated and ends is None:
            said = f"{scenario.where} states {known[key].value:g}, which is taken as known"
            raise CmsimError(f"--move: given {key}, but {said}; allowed: a range of your own, {key}=LOW:HIGH")
        found[key] = _move(known[key], ends, key in stated)
    if len(found) > len(names):
        few = f"{len(found)} parameters for {len(names)} observed figure{'s' * (len(names) > 1)}"
        raise CmsimError(f"--move: given {few}; allowed: at most as many as figures, which cannot tell more apart")
    for key, move in found.items():
        for end in (move.low, move.high):
            apply_settings(scenario, {key: move.setting(end)}, f"--move {key}={end:g}")
    return tuple(found.values())


def _move(parameter: Parameter, ends: tuple[float, float] | None, is_stated: bool) -> Move:
    key, evidence = parameter.key, parameter.evidence
    if parameter.value is None:
        raise CmsimError(f"--move: given {key}, which is open; allowed: parameters with a value")
    low, high = ends or (evidence.low, evidence.high)
    least, most = evidence.allowed
    whole = isinstance(parameter.value, int)
    if not least <= low < high <= most:
        raise CmsimError(f"--move: {key}: given {low:g} to {high:g}; allowed: within {least:g} to {most:g}")
    if whole and (low != int(low) or high != int(high)):
        raise CmsimError(f"--move: {key}: given {low:g} to {high:g}; allowed: whole numbers")
    is_fact = key.startswith("world.") and not is_stated
    return Move(key, float(parameter.value), low, high, evidence.unit, whole, is_fact)
