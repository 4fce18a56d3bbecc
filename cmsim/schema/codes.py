"""The vocabularies of what is recorded: one enumeration each, and the named sets of places to live.

A member is the whole number that stands in columns; its ``label`` is the word that tables show.
"""

from cmsim.core.ledger import Code

FACTORS = (
    "frailty",
    "medication",
    "stress",
    "criticism",
    "unmet need",
    "overload",
    "substance use",
    "recent discharge",
    "earlier admissions",
)
"""The factors of the hazard of onset, in the order of their columns."""


class Phase(Code):
    """Phase of illness."""

    STABLE = 0, "stable"
    PRODROMAL = 1, "prodromal"
    ACUTE = 2, "acute"
    INPATIENT = 3, "inpatient"


class Diagnosis(Code):
    """Diagnosis group."""

    SCHIZOPHRENIA = 0, "schizophrenia spectrum"
    BIPOLAR = 1, "bipolar"
    OTHER = 2, "other"


class RelationTemplate(Code):
    """Way of relating to helpers that a person brings along."""

    COLLABORATIVE = 0, "collaborative"
    DISTRUSTFUL = 1, "distrustful"
    DEPENDENT = 2, "dependent"
    POWER_ORGANISED = 3, "power-organised"


class ClientStatus(Code):
    """Standing with the service."""

    NOT_YET = 0, "not yet referred"
    WAITING = 1, "waiting for a worker"
    OPEN = 2, "open"
    LEFT = 3, "left"


class Setting(Code):
    """Where a client lives or stays, from the street to institutions."""

    STREET = 0, "street"
    SHELTER = 1, "shelter"
    FAMILY_HOME = 2, "family home"
    GROUP_HOME = 3, "group home"
    SUPERVISED = 4, "supervised flat"
    OWN_FLAT = 5, "own flat"
    HOSPITAL = 6, "hospital"
    JAIL = 7, "jail"


class Domain(Code):
    """Domain of need."""

    HOUSING = 0, "housing"
    INCOME = 1, "income"
    TREATMENT = 2, "treatment"
    PHYSICAL_HEALTH = 3, "physical health"
    SELF_CARE = 4, "self-care"
    ACTIVITY = 5, "activity"
    WORK = 6, "work"
    LEGAL = 7, "legal"
    TRANSPORT = 8, "transport"
    SOCIAL_CONTACT = 9, "social contact"


class AgencyKind(Code):
    """Kind of community agency."""

    HOUSING = 0, "housing"
    BENEFITS = 1, "benefits"
    DAY_PROGRAMME = 2, "day programme"
    WORK = 3, "work"
    SUBSTANCE_USE = 4, "substance use"
    GENERAL_HEALTH = 5, "general health"


class ContactKind(Code):
    """Kind of contact; a case manager's kinds come first, reviews and respite are others'."""

    VISIT = 0, "visit"
    CALL = 1, "call"
    CRISIS = 2, "crisis"
    WARD = 3, "ward visit"
    JOINT = 4, "joint visit"
    ACCOMPANY = 5, "accompaniment"
    FAMILY = 6, "family"
    LIAISON = 7, "psychiatrist liaison"
    AGENCY = 8, "agency"
    REVIEW = 9, "review"
    RESPITE = 10, "respite"


class Provider(Code):
    """Who makes a contact, answers a crisis or brings a client to hospital."""

    CASE_MANAGER = 0, "case manager"
    PSYCHIATRIST = 1, "psychiatrist"
    CRISIS_SERVICE = 2, "crisis service"
    EMERGENCY = 3, "emergency department"
    TEAM_MEMBER = 4, "team member"
    AIDE = 5, "case aide"
    FAMILY = 6, "family"
    POLICE = 7, "police"


class Counterpart(Code):
    """With whom a contact is."""

    CLIENT = 0, "client"
    FAMILY = 1, "family"
    PSYCHIATRIST = 2, "psychiatrist"
    HOSPITAL = 3, "hospital"
    AGENCY = 4, "agency"


