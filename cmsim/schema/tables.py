"""What is recorded: one class of rows a kind of fact, each column with its unit and its meaning.

Minutes are engine minutes, ``client`` is a row of the client columns, ``worker`` the id of one holder of a
post (post times 1000 plus the n-th holder). A field whose name Python keeps for itself ends in an underscore,
its column does not.
"""

from typing import Annotated, NamedTuple

from cmsim.core.ledger import Coded, Field, Fields, Kind
from cmsim.schema import codes

Minute = Annotated[int, Field("when it happened", "engine minute")]
Client = Annotated[int, Field("whom it is about", "client")]
Day = Annotated[int, Field("the day", "day")]
Worker = Annotated[int, Field("the case manager; -1 for none", "worker id")]


class ContactRow(NamedTuple):
    """Every contact that was held, tried or dropped."""

    minute: Annotated[int, Field("when it began, or would have begun", "engine minute")]
    client: Client
    by: Annotated[int, Coded(codes.Provider, "who made it", "i4")]
    worker: Annotated[int, Field("which one: worker id, or number of the psychiatrist; -1 for a service", "id")]
    kind: Annotated[int, Coded(codes.ContactKind, "what sort of contact", "i4")]
    with_: Annotated[int, Coded(codes.Counterpart, "who was met", "i4")]
    mode: Annotated[int, Coded(codes.ContactMode, "how", "i4")]
    place: Annotated[int, Coded(codes.ContactPlace, "where", "i4")]
    travel: Annotated[int, Field("travel to it", "minutes")]
    minutes: Annotated[int, Field("its length", "minutes")]
    due_day: Annotated[int, Field("the day it was due", "day")]
    outcome: Annotated[int, Coded(codes.ContactOutcome, "what became of it", "i4")]
    limit: Annotated[
        int, Coded(codes.ContactLimit, "what bound it: demand, the worker's time, or the client's willingness", "i4")
    ]
    noticed: Annotated[bool, Field("a prodrome was noticed in it", dtype="i4")] = False


class TransitionRow(NamedTuple):
    """Every change of illness phase, with the factors of the hazard of onset at that time."""

    minute: Minute
    client: Client
    from_: Annotated[int, Coded(codes.Phase, "phase before")]
    to: Annotated[int, Coded(codes.Phase, "phase after")]
    episode: Annotated[int, Field("the client's n-th episode", "ordinal")]
    noticed_by: Annotated[int, Coded(codes.NoticedBy, "who noticed the prodrome first")]
    noticed_after: Annotated[float, Field("from onset to notice; -1 if unnoticed", "days")]
    reviewed: Annotated[bool, Field("medication was reviewed during the prodrome")]
    factors: Annotated[tuple[float, ...], Fields("factor {}", codes.FACTORS, "ratio", "{}: factor of the onset hazard")]


class CrisisRow(NamedTuple):
    """Every crisis and who answered it."""

    minute: Minute
    client: Client
    cause: Annotated[int, Coded(codes.CrisisCause, "what lay behind it")]
    by: Annotated[int, Coded(codes.Provider, "who answered")]
    worker: Annotated[int, Field("the case manager who answered; -1 if none", "worker id")]
    response: Annotated[int, Field("from the crisis to the answer", "minutes")]
    severity: Annotated[float, Field("0 a passing upset, 1 immediate danger", "0 to 1")]
    outcome: Annotated[int, Coded(codes.CrisisOutcome, "what became of it")]


class AcuteCareRow(NamedTuple):
    """Every time that somebody saw an acute illness and did something about it, or not."""

    minute: Minute
    client: Client
    episode: Annotated[int, Field("the client's n-th episode", "ordinal")]
    by: Annotated[int, Coded(codes.SeenBy, "who saw it")]
    severity: Annotated[float, Field("of the episode", "0 to 1")]
    answer: Annotated[int, Coded(codes.AcuteAnswer, "what was done")]


class AdmissionRow(NamedTuple):
    """One row a hospital stay."""

    minute: Annotated[int, Field("when the bed was reached", "engine minute")]
    client: Client
    discharged: Annotated[int, Field("when it ended; -1 if still in hospital", "engine minute")]
    involuntary: Annotated[bool, Field("by commitment")]
    by: Annotated[int, Coded(codes.Provider, "who answered the crisis that led to it, or brought the client")]
    brought: Annotated[bool, Field("somebody saw the illness; no crisis led to it")]
    waited: Annotated[int, Field("for the bed", "minutes")]
    informed: Annotated[bool, Field("the hospital told the case manager")]
    ward_visits: Annotated[int, Field("case-manager visits on the ward", "contacts", "i2")]
    booked: Annotated[bool, Field("an appointment was booked before discharge")]
    discharge: Annotated[int, Coded(codes.DischargeReason, "why it ended")]


