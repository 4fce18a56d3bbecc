"""What all agents have in common: a key, and the community with its clock and its parameter set."""

from collections.abc import Iterator
from typing import cast

import mesa

from cmsim.core.simtime import at, day_of, workday_after
from cmsim.model.context import Context


class Agent(mesa.Agent):  # type: ignore[misc]  # Mesa has no types
    """A person or organisation that acts.

    Args:
        community: in which it acts.
        key: its name in the social graph and in tables.
    """

    def __init__(self, community: Context, key: str) -> None:
        super().__init__(cast(mesa.Model, community))
        self.community = community
        self.env, self.world = community.env, community.world
        self.key = key

    def workdays(self, opens: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield each working day from now on whose work has not begun, with the minute at which it begins.

        Args:
            opens: minute of the day; as the service in force has it if left out.
        """
        today = day_of(self.env.now) - 1
        while True:
            today = workday_after(today + 1)
            start = at(today, self.community.active.staff.starts * 60 if opens is None else opens)
            if start >= self.env.now:
                yield today, start