class ContactMode(Code):
    """Mode of a contact."""

    FACE_TO_FACE = 0, "face to face"
    PHONED = 1, "phone"


class ContactPlace(Code):
    """Place of a contact."""

    OFFICE = 0, "office"
    HOME = 1, "home"
    NEIGHBOURHOOD = 2, "neighbourhood"
    WARD = 3, "ward"
    PHONE = 4, "phone"
    CLINIC = 5, "clinic"
    AGENCY = 6, "agency"
    EMERGENCY_DEPARTMENT = 7, "emergency department"


class ContactOutcome(Code):
    """Outcome of a planned contact."""

    HELD = 0, "held"
    NOT_COME = 1, "did not come"
    REFUSED = 2, "refused"
    DROPPED = 3, "dropped for lack of time"


class ContactLimit(Code):
    """What limits a contact: demand, the worker's time or the client's willingness."""

    DEMAND = 0, "demand"
    CAPACITY = 1, "capacity"
    WILLINGNESS = 2, "willingness"


class NoticedBy(Code):
    """Who noticed a prodrome first."""

    NOBODY = 0, "nobody"
    CLIENT = 1, "client"
    FAMILY = 2, "family"
    CASE_MANAGER = 3, "case manager"
    PSYCHIATRIST = 4, "psychiatrist"


class CrisisCause(Code):
    """What lies behind a crisis."""

    ACUTE_ILLNESS = 0, "acute illness"
    STRESSOR = 1, "stressor"


class CrisisOutcome(Code):
    """Outcome of a crisis."""

    SETTLED = 0, "settled"
    ADMITTED = 1, "admitted"
    NO_BED = 2, "no bed"
    PASSED = 3, "passed without help"
    RESPITE = 4, "respite"
    REFUSED = 5, "refused admission"
    HOME_TREATMENT = 6, "home treatment"


class SeenBy(Code):
    """Who sees an acute illness."""

    CLIENT = 0, "the client"
    FAMILY = 1, "family"
    CASE_MANAGER = 2, "case manager"
    PSYCHIATRIST = 3, "psychiatrist"
    POLICE = 4, "police"


class AcuteAnswer(Code):
    """What is done about an acute illness that somebody sees."""

    WAITED = 0, "waited"
    TOLD = 1, "told the worker"
    TREATED = 2, "treated at home"
    ADMITTED = 3, "admitted"
    NO_BED = 4, "no bed"
    NOT_ADMITTED = 5, "not admitted"
    REFUSED = 6, "refused admission"
    HOME_TREATMENT = 7, "home treatment"


class RespiteReason(Code):
    """When respite is offered."""

    IN_CRISIS = 0, "in a crisis"
    FIRST_SIGNS = 1, "at first signs"


class DischargeReason(Code):
    """Why a hospital stay ends."""

    STILL_IN = 0, "still in hospital"
    COMPLETE = 1, "treatment complete"
    BED_PRESSURE = 2, "bed pressure"


class MoveReason(Code):
    """Why a client changes setting."""

    LOST_PLACE_ILL = 0, "lost the place while ill"
    LOST_PLACE = 1, "lost the place"
    PLACED_BY_AGENCY = 2, "placed by agency"
    ROOM_THROUGH_TIE = 3, "room through a tie"
    FAMILY_TOOK_IN = 4, "family took in"
    FAMILY_ENDED_IT = 5, "family ended it"
    FOUND_SHELTER = 6, "found shelter"
    FOUND_ROOM_ALONE = 7, "found a room alone"
    ADMITTED = 8, "admitted"
    DISCHARGED = 9, "discharged"
    ARRESTED = 10, "arrested"
    RELEASED = 11, "released"
    MOVED_BY_PLAN = 12, "moved by plan"
    PLACE_DID_NOT_SUIT = 13, "the place did not suit"
    BACK_TO_FAMILY = 14, "went back to the family"
    WALKED_OUT = 15, "walked out"


