"""Outcomes of daily life: homelessness, needs, adherence, alliance, autonomy, dropping out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cmsim.outcomes.analysis_window import Spells, Window
from cmsim.outcomes.registry import Better, outcome
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
    rows = window.rows("registrations")
    return window.per_client_year((rows["event"] == RegistrationEvent.DISENGAGED).sum())


def _daily_mean(column: str, per: Sequence[str]) -> Callable[[Window], float]:
    def measure(window: Window) -> float:
        daily = window.rows("daily")
        clients = np.sum([daily[status].astype(float) for status in per], axis=0)
        values = daily[column].astype(float)
        known = np.isfinite(values) & (clients > 0)
        return float(np.average(values[known], weights=clients[known])) if known.any() else np.nan

    return measure


def _declare(
    name: str, label: str, definition: str, better: Better, matters: float, per: Sequence[str] = ("open", "waiting")
) -> None:
    measure = _daily_mean(name, per)
    measure.__doc__ = f"{definition}, averaged over clients and days."
    outcome(label, "0 to 1", matters=matters, better=better, name=name)(measure)


_declare("unmet_need", "Unmet need", "Unmet need over the need domains", "lower", 0.02)
_declare("adherence", "Adherence", "Share of doses of medication taken", "higher", 0.02)
_declare("alliance", "Alliance", "Alliance of those who have a case manager", "higher", 0.03, ("open",))
_declare("autonomy", "Autonomy", "Autonomy", "higher", 0.02)
