"""Words of the app: dates, the welcome, the line on what the model is not for, and terms with their definitions."""

import calendar
import datetime

from cmsim.core.simtime import YEAR_DAYS, weekday
from cmsim.scenario.parameter_sets import bundled_ensemble


def _standing() -> str:
    """Return how far the model is calibrated, as the README has it."""
    ensemble = bundled_ensemble()
    if ensemble is None:
        return "not calibrated"
    return f"partly calibrated ({len(ensemble.keys)} parameters, to published studies; most others are assumptions)"


NOT_FOR = (
    f"A teaching model of made-up people, {_standing()}. Never advice about a real person; not for deciding on "
    "anybody's treatment, benefits, housing or detention; not for rating workers."
)
WELCOME: dict[str, tuple[str, ...]] = {
    "What you see": (
        "A community mental health agency: case managers (discs) with their clients (small marks) around them, a "
        "hospital, crisis services, families and other agencies. The key below the picture explains every mark.",
        "Below the picture, plots of what changes over time. Beside it, panels for what happens and what you can do.",
    ),
    "What to press": (
        "Play, or the space bar. + and − change the pace. Click anybody in the picture to read their story.",
        "Settings changes the agency's policy from today on. Compare runs two policies side by side.",
        "Cases has prepared lessons. Role-play lets you run one caseload for a week.",
    ),
    "Three things to try": (
        "Play four weeks, then click an orange triangle or a red diamond: what made this person ill, and who knew?",
        "Open Compare, press Compare from today, and set the target caseload of run B from 25 to 15. Play a year.",
        "Open Cases and choose Caseload creep: predict first, then run it.",
    ),
    "Who these people are": (
        "About 300 adults with severe mental illness, most with families and friends. All are invented: they are drawn "
        "from distributions, not copied from anybody. One year has been simulated before you arrive, so that people "
        "already have a past, and some wait.",
        "The agency of usual care begins short of staff: some posts are vacant and people are on the waiting list.",
    ),
}
"""The welcome page: paragraphs by heading."""
TIMES = "×2 means that a cause doubles the risk that a relapse begins just then, ×0.5 that it halves it; they multiply."
ONE_LIFE = "A single simulated life or run is an illustration, not a forecast."

TERMS: dict[str, str] = {
    "alliance": "How much client and case manager trust each other and agree on what they do, 0 to 1.",
    "caseload": "The clients that one case manager holds.",
    "first signs": "A prodrome: the few weeks before a relapse in which signs can be noticed, if somebody "
    "looks. Some prodromes pass.",
    "handover": "A client changes case manager. Cold: through the file alone. Warm: both workers meet the "
    "client together.",
    "titration": "Giving as much support as somebody needs now, and changing it as need changes.",
    "support": "Help in daily life, 0 to 1: 1 would be about an hour a day in each area of life.",
    "exhaustion": "Emotional exhaustion of a worker on the Maslach Burnout Inventory, 0 to 54; from 27 it "
    "counts as high.",
    "ward": "The one hospital of the community; its beds are shared with other people.",
    "hard day": "A day acutely ill, in hospital, or without a home. A day that is two of these counts twice.",
    "placebo run": "Run A simulated once more with one visit a week a minute longer. What differs there is "
    "noise. Only differences larger than this can be put down to the policy.",
    "engagement": "How far somebody keeps in touch with the service and comes to what is arranged, 0 to 1.",
    "estimated need": "How much support the case manager thinks somebody needs. It lags behind and can be wrong.",
    "autonomy": "How far somebody lives as they choose and by their own means, 0 to 1.",
    "burden": "What illness in the family costs the relatives, 0 to 1.",
    "criticism": "How much criticism and worry somebody meets at home, 0 to 1.",
    "crisis": "An emergency: acute illness, or something that happened. Somebody answers, or nobody does.",
    "relapse": "Somebody who was well falls acutely ill again.",
    "ID codes": "c0012 was there from the beginning, r0012 came later by referral; w03.2 is the second "
    "holder of post 3.",
    "warm-up": "The first year, simulated before the picture opens, so that people already have a past.",
}


def date_of(day: int) -> str:
    """Return a day as people say it; day 0 is Monday, 1 January of year 1.

    >>> date_of(0), date_of(431)
    ('Mon 1 January, year 1', 'Fri 8 March, year 2')
    """
    year, rest = divmod(day, YEAR_DAYS)
    date = datetime.date(2001, 1, 1) + datetime.timedelta(days=rest)  # of a year without a leap day
    return f"{calendar.day_abbr[weekday(day)]} {date.day} {calendar.month_name[date.month]}, year {year + 1}"
