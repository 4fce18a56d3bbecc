"""Outcomes of illness: relapse, prodromes, acute days without treatment, and crises."""

from dataclasses import replace

import numpy as np

from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Window, minutes_until_next, ratio, with_codes
from cmsim.outcomes.registry import outcome
from cmsim.schema.codes import AcuteAnswer, NoticedBy, Phase, Provider

_WELL = [Phase.STABLE, Phase.PRODROMAL]


def _onsets(window: Window) -> Rows:
    return window.rows("transitions", to=Phase.ACUTE, **{"from": _WELL})


@outcome("Relapse", "share of clients a year", better="lower", matters=0.03, main=True, by_group=True)
def relapse(window: Window) -> float:
    """Clients with at least one onset of an acute phase within a year, of those with the service for at least
    half of that year; whole years of the window, pooled. Not defined for a window shorter than a year."""
    onsets = _onsets(window)
    return window.annual_share(onsets["client"], onsets["minute"] / DAY)


@outcome("Relapses", "per client-year", better="lower", matters=0.05, by_group=True)
def relapses(window: Window) -> float:
    """Onsets of an acute phase from a stable or prodromal one."""
    return window.per_client_year(len(_onsets(window)))


@outcome("Prodromes noticed", "share of prodromes", better="higher", matters=0.05)
def prodromes_noticed(window: Window) -> float:
    """Prodromes that anybody (client, family, case manager, psychiatrist) noticed, of those that ended in the
    window, well or ill."""
    ended = window.rows("transitions", **{"from": Phase.PRODROMAL})
    return ratio((ended["noticed_by"] != NoticedBy.NOBODY).sum(), len(ended))


@outcome("Acute days untreated", "days per client-year", better="lower", matters=0.5, main=True, by_group=True)
def untreated_days(window: Window) -> float:
    """Days acutely ill outside hospital before anybody treated the episode at home, or until it ended or the person
    was admitted; an episode begun before the window counts with its days within it."""
    spells = replace(window, start=0).spells("transitions", "phase", [Phase.ACUTE])
    treated = with_codes(window.tables["acute_care"], answer=(AcuteAnswer.TREATED, AcuteAnswer.HOME_TREATMENT))
    until = minutes_until_next(spells.client, np.round(spells.begin * DAY), treated) / DAY
    end = np.minimum(spells.end, spells.begin + until)
    return window.per_client_year(np.maximum(end - np.maximum(spells.begin, window.start), 0.0).sum())


@outcome("Crises", "per client-year", better="lower", matters=0.1, main=True, by_group=True)
def crises(window: Window) -> float:
    """Crises, whatever lay behind them and whoever answered."""
    return window.rate("crises")


@outcome("Crises answered by the case manager", "share of crises", better="higher", matters=0.05)
def crises_own_worker(window: Window) -> float:
    """Crises answered by the client's own case manager, not by the crisis service or the emergency
    department."""
    return window.share("crises", by=Provider.CASE_MANAGER)
