"""Work as a goal: whose goal it is, and what kind of work is sought."""

from typing import Literal

from cmsim.core.parameters import Section


class Vocational(Section):
    """What a place at the work agency leads to (K-79)."""

    aim: Literal["own_goal", "paid_for_all", "sheltered_for_all"] = "own_goal"
    """What the person aims at, paid work for everybody, or sheltered work for everybody."""

    def job(self, goal: int) -> int:
        """Return the job sought (1 sheltered, 2 paid) for a person whose own goal is 0 none, 1 or 2."""
        if self.aim == "own_goal":
            return max(goal, 1)
        return 2 if self.aim == "paid_for_all" else 1
