"""Outcomes of the relation: conflict, coercion, hassles, harm in crises, medication at hand, respite."""

from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Window
from cmsim.outcomes.registry import mean, outcome
from cmsim.schema.codes import DealtWithBy


@outcome("Conflicts", "per client-year", better="lower", matters=0.05)
def conflicts(window: Window) -> float:
    """Open conflicts between client and case manager over what the client can do."""
    return window.rate("conflicts")


@outcome("Coercive acts", "per client-year", better="lower", matters=0.02)
def coercive_acts(window: Window) -> float:
    """Commitments, and times that a case manager insisted on medication."""
    return window.rate("coercions")


@outcome("Harm in crises", "per client-year", better="lower", matters=0.005)
def harms(window: Window) -> float:
    """Times that a client came to harm in a crisis outside hospital."""
    return window.rate("harms")


@outcome("Hassles answered by the case manager", "share of hassles", better="higher", matters=0.05)
def hassles_answered(window: Window) -> float:
    """Small hassles that a contact of the case manager dealt with, of those that ended in the window."""
    return window.share("hassles", by=DealtWithBy.CASE_MANAGER)


@outcome("Hassles that festered", "share of hassles", better="lower", matters=0.05)
def hassles_festered(window: Window) -> float:
    """Small hassles left unanswered so long that they held stress up, of those that ended in the window."""
    return window.share("hassles", festered=1)


@outcome("Days in respite", "days per client-year", matters=0.05)
def respite_days(window: Window) -> float:
    """Days away from a stressful home, of stays in respite that ended in the window."""
    rows = window.rows("respites")
    return window.per_client_year((rows["minute"] - rows["since"]).sum() / DAY)


@outcome("Out of medication", "share of clients", better="lower", matters=0.01)
def without_medication(window: Window) -> float:
    """Clients without any medication at hand, averaged over days, whether or not they would take it."""
    return window.per_client_day("without_supply")


@outcome("Risky visits made alone", "share of visits with risk", better="lower", matters=0.05)
def risky_alone(window: Window) -> float:
    """Visits to clients with known risk on which no colleague went along."""
    return mean((window.rows("risky_visits")["second"] < 0).astype(float))
