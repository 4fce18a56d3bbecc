"""The one clock: whole minutes inside the engine, days in rules and tables.

Only this module converts between the two. Day 0 is a Monday and begins at minute 0.
"""

import numpy as np

from cmsim.core.numeric import Floats, Ints

HOUR = 60
DAY = 24 * HOUR
WEEK_DAYS = 7
WORKDAYS = 5
"""Days of a week that are worked, Monday to Friday."""
YEAR_DAYS = 365
MONTHS_PER_YEAR = 12
AFTER_WEEKEND = (0, 0, 0, 0, 0, 2, 1)
"""Days until the next working day, by day of the week."""


def day_of(minute: int) -> int:
    """Return the day that a minute belongs to; midnight belongs to the new day.

    >>> day_of(1439), day_of(1440)
    (0, 1)
    """
    return minute // DAY


def at(day: int, minute_of_day: int = 0) -> int:
    """Return the engine minute of ``minute_of_day`` (0 to 1439) on ``day``.

    >>> at(2, 9 * HOUR)
    3420
    """
    return day * DAY + minute_of_day


def minute_of_day(minute: int) -> int:
    """Return the minutes since the last midnight.

    >>> minute_of_day(at(3, 75))
    75
    """
    return minute % DAY


def whole_minutes(days: Floats) -> Ints:
    """Return times in days as whole minutes, at least one.

    >>> whole_minutes(np.array([0.0, 1.0])).tolist()
    [1, 1441]
    """
    return (days * DAY).astype(np.int64) + 1


def weekday(day: int) -> int:
    """Return 0 for Monday to 6 for Sunday.

    >>> weekday(0), weekday(6), weekday(364)
    (0, 6, 0)
    """
    return day % WEEK_DAYS


def is_workday(day: int) -> bool:
    """Return whether ``day`` is a Monday to Friday.

    >>> [is_workday(day) for day in (4, 5, 7)]
    [True, False, True]
    """
    return weekday(day) < WORKDAYS


def workday_after(day: int) -> int:
    """Return ``day``, or the first working day after it.

    >>> [workday_after(day) for day in (4, 5, 6)]
    [4, 7, 7]
    """
    return day + AFTER_WEEKEND[day % WEEK_DAYS]


def clock_text(minute: int) -> str:
    """Return a minute as people say it.

    >>> clock_text(at(8, 14 * HOUR + 5))
    'day 8 (Tue) 14:05'
    """
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    hours, minutes = divmod(minute_of_day(minute), HOUR)
    day = day_of(minute)
    return f"day {day} ({names[weekday(day)]}) {hours:02d}:{minutes:02d}"
