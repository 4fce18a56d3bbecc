"""Service: what planners choose."""

from typing import Literal

from cmsim.components import ALL, COMPONENTS, Component
from cmsim.components.component import Mix
from cmsim.core.parameters import Section, param, with_fields
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
from cmsim.policies.use_of_time import CollateralFirst, Office, Shortage, Slack
from cmsim.policies.vocational_aim import Vocational


class Staff(Section):
    """Posts and hours."""

    case_managers: int = param(
        12,
        "posts",
        4,
        200,
        "choice",
        "of case managers; under clients_fixed the number at the start",
        allowed=(0, 100_000),
    )
    training: Literal["mixed", "graduate", "bachelor", "paraprofessional"] = "mixed"
    """Whom the agency hires: as the labour market has it, or people of one training."""
    supervisor_span: int = param(6, "workers", 4, 12, "choice", "per supervisor", allowed=(1, 1000))
    supervisor_hours: float = param(
        10.0,
        "hours a week",
        4.0,
        25.0,
        "choice",
        "that a supervisor has for supervision; shared out among the workers of the team",
        allowed=(0.0, 40.0),
    )
    aides: int = param(
        0, "aides", 0, 50, "choice", "who go along and call in place of case managers", allowed=(0, 100_000)
    )
    psychiatrists: int = param(
        2, "psychiatrists", 1, 40, "choice", "with hours for this agency and others", allowed=(0, 100_000)
    )
    psychiatrist_hours: float = param(13.0, "hours a week", 8.0, 40.0, "choice", "in clinic, each", allowed=(0.0, 80.0))
    psychiatrist_elsewhere: float = param(
        0.0,
        "share",
        0.0,
        0.5,
        "choice",
        "of psychiatrists' hours that goes to housing, benefits and letters instead of appointments",
        allowed=(0.0, 0.95),
    )
    starts: int = param(9, "hour of the day", 7, 10, "choice", "case managers' day begins", allowed=(0, 16))
    hours: float = param(8.0, "hours a day", 6.0, 9.0, "choice", "case managers' working day", allowed=(1.0, 12.0))
    team_minutes: float = param(
        95.0,
        "minutes a day",
        30.0,
        150.0,
        "choice",
        "meetings and administration, besides supervision",
        allowed=(0.0, 480.0),
    )
    overtime_minutes: float = param(
        40.0, "minutes", 0.0, 120.0, "choice", "a worker will run over for a contact begun", allowed=(0.0, 480.0)
    )


class ContactPlan(Section):
    """How often, where and with whom contacts are planned."""

    least_visits: float = param(0.7, "visits per 28 days", 0.2, 2.0, "choice", "at a dose of 0", allowed=(0.01, 28.0))
    most_visits: float = param(5.5, "visits per 28 days", 3.0, 20.0, "choice", "at a dose of 1", allowed=(0.01, 28.0))
    calls: float = param(0.85, "calls per visit", 0.0, 2.0, "choice", "short calls between visits", allowed=(0.0, 10.0))
    spread: float = param(
        0.25, "share", 0.0, 0.5, "choice", "by which the days between contacts vary, either way", allowed=(0.0, 1.0)
    )
    discharge_days: float = param(
        30.0, "days", 7.0, 60.0, "choice", "after a known discharge in which a client counts as just discharged"
    )
    retry: float = param(
        0.6,
        "share",
        0.2,
        1.0,
        "choice",
        "of the usual gap until a contact not kept is tried again",
        allowed=(0.01, 2.0),
    )
    back_off: float = param(
        1.5,
        "ratio",
        1.0,
        2.5,
        "choice",
        "by which each further try in a row that fails lengthens the gap to the next; 1 goes on trying",
        allowed=(1.0, 10.0),
    )
    back_off_most: float = param(4.0, "ratio", 1.0, 10.0, "choice", "and the most that it does", allowed=(1.0, 100.0))
    in_vivo: float = param(
        0.6, "share", 0.2, 0.95, "choice", "of visits made where the client lives; the rest at the office"
    )
    family_days: float = param(
        75.0, "days", 14.0, 180.0, "choice", "between contacts with a family that takes part", allowed=(1.0, 3650.0)
    )
    liaison_days: float = param(
        110.0,
        "days",
        21.0,
        180.0,
        "choice",
        "between reports to the psychiatrist, for a dose of 0.5",
        allowed=(1.0, 3650.0),
    )
    ward_days: float = param(
        5.0, "days", 2.0, 14.0, "choice", "between ward visits, once an admission is known", allowed=(1.0, 365.0)
    )
    follow_up_days: float = param(
        5.0,
        "days",
        2.0,
        21.0,
        "choice",
        "after discharge until the first visit, once it is known",
        allowed=(1.0, 365.0),
    )
    jail_days: float = param(
        14.0,
        "days",
        7.0,
        60.0,
        "choice",
        "between contacts with a client in jail and the staff there, once it is known",
        allowed=(1.0, 3650.0),
    )
    drop_after: int = param(
        15, "workdays", 5, 40, "choice", "a collateral contact overdue for longer is dropped", allowed=(1, 1000)
    )


class _PracticeModel(Section):
    stance: Literal["of_the_worker", "companionable", "shared", "directive"] = "of_the_worker"
    """What workers are trained to: to follow, to share the lead, to lead; or each as he or she is."""
    coordination: Literal["accountable_worker", "separate_specialists"] = "accountable_worker"
    """Whether one worker answers for the whole plan, or tasks are divided among specialists."""
    specialists: int = param(
        2, "providers", 1, 5, "choice", "besides the case manager, where tasks are divided", allowed=(0, 20)
    )
    programme_days: int = param(
        0,
        "days",
        0,
        730,
        "choice",
        "after which case management ends for a client; 0: as long as it is wanted",
        allowed=(0, 36500),
    )
    takes_back: bool = False
    """Whether a client whose programme has ended comes back onto the waiting list after an admission."""
    components: tuple[Literal[COMPONENTS], ...] = COMPONENTS  # type: ignore[valid-type]


class Practice(with_fields(_PracticeModel, {part.key: part.mix for part in ALL})):  # type: ignore[misc]
    """Which components the practice model holds, and how much of each kind of contact they take."""

    def weights(self, part: Component) -> tuple[float, ...]:
        """Return the weight of a component in each kind of contact, 0 where the practice does without it."""
        mix: Mix = getattr(self, part.key)
        return tuple(weight * (part.name in self.components) for weight in mix.weights())


class Beds(Section):
    """The hospital."""

    beds: int = param(
        42, "beds", 10, 400, "choice", "of the one hospital, shared with other people", allowed=(0, 100_000)
    )
    use: BedUse = UsualThreshold()
    commitment: Commitment = WhenDangerous()


class AgencyPlaces(Section):
    """Places at community agencies, shared with other people."""

    housing: int = param(150, "places", 30, 600, "choice", "group homes and supervised flats", allowed=(0, 1_000_000))
    benefits: int = param(160, "places", 40, 1000, "choice", "people helped at a time", allowed=(0, 1_000_000))
    day_programme: int = param(90, "places", 20, 600, "choice", "", allowed=(0, 1_000_000))
    work: int = param(45, "places", 10, 400, "choice", "supported employment", allowed=(0, 1_000_000))
    substance_use: int = param(55, "places", 10, 400, "choice", "", allowed=(0, 1_000_000))
    general_health: int = param(130, "places", 30, 1000, "choice", "", allowed=(0, 1_000_000))

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
    slack: Slack = Office()
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
