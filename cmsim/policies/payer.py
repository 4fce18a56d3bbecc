"""The payer: what is paid for, how many posts that bears, and how it bends what is planned."""

from typing import Annotated, Literal

import numpy as np

from cmsim.core.numeric import Floats
from cmsim.core.parameters import Section, choice
from cmsim.policies.policy_choice import RuleFamily
from cmsim.schema.codes import ContactKind
from cmsim.schema.contact_kinds import COLLATERAL, WORKER_CONTACTS


def _paid(value: float, note: str) -> float:
    return choice(value, "share", 0.0, 1.0, note)


class Grant(Section):
    """A budget pays the posts; nothing is billed, and nothing is bent."""

    rule: Literal["grant"] = "grant"
    bills: Literal[False] = False

    def billable(self) -> Floats:
        """Return the share of a minute of each kind of contact that is paid, shape (worker contacts,)."""
        return np.ones(len(WORKER_CONTACTS))

    def planned(self) -> Floats:
        """Return the share of the usual number of contacts of each kind that is planned, shape (worker contacts,)."""
        return np.ones(len(WORKER_CONTACTS))

    def away(self) -> float:
        """Return the share of the usual visits away from the office that is planned."""
        return 1.0

    def bears(self, hours: float, posts: int) -> float:
        """Return how many posts the hours billed in a month can pay; ``posts`` is the budgeted number."""
        return float(np.inf)


class _Billing(Section):
    """What billing for contacts has in common."""

    bills: Literal[True] = True
    phone: float = _paid(0.0, "of a call that is paid")
    collateral: float = _paid(0.0, "of a contact with family, psychiatrist or agency that is paid")
    on_ward: float = _paid(0.0, "of a visit on the ward that is paid")
    travel: float = _paid(0.0, "of travel that is paid")
    granted: float = _paid(0.25, "of the budgeted posts that is paid whatever is billed")
    break_even: float = choice(40.0, "hours a month", 20.0, 90.0, allowed=(1.0, 200.0))
    """billed by a post that pay for it"""
    memory_weeks: float = choice(13.0, "weeks", 4.0, 52.0, allowed=(1.0, 520.0))
    """over which billing is averaged before posts are filled or given up"""
    bend: float = choice(0.7, "share", 0.0, 1.0, "of what is not paid at all that is planned no longer")

    def billable(self) -> Floats:
        """Return the share of a minute of each kind of contact that is paid, shape (worker contacts,)."""
        paid = np.ones(len(WORKER_CONTACTS))
        paid[ContactKind.CALL], paid[ContactKind.WARD] = self.phone, self.on_ward
        paid[list(COLLATERAL)] = self.collateral
        return paid

    def planned(self) -> Floats:
        """Return the share of the usual number of contacts of each kind that is planned, shape (worker contacts,)."""
        return 1.0 - self.bend * (1.0 - self.billable())

    def away(self) -> float:
        """Return the share of the usual visits away from the office that is planned."""
        return 1.0 - self.bend * (1.0 - self.travel)

    def bears(self, hours: float, posts: int) -> float:
        """Return how many posts the hours billed in a month can pay; ``posts`` is the budgeted number."""
        return self.granted * posts + hours / self.break_even


class FeeForContact(_Billing):
    """A fee for time face to face with the client; calls, travel, wards, talks with others are unpaid."""

    rule: Literal["fee_for_contact"] = "fee_for_contact"


class CaseManagementPaid(_Billing):
    """Case management itself is paid for: calls and talks with others as well as visits, travel in part."""

    rule: Literal["case_management_paid"] = "case_management_paid"
    phone: float = _paid(1.0, "of a call that is paid")
    collateral: float = _paid(1.0, "of a contact with family, psychiatrist or agency that is paid")
    on_ward: float = _paid(0.5, "of a visit on the ward that is paid")
    travel: float = _paid(0.5, "of travel that is paid")


Payer = Annotated[Grant | FeeForContact | CaseManagementPaid, RuleFamily(Grant)]


class NoReview(Section):
    """Nobody but the hospital decides how long somebody stays."""

    rule: Literal["no_review"] = "no_review"
    denies: Literal[0] = 0

    def presses(self, days: float) -> float:
        """Return how hard discharge is pressed after so many days of a stay, 0 to 1."""
        return 0.0


class UtilisationReview(Section):
    """A reviewer of the payer authorises admissions and days; no service to the client comes with it."""

    rule: Literal["utilisation_review"] = "utilisation_review"
    authorised_days: float = choice(6.0, "days", 3.0, 14.0, allowed=(0.0, 365.0))
    """of a stay that are authorised at once"""
    denies: float = choice(0.5, "log odds", 0.0, 2.0, allowed=(0.0, 10.0))
    """by which authorisation makes admission harder"""
    pressure: float = choice(1.0, "0 to 1", 0.0, 1.0, "on discharge beyond the days authorised")

    def presses(self, days: float) -> float:
        """Return how hard discharge is pressed after so many days of a stay, 0 to 1."""
        return self.pressure * float(days >= self.authorised_days)


Review = Annotated[NoReview | UtilisationReview, RuleFamily(NoReview)]
