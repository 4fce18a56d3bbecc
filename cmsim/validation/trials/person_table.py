"""The table of persons of a virtual trial: what each was like at entry, and what was counted."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cmsim.core.numeric import Bools, Floats
from cmsim.results.simulation import Simulated
from cmsim.validation.trials.cohort import CONDITIONS, describe, fulfil
from cmsim.validation.trials.followed_people import Followed
from cmsim.validation.trials.trial_design import Counted, Trial
from cmsim.validation.trials.trial_measures import find_measure

_UNITS = {"value": "as measured", "amount": "as far as followed"}


def members(trial: Trial, cohort: pd.DataFrame, group: str | None) -> Bools:
    """Return who of a cohort is in a group; everybody if it is ``None``."""
    return fulfil(trial.groups[group] if group is not None else {}, cohort, len(cohort))


def describe_persons(
    trial: Trial, arm: str, run: Simulated, cohort: pd.DataFrame, table: Mapping[Counted, Floats]
) -> pd.DataFrame:
    """Return one row a person of an arm; the columns are those of :func:`person_columns`.

    Args:
        trial: the trial.
        arm: the name of the arm.
        run: its run.
        cohort: those who take part, as :class:`cmsim.validation.trials.cohort.Enrolment` has them.
        table: values by what is counted, shape (people, 2).
    """
    row, day = (cohort[name].to_numpy(dtype=np.int64) for name in ("row", "day"))
    columns: dict[str, object] = {
        "replication": run.replication,
        "arm": arm,
        "client": np.asarray(run.client_columns["key"])[row],
        "entry_day": day,
        "followed_days": Followed(run, row, day, trial.follow_up_days).seen,
        **{f"entry_{name}": cohort[name] for name in cohort.columns if name in CONDITIONS},
        **{f"group_{group}": members(trial, cohort, group) for group in trial.groups},
    }
    for counted in trial.counted_of_persons:
        values = table[counted][:, 0]
        if len(counted.columns) == 1:
            columns[counted.name] = values
        else:
            days, event = counted.columns
            columns |= {days: np.abs(values), event: np.where(np.isnan(values), np.nan, values > 0.0)}
    return pd.DataFrame(columns)


def person_columns(trial: Trial) -> dict[str, tuple[str, str]]:
    """Return unit and meaning of each column of the table of persons."""
    found = {
        "replication": ("number", "of the random streams"),
        "arm": ("name", "as in the trial"),
        "client": ("key", "the same person in all arms of a replication"),
        "entry_day": ("day", "on which the person entered"),
        "followed_days": ("days", "from entry until the person was gone or the follow-up ended; -1: gone before entry"),
        **{f"entry_{name}": ("at entry", meaning) for name, meaning in CONDITIONS.items()},
        **{
            f"group_{group}": ("true or false", f"at entry: {' and '.join(describe(where))}")
            for group, where in trial.groups.items()
        },
    }
    for counted in trial.counted_of_persons:
        measure = find_measure(counted.measure)
        meaning = " ".join((inspect.getdoc(measure.measure) or counted.measure).split("\n\n")[0].split())
        if measure.kind == "time":
            days, event = counted.columns
            found[days] = ("days", "until that event, being gone or the end of the follow-up, whichever came first")
            found[event] = ("0 or 1", f"1 where it came, 0 where the person was censored: {meaning}")
        else:
            found[counted.name] = (_UNITS[measure.kind], meaning)
    return found
