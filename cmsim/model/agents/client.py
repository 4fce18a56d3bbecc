"""The client: a life in phases and places, and the decisions that are the client's own."""

from typing import Final

from cmsim.core import random_streams
from cmsim.core.hazard_clocks import DailyHazard
from cmsim.core.sampling import exponential, logistic
from cmsim.core.simtime import HOUR, workday_after
from cmsim.model.agents import acute_episode
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.illness_course import IllnessCourse
from cmsim.model.agents.move_plan import AGREES
from cmsim.model.context import Context
from cmsim.model.roles import CaseManagerRole, FamilyRole, HassleRole, MovePlanRole, Process, PsychiatristRole
from cmsim.model.state.columns import Column, client_key
from cmsim.schema.codes import INSTITUTIONS, AcuteAnswer, AgencyKind, ClientStatus, Phase, SeenBy
from cmsim.submodels import agency_referral, medication, move_planning
from cmsim.submodels import crisis as crises
from cmsim.submodels import inpatient_care as stays

# bound once: a member of an enumeration takes long to look up, and contacts are many
_ACUTE, _STABLE, _PRODROMAL, _OPEN, _WAITING = (
    Phase.ACUTE.value,
    Phase.STABLE.value,
    Phase.PRODROMAL.value,
    ClientStatus.OPEN.value,
    ClientStatus.WAITING.value,
)

POINT = random_streams.purpose(
    "client.point", "where a client stands on the circle from which companions and friends are found"
)
CRISIS_CALLS = random_streams.purpose("crisis.calls", "whether a client in crisis turns to the own worker")
HOLDS_OUT = random_streams.purpose("crisis.holds out", "whether somebody in crisis waits for the own worker's next day")
REFUSES_ADMISSION = random_streams.purpose("crisis.refuses admission", "whether a client refuses an admission advised")
FOLLOWS = random_streams.purpose("referral.follows", "whether a client follows a referral through")

WITHDRAWS = random_streams.purpose("discharge.withdraws", "whether a client cannot be reached after a discharge")
WITHDRAWN = random_streams.purpose("discharge.withdrawn for", "how long a client cannot be reached after a discharge")
DEPOT = random_streams.purpose("medication.depot", "whether somebody who has stopped medication agrees to a depot")
AGREES_TO_RESUME = random_streams.purpose(
    "medication.agrees to resume", "whether somebody who has stopped medication agrees to take it again"
)


