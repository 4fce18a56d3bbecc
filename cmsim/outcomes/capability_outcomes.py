"""Outcomes of titration: needs by domain, capability, dependence, placements and plans, beliefs."""

from functools import partial

import numpy as np

from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Window, consecutive, ratio, with_codes
from cmsim.outcomes.registry import Better, Outcome, declare, mean, outcome
from cmsim.schema.codes import Domain, MoveReason, NewStep, PlanStep, Setting

_PLACED = (MoveReason.PLACED_BY_AGENCY, MoveReason.MOVED_BY_PLAN)
_BROKEN = (
    MoveReason.LOST_PLACE_ILL,
    MoveReason.LOST_PLACE,
    MoveReason.PLACE_DID_NOT_SUIT,
    MoveReason.BACK_TO_FAMILY,
    MoveReason.WALKED_OUT,
)
_WANTED_LESS = (Setting.STREET, Setting.SHELTER, Setting.HOSPITAL, Setting.JAIL)


_LEFT_OUT = {
    "clients": "clients in hospital or jail",
    "served": "clients without a case manager",
    "discharged": "weeks without such clients",
}
"""What a weekly mean leaves out, by the column that counts whom it is over."""


def _declare_weekly(
    name: str,
    column: str,
    label: str,
    definition: str,
    matters: float,
    better: Better | None = None,
    unit: str = "0 to 1",
    per: str = "clients",
    signed: bool = False,
) -> None:
    definition = f"{definition}, averaged over clients and weeks; {_LEFT_OUT[per]} are left out."
    measure = partial(Window.weekly_mean, column=column, per=per)
    declare(Outcome(name, label, unit, definition, measure, matters, better, signed=signed))


def needs_by_domain() -> None:
    """Declare the unmet need of each of the ten need domains as an outcome."""
    for domain in Domain.labels():
        name = f"unmet_{domain.replace(' ', '_').replace('-', '_')}"
        definition = f"Need that no support meets in the domain {domain}"
        _declare_weekly(name, f"unmet {domain}", f"Unmet need: {domain}", definition, 0.02, "lower")


needs_by_domain()
_COUNTED = "Need domains, of ten, in which unmet need is more than 0.1"
_declare_weekly("needs_unmet", "lacking", "Needs clearly unmet", _COUNTED, 0.2, "lower", "domains")
_declare_weekly("capability", "capability", "Capability", "Capability, mean of the need domains", 0.01, "higher")
_declare_weekly("dependence", "dependence", "Dependence", "Dependence on paid support", 0.03, "lower")
_declare_weekly("excess_support", "excess", "Support beyond need", "Paid support beyond need", 0.02, "lower")
_DOSE = "Dose of support of clients with a case manager"
_declare_weekly("dose", "dose", "Dose of support", _DOSE, 0.05, per="served")
_ERROR = "Root mean square over clients and domains of what case managers believe them able to, less the truth"
_declare_weekly("belief_error", "belief_error", "Error of belief", _ERROR, 0.01, "lower", per="served")
_BIAS = "Mean of what case managers believe their clients able to, less what they are"
_declare_weekly("belief_bias", "belief_bias", "Bias of belief", _BIAS, 0.01, per="served", signed=True)
_EXPECTED = (
    "What case managers expect of somebody not known, from all they have seen face to face, less the true mean "
    "ability of clients served"
)
_declare_weekly("expected_bias", "expected_bias", "Bias of expectation", _EXPECTED, 0.01, per="served", signed=True)
_LASTING = "Root mean square of believed less lasting capability,"
_AFTER, _label = f"{_LASTING} in the 28 days after an acute phase or a stay", "Error of belief after an episode"
_declare_weekly("belief_error_discharged", "error_discharged", _label, _AFTER, 0.01, "lower", per="discharged")
_OTHERS, _label = f"{_LASTING} of the other clients served", "Error of belief otherwise"
_declare_weekly("belief_error_settled", "error_settled", _label, _OTHERS, 0.01, "lower", per="served")


