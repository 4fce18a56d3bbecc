"""Outcomes of titration: needs by domain, capability, dependence, placements and plans, beliefs."""

from functools import partial

import numpy as np

from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Window
from cmsim.outcomes.registry import Better, Outcome, declare, mean, outcome, ratio
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


def _declare_weekly(
    name: str, column: str, label: str, definition: str, matters: float, better: Better, unit: str = "0 to 1"
) -> None:
    definition = f"{definition}, averaged over clients and weeks; clients in hospital or jail are left out."
    declare(Outcome(name, label, unit, definition, partial(Window.weekly_mean, column=column), matters, better))


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


@outcome("Dose of support", "0 to 1", matters=0.05)
def dose(window: Window) -> float:
    """Dose of support of clients with a case manager, averaged over clients and weeks; clients without a case manager
    are left out."""
    return window.weekly_mean("dose", "served")


@outcome("Error of belief", "0 to 1", matters=0.01, better="lower")
def belief_error(window: Window) -> float:
    """Root mean square over clients and domains of what case managers believe them able to, less the truth, averaged
    over clients and weeks; clients without a case manager are left out."""
    return window.weekly_mean("belief_error", "served")


@outcome("Bias of belief", "0 to 1", matters=0.01)
def belief_bias(window: Window) -> float:
    """Mean of what case managers believe their clients able to, less what they are, averaged over clients and weeks;
    clients without a case manager are left out."""
    return window.weekly_mean("belief_bias", "served")


@outcome("Bias of expectation", "0 to 1", matters=0.01)
def expected_bias(window: Window) -> float:
    """What case managers expect of somebody not known, from all they have seen face to face, less the true mean
    ability of clients served, averaged over clients and weeks; clients without a case manager are left out."""
    return window.weekly_mean("expected_bias", "served")


@outcome("Error of belief after an episode", "0 to 1", matters=0.01, better="lower")
def belief_error_discharged(window: Window) -> float:
    """Root mean square of believed less lasting capability, in the 28 days after an acute phase or a stay, averaged
    over clients and weeks; weeks without such clients are left out."""
    return window.weekly_mean("error_discharged", "discharged")


@outcome("Error of belief otherwise", "0 to 1", matters=0.01, better="lower")
def belief_error_settled(window: Window) -> float:
    """Root mean square of believed less lasting capability, of the other clients served, averaged over clients and
    weeks; clients without a case manager are left out."""
    return window.weekly_mean("error_settled", "served")


@outcome("Things tried alone", "per client-year", matters=0.5, by_group=True)
def tried_alone(window: Window) -> float:
    """New things that clients tried alone, untold, whether they succeeded or not."""
    return window.per_client_year((window.rows("steps")["how"] == NewStep.ALONE).sum())


@outcome("Successes alone", "per client-year", better="higher", matters=0.3, by_group=True)
def succeeded_alone(window: Window) -> float:
    """New things that clients tried alone and succeeded in."""
    rows = window.rows("steps")
    return window.per_client_year(((rows["how"] == NewStep.ALONE) & (rows["success"] == 1)).sum())


@outcome("Placements", "per client-year", matters=0.02, by_group=True)
def placements(window: Window) -> float:
    """Moves to a place that a case manager or an agency arranged."""
    return window.per_client_year(np.isin(window.rows("moves")["reason"], _PLACED).sum())


@outcome("Places lost", "per client-year", better="lower", matters=0.02, by_group=True)
def places_lost(window: Window) -> float:
    """Places to live that broke down: lost, not suiting, left for the family or walked out of."""
    return window.per_client_year(np.isin(window.rows("moves")["reason"], _BROKEN).sum())


@outcome("Plans of moves", "per client-year", matters=0.02, by_group=True)
def plans_made(window: Window) -> float:
    """Plans of a move that case managers made."""
    return window.per_client_year((window.rows("plans")["step"] == PlanStep.MADE).sum())


@outcome("Planned moves", "per client-year", matters=0.02, by_group=True)
def plans_moved(window: Window) -> float:
    """Plans of a move that were carried out."""
    return window.per_client_year((window.rows("plans")["step"] == PlanStep.MOVED).sum())


@outcome("Planned placements broken", "per client-year", better="lower", matters=0.01, by_group=True)
def plans_failed(window: Window) -> float:
    """Placements by plan that were left or lost before the time after which one counts as a success."""
    return window.per_client_year((window.rows("plans")["step"] == PlanStep.BROKE_DOWN).sum())


@outcome("Success of planned moves", "share of planned moves", better="higher", matters=0.05)
def plan_success(window: Window) -> float:
    """Placements by plan that held for as long as a success has to, of those begun in the window early enough
    for that to be seen within it; without any that held, of all that broke down or held."""
    rows = window.tables["plans"]
    rows = rows[
        np.isin(rows["step"], (PlanStep.MOVED, PlanStep.HELD, PlanStep.BROKE_DOWN))
        & (rows["minute"] < window.end * DAY)
    ]
    rows = rows[np.lexsort((rows["minute"], rows["client"]))]
    begun = np.flatnonzero(rows["step"][:-1] == PlanStep.MOVED)
    begun = begun[rows["client"][begun + 1] == rows["client"][begun]]
    held = rows["step"][begun + 1] == PlanStep.HELD
    lasts = (rows["minute"][begun + 1] - rows["minute"][begun])[held]
    horizon = int(lasts.min()) if len(lasts) else 0
    began = rows["minute"][begun]
    seen = (began >= window.start * DAY) & (began + horizon < window.end * DAY)
    return ratio(int((held & seen).sum()), int(seen.sum()))


@outcome("Time to the first planned move", "days", matters=30.0)
def days_to_move(window: Window) -> float:
    """Mean time from the start of the window, or from referral, to the first move by plan; for clients
    without one, to the end of the window or of their time with the service (a restricted mean: to be
    compared over windows of one length only)."""
    rows = window.rows("plans")
    rows = rows[rows["step"] == PlanStep.MOVED]
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
