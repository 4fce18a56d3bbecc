"""Planning: how long a wish is left to stand before a move is planned on it."""

from typing import Annotated, Literal

from cmsim.core.numeric import Number
from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily


class AsWorkersAre(Section):
    """Workers wait as long as they can bear: over-control shortens it."""

    rule: Literal["as_workers_are"] = "as_workers_are"
    hold_days: float = choice(90.0, "days", 14.0, 240.0, "for which a worker of no over-control lets a wish stand")

    def waits(self, over_control: Number) -> tuple[Number, Number]:
        """Return the days a wish must have stood, and the over-control that workers act on."""
        return self.hold_days * (1.0 - over_control), over_control


class Patient(Section):
    """The service waits with its workers: a wish stands for months, and nobody acts out of helplessness."""

    rule: Literal["patient"] = "patient"
    hold_days: float = choice(180.0, "days", 60.0, 365.0, "for which every wish is let stand")
    held_back: float = choice(0.8, "share", 0.0, 1.0, "of workers' over-control that is not acted on")

    def waits(self, over_control: Number) -> tuple[Number, Number]:
        """Return the days a wish must have stood, and the over-control that workers act on."""
        return self.hold_days + 0.0 * over_control, over_control * (1.0 - self.held_back)


PlanningPolicy = Annotated[AsWorkersAre | Patient, RuleFamily(AsWorkersAre)]