class JobKind(Code):
    """Kind of work held or aimed at."""

    NONE = 0, "none"
    SHELTERED = 1, "sheltered"
    PAID = 2, "paid"


class JobReason(Code):
    """Why work begins or ends."""

    AGENCY_PLACE = 0, "place at the agency"
    THROUGH_TIE = 1, "through a tie"
    LOST = 2, "lost"
    GAVE_UP = 3, "gave it up"
    LEFT_SERVICE = 4, "left the service"


class LeadKind(Code):
    """What a tip from a tie is about."""

    ROOM = 0, "room"
    JOB = 1, "job"


class HandoverKind(Code):
    """How a client begins with, changes or loses a case manager."""

    FIRST = 0, "first worker"
    COLD = 1, "cold"
    WARM = 2, "warm"
    WITHOUT = 3, "left without a worker"
    IN_TEAM = 4, "within the team"
    ENDED = 5, "programme ended"


class PlanStep(Code):
    """Step of a plan of a move."""

    MADE = 0, "made"
    REFUSED = 1, "refused"
    GIVEN_UP = 2, "given up"
    MOVED = 3, "moved"
    HELD = 4, "held"
    BROKE_DOWN = 5, "broke down"


class NewStep(Code):
    """How a client does something new."""

    ALONE = 0, "alone"
    WITH_LESS_HELP = 1, "with less help than before"


class WaitFor(Code):
    """What is waited for."""

    CASE_MANAGER = 0, "case manager"
    PSYCHIATRIST = 1, "psychiatrist"
    BED = 2, "bed"
    AGENCY_PLACE = 3, "agency place"


class WaitOutcome(Code):
    """How a wait ends."""

    SERVED = 0, "served"
    GAVE_UP = 1, "gave up"
    STILL = 2, "still waiting"


class LinkStep(Code):
    """Step of a referral to a community agency."""

    REFERRED = 0, "referred"
    NOT_FOLLOWED = 1, "did not follow through"
    NOT_ACCEPTED = 2, "not accepted"
    ACCEPTED = 3, "accepted"
    STARTED = 4, "started"
    ENDED = 5, "ended"


class HelpLevel(Code):
    """Level of help with a referral."""

    NUMBER_ONLY = 0, "number only"
    AGENCY_PREPARED = 1, "agency prepared"
    ACCOMPANIED = 2, "accompanied"


class StaffEvent(Code):
    """What happens to a worker or a post."""

    HIRED = 0, "hired"
    LEFT = 1, "left"
    CREATED = 2, "post created"
    CLOSED = 3, "post closed"
    LAID_OFF = 4, "laid off"


class RegistrationEvent(Code):
    """Entry or leaving of a client."""

    REFERRED = 0, "referred"
    RECOVERED = 1, "discharged as recovered"
    DISENGAGED = 2, "disengaged"
    MOVED_OR_DIED = 3, "moved away or died"
    NO_LONGER_FOLLOWED = 4, "no longer followed"


class HassleKind(Code):
    """What a daily hassle is about."""

    LETTER = 0, "letter or money"
    PRESCRIPTION = 1, "prescription"
    QUARREL = 2, "quarrel"


class DealtWithBy(Code):
    """Who deals with a hassle."""

    NOBODY = 0, "nobody"
    CLIENT = 1, "client"
    CASE_MANAGER = 2, "case manager"
    STILL_OPEN = 3, "still open"


class CoerciveAct(Code):
    """Act against a client's wish."""

    COMMITMENT = 0, "commitment"
    INSISTED = 1, "insisted on medication"


def plain_codes(*members: int) -> tuple[int, ...]:
    """Return codes as plain numbers: contacts are many, and a member of an enumeration takes long to compare."""
    return tuple(map(int, members))


HOMELESS = plain_codes(Setting.STREET, Setting.SHELTER)
INSTITUTIONS = plain_codes(Setting.HOSPITAL, Setting.JAIL)
