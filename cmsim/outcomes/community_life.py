"""Outcomes around the person: settings and their freedom, ties, families, activity, work, links, recovery."""

from functools import partial

import numpy as np

from cmsim.core.simtime import DAY
from cmsim.outcomes.analysis_window import Window, consecutive, ratio, with_codes
from cmsim.outcomes.registry import Outcome, declare, declare_daily_mean, mean, outcome
from cmsim.schema.codes import JobKind, JobReason, LinkStep, Setting
from cmsim.submodels.housing import Restrictiveness

_RESTRICTIVENESS = Restrictiveness().array()
_STEP = {step: LinkStep.of(step) for step in LinkStep.labels()}


declare_daily_mean("recovery", "Self-rated recovery", "Recovery as people themselves rate it", 0.02, "higher")
declare_daily_mean("activity", "Meaningful activity", "Meaningful activity", 0.03, "higher")
declare_daily_mean("network", "Network", "Kin, informal helpers and fellow clients in the network", 0.5, unit="people")
declare_daily_mean("burden", "Burden of families", "Burden of families, those without family left out", 0.03, "lower")
_CRITICISM = "Criticism and over-involvement of families as they weigh together, those without family left out"
declare_daily_mean("criticism", "Expressed emotion", _CRITICISM, 0.03, "lower")


@outcome("Restrictiveness of the setting", "0 to 1", better="lower", matters=0.01)
def restrictiveness(window: Window) -> float:
    """How little freedom the settings leave in which people live or stay, from 0 for an own flat to 1 for
    jail, averaged over days with the service."""
    days = np.array([window.spells("moves", "setting", (n,)).days() for n in range(len(Setting))])
    return ratio(float(days @ _RESTRICTIVENESS), float(days.sum()))


def _days_in_job(window: Window, job: JobKind) -> float:
    return window.per_client_year(window.spells("jobs", "job", (job,)).days())


for _job in list(JobKind)[1:]:
    _name, _definition = f"{_job.label}_work_days", f"Days in {_job.label} work."
    _measure, _label = partial(_days_in_job, job=_job), f"{_job.label.capitalize()} work"
    declare(Outcome(_name, _label, "days per client-year", _definition, _measure, matters=5.0, better="higher"))


@outcome("Jobs lost", "share of jobs ended", better="lower", matters=0.05)
def jobs_lost(window: Window) -> float:
    """Jobs that were lost, of all that ended in the window; others were given up with the place."""
    return ratio(len(window.rows("jobs", to=0, reason=JobReason.LOST)), len(window.rows("jobs", to=0)))


@outcome("Time until a job is lost", "days", better="higher", matters=20.0)
def job_tenure(window: Window) -> float:
    """Mean days that the jobs lasted that ended in the window."""
    begun, ended = consecutive(window.tables["jobs"])
    lasted = (ended["minute"] - begun["minute"])[(ended["to"] == 0) & window.within(ended)]
    return mean(lasted / DAY)


@outcome("Links with agencies", "links per client", matters=0.05)
def links(window: Window) -> float:
    """Active links with community agencies at the end of the day, averaged over clients and days."""
    return window.per_client_day("links")


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
    rows = with_codes(window.tables["links"], step=(_STEP["started"], _STEP["ended"]))
    one, other = consecutive(rows, "client", "agency")
    chosen = (one["step"] == _STEP[first]) & (other["step"] == _STEP[second]) & window.within(other)
    days: np.ndarray = (other["minute"] - one["minute"])[chosen] / DAY
    return days


@outcome("Leads through ties", "per 100 client-years", matters=1.0)
def leads(window: Window) -> float:
    """Rooms and jobs that somebody in the network knew of, or knew whom to ask about."""
    return 100.0 * window.rate("leads")
