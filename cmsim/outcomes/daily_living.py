"""Outcomes of daily life: homelessness, needs, adherence, alliance, autonomy, dropping out."""

from cmsim.outcomes.analysis_window import Spells, Window
from cmsim.outcomes.registry import declare_daily_mean, outcome
from cmsim.schema.codes import HOMELESS, RegistrationEvent


def _homeless(window: Window) -> Spells:
    return window.spells("moves", "setting", HOMELESS)


@outcome("Days homeless", "days per client-year", better="lower", matters=2.0, main=True, by_group=True)
def homeless_days(window: Window) -> float:
    """Days living on the street or in a shelter."""
    return window.per_client_year(_homeless(window).days())


@outcome("Homeless at some time", "share of clients a year", better="lower", matters=0.02, by_group=True)
def homeless_any(window: Window) -> float:
    """Clients who lived on the street or in a shelter at some time within a year, of those with the service
    for at least half of that year; whole years of the window, pooled. Not defined for a window shorter than
    a year."""
    spells = _homeless(window)
    return window.annual_share(spells.client, spells.begin, spells.end)


@outcome("Dropping out", "per client-year", better="lower", matters=0.02, by_group=True)
def dropout(window: Window) -> float:
    """Clients who disengaged from the service; not those discharged as recovered, moved away or who died."""
    return window.rate("registrations", event=RegistrationEvent.DISENGAGED)


declare_daily_mean("unmet_need", "Unmet need", "Unmet need over the need domains", 0.02, "lower")
declare_daily_mean("adherence", "Adherence", "Share of doses of medication taken", 0.02, "higher")


@outcome("Alliance", "0 to 1", matters=0.03, better="higher")
def alliance(window: Window) -> float:
    """Alliance of those who have a case manager, averaged over clients and days."""
    return window.daily_mean("alliance", ("open",))


declare_daily_mean("autonomy", "Autonomy", "Autonomy", 0.02, "higher")
