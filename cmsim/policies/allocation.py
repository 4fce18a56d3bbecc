"""Allocation: whom a worker sees next. Crises come first under every rule; these order what was planned."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cmsim.core.numeric import Floats
from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily


@dataclass(frozen=True, slots=True)
class Queue:
    """Contacts that are due this morning; arrays of shape (contacts,).

    Attributes:
        overdue: workdays past the day they were due, 0 and up.
        client_contact: 1 where the client is met, 0 for collateral contacts.
        dose: the client's dose of support, 0 to 1.
        known_unwell: 1 where the worker knows that the client is unwell.
        after_discharge: 1 in the first weeks after a discharge the worker knows of.
    """

    overdue: Floats
    client_contact: Floats
    dose: Floats
    known_unwell: Floats
    after_discharge: Floats


class NeedFirst(Section):
    """Those known to be unwell or just discharged first, then by need and waiting;
    collateral contacts give way."""

    rule: Literal["need_first"] = "need_first"
    unwell: float = choice(6.0, "points", 0.0, 20.0, "for a client known to be unwell")
    discharged: float = choice(4.0, "points", 0.0, 20.0, "just after a discharge")
    dose: float = choice(3.0, "points", 0.0, 10.0, "for a dose of 1 against 0")
    overdue: float = choice(0.5, "points a day", 0.0, 3.0, "for each workday overdue")
    collateral: float = choice(2.0, "points", 0.0, 10.0, "taken from contacts with others")

    def urgency(self, queue: Queue) -> Floats:
        """Return the urgency; the highest is seen first."""
        return (
            self.unwell * queue.known_unwell
            + self.discharged * queue.after_discharge
            + self.dose * queue.dose
            + self.overdue * queue.overdue
            - self.collateral * (1.0 - queue.client_contact)
        )


class LongestOverdue(Section):
    """Whoever has been due for longest, without regard to need."""

    rule: Literal["longest_overdue"] = "longest_overdue"

    def urgency(self, queue: Queue) -> Floats:
        """Return the urgency; the highest is seen first."""
        return queue.overdue


Allocation = Annotated[NeedFirst | LongestOverdue, RuleFamily(NeedFirst)]