@outcome("Things tried alone", "per client-year", matters=0.5, by_group=True)
def tried_alone(window: Window) -> float:
    """New things that clients tried alone, untold, whether they succeeded or not."""
    return window.rate("steps", how=NewStep.ALONE)


@outcome("Successes alone", "per client-year", better="higher", matters=0.3, by_group=True)
def succeeded_alone(window: Window) -> float:
    """New things that clients tried alone and succeeded in."""
    return window.rate("steps", how=NewStep.ALONE, success=1)


@outcome("Placements", "per client-year", matters=0.02, by_group=True)
def placements(window: Window) -> float:
    """Moves to a place that a case manager or an agency arranged."""
    return window.rate("moves", reason=_PLACED)


@outcome("Places lost", "per client-year", better="lower", matters=0.02, by_group=True)
def places_lost(window: Window) -> float:
    """Places to live that broke down: lost, not suiting, left for the family or walked out of."""
    return window.rate("moves", reason=_BROKEN)


@outcome("Plans of moves", "per client-year", matters=0.02, by_group=True)
def plans_made(window: Window) -> float:
    """Plans of a move that case managers made."""
    return window.rate("plans", step=PlanStep.MADE)


@outcome("Planned moves", "per client-year", matters=0.02, by_group=True)
def plans_moved(window: Window) -> float:
    """Plans of a move that were carried out."""
    return window.rate("plans", step=PlanStep.MOVED)


@outcome("Planned placements broken", "per client-year", better="lower", matters=0.01, by_group=True)
def plans_failed(window: Window) -> float:
    """Placements by plan that were left or lost before the time after which one counts as a success."""
    return window.rate("plans", step=PlanStep.BROKE_DOWN)


@outcome("Success of planned moves", "share of planned moves", better="higher", matters=0.05)
def plan_success(window: Window) -> float:
    """Placements by plan that held for as long as a success has to, of those begun in the window early enough
    for that to be seen within it; without any that held, of all that broke down or held."""
    rows = with_codes(window.tables["plans"], step=(PlanStep.MOVED, PlanStep.HELD, PlanStep.BROKE_DOWN))
    moved, after = consecutive(rows[rows["minute"] < window.end * DAY])
    began, held = moved["minute"], after["step"] == PlanStep.HELD
    is_begin = moved["step"] == PlanStep.MOVED
    lasts = (after["minute"] - began)[held & is_begin]
    horizon = int(lasts.min()) if len(lasts) else 0
    seen = is_begin & (began >= window.start * DAY) & (began + horizon < window.end * DAY)
    return ratio(int((held & seen).sum()), int(seen.sum()))


@outcome("Time to the first planned move", "days", matters=30.0)
def days_to_move(window: Window) -> float:
    """Mean time from the start of the window, or from referral, to the first move by plan; for clients
    without one, to the end of the window or of their time with the service (a restricted mean: to be
    compared over windows of one length only)."""
    rows = window.rows("plans", step=PlanStep.MOVED)
    client, first = np.unique(rows["client"], return_index=True)
    stay = window.presence(window.start, window.end)
    joined = np.maximum(np.asarray(window.clients["joined_day"], dtype=float)[client], window.start)
    stay[client] = rows["minute"][first] / DAY - joined
    return mean(stay[stay > 0.0])


def _days_in(window: Window, setting: Setting) -> float:
    return window.per_client_year(window.spells("moves", "setting", (setting,)).days())


for _setting in Setting:
    declare(
        Outcome(
            f"days_{_setting.label.replace(' ', '_')}",
            f"Days: {_setting.label}",
            "days per client-year",
            f"Days living in or staying at: {_setting.label}.",
            partial(_days_in, setting=_setting),
            matters=2.0,
            better="lower" if _setting in _WANTED_LESS else None,
            by_group=True,
        )
    )