class MoveRow(NamedTuple):
    """Every change of setting."""

    minute: Minute
    client: Client
    from_: Annotated[int, Coded(codes.Setting, "setting before")]
    to: Annotated[int, Coded(codes.Setting, "setting after")]
    reason: Annotated[int, Coded(codes.MoveReason, "why")]


class HandoverRow(NamedTuple):
    """Every beginning or change of case manager."""

    minute: Minute
    client: Client
    from_worker: Annotated[int, Field("the worker before; -1 for none", "worker id")]
    to_worker: Annotated[int, Field("the worker after; -1 for none", "worker id")]
    how: Annotated[int, Coded(codes.HandoverKind, "how it was done")]
    alliance_before: Annotated[float, Field("alliance with the worker before", "0 to 1")]
    alliance_after: Annotated[float, Field("alliance at the start with the worker after", "0 to 1")]
    tenure: Annotated[int, Field("how long the dyad before had lasted", "days")]


class HarmRow(NamedTuple):
    """Every time a client came to harm in a crisis outside hospital."""

    minute: Minute
    client: Client
    severity: Annotated[float, Field("of the crisis", "0 to 1")]
    after: Annotated[int, Coded(codes.CrisisOutcome, "what had become of the crisis")]


class RespiteRow(NamedTuple):
    """Every stay in respite, when it ends."""

    minute: Annotated[int, Field("when it ended", "engine minute")]
    client: Client
    since: Annotated[int, Field("when it began", "engine minute")]
    reason: Annotated[int, Coded(codes.RespiteReason, "when it was offered")]


class RiskyVisitRow(NamedTuple):
    """Every visit of a case manager to a client with known risk."""

    minute: Minute
    client: Client
    worker: Worker
    second: Annotated[int, Field("the colleague who went along; -1 for nobody", "worker id")]
    incident: Annotated[bool, Field("the worker was threatened or worse")]


class HassleRow(NamedTuple):
    """Every small hassle, when it ends."""

    minute: Annotated[int, Field("when it was dealt with, or the end of the run", "engine minute")]
    client: Client
    since: Annotated[int, Field("when it came up", "engine minute")]
    kind: Annotated[int, Coded(codes.HassleKind, "what it was about")]
    told: Annotated[bool, Field("the client told the case manager")]
    festered: Annotated[bool, Field("it was left for so long that it held stress up")]
    by: Annotated[int, Coded(codes.DealtWithBy, "who dealt with it")]


class DepotRow(NamedTuple):
    """Every time a depot was brought up with somebody who had stopped medication."""

    minute: Minute
    client: Client
    refusals: Annotated[int, Field("medication was stopped so far", "times", "i2")]
    insisted: Annotated[bool, Field("the worker insisted")]
    accepted: Annotated[bool, Field("the client agreed")]


class PrescriptionRow(NamedTuple):
    """Every prescription taken to the pharmacy."""

    minute: Minute
    client: Client
    filled: Annotated[bool, Field("the medication was got")]


class CoercionRow(NamedTuple):
    """Every act against a client's wish."""

    minute: Minute
    client: Client
    worker: Worker
    act: Annotated[int, Coded(codes.CoerciveAct, "what was done")]
    owned: Annotated[bool, Field("the case manager owned the authority of it openly")]
    alliance_lost: Annotated[float, Field("alliance it cost", "0 to 1")]


class ConflictRow(NamedTuple):
    """Every open conflict between client and case manager over what the client can do."""

    minute: Minute
    client: Client
    worker: Annotated[int, Field("the case manager", "worker id")]
    believed: Annotated[float, Field("need as the worker takes it to be", "0 to 1")]
    need: Annotated[float, Field("need as it is", "0 to 1")]
    alliance_lost: Annotated[float, Field("alliance it cost", "0 to 1")]


class WaitRow(NamedTuple):
    """Every wait, when it ends."""

    minute: Annotated[int, Field("when the wait ended", "engine minute")]
    client: Client
    since: Annotated[int, Field("when it began", "engine minute")]
    for_: Annotated[int, Coded(codes.WaitFor, "what was waited for")]
    which: Annotated[int, Field("which psychiatrist or agency; -1 where there is one", "number", "i2")]
    outcome: Annotated[int, Coded(codes.WaitOutcome, "how it ended")]


class LinkRow(NamedTuple):
    """Every step of a referral to a community agency."""

    minute: Minute
    client: Client
    agency: Annotated[int, Coded(codes.AgencyKind, "which agency")]
    worker: Worker
    help: Annotated[int, Coded(codes.HelpLevel, "level of help with the referral")]
    step: Annotated[int, Coded(codes.LinkStep, "what happened")]