class Client(Agent):
    """A person served: attributes read and write the row of the columns; methods decide."""

    home, alliance, insight, noticed_by = Column(), Column(), Column(), Column()

    def __init__(self, community: Context, row: int) -> None:
        address = int(community.people.address[row])
        super().__init__(community, client_key(address))
        self.columns = community.people
        self.row = row
        self.address = address
        self.point = community.streams.uniform(POINT, self.address)
        self.family: FamilyRole | None = None
        self.illness = IllnessCourse(community, self)
        self.withdrawn_until = -1
        self.hassles: list[HassleRole] = []
        self.plan: MovePlanRole | None = None
        self.in_emergency = False
        self.present = False
        self.busy_until = 0
        """Minute to which the client is with somebody."""
        self.severity_drawn = (-1, 0.0)
        """An episode, and the deviate of its severity, kept since it is asked for day by day."""
        cells = community.people.cells
        # place and custody: read here at every event, written by ``set_custody`` only
        self.status: Final[int] = cells.status[row]
        self.phase: Final[int] = cells.phase[row]
        self.setting: Final[int] = cells.setting[row]
        self.worker: Final[int] = cells.worker[row]
        self.episode: int = cells.episode[row]
        """Which episode this is or was; likewise, written where one begins."""
        self.update_custody()

    # -- what the client decides -----------------------------------------------------------------------------

    def decide_to_come(self, chance: float, drawn: float) -> bool:
        """Decide whether to keep an arranged contact, given the chance of a person so engaged; less so when ill."""
        if self.phase == _ACUTE:
            chance *= self.world.relationship.comes_acute
        elif self.withdrawn_until > self.community.today:
            chance *= self.world.hospital.withdrawn_share
        return drawn < chance

    def decide_to_tell(self) -> bool:
        """Decide whether to tell the worker of first signs; the alternative is to keep it to oneself."""
        return self.case_manager is not None

    def decide_to_stop_medication(self) -> bool:
        """Decide to stop medication when the wish to stop has built up; the alternative is to go on.

        With a depot given in time there is nothing to stop from day to day.
        """
        return not self.columns.depot[self.row]

    def decide_to_resume_medication(self) -> bool:
        """Decide to take medication again that was stopped, when asked; the alternative is to stay without."""
        c, unwell = self.community, self.columns.cells.unwell[self.row]
        if not c.world.mechanisms.stopping_precedes_relapse:
            return True
        felt = float(medication.insight_left(c.world.medication, self.insight, unwell))
        chance = medication.resumes_chance(c.world.medication, felt, self.alliance)
        return c.streams.uniform(AGREES_TO_RESUME, self.address, c.today) < chance

    def decide_to_withdraw(self, visited: bool, booked: bool) -> bool:
        """Decide on discharge to keep out of everybody's reach for a while; the alternative is to stay in
        touch."""
        c, row, cells = self.community, self.row, self.columns.cells
        chance = stays.withdraws_chance(c.world.hospital, cells.engagement[row], visited, booked, cells.coerced[row])
        return c.streams.uniform(WITHDRAWS, self.address, self.episode) < chance

    def leave_hospital(self, visited: bool, booked: bool) -> None:
        """Go home from hospital, within reach or not."""
        if self.decide_to_withdraw(visited, booked):
            c, p = self.community, self.world.hospital
            days = exponential(c.streams.uniform(WITHDRAWN, self.address, self.episode), p.withdrawn_days)
            self.withdrawn_until = c.today + int(days) + 1

    def decide_on_depot(self, insisted: bool) -> bool:
        """Decide on a depot that the worker brings up; the alternative is to refuse that too."""
        c = self.community
        chance = medication.depot_chance(c.world.medication, self.insight, self.alliance, insisted)
        return c.streams.uniform(DEPOT, self.address, c.today) < chance

    def decide_to_follow_referral(self, chance: float, ordinal: int) -> bool:
        """Decide whether to follow a referral through."""
        return self.community.streams.uniform(FOLLOWS, self.address, ordinal) < chance

    def decide_to_turn_to_worker(self, occasion: int) -> bool:
        """Decide in a crisis whether to turn to the own worker first."""
        p = self.world.crisis
        odds = p.calls_own_worker + p.calls_alliance * (self.alliance_told - 0.5)
        u = self.community.streams.uniform(CRISIS_CALLS, self.address, occasion)
        return u < logistic(odds)

    def decide_to_hold_out(self, severity: float, minutes: int, occasion: int) -> bool:
        """Decide in a crisis to wait until the own worker is on duty again; the alternative is whoever comes now."""
        chance = crises.hold_out_chance(self.world.crisis, severity, minutes / HOUR)
        return self.community.streams.uniform(HOLDS_OUT, self.address, occasion) < chance

    def decide_on_move(self, plan: MovePlanRole) -> bool:
        """Decide whether to agree to a plan of a move; the alternative is to stay."""
        odds = move_planning.agrees_log_odds(self.world.planning, self.alliance, plan.wish_met())
        return self.community.streams.uniform(AGREES, self.address, plan.made) < float(logistic(odds))

    def begin_episode(self) -> int:
        """Count in another episode of illness, and return its number."""
        self.episode = self.columns.cells.episode[self.row] = self.episode + 1
        return self.episode

    # -- who belongs to the client ---------------------------------------------------------------------------

    @property
    def case_manager(self) -> CaseManagerRole | None:
        """The case manager in charge, if any."""
        post = self.worker
        return self.community.workers[post] if post >= 0 else None

    @property
    def psychiatrist(self) -> PsychiatristRole | None:
        """The psychiatrist, if the community has one."""
        number: int = self.columns.cells.psychiatrist[self.row]
        return self.community.psychiatrists[number] if number >= 0 else None

    def ask_psychiatrist(self) -> None:
        """Have the psychiatrist asked for an urgent review, on a report of how the days are."""
        if self.psychiatrist is not None:
            self.psychiatrist.on_request(self, urgent=True, reported=True)

    @property
    def alliance_told(self) -> float:
        """The alliance on which disclosure depends: one's own, or a usual one where the loop is cut."""
        world = self.world
        return self.alliance if world.loops.alliance_disclosure else world.relationship.usual_alliance

    def is_with_somebody(self, minute: int) -> bool:
        """Return whether the client is, or was after a minute, in a contact."""
        return self.busy_until > minute

    def wait_for_others(self) -> Process:
        """Wait until whoever is with the client is done, as one who comes in a crisis does."""
        while self.is_with_somebody(now := self.community.env.now):
            yield self.busy_until - now

    def stay_with(self, until: int) -> None:
        """Be in a contact until a minute."""
        if until > self.busy_until:
            self.busy_until = until

    def set_custody(self, **custody: int) -> None:
        """Change status, phase, setting or worker: here and in the columns, with what follows from it.

        They are read at every event, so they are plain attributes and not :class:`Column`.
        """
        cells, row = self.columns.cells, self.row
        if "worker" in custody:
            self.community.posts.move_client(row, self.worker, custody["worker"])
        for name, value in custody.items():
            setattr(self, name, value)
            getattr(cells, name)[row] = value
        self.update_custody()

    def update_custody(self) -> None:
        """Bring up to date what follows from status, phase and setting.

        ``present``: can be met in the community: served or waiting, not in hospital, emergency department or
        jail. ``unnoticed``: present, and in a prodrome that nobody has noticed.
        """
        cells, row, phase, status = self.columns.cells, self.row, self.phase, self.status
        here = status in (_OPEN, _WAITING)
        if cells.away[row]:
            self.community.respite.give_up_place(self)
        self.present = present = here and self.setting not in INSTITUTIONS and not self.in_emergency
        cells.here[row] = here
        cells.present[row] = present
        cells.can_fall_ill[row] = here and phase == _STABLE
        cells.unnoticed[row] = present and phase == _PRODROMAL and not cells.noticed_by[row]
        cells.unwell[row] = phase in (_PRODROMAL, _ACUTE)

    def set_in_emergency(self, there: bool) -> None:
        """Come to the emergency department, or leave it."""
        self.in_emergency = there
        self.update_custody()

    def lose_family(self) -> None:
        """Have no family any more."""
        if self.family is not None:
            self.family.remove()
            self.family = None

    def expect_visit(self, days: int) -> None:
        """Have the next visit planned for a number of days from now, if there is a worker to make it."""
        if self.worker >= 0:
            self.columns.next_visit[self.row] = workday_after(self.community.today + days)

    # -- crisis ----------------------------------------------------------------------------------------------

    @property
    def crisis_number(self) -> int:
        """Which of the client's crises this is: a better policy delays it, and it is the same crisis then."""
        return self.community.clocks.daily.ordinal.item(DailyHazard.CRISIS, self.row)

    def decide_on_admission(self, severity: float, own_worker: bool, occasion: int, unwilling: float = 0.0) -> bool:
        """Decide on admission once it is advised; the alternative is to refuse, and perhaps be overruled."""
        c, p = self.community, self.world.crisis
        refuses = crises.commitment_chance(p, severity, self.insight, self.alliance, own_worker, unwilling)
        return c.streams.uniform(REFUSES_ADMISSION, self.address, occasion) >= refuses

    def decide_whom_to_seek(self) -> None:
        """Decide in an acute phase to whom to turn: the own worker, where there is trust, or the hospital."""
        worker = self.case_manager
        if worker is not None and self.decide_to_turn_to_worker(-1 - self.episode):
            worker.on_told(self)
            acute_episode.write_seen(self.community, self, SeenBy.CLIENT, AcuteAnswer.TOLD)
        else:
            acute_episode.go_to_hospital(self.community, self, SeenBy.CLIENT)

    def follow_chance(self, help_level: int, street: bool, relation: float, weeks: float) -> float:
        """Return the chance to follow a referral through with a level of help."""
        cells, row, approach = self.columns.cells, self.row, self.community.service.approach
        worker = self.case_manager
        p, skill = self.world.referral, worker.skill if worker is not None else 0.0
        eases = approach.eases if worker is not None else 0.0
        chance: float = agency_referral.follow_chance(
            p,
            help_level,
            cells.capability_mean[row],
            cells.alliance[row],
            cells.trauma[row],
            float(self.phase in (_PRODROMAL, _ACUTE)),
            cells.years_homeless[row] if street else 0.0,
            ambivalence=agency_referral.left_torn(p, cells.ambivalence[row], eases, skill),
            directiveness=approach.directiveness,
            relation=relation,
            weeks=weeks,
            belonging=agency_referral.belonging(p, cells.informal[row], cells.links[row, AgencyKind.DAY_PROGRAMME]),
        )
        return chance
