"""The client: a life in phases and places, and the decisions that are the client's own."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from cmsim.core import random_streams
from cmsim.core.hazard_clocks import CRISIS
from cmsim.core.sampling import exponential, logistic
from cmsim.core.simtime import DAY, workday_after
from cmsim.model.agents import acute_episode, crisis_episode, residence
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.illness_course import IllnessCourse
from cmsim.model.agents.move_plan import AGREES
from cmsim.model.agents.residence import STREET_FIRST
from cmsim.model.state.columns import Column, client_key
from cmsim.schema.codes import (
    INSTITUTIONS,
    AcuteAnswer,
    AgencyKind,
    ClientStatus,
    CoerciveAct,
    Domain,
    JobReason,
    NewStep,
    Phase,
    RegistrationEvent,
    SeenBy,
    Setting,
)
from cmsim.schema.state_variables import NEVER
from cmsim.schema.tables import CoercionRow, ConflictRow, DepotRow, JobRow, PrescriptionRow, RegistrationRow, StepRow
from cmsim.submodels import agency_referral, capability_growth, medication, move_planning, therapeutic_relationship
from cmsim.submodels import crisis as crises
from cmsim.submodels import family_climate as families
from cmsim.submodels import inpatient_care as stays

if TYPE_CHECKING:
    from cmsim.model.context import Context
    from cmsim.model.roles import CaseManagerRole, FamilyRole, HassleRole, MovePlanRole, PsychiatristRole

# bound once: a member of an enumeration takes long to look up, and contacts are many
_ACUTE, _STABLE, _PRODROMAL, _INPATIENT = Phase.ACUTE, Phase.STABLE, Phase.PRODROMAL, Phase.INPATIENT
_LEFT, _OPEN, _WAITING = ClientStatus.LEFT, ClientStatus.OPEN, ClientStatus.WAITING
_INCOME, _TREATMENT, _TRANSPORT = Domain.INCOME, Domain.TREATMENT, Domain.TRANSPORT
_ALONE, _WITH_LESS_HELP = NewStep.ALONE, NewStep.WITH_LESS_HELP
_FAMILY_HOME, _OWN_FLAT, _SHELTER = Setting.FAMILY_HOME, Setting.OWN_FLAT, Setting.SHELTER
_CLIENT = SeenBy.CLIENT
_TOLD = AcuteAnswer.TOLD
_WORK, _DAY_PROGRAMME = AgencyKind.WORK, AgencyKind.DAY_PROGRAMME


POINT = random_streams.purpose(
    "client.point", "where a client stands on the circle from which companions and friends are found"
)
CRISIS_CALLS = random_streams.purpose("crisis.calls", "whether a client in crisis turns to the own worker")
REFUSES_ADMISSION = random_streams.purpose("crisis.refuses admission", "whether a client refuses an admission advised")
FOLLOWS = random_streams.purpose("referral.follows", "whether a client follows a referral through")
TRIED = random_streams.purpose("steps.tried", "in which need domain a client tries something new")
SUCCEEDS = random_streams.purpose("steps.succeeds", "whether that succeeds")

WITHDRAWS = random_streams.purpose("discharge.withdraws", "whether a client cannot be reached after a discharge")
WITHDRAWN = random_streams.purpose("discharge.withdrawn for", "how long a client cannot be reached after a discharge")
ENCOURAGED = random_streams.purpose(
    "medication.encouraged", "when the family sees to it that somebody who stopped medication takes it again"
)
DEPOT = random_streams.purpose("medication.depot", "whether somebody who has stopped medication agrees to a depot")
FILLS = random_streams.purpose("medication.fills", "whether a prescription is taken to the pharmacy and paid for")


class Client(Agent):
    """A person served: attributes read and write the row of the columns; methods
    decide and live through events."""

    home, job = Column(), Column()
    alliance, knowledge, engagement, insight = Column(), Column(), Column(), Column()
    stress, adherence, supply, stopped = Column(), Column(), Column(), Column()
    admissions = Column()
    noticed_by, reviewed = Column(), Column()
    home_support, autonomy = Column(), Column()

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
        cells = community.people.cells
        # place and custody: read here at every event, written by ``becomes`` only
        self.status: Final[int] = cells.status[row]
        self.phase: Final[int] = cells.phase[row]
        self.setting: Final[int] = cells.setting[row]
        self.worker: Final[int] = cells.worker[row]
        self.episode: int = cells.episode[row]
        """Which episode this is or was; likewise, written where one begins."""
        self.update_custody()

    # -- what the client decides -----------------------------------------------------------------------------

    def decide_to_come(self, chance: float, drawn: float) -> bool:
        """Decide whether to keep an arranged contact, given the chance of a person
        so engaged; less so when ill."""
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

    def stop_medication(self) -> None:
        """Stop medication, if that is what the client decides."""
        if self.status != _LEFT and self.decide_to_stop_medication():
            cells, row = self.columns.cells, self.row
            cells.stopped[row] = 1.0
            cells.refusals[row] += 1
            cells.adherence_target[row] = 0.0
            self._let_family_hear()

    def _let_family_hear(self) -> None:
        """Let the family come to see that medication is not taken, as far as it is in touch and knows."""
        c, cells, row = self.community, self.columns.cells, self.row
        if self.family is None:
            return
        hazard = families.resumes_hazard(
            c.world.family, cells.family_contact[row], cells.warmth[row], cells.family_knowledge[row]
        )
        if hazard > 0.0:
            refusals = int(cells.refusals[row])
            days = exponential(c.streams.uniform(ENCOURAGED, self.address, refusals), 1.0 / hazard)
            c.env.call_in(int(days * DAY) + 1, self.on_encouragement, refusals)

    def on_encouragement(self, refusals: int) -> None:
        """Be encouraged by the family, if there still is one."""
        if self.status != _LEFT and self.family is not None:
            self.family.decide_to_encourage(refusals)

    def decide_to_withdraw(self, visited: bool, booked: bool) -> bool:
        """Decide on discharge to keep out of everybody's reach for a while; the alternative is to stay in
        touch."""
        c, row = self.community, self.row
        chance = stays.withdraws_chance(
            c.world.hospital, self.engagement, visited, booked, self.columns.cells.coerced[row]
        )
        return c.streams.uniform(WITHDRAWS, self.address, self.episode) < chance

    def leave_hospital(self, visited: bool, booked: bool) -> None:
        """Go home from hospital, within reach or not."""
        if self.decide_to_withdraw(visited, booked):
            c, p = self.community, self.world.hospital
            days = exponential(c.streams.uniform(WITHDRAWN, self.address, self.episode), p.withdrawn_days)
            self.withdrawn_until = c.today + int(days) + 1

    def fill_prescription(self) -> None:
        """Take a prescription to the pharmacy: it is filled, or means and way are lacking."""
        c, cells, row = self.community, self.columns.cells, self.row
        m, lacks = c.world.medication, cells.domain_unmet
        unmet = (lacks[row, _INCOME] + lacks[row, _TREATMENT] + lacks[row, _TRANSPORT]) / 3.0
        chance = medication.fill_chance(m, cells.capability_mean[row], unmet, cells.willing[row])
        filled = c.streams.uniform(FILLS, self.address, c.today) < chance
        if filled:
            cells.supply[row] = m.supply_days
        c.ledger.write(PrescriptionRow(minute=c.env.now, client=row, filled=filled))

    def decide_on_depot(self, insisted: bool) -> bool:
        """Decide on a depot that the worker brings up; the alternative is to refuse that too."""
        c = self.community
        chance = medication.depot_chance(c.world.medication, self.insight, self.alliance, insisted)
        return c.streams.uniform(DEPOT, self.address, c.today) < chance

    def on_depot_offer(self, insisted: bool) -> None:
        """Have a depot brought up; insistence is felt as coercion whether or not one gives way."""
        c, people, row = self.community, self.columns, self.row
        people.offered_depot[row] = c.today
        accepted = self.decide_on_depot(insisted)
        c.ledger.write(
            DepotRow(
                minute=c.env.now, client=row, refusals=int(people.refusals[row]), insisted=insisted, accepted=accepted
            )
        )
        if insisted:
            self.on_coercion("insisted on medication", c.world.relationship.insisted_loss)
        if accepted:
            people.depot[row] = 1.0
            people.supply[row] = max(people.supply[row], c.world.medication.discharge_days)
            self.resume_medication()
            self.ask_psychiatrist()

    def resume_medication(self) -> None:
        """Take medication again."""
        cells, row = self.columns.cells, self.row
        cells.stopped[row] = 0.0
        cells.adherence_target[row] = cells.willing[row]

    def decide_to_follow_referral(self, chance: float, ordinal: int) -> bool:
        """Decide whether to follow a referral through."""
        return self.community.streams.uniform(FOLLOWS, self.address, ordinal) < chance

    def decide_to_turn_to_worker(self, occasion: int) -> bool:
        """Decide in a crisis whether to turn to the own worker first."""
        p = self.world.crisis
        odds = p.calls_own_worker + p.calls_alliance * (self.alliance_told - 0.5)
        u = self.community.streams.uniform(CRISIS_CALLS, self.address, occasion)
        return u < logistic(odds)

    def decide_on_move(self, plan: MovePlanRole) -> bool:
        """Decide whether to agree to a plan of a move; the alternative is to stay."""
        odds = move_planning.agrees_log_odds(self.world.planning, self.alliance, plan.wish_met())
        return self.community.streams.uniform(AGREES, self.address, plan.made) < float(logistic(odds))

    def try_alone(self) -> None:
        """Try something new alone, untold; the worker sees only later what has come of it (K-66)."""
        if self.phase != _STABLE or not self.present:
            return
        c, row, cells, p = self.community, self.row, self.columns.cells, self.world.growth
        uniform = c.streams.uniform
        domain = int(uniform(TRIED, self.address, c.today) * len(Domain))
        gap = cells.domain_unmet[row, domain]
        succeeds = uniform(SUCCEEDS, self.address, c.today) < capability_growth.success_chance(p, gap)
        if succeeds:
            self.grow(domain, p.step)
        else:
            cells.stress[row] = min(cells.stress[row] + p.failure_stress, 1.0)
        c.ledger.write(StepRow(minute=c.env.now, client=row, domain=domain, how=_ALONE, success=succeeds))

    def grow(self, domain: int, share: float) -> None:
        """Gain a share of what the ceiling leaves in a need domain, by something done."""
        cells, row = self.columns.cells, self.row
        if self.world.loops.graduated_autonomy:
            left = cells.ceiling[row, domain] - cells.capability[row, domain]
            cells.capability[row, domain] += share * max(left, 0.0)

    def on_link_made(self, help_level: int, domain: int) -> None:
        """Have made a link with a level of help: seen how it is done, or done it with less (K-40)."""
        c, p, cells, row = self.community, self.world.growth, self.columns.cells, self.row
        before = cells.last_help[row]
        if before > help_level:
            share = capability_growth.internalised(p, cells.shown[row], before, help_level)
            self.grow(domain, share)
            c.ledger.write(StepRow(minute=c.env.now, client=row, domain=domain, how=_WITH_LESS_HELP, success=True))
        cells.shown[row] = capability_growth.shown_next(p, cells.shown[row], help_level)
        cells.last_help[row] = help_level

    def go_back(self) -> None:
        """Leave a planned placement, wishing for the opposite: back to the family, or just out of it.

        Whoever has nowhere to go back to stays, and is the worse for it.
        """
        if not self.present or self.plan is None or self.columns.plan_direction[self.row] == 0.0:
            return
        if self.plan.direction > 0 and self.family is not None and self.family.decide_to_house():
            residence.move(self.community, self, _FAMILY_HOME, "went back to the family")
        elif self.plan.direction < 0:
            c = self.community
            c.agencies[0].release(self.row)
            drawn = c.streams.uniform(STREET_FIRST, self.address, c.today)
            to = _OWN_FLAT if self.plan.came_from == _OWN_FLAT and drawn > 0.5 else _SHELTER
            residence.move(self.community, self, to, "walked out")
        else:
            stress = self.stress + self.world.planning.move_stress
            self.stress = min(stress, 1.0)

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

    def set_custody(self, **custody: int) -> None:
        """Change status, phase, setting or worker: here and in the columns, with what follows from it.

        They are read at every event, so they are plain attributes and not :class:`Column`.
        """
        cells, row = self.columns.cells, self.row
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

    def expect_visit(self, days: int) -> None:
        """Have the next visit planned for a number of days from now, if there is a worker to make it."""
        if self.worker >= 0:
            self.columns.next_visit[self.row] = workday_after(self.community.today + days)

    # -- relation --------------------------------------------------------------------------------------------

    def on_coercion(self, act: str, size: float) -> None:
        """Meet an act against one's wish: it costs alliance and leaves resentment, less where it is owned."""
        c, row, worker = self.community, self.row, self.case_manager
        p, people = c.world.relationship, c.people
        owned = worker is not None and worker.decide_to_own_authority(self)
        cost = therapeutic_relationship.coercion_cost(p, size, float(people.trauma[row]), owned)
        if not c.world.loops.coercion_distrust:
            cost = 0.0
        c.day.owe("alliance_loss", row, cost)
        people.coerced[row] += cost
        number = worker.number if worker is not None else -1
        c.ledger.write(
            CoercionRow(
                minute=c.env.now, client=row, worker=number, act=CoerciveAct.of(act), owned=owned, alliance_lost=cost
            )
        )

    def fall_out(self) -> None:
        """Fall out with the worker over what can be expected of oneself."""
        c, row, worker = self.community, self.row, self.case_manager
        if worker is None or not self.present:
            return
        p, people = c.world.relationship, c.people
        c.day.owe("alliance_loss", row, p.conflict_loss)
        c.ledger.write(
            ConflictRow(
                minute=c.env.now,
                client=row,
                worker=worker.number,
                believed=float(people.belief[row]),
                need=float(people.need[row]),
                alliance_lost=p.conflict_loss,
            )
        )

    # -- crisis ----------------------------------------------------------------------------------------------

    def crisis(self, hazard_then: float) -> Generator[Any, Any, None]:
        """Live through a crisis that fell due."""
        return crisis_episode.crisis(self.community, self, hazard_then)

    @property
    def crisis_number(self) -> int:
        """Which of the client's crises this is: a better policy delays it, and it is the same crisis then."""
        return self.community.clocks.daily.ordinal.item(CRISIS, self.row)

    def decide_on_admission(self, severity: float, own_worker: bool, occasion: int) -> bool:
        """Decide on admission once it is advised; the alternative is to refuse, and perhaps be overruled."""
        c = self.community
        refuses = crises.commitment_chance(c.world.crisis, severity, self.insight, self.alliance, own_worker)
        return c.streams.uniform(REFUSES_ADMISSION, self.address, occasion) >= refuses

    def decide_whom_to_seek(self) -> None:
        """Decide in an acute phase to whom to turn: the own worker, where there is trust, or the hospital."""
        worker = self.case_manager
        if worker is not None and self.decide_to_turn_to_worker(-1 - self.episode):
            worker.learn_unwell(self)
            acute_episode.write_seen(self.community, self, _CLIENT, _TOLD)
        else:
            acute_episode.go_to_hospital(self.community, self, _CLIENT)

    def settle(self) -> None:
        """Come out of a crisis without admission."""
        c = self.community
        self.columns.cells.settled[self.row] = 1.0
        c.day.owe("relief", self.row, c.world.crisis.relief)

    # -- coming and going ------------------------------------------------------------------------------------

    def leave_service(self, why: str) -> None:
        """Leave the system; nobody leaves from a hospital bed."""
        c, row = self.community, self.row
        if self.status not in (_WAITING, _OPEN) or self.phase == _INPATIENT or self.in_emergency:
            return
        c.ledger.write(RegistrationRow(minute=c.env.now, client=row, event=RegistrationEvent.of(why)))
        if self.status == _WAITING:
            c.staffing.list.leave(self, "gave up")
        elif self.worker >= 0:
            c.staffing.lose_client(self)
        self.set_custody(status=_LEFT)
        self.set_custody(worker=-1)
        people = self.columns
        people.left_day[row] = c.today
        people.due[:, row] = NEVER
        for hassle in tuple(self.hassles):
            hassle.end(0)
        self.lose_job("left the service")
        for agency in c.agencies:
            agency.release(row)
        c.households.leave(self)
        c.ties.leave(self.key)
        if self.family is not None:
            c.ties.leave(self.family.key)
            self.family.remove()
            self.family = None

    def take_job(self, job: int, reason: str) -> None:
        """Begin sheltered (1) or paid work (2)."""
        if self.status in (_WAITING, _OPEN) and self.job != job:
            self._set_job(job, reason)

    def lose_job(self, reason: str = "lost") -> None:
        """Lose the work held, and the place at the agency that came with it."""
        if not self.job:
            return
        c = self.community
        self._set_job(0, reason)
        c.agencies[_WORK].release(self.row)
        if self.status != _LEFT:
            self.stress = min(self.stress + c.world.work.loss_stress, 1.0)

    def _set_job(self, job: int, reason: str) -> None:
        c = self.community
        c.ledger.write(JobRow(minute=c.env.now, client=self.row, from_=self.job, to=job, reason=JobReason.of(reason)))
        self.job = job

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
            belonging=agency_referral.belonging(p, cells.informal[row], cells.links[row, _DAY_PROGRAMME]),
        )
        return chance