class JobRow(NamedTuple):
    """Every beginning and end of work."""

    minute: Minute
    client: Client
    from_: Annotated[int, Coded(codes.JobKind, "work before")]
    to: Annotated[int, Coded(codes.JobKind, "work after")]
    reason: Annotated[int, Coded(codes.JobReason, "why")]


class LeadRow(NamedTuple):
    """Every lead on a room or a job that came through ties."""

    minute: Minute
    client: Client
    what: Annotated[int, Coded(codes.LeadKind, "what the lead was on")]
    steps: Annotated[int, Field("from the client to whoever knew; 1 for somebody known directly", "steps", "i1")]


class PlanRow(NamedTuple):
    """Every step of a plan of a move."""

    minute: Minute
    client: Client
    worker: Worker
    from_: Annotated[int, Coded(codes.Setting, "where the client lived when it was made")]
    to: Annotated[int, Coded(codes.Setting, "where it leads")]
    wish: Annotated[int, Field("what the client wished when it was made; 1 an own life", "-1, 0 or 1", "i1")]
    pressed: Annotated[float, Field("how far it was pressed for before the wish had settled", "0 to 1")]
    step: Annotated[int, Coded(codes.PlanStep, "what happened")]


class StepRow(NamedTuple):
    """Every new thing that a client did alone, or with less help than before."""

    minute: Minute
    client: Client
    domain: Annotated[int, Coded(codes.Domain, "need domain")]
    how: Annotated[int, Coded(codes.NewStep, "alone and untold, or with less help than before")]
    success: Annotated[bool, Field("whether it succeeded")]


class WeekRow(NamedTuple):
    """The clients at the end of each week: what they need and can do, and what workers believe."""

    day: Day
    clients: Annotated[int, Field("with the service, waiting or not, not in hospital or jail", "clients")]
    served: Annotated[int, Field("of these with a case manager", "clients")]
    unmet: Annotated[tuple[float, ...], Fields("unmet {}", codes.Domain.labels(), "0 to 1", "mean unmet need: {}")]
    lacking: Annotated[float, Field("mean number of domains with a need clearly unmet", "domains")]
    need: Annotated[float, Field("mean need", "0 to 1")]
    excess: Annotated[float, Field("mean paid support beyond need", "0 to 1")]
    dose: Annotated[float, Field("mean dose of those with a case manager", "0 to 1")]
    capability: Annotated[float, Field("mean capability", "0 to 1")]
    dependence: Annotated[float, Field("mean dependence", "0 to 1")]
    place_misfit: Annotated[float, Field("mean misfit of places lived in", "log ratio")]
    belief_bias: Annotated[float, Field("believed less true ability, mean of those served", "0 to 1")]
    expected_bias: Annotated[float, Field("what is expected of anybody less the true mean ability", "0 to 1")]
    belief_error: Annotated[float, Field("root mean square of that, by client and domain", "0 to 1")]
    discharged: Annotated[int, Field("served, within 28 days of an acute phase or a stay", "clients")]
    error_discharged: Annotated[float, Field("believed less lasting capability, root mean square, of those", "0 to 1")]
    error_settled: Annotated[float, Field("the same, of the other clients served", "0 to 1")]
    torn: Annotated[float, Field("of clients whose conflict is strong enough to swing", "share")]


class StaffRow(NamedTuple):
    """Every hiring, leaving, opening and closing of a post."""

    minute: Minute
    worker: Worker
    event: Annotated[int, Coded(codes.StaffEvent, "what happened")]
    exhaustion: Annotated[float, Field("emotional exhaustion at that time", "MBI-EE, 0 to 54")] = 0.0
    tenure: Annotated[int, Field("in the post", "days")] = 0
    caseload: Annotated[int, Field("held at that time", "clients")] = 0


class RegistrationRow(NamedTuple):
    """Every entry and leaving of a client."""

    minute: Minute
    client: Client
    event: Annotated[int, Coded(codes.RegistrationEvent, "what happened")]


