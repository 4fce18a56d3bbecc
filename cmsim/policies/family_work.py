"""Family work: ongoing consultation or not, prompt answers, groups, respite, help with moving out."""

from typing import Literal

from cmsim.core.parameters import Section, choice


class FamilyWork(Section):
    """What the service offers families, besides how often it plans contacts (``contact.family_days``)."""

    consultation: Literal["ongoing", "one_off", "none"] = "ongoing"
    """Contacts with a family go on; are made once with each new worker; or are not planned at all."""
    answer_days: int = choice(0, "days", 0, 14, allowed=(0, 365))
    """until a worried call is answered, where there is time"""
    group: bool = False
    """Families are invited to a psychoeducation group, led by others than the case managers."""
    respite_hours: float = choice(0.0, "hours a week", 0.0, 20.0, allowed=(0.0, 168.0))
    """off, for families at high burden"""
    respite_from: float = choice(0.55, "0 to 1", 0.3, 0.8, "burden from which respite is offered")
    move_out_from: float = choice(0.75, "0 to 1", 0.5, 1.0)
    """burden from which the worker looks for another home with a client who lives with the family"""

    @property
    def answers(self) -> bool:
        """Whether worried calls are answered at all."""
        return self.consultation != "none"
