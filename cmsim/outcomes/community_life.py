"""Outcomes around the person: settings and their freedom, ties, families, activity, work, links, recovery."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Window
from cmsim.outcomes.daily_living import _daily_mean
from cmsim.outcomes.registry import Better, mean, outcome, ratio
from cmsim.schema.codes import JobKind, JobReason, LinkStep, Setting
from cmsim.submodels.housing import Restrictiveness

_RESTRICTIVENESS = Restrictiveness().array()
_STEP = {step: LinkStep.of(step) for step in LinkStep.labels()}


def _declare_mean(name: str, label: str, unit: str, definition: str, better: Better | None, matters: float) -> None:
    measure = _daily_mean(name, ("open", "waiting"))
    measure.__doc__ = f"{definition}, averaged over clients and days."
    outcome(label, unit, matters=matters, better=better, name=name)(measure)


_declare_mean("recovery", "Self-rated recovery", "0 to 1", "Recovery as people themselves rate it", "higher", 0.02)
_declare_mean("activity", "Meaningful activity", "0 to 1", "Meaningful activity", "higher", 0.03)
_declare_mean("network", "Network", "people", "Kin, informal helpers and fellow clients in the network", None, 0.5)
_declare_mean(
    "burden", "Burden of families", "0 to 1", "Burden of families, those without family left out", "lower", 0.03
)
_declare_mean(
    "criticism",
    "Expressed emotion",
    "0 to 1",
    "Criticism and over-involvement of families as they weigh together, those without family left out",
    "lower",
    0.03,
)


@outcome("Restrictiveness of the setting", "0 to 1", better="lower", matters=0.01)
def restrictiveness(window: Window) -> float:
    """How little freedom the settings leave in which people live or stay, from 0 for an own flat to 1 for
    jail, averaged over days with the service."""
    days = np.array([window.spells("moves", "setting", (n,)).days() for n in range(len(Setting))])
    return ratio(float(days @ _RESTRICTIVENESS), float(days.sum()))


def _days_of(job: str) -> Callable[[Window], float]:
    def measure(window: Window) -> float:
        return window.per_client_year(window.spells("jobs", "job", (JobKind.of(job),)).days())

    measure.__doc__ = f"Days in {job} work."
    return measure


for _job in JobKind.labels()[1:]:
    outcome(
        f"{_job.capitalize()} work", "days per client-year", better="higher", matters=5.0, name=f"{_job}_work_days"
    )(_days_of(_job))


@outcome("Jobs lost", "share of jobs ended", better="lower", matters=0.05)
def jobs_lost(window: Window) -> float:
    """Jobs that were lost, of all that ended in the window; others were given up with the place."""
    rows = window.rows("jobs")
    ended = rows[rows["to"] == 0]
    return ratio(float((ended["reason"] == JobReason.LOST).sum()), len(ended))


@outcome("Time until a job is lost", "days", better="higher", matters=20.0)
def job_tenure(window: Window) -> float:
    """Mean days that the jobs lasted that ended in the window."""
    rows = window.tables["jobs"]
    rows = rows[np.lexsort((rows["minute"], rows["client"]))]
    ended = (rows["to"][1:] == 0) & (rows["client"][1:] == rows["client"][:-1])
    within = (rows["minute"][1:] >= window.start * DAY) & (rows["minute"][1:] < window.end * DAY)
    lasted = (rows["minute"][1:] - rows["minute"][:-1])[ended & within]
    return mean(lasted / DAY)


@outcome("Links with agencies", "links per client", matters=0.05)
def links(window: Window) -> float:
    """Active links with community agencies at the end of the day, averaged over clients and days."""
    daily = window.rows("daily")
    return ratio(float(daily["links"].sum()), float((daily["open"] + daily["waiting"]).sum()))


@outcome("Referrals that led to a link", "share of referrals", better="higher", matters=0.03)
def referrals_linked(window: Window) -> float:
    """Links with agencies that started in the window, of the referrals started in it; those in progress at
    the start and at the end of the window are taken to balance."""
    steps = window.rows("links")["step"]
    started = steps == _STEP["started"]
    return ratio(float(started.sum()), float((steps == _STEP["referred"]).sum()))


@outcome("Referrals followed through", "share of referrals decided", better="higher", matters=0.03)
def followed_through(window: Window) -> float:
    """Referrals to which the client went, accepted there or not, of all at which it showed in the window."""
    steps = window.rows("links")["step"]
    came = np.isin(steps, (_STEP["not accepted"], _STEP["accepted"]))
    return ratio(float(came.sum()), float(came.sum() + (steps == _STEP["did not follow through"]).sum()))


@outcome("Time a link lasts", "days", better="higher", matters=20.0)
def link_days(window: Window) -> float:
    """Mean days of the links with agencies that ended in the window; long links that go on are not in it."""
    return mean(_spans(window, "started", "ended"))


@outcome("Gap between links", "days", better="lower", matters=20.0)
def link_gap(window: Window) -> float:
    """Mean days from the end of a link to the next with the same agency, of those that were found again."""
    return mean(_spans(window, "ended", "started"))


def _spans(window: Window, first: str, second: str) -> np.ndarray:
    """Return the days from one step to the next of the other kind, for one client and agency."""
    rows = window.tables["links"]
    rows = rows[np.isin(rows["step"], (_STEP["started"], _STEP["ended"]))]
    rows = rows[np.lexsort((rows["minute"], rows["agency"], rows["client"]))]
    same = (rows["client"][1:] == rows["client"][:-1]) & (rows["agency"][1:] == rows["agency"][:-1])
    steps = (rows["step"][:-1] == _STEP[first]) & (rows["step"][1:] == _STEP[second])
    within = (rows["minute"][1:] >= window.start * DAY) & (rows["minute"][1:] < window.end * DAY)
    days: np.ndarray = (rows["minute"][1:] - rows["minute"][:-1])[same & steps & within] / DAY
    return days


@outcome("Leads through ties", "per 100 client-years", matters=1.0)
def leads(window: Window) -> float:
    """Rooms and jobs that somebody in the network knew of, or knew whom to ask about."""
    return 100.0 * window.per_client_year(len(window.rows("leads")))