class WorkerDayRow(NamedTuple):
    """One row a worker and workday: where the minutes went."""

    day: Day
    worker: Annotated[int, Field("the case manager", "worker id")]
    absent: Annotated[bool, Field("on leave, in training or sick")]
    caseload: Annotated[int, Field("held that day", "clients", "i2")]
    client_minutes: Annotated[int, Field("in contact with clients", "minutes", "i2")] = 0
    collateral_minutes: Annotated[int, Field("in contact with others about clients", "minutes", "i2")] = 0
    travel_minutes: Annotated[int, Field("travelling", "minutes", "i2")] = 0
    notes_minutes: Annotated[int, Field("writing up contacts", "minutes", "i2")] = 0
    team_minutes: Annotated[int, Field("meetings, supervision and administration", "minutes", "i2")] = 0
    office_minutes: Annotated[int, Field("time left over, spent at the desk", "minutes", "i2")] = 0
    along_minutes: Annotated[int, Field("going along on colleagues' visits with risk", "minutes", "i2")] = 0
    overtime: Annotated[int, Field("worked past the end of the day", "minutes", "i2")] = 0
    supervision: Annotated[int, Field("of supervision, part of the team's minutes", "minutes", "i2")] = 0
    recorded: Annotated[int, Field("held contacts over 15 minutes", "contacts", "i2")] = 0
    undone: Annotated[int, Field("due contacts left at the end of the day", "contacts", "i2")] = 0
    exhaustion: Annotated[float, Field("emotional exhaustion", "MBI-EE, 0 to 54")] = 0.0


class DayRow(NamedTuple):
    """The community at the end of each day; who waits for a worker, or is lost and followed, counts in all of it."""

    day: Day
    open: Annotated[int, Field("with a case manager's agency, served or between workers", "clients")]
    waiting: Annotated[int, Field("without a case manager", "clients")]
    lost: Annotated[int, Field("to the service against advice, and followed", "clients")]
    phases: Annotated[tuple[int, ...], Fields("{}", codes.Phase.labels(), "clients", "in the phase {}", "i4")]
    settings: Annotated[tuple[int, ...], Fields("{}", codes.Setting.labels(), "clients", "living in: {}", "i4")]
    beds_occupied: Annotated[int, Field("by anybody", "beds")]
    bed_queue: Annotated[int, Field("waiting for a bed", "people")]
    psychiatrist_queue: Annotated[int, Field("on the psychiatrists' waiting lists, anybody", "people")]
    agency_queue: Annotated[int, Field("waiting for a place at an agency, anybody", "people")]
    case_managers: Annotated[int, Field("in post", "workers")]
    posts: Annotated[int, Field("filled or vacant", "posts")]
    overdue: Annotated[int, Field("due before today and not yet held", "contacts")]
    unseen_30: Annotated[int, Field("with no face-to-face contact for more than 30 days", "clients")]
    links: Annotated[int, Field("active links to agencies", "links")]
    without_supply: Annotated[int, Field("who have run out of medication", "clients")]
    adherence: Annotated[float, Field("mean share of doses taken", "0 to 1")]
    alliance: Annotated[float, Field("mean alliance of those with a worker", "0 to 1")]
    stress: Annotated[float, Field("mean stress", "0 to 1")]
    unmet_need: Annotated[float, Field("mean unmet need over the need domains", "0 to 1")]
    autonomy: Annotated[float, Field("mean autonomy", "0 to 1")]
    exhaustion: Annotated[float, Field("mean emotional exhaustion of case managers", "MBI-EE, 0 to 54")]
    skill: Annotated[float, Field("mean skill of case managers", "0 to 1")]
    tenure: Annotated[float, Field("mean time in the post of case managers", "days")]
    recovery: Annotated[float, Field("mean self-rated recovery", "0 to 1")]
    activity: Annotated[float, Field("mean meaningful activity", "0 to 1")]
    network: Annotated[float, Field("mean size of the network", "people")]
    burden: Annotated[float, Field("mean burden of families; empty without families", "0 to 1")]
    criticism: Annotated[float, Field("mean expressed emotion of families; empty without families", "0 to 1")]


KINDS = (
    Kind.of("contacts", ContactRow),
    Kind.of("transitions", TransitionRow),
    Kind.of("crises", CrisisRow),
    Kind.of("acute_care", AcuteCareRow),
    Kind.of("admissions", AdmissionRow),
    Kind.of("moves", MoveRow),
    Kind.of("handovers", HandoverRow),
    Kind.of("harms", HarmRow),
    Kind.of("respites", RespiteRow),
    Kind.of("risky_visits", RiskyVisitRow),
    Kind.of("hassles", HassleRow),
    Kind.of("depots", DepotRow),
    Kind.of("prescriptions", PrescriptionRow),
    Kind.of("coercions", CoercionRow),
    Kind.of("conflicts", ConflictRow),
    Kind.of("waits", WaitRow),
    Kind.of("links", LinkRow),
    Kind.of("jobs", JobRow),
    Kind.of("leads", LeadRow),
    Kind.of("plans", PlanRow),
    Kind.of("steps", StepRow),
    Kind.of("weekly", WeekRow),
    Kind.of("staff", StaffRow),
    Kind.of("registrations", RegistrationRow),
    Kind.of("worker_days", WorkerDayRow),
    Kind.of("daily", DayRow),
)
"""Every kind of fact, in the order of the ledger's tables."""
