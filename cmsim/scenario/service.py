"""Service: what planners choose."""

from collections import Counter
from typing import Literal

from pydantic import field_validator

from cmsim.components import ALL, COMPONENTS, Component
from cmsim.components.component import Mix
from cmsim.core.parameters import Section, choice, with_fields
from cmsim.policies.advocacy_manner import AdvocacyManner
from cmsim.policies.allocation import Allocation, NeedFirst
from cmsim.policies.bed_use import BedUse, Commitment, UsualThreshold, WhenDangerous
from cmsim.policies.caseload import CaseloadPolicy
from cmsim.policies.crisis_cover import CrisisCover
from cmsim.policies.family_work import FamilyWork
from cmsim.policies.medication_stance import Flexible, MedicationStance
from cmsim.policies.move_readiness import AsWorkersAre, PlanningPolicy
from cmsim.policies.payer import Grant, NoReview, Payer, Review
from cmsim.policies.referral_approach import Approach, UsualApproach
from cmsim.policies.referral_help import ByCapability, ReferralHelp
from cmsim.policies.titration import Responsive, Titration
from cmsim.policies.turnover import TurnoverPolicy
from cmsim.policies.use_of_time import AsWanted, CollateralFirst, Shortage, Slack
from cmsim.policies.vocational_aim import Vocational


class Staff(Section):
    """Posts and hours."""

    case_managers: int = choice(12, "posts", 4, 200, allowed=(0, 100_000))
    """of case managers; under clients_fixed the number at the start"""
    training: Literal["mixed", "graduate", "bachelor", "paraprofessional"] = "mixed"
    """Whom the agency hires: as the labour market has it, or people of one training."""
    supervisor_span: int = choice(6, "workers", 4, 12, "per supervisor", allowed=(1, 1000))
    supervisor_hours: float = choice(10.0, "hours a week", 4.0, 25.0, allowed=(0.0, 40.0))
    """that a supervisor has for supervision; shared out among the workers of the team"""
    aides: int = choice(0, "aides", 0, 50, "who go along and call in place of case managers", allowed=(0, 100_000))
    psychiatrists: int = choice(2, "psychiatrists", 1, 40, allowed=(0, 100_000))
    """with hours for this agency and others"""
    psychiatrist_hours: float = choice(13.0, "hours a week", 8.0, 40.0, "in clinic, each", allowed=(0.0, 80.0))
    psychiatrist_elsewhere: float = choice(0.0, "share", 0.0, 0.5, allowed=(0.0, 0.95))
    """of psychiatrists' hours that goes to housing, benefits and letters instead of appointments"""
    starts: int = choice(9, "hour of the day", 7, 10, "case managers' day begins", allowed=(0, 16))
    hours: float = choice(8.0, "hours a day", 6.0, 9.0, "case managers' working day", allowed=(1.0, 12.0))
    team_minutes: float = choice(95.0, "minutes a day", 30.0, 150.0, allowed=(0.0, 480.0))
    """meetings and administration, besides supervision"""
    overtime_minutes: float = choice(40.0, "minutes", 0.0, 120.0, allowed=(0.0, 480.0))
    """a worker will run over for a contact begun"""


class ContactPlan(Section):
    """How often, where and with whom contacts are planned."""

    least_visits: float = choice(0.7, "visits per 28 days", 0.2, 2.0, "at a dose of 0", allowed=(0.01, 28.0))
    most_visits: float = choice(5.5, "visits per 28 days", 3.0, 20.0, "at a dose of 1", allowed=(0.01, 28.0))
    calls: float = choice(0.85, "calls per visit", 0.0, 2.0, "short calls between visits", allowed=(0.0, 10.0))
    spread: float = choice(0.25, "share", 0.0, 0.5, "by which the days between contacts vary, either way")
    discharge_days: float = choice(30.0, "days", 7.0, 60.0)
    """after a known discharge in which a client counts as just discharged"""
    retry: float = choice(0.6, "share", 0.2, 1.0, allowed=(0.01, 2.0))
    """of the usual gap until a contact not kept is tried again"""
    back_off: float = choice(1.5, "ratio", 1.0, 2.5, allowed=(1.0, 10.0))
    """by which each further try in a row that fails lengthens the gap to the next; 1 goes on trying"""
    back_off_most: float = choice(4.0, "ratio", 1.0, 10.0, "and the most that it does", allowed=(1.0, 100.0))
    in_vivo: float = choice(0.6, "share", 0.2, 0.95, "of visits made where the client lives; the rest at the office")
    family_days: float = choice(75.0, "days", 14.0, 180.0, allowed=(1.0, 3650.0))
    """between contacts with a family that takes part"""
    liaison_days: float = choice(110.0, "days", 21.0, 180.0, allowed=(1.0, 3650.0))
    """between reports to the psychiatrist, for a dose of 0.5"""
    ward_days: float = choice(5.0, "days", 2.0, 14.0, allowed=(1.0, 365.0))
    """between ward visits, once an admission is known"""
    follow_up_days: float = choice(5.0, "days", 2.0, 21.0, allowed=(1.0, 365.0))
    """after discharge until the first visit, once it is known"""
    crisis_days: float = choice(14.0, "days", 5.0, 42.0, allowed=(0.0, 365.0))
    """after a crisis, or since signs of illness were last seen, in which contacts are close"""
    crisis_gap: float = choice(3.0, "days", 1.0, 7.0, "between contacts with the client then", allowed=(1.0, 365.0))
    jail_days: float = choice(14.0, "days", 7.0, 60.0, allowed=(1.0, 3650.0))
    """between contacts with a client in jail and the staff there, once it is known"""
    drop_after: int = choice(15, "workdays", 5, 40, allowed=(1, 1000))
    """a collateral contact overdue for longer is dropped"""


