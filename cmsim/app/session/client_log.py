"""What a live run notes of every client, beyond the ledger, so that one can be looked at close up.

Once a week each client's state is noted as a row of numbers; every day it is noted whether the day was a
hard one. Both are read from the columns of state and change nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cmsim.core.simtime import WEEK_DAYS, weekday
from cmsim.model.state.current_hazards import onset_factors_of_all
from cmsim.schema.codes import FACTORS, HOMELESS, Domain, Phase

if TYPE_CHECKING:
    from cmsim.model.community import Community

_STATE = (
    "need unmet excess worker_support dose belief alliance knowledge engagement adherence stress autonomy "
    "capability_mean burden criticism phase setting worker"
).split()
"""Columns of state that are noted every week."""
_MOST_WEEKS = 520
"""Weeks kept at most, so that memory has a bound: ten years and more, in short floats some 40 kB each."""


class Diary:
    """Weekly notes on every client, and the hard days of each since a day.

    Args:
        rows: how many clients will ever be there.
        weekly: note their state each week; a placebo run, whom nobody looks at close up, goes without.
    """

    def __init__(self, rows: int, weekly: bool = True) -> None:
        self._weekly = weekly
        self.days: list[int] = []
        self._noted: list[str] = []
        self._weeks: list[NDArray[np.float16]] = []
        self.hard = np.zeros(rows, dtype=np.int32)
        self.with_service = np.zeros(rows, dtype=np.int32)

    def day(self, c: Community) -> None:
        """Note the day just simulated."""
        people = c.people
        here = people.here > 0.0
        self.hard += np.isin(people.phase, (Phase.ACUTE, Phase.INPATIENT)) & here
        self.hard += (np.isin(people.setting, HOMELESS)) & here
        self.with_service += here
        if self._weekly and weekday(c.today) == WEEK_DAYS - 1:
            self.week(c)

    def week(self, c: Community) -> None:
        """Note the state of every client known so far."""
        self.days.append(c.today)
        noted = _state(c)
        self._noted = list(noted)
        self._weeks.append(np.array(list(noted.values()), dtype=np.float16))
        if len(self._weeks) > _MOST_WEEKS:
            del self._weeks[0], self.days[0]

    def forget_days(self) -> None:
        """Count hard days from now on."""
        self.hard[:] = 0
        self.with_service[:] = 0

    def of(self, row: int) -> tuple[list[int], dict[str, list[float]]]:
        """Return the days on which one client was noted, and a list for each column of state, need, support, factor."""
        first = next((i for i, week in enumerate(self._weeks) if week.shape[1] > row), len(self._weeks))
        table = np.array([week[:, row] for week in self._weeks[first:]], float).reshape(-1, len(self._noted)).round(3)
        return self.days[first:], dict(zip(self._noted, table.T.tolist(), strict=True))


def _state(c: Community) -> dict[str, NDArray[np.generic]]:
    """Return what is noted, shape (clients known,) each."""
    people, n = c.people, c.people.known
    factors = onset_factors_of_all(c.inputs.figures, people)
    return {
        **{name: getattr(people, name)[:n] for name in _STATE},
        **{f"need {domain}": people.domain_need[:n, i] for i, domain in enumerate(Domain.labels())},
        **{f"support {domain}": people.domain_support[:n, i] for i, domain in enumerate(Domain.labels())},
        **{f"factor {name}": factors[:, i] for i, name in enumerate(FACTORS)},
    }
