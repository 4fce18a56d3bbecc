"""The community: who is in it, the one clock, and the order of the day in one readable function."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mesa
import networkx as nx
import numpy as np
from numpy.typing import NDArray

from cmsim import draws, referring, roster
from cmsim.agents import Agency, CaseManager, Client, Hospital, Psychiatrist, Supervisor
from cmsim.agents.aide import Aide
from cmsim.agents.home_treatment import HomeTreatmentTeam
from cmsim.agents.hospital import CrisisService
from cmsim.agents.respite import RespiteHouse
from cmsim.clock import DAY, HOUR, WEEK_DAYS, at, day_of, weekday
from cmsim.clocks import CLIENT_DAILY, CLIENT_WEEKLY, Clocks
from cmsim.contact_codes import ACCOMPANY, AGENCY, CALL, FAMILY, LIAISON, WARD
from cmsim.day import around, effect, exogenous, night, plan, terms, week, write
from cmsim.day.knowing import Experience
from cmsim.draws import Draws
from cmsim.engine import Clockwork
from cmsim.evidence import plain
from cmsim.heap import uncollected
from cmsim.informal import InformalNetwork
from cmsim.neighbourhood import Neighbourhood
from cmsim.people import (
    ACUTE,
    GROUP_HOME,
    INPATIENT,
    JAIL,
    LEFT,
    NEVER,
    OPEN,
    PRODROMAL,
    SUPERVISED,
    WAITING,
    Posts,
)
from cmsim.policies.use_of_time import as_planned
from cmsim.record import DEALT_WITH_BY, REGISTRATIONS, Ledger, code
from cmsim.rewiring import rewire
from cmsim.rules import acute_care
from cmsim.rules.contact_time import notes_minutes
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.service import Service
from cmsim.staffing import Staffing
from cmsim.synthesis import synthesise
from cmsim.temper import temper
from cmsim.ties import Ties

if TYPE_CHECKING:
    from cmsim.day.plan import Chair

Floats = NDArray[np.float64]

HELD_AT_START = draws.purpose("setup.links", "whether a client is linked to an agency at the start")
WORKDAYS = 5.0
LONGEST_CONTACT = 24 * HOUR
MONDAY = 0
SATURDAY, NIGHT = 5, 3 * HOUR
"""A day and a minute at which only who is on call at all hours comes."""
AFTER_WEEKEND = (0, 0, 0, 0, 0, 2, 1)
"""Days until the next working day, by day of the week."""


class Community(mesa.Model):
    """One community living through one scenario.

    Args:
        spec: the scenario.
        replication: which replication of its chance, from 0.
        nudge: make one visit a week, on Mondays, a minute longer from the end of the warm-up: the placebo
            twin, the same policy with an irrelevant difference. Once would not do: most days have slack
            enough to swallow a minute, and nothing would ever differ.
    """

    def __init__(self, spec: Scenario, replication: int = 0, *, nudge: bool = False) -> None:
        super().__init__(rng=0)  # Mesa wants one; cmsim never draws from it
        self.spec = spec
        self.world = plain(spec.world)
        self.nudge_from = spec.world.warm_up_days if nudge else None
        """Day from which a placebo twin's visits are longer; ``None`` in any other world."""
        self.chance = Draws(spec.run.seed, replication)
        self.env = Clockwork()
        self.call_at, self.call_in = self.env.call_at, self.env.call_in
        self.ledger = Ledger()
        self.ties = Ties()
        self.today = 0
        self.never = NEVER
        self.chair: Chair | None = None
        self._timeline = dict(spec.timeline())
        self.service: Service = self._timeline[0]
        self.resigning = spec.resignations()
        self._begin_day()
        with uncollected():
            self._assemble()

    # -- the order of the day --------------------------------------------------------------------------------

    def step(self) -> None:
        """Live one day. The only caller of ``env.run``."""
        self.today = day_of(int(self.env.now))
        exogenous.exogenous(self)  # 1. policies that change, referrals, hassles, life events
        self.staffing.morning()
        plan.plan(self)  # 2. beliefs -> doses -> what is due -> queues
        if self.nudge_from is not None and self.today >= self.nudge_from and weekday(self.today) == MONDAY:
            self._nudge()
        self.env.run(until=at(self.today + 1))  # 3. work, minute by minute
        delivered = effect.effect(self)  # 4. what contacts delivered
        night.night(self, delivered)  # 5. slow state, and what tomorrow brings
        week.week(self)
        write.write(self)  # 6. the day is written down
        if weekday(self.today) == MONDAY:
            self.ledger.settle()
        if self.today + 1 == self.world.warm_up_days:
            self.at_start = roster.snapshot(self)

    @property
    def days_lived(self) -> int:
        """Days lived so far."""
        return day_of(int(self.env.now))

    def follow(self, spec: Scenario, *, nudge: bool = False) -> None:
        """Go on under another scenario that has been the same so far: same world, same services in force."""
        self.spec, self.nudge_from = spec, spec.world.warm_up_days if nudge else None
        self._timeline = dict(spec.timeline())
        self.resigning = spec.resignations()

    def seat(self, chair: Chair | None) -> None:
        """Let somebody else decide in a case manager's place from the next morning on; nobody in a
        scenario."""
        self.chair = chair

    # -- what everybody uses ---------------------------------------------------------------------------------

    def luck(self, purpose: str, rows: Any, width: int = 1) -> Floats:
        """Return today's numbers of a purpose for some clients (rows or a slice), shape (width, clients)."""
        return self.chance.daily(purpose, self.today, self.people.address[rows], width).T

    def workday_after(self, day: int) -> int:
        """Return ``day``, or the first working day after it."""
        return day + AFTER_WEEKEND[day % WEEK_DAYS]

    def tonight(self, effect: str, row: int, amount: float) -> None:
        """Owe a client an amount of an effect, to be settled tonight."""
        self.owed.append((row, effect, amount))

    def extra_task(self, post: int, kind: str, done: set[int]) -> tuple[Any, ...] | None:
        """Return a contact with which a worker fills time left over; ``None`` if nobody is left for one."""
        return plan.extra_task(self, post, kind, done)

    def onset_logs(self, row: int) -> list[float]:
        """Return the logs of the factors of one client's onset hazard."""
        return night.onset_logs_of(self, row)

    def crisis_hazard(self, row: int) -> float:
        """Return one client's daily hazard of a crisis now."""
        return night.crisis_hazard_of(self, row)

    def psychiatrists_of(self, client: Client) -> Any:
        """Return the client's psychiatrist, or one that does nothing where there is none."""
        number: int = self.people.cells.psychiatrist[client.row]
        return self.psychiatrists[number] if number >= 0 else _NoPsychiatrist()

    # -- policies in force -----------------------------------------------------------------------------------

    def put_in_force(self, day: int) -> None:
        """Put the service that a scenario states for ``day`` in force."""
        if day in self._timeline:
            self.service = self._timeline[day]
            self._begin_service()
            around.family_work_begins(self)
            self.staffing.follows_policy()
            self._set_psychiatrists(self.service.staff.psychiatrists)
            self._set_aides(self.service.staff.aides)
            self.hospital.set_beds(self.service.hospital.beds)
            self.crisis_service.set_teams(self.service.crisis.teams)
            for agency, places in zip(self.agencies, self.service.agencies.counts(), strict=True):
                agency.set_places(places)

    def _set_aides(self, count: int) -> None:
        """Have another number of aides from now on; who is no longer paid gets nothing handed over."""
        for number in range(len(self.aides), count):
            self.aides.append(Aide(self, number))
            self.ties.enter(self.aides[-1].key, "case aide")
        for aide in self.aides:
            aide.at_work = aide.number < count

    def _set_psychiatrists(self, count: int) -> None:
        """Have another number of psychiatrists from now on; clients are shared out anew, with bookings."""
        held = self.psychiatrists
        if count == sum(doctor.at_work for doctor in held):
            return
        for number in range(len(held), count):
            held.append(Psychiatrist(self, number))
            self.ties.enter(held[-1].key, "psychiatrist")
        for doctor in held:
            doctor.at_work = doctor.number < count
        for client in self.clients:
            if client.status == LEFT:
                continue
            before = int(self.people.psychiatrist[client.row])
            after = client.address // 2 % count if count else -1
            if before == after:
                continue
            self.people.psychiatrist[client.row] = after
            if before >= 0:
                self.ties.part(client.key, held[before].key)
            if after >= 0:
                self.ties.join(client.key, held[after].key, "psychiatrist", self.today)
                if before >= 0:
                    held[before].hands_over(client.row, held[after])
                else:
                    held[after].is_asked(client, urgent=False, reported=False)

    def _begin_service(self) -> None:
        """Work out what follows from the service in force."""
        effect.component_tables(self)
        components = self.service.practice.components
        self.collaborates = "physician and hospital" in components
        self.clout = float("advocacy" in components and self.service.advocacy.manner == "clout")
        """1 where the service speaks for clients by clout, if it speaks for them at all."""
        contact, times = self.service.contact, self.spec.world.contact_time
        gaps = np.full(11, 28.0)
        gaps[WARD], gaps[FAMILY], gaps[LIAISON] = contact.ward_days, contact.family_days, contact.liaison_days
        if self.service.family_work.consultation != "ongoing":
            gaps[FAMILY] = NEVER
        payer = self.service.payer
        self.billable, planned = np.append(payer.billable(), (0.0, 0.0)), payer.planned()
        gaps[WARD : AGENCY + 1] /= np.maximum(planned[WARD : AGENCY + 1], 1e-3)
        self.calls, self.in_vivo = contact.calls * planned[CALL], contact.in_vivo * payer.away()
        self.gap_days = gaps
        self.minutes_of = times.means()
        self.laid_down = plan.lay_down(self)
        self.visits_as_planned = as_planned(self.service.slack, self.service.shortage)
        self.notes = notes_minutes(times, np.arange(LONGEST_CONTACT)).tolist()
        self.no_show_wait = int(times.no_show_wait)
        self.home_means = acute_care.home_means(
            self.world.acute_care,
            "crisis intervention" in self.service.practice.components,
            contact.most_visits,
            self.service.crisis.on_call.covers(SATURDAY, NIGHT),
        )
        """How far case managers can treat at home whoever would be treated in hospital, 0 to 1."""
        self.staff = staff = plain(self.service.staff)
        self.supervision_hours = min(
            self.service.turnover.supervision_hours, staff.supervisor_hours / staff.supervisor_span
        )
        self.team_minutes = int(staff.team_minutes + self.service.caseload.sharing.team_minutes)
        at_desk = self.team_minutes + self.supervision_hours * HOUR / WORKDAYS
        self.minutes_for_clients = max(staff.hours * HOUR - at_desk, 1.0)

    def _begin_day(self) -> None:
        self.due_found = np.zeros(0, plan.DUE_TODAY)
        """Room in which the morning's plan finds what is due."""
        self.contacts = bytearray()
        """Today's contacts, rows of ``record.contact_row`` one after the other."""
        self.owed: list[tuple[int, str, float]] = []
        self.refresh: set[int] = set()

    def _nudge(self) -> None:
        """Make one visit a minute longer in travel: the least that can differ without meaning anything."""
        for worker in self.at_work:
            if worker.queue and not worker.is_away(self.today):
                first = worker.queue[0]
                worker.queue[0] = (*first[:3], first[3] + 1, *first[4:])
                return

    # -- assembly --------------------------------------------------------------------------------------------

    def _assemble(self) -> None:
        spec, w = self.spec, self.spec.world
        self.people = people = synthesise(w, self.chance, spec.total_days)
        temper(w, people, self.chance)
        self._slots = int(people.address.max()) + 1 if people.rows else 0
        self.daily_clocks = Clocks(self.chance, CLIENT_DAILY, people.address)
        self.weekly_clocks = Clocks(self.chance, CLIENT_WEEKLY, people.address)
        days = np.arange(spec.total_days + 20_000)
        self.workday_table = days + np.array(AFTER_WEEKEND)[days % WEEK_DAYS]
        self.figures, self.facts = terms.figures(w), terms.facts(w)
        self.independence = np.array(list(w.placement.independence.model_dump().values()))
        self.experience = Experience(w.population.capability, w.belief.experience_minutes)
        fading = (w.illness.recency_days, w.crisis.settled_days)
        self.kept = np.array([math.exp(-1.0 / constant) for constant in fading])
        """Share that a day leaves of how recent a discharge is, and of having settled after a crisis."""
        self.posts = Posts(self.service.staff.case_managers)
        self.workers: list[CaseManager | None] = []
        self.supervisors: list[Supervisor] = []
        self.skills: dict[int, float] = {}
        self.graduates: dict[int, bool] = {}
        self.clients: list[Client] = []
        self._begin_service()
        self.agencies = [Agency(self, kind, n) for kind, n in enumerate(self.service.agencies.counts())]
        for agency in self.agencies:
            self.ties.enter(agency.key, "agency")
        self.neighbourhood = Neighbourhood(self)
        self.psychiatrists = [Psychiatrist(self, n) for n in range(self.service.staff.psychiatrists)]
        for psychiatrist in self.psychiatrists:
            self.ties.enter(psychiatrist.key, "psychiatrist")
        self.hospital = Hospital(self)
        self.ties.enter(self.hospital.key, "hospital")
        self.crisis_service = CrisisService(self)
        self.respite = RespiteHouse(self)
        self.home_treatment = HomeTreatmentTeam(self)
        self.staffing = Staffing(self)
        self.staffing.starts()
        self.aides: list[Aide] = []
        self._set_aides(self.service.staff.aides)
        self.network = InformalNetwork(self)
        for row in range(people.known):
            self._enters(row)
        if w.network.rewired:
            rewire(self)
        self._settle_start()

    @property
    def at_work(self) -> list[CaseManager]:
        """The case managers in post, in order of post."""
        return [worker for worker in self.workers if worker is not None]

    @property
    def graph(self) -> nx.Graph[str]:
        """The social graph; changed through ``ties`` only."""
        return self.ties.graph

    def _enters(self, row: int) -> Client:
        """Bring a client with family, informal helpers and psychiatrist into the community."""
        people = self.people
        client = Client(self, row)
        self.clients.append(client)
        self.ties.enter_client(client.key, row)
        self.network.enters(client)
        if self.service.staff.psychiatrists:
            number = client.address // 2 % self.service.staff.psychiatrists
            people.psychiatrist[row] = number
            psychiatrist = self.psychiatrists[number]
            self.ties.join(client.key, psychiatrist.key, "psychiatrist", self.today)
            psychiatrist.books(
                client,
                self.workday_after(
                    self.today
                    + int(self.network.first[client.address, 1] * self.world.psychiatry.review_days)
                ),
            )
        return client

    def _settle_start(self) -> None:
        """Give everybody at the start a worker, a place and links, and let the ill be in the middle of it."""
        people, posts = self.people, self.posts
        takers = [post for post in range(posts.count) if posts.filled[post]]
        most = self.service.caseload.most_at_start()
        for client in self.clients:
            row = client.row
            post = takers[client.address // 2 % len(takers)] if takers else -1
            if client.status == OPEN and post >= 0 and posts.caseload[post] < most:
                people.first_worker_day[row] = people.worker_since[row]
                self.staffing.gives(client, post)
            else:
                self.staffing.list.join(client)
                people.first_worker_day[row] = -NEVER
            if not people.has_family[row]:
                people.next_family[row] = NEVER
            self.neighbourhood.settle(client, -1, client.setting)
            self._links_at_start(client)
            self._ill_at_start(client)
        if people.rows:
            week.begin(self)
        self.at_start = roster.snapshot(self)

    def _links_at_start(self, client: Client) -> None:
        share = self.world.agencies.links_at_start
        for agency in self.agencies:
            housed = agency.kind == 0 and client.home in (GROUP_HOME, SUPERVISED)
            u = self.chance.uniform(HELD_AT_START, client.address, agency.kind)
            if housed or (agency.kind > 0 and u < share):
                self.env.process(agency.continues(client))

    def _ill_at_start(self, client: Client) -> None:
        phase = client.phase
        if phase == PRODROMAL:
            client.unnoticed = True
            client.custody_changed()
            self.call_in(
                int(self.network.first[client.address, 6] * self.world.illness.prodrome_days * DAY),
                client.ends_prodrome,
                1,
            )
        elif phase == ACUTE:
            client.gets_well_in(
                int(self.network.first[client.address, 6] * self.world.illness.acute_days * DAY)
            )
        elif phase == INPATIENT:
            self.hospital.take_over(client)

    # -- coming, going, and what happens between -------------------------------------------------------------

    def register(self, row: int) -> None:
        """Register a referral: a client enters and waits for a worker."""
        people = self.people
        people.known = row + 1
        client = self._enters(row)
        client.becomes(status=WAITING)
        people.last_seen[row] = people.last_any[row] = self.today
        self.ledger["registrations"].append((at(self.today), row, code(REGISTRATIONS, "referred")))
        self.neighbourhood.settle(client, -1, client.setting)
        self.refresh.add(row)
        self.staffing.list.join(client)

    def stops_waiting(self, client: Client, how: str) -> None:
        """Take a client off the list of those waiting for a worker."""
        self.staffing.list.leave(client, how)

    def workers_post_loses(self, client: Client) -> None:
        """Take a client who leaves off the worker's caseload."""
        self.posts.caseload[client.worker] -= 1
        self.staffing.list.may_have_room = True

    def ends_links(self, client: Client) -> None:
        """End all links of a client who leaves."""
        for agency in self.agencies:
            agency.releases(client.row)

    def release_place(self, client: Client) -> None:
        """Give back the place at the housing agency of a client who lost it."""
        self.agencies[0].releases(client.row)

    def contact_made(self, client: Client, kind: int) -> None:
        """Note what a collateral contact or an accompaniment has set in motion."""
        cells, row = self.people.cells, client.row
        if kind in (WARD, LIAISON) and not self.collaborates:
            return
        if kind == FAMILY:
            if client.family is not None:
                client.family.is_answered()
        elif kind == WARD:
            self.hospital.is_visited(client)
        elif kind == ACCOMPANY:
            referring.is_accompanied(self, client)
        elif kind == LIAISON:
            cells.reported[row] = self.today
            if cells.supply[row] < self.world.components.physician_hospital.little_left:
                self.psychiatrists_of(client).is_asked(client, urgent=True, reported=True)
        elif kind == AGENCY:
            cells.prepared_on[row] = self.today
            if client.setting == JAIL:
                cells.jail_reached[row] = 1.0
                cells.next_agency[row] = self.workday_after(self.today + int(self.service.contact.jail_days))

    def close_worker_day(self, worker: CaseManager, today: int) -> None:
        """Write a worker's day and add it to the week."""
        cells, post, book = self.posts.cells, worker.post, worker.book
        cells.week_crises[post] += book.crises
        cells.week_overtime[post] += book.overtime
        cells.week_supervision[post] += book.supervision
        self.ledger["worker_days"].append(
            (
                today,
                worker.number,
                0,
                cells.caseload[post],
                book.client,
                book.collateral,
                book.travel,
                book.notes,
                book.team,
                book.office,
                book.along,
                book.overtime,
                book.supervision,
                book.recorded,
                len(worker.queue),
                cells.exhaustion[post],
            )
        )

    def client_table(self) -> dict[str, Any]:
        """Return one entry a column, each with one value a client; see ``cmsim.roster``."""
        return roster.client_table(self)

    def staff_table(self) -> dict[str, Any]:
        """Return one entry a column, each with one value a case manager."""
        return roster.staff_table(self)

    def close(self) -> None:
        """Write what is still going on at the end of the run."""
        for client in self.clients:
            for hassle in tuple(client.hassles):
                hassle.ends(code(DEALT_WITH_BY, "still open"))
        self.hospital.record_open()
        self.staffing.record_open()
        for service in (*self.psychiatrists, *self.agencies):
            service.record_open()


class _NoPsychiatrist:
    """Stands in where a community has no psychiatrist: every request goes nowhere."""

    def is_asked(self, client: Client, urgent: bool, reported: bool) -> None:
        """Take no request."""

    def books_after_discharge(self, client: Client) -> None:
        """Book nothing."""