class _PracticeModel(Section):
    stance: Literal["of_the_worker", "companionable", "shared", "directive"] = "of_the_worker"
    """What workers are trained to: to follow, to share the lead, to lead; or each as he or she is."""
    coordination: Literal["accountable_worker", "separate_specialists"] = "accountable_worker"
    """Whether one worker answers for the whole plan, or tasks are divided among specialists."""
    specialists: int = choice(2, "providers", 1, 5, allowed=(0, 20))
    """besides the case manager, where tasks are divided"""
    programme_days: int = choice(0, "days", 0, 730, allowed=(0, 36500))
    """after which case management ends for a client; 0: as long as it is wanted"""
    takes_back: bool = False
    """Whether a client whose programme has ended comes back onto the waiting list after an admission."""
    components: tuple[Literal[COMPONENTS], ...] = COMPONENTS  # type: ignore[valid-type]
    """The components of case management that the practice model has."""

    @field_validator("components")
    @classmethod
    def _each_once(cls, components: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted(name for name, times in Counter(components).items() if times > 1)
        if twice:
            raise ValueError(f"given {', '.join(twice)} more than once; allowed: each component once")
        return components


class Practice(with_fields(_PracticeModel, {part.key: part.mix for part in ALL})):  # type: ignore[misc]
    """Which components the practice model holds, and how much of each kind of contact they take."""

    def weights(self, part: Component) -> tuple[float, ...]:
        """Return the weight of a component in each kind of contact, 0 where the practice does without it."""
        mix: Mix = getattr(self, part.key)
        return tuple(weight * (part.name in self.components) for weight in mix.weights())


class Beds(Section):
    """The hospital."""

    beds: int = choice(42, "beds", 10, 400, "of the one hospital, shared with other people", allowed=(0, 100_000))
    use: BedUse = UsualThreshold()
    commitment: Commitment = WhenDangerous()


class AgencyPlaces(Section):
    """Places at community agencies, shared with other people."""

    housing: int = choice(150, "places", 30, 600, "group homes and supervised flats", allowed=(0, 1_000_000))
    benefits: int = choice(160, "places", 40, 1000, "people helped at a time", allowed=(0, 1_000_000))
    day_programme: int = choice(90, "places", 20, 600, "", allowed=(0, 1_000_000))
    work: int = choice(45, "places", 10, 400, "supported employment", allowed=(0, 1_000_000))
    substance_use: int = choice(55, "places", 10, 400, "", allowed=(0, 1_000_000))
    general_health: int = choice(130, "places", 30, 1000, "", allowed=(0, 1_000_000))

    def counts(self) -> tuple[int, ...]:
        """Return the places in the order of ``schema.codes.AgencyKind``."""
        return (self.housing, self.benefits, self.day_programme, self.work, self.substance_use, self.general_health)


class Service(Section):
    """Choices: staff, caseload, titration, planning, allocation, turnover, crisis cover,
    referral help, beds, places."""

    staff: Staff = Staff()
    caseload: CaseloadPolicy = CaseloadPolicy()
    titration: Titration = Responsive()
    planning: PlanningPolicy = AsWorkersAre()
    allocation: Allocation = NeedFirst()
    slack: Slack = AsWanted()
    shortage: Shortage = CollateralFirst()
    medication: MedicationStance = Flexible()
    turnover: TurnoverPolicy = TurnoverPolicy()
    contact: ContactPlan = ContactPlan()
    practice: Practice = Practice()
    crisis: CrisisCover = CrisisCover()
    referral_help: ReferralHelp = ByCapability()
    payer: Payer = Grant()
    review: Review = NoReview()
    approach: Approach = UsualApproach()
    advocacy: AdvocacyManner = AdvocacyManner()
    vocational: Vocational = Vocational()
    family_work: FamilyWork = FamilyWork()
    hospital: Beds = Beds()
    agencies: AgencyPlaces = AgencyPlaces()
