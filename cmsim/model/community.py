"""The community: who is in it, the one clock, and the order of the day in one readable function."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mesa
import networkx as nx
import numpy as np
from numpy.typing import NDArray

from cmsim.core.hazard_clocks import CLIENT_DAILY, CLIENT_WEEKLY, Clocks
from cmsim.core.memory import uncollected
from cmsim.core.parameters import plain
from cmsim.core.random_streams import Draws
from cmsim.core.scheduler import Clockwork
from cmsim.core.simtime import WEEK_DAYS, at, day_of, weekday
from cmsim.model import active_service
from cmsim.model.agents import Agency, CaseManager, Client, Hospital, Psychiatrist, Supervisor, referral_start
from cmsim.model.agents.aide import Aide
from cmsim.model.agents.crisis_service import CrisisService
from cmsim.model.agents.home_treatment import HomeTreatmentTeam
from cmsim.model.agents.respite_house import RespiteHouse
from cmsim.model.network.households import Neighbourhood
from cmsim.model.network.informal_network import InformalNetwork
from cmsim.model.network.rewiring import rewire
from cmsim.model.network.social_graph import Ties
from cmsim.model.setup import initial_state
from cmsim.model.setup.latent_traits import temper
from cmsim.model.setup.population import synthesise
from cmsim.model.state import roster
from cmsim.model.state.columns import JAIL, NEVER, WAITING, Posts
from cmsim.model.steps import (
    contact_effects,
    contact_scheduling,
    daily_record,
    daily_update,
    exogenous_events,
    family_and_activity,
    kernel_inputs,
    weekly_update,
)
from cmsim.model.steps.worker_beliefs import Experience
from cmsim.model.workforce import Staffing
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.service import Service
from cmsim.schema.contact_codes import ACCOMPANY, AGENCY, FAMILY, LIAISON, WARD
from cmsim.schema.tables import DEALT_WITH_BY, REGISTRATIONS, Ledger, code

if TYPE_CHECKING:
    from cmsim.model.steps.contact_scheduling import Chair

Floats = NDArray[np.float64]

MONDAY = 0
AFTER_WEEKEND = (0, 0, 0, 0, 0, 2, 1)
"""Days until the next working day, by day of the week."""


class Community(mesa.Model):
    """One community living through one scenario.

    Args:
        spec: the scenario.
        replication: which replication of its chance, from 0.
        perturb: make one visit a week, on Mondays, a minute longer from the end of the warm-up: the placebo
            twin, the same policy with an irrelevant difference. Once would not do: most days have slack
            enough to swallow a minute, and nothing would ever differ.
    """

    def __init__(self, spec: Scenario, replication: int = 0, *, perturb: bool = False) -> None:
        super().__init__(rng=0)  # Mesa wants one; cmsim never draws from it
        self.spec = spec
        self.world = plain(spec.world)
        self.perturb_from = spec.world.warm_up_days if perturb else None
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
        exogenous_events.exogenous(self)  # 1. policies that change, referrals, hassles, life events
        self.staffing.morning()
        contact_scheduling.plan(self)  # 2. beliefs -> doses -> what is due -> queues
        if self.perturb_from is not None and self.today >= self.perturb_from and weekday(self.today) == MONDAY:
            self._perturb()
        self.env.run(until=at(self.today + 1))  # 3. work, minute by minute
        delivered = contact_effects.effect(self)  # 4. what contacts delivered
        daily_update.night(self, delivered)  # 5. slow state, and what tomorrow brings
        weekly_update.week(self)
        daily_record.write(self)  # 6. the day is written down
        if weekday(self.today) == MONDAY:
            self.ledger.settle()
        if self.today + 1 == self.world.warm_up_days:
            self.at_start = roster.snapshot(self)

    @property
    def days_simulated(self) -> int:
        """Days lived so far."""
        return day_of(int(self.env.now))

    def follow(self, spec: Scenario, *, perturb: bool = False) -> None:
        """Go on under another scenario that has been the same so far: same world, same services in force."""
        self.spec, self.perturb_from = spec, spec.world.warm_up_days if perturb else None
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
        return contact_scheduling.extra_task(self, post, kind, done)

    def onset_factors(self, row: int) -> list[float]:
        """Return the factors of one client's onset hazard."""
        return daily_update.onset_factors_of(self, row)

    def crisis_hazard(self, row: int) -> float:
        """Return one client's daily hazard of a crisis now."""
        return daily_update.crisis_hazard_of(self, row)

    def psychiatrists_of(self, client: Client) -> Any:
        """Return the client's psychiatrist, or one that does nothing where there is none."""
        number: int = self.people.cells.psychiatrist[client.row]
        return self.psychiatrists[number] if number >= 0 else _NoPsychiatrist()

    # -- policies in force -----------------------------------------------------------------------------------

    def put_in_force(self, day: int) -> None:
        """Put the service that a scenario states for ``day`` in force."""
        if day in self._timeline:
            self.service = self._timeline[day]
            active_service.begin(self)
            family_and_activity.family_work_begins(self)
            self.staffing.follows_policy()
            active_service.set_psychiatrists(self, self.service.staff.psychiatrists)
            active_service.set_aides(self, self.service.staff.aides)
            self.hospital.set_beds(self.service.hospital.beds)
            self.crisis_service.set_teams(self.service.crisis.teams)
            for agency, places in zip(self.agencies, self.service.agencies.counts(), strict=True):
                agency.set_places(places)

    def _begin_day(self) -> None:
        self.due_found = np.zeros(0, contact_scheduling.DUE_TODAY)
        """Room in which the morning's plan finds what is due."""
        self.contacts = bytearray()
        """Today's contacts, rows of ``schema.tables.contact_row`` one after the other."""
        self.owed: list[tuple[int, str, float]] = []
        self.refresh: set[int] = set()

    def _perturb(self) -> None:
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
        self.figures, self.facts = kernel_inputs.figures(w), kernel_inputs.facts(w)
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
        active_service.begin(self)
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
        active_service.set_aides(self, self.service.staff.aides)
        self.network = InformalNetwork(self)
        for row in range(people.known):
            self._enters(row)
        if w.network.rewired:
            rewire(self)
        initial_state.settle(self)

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
                    self.today + int(self.network.first[client.address, 1] * self.world.psychiatry.review_days)
                ),
            )
        return client

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
            referral_start.is_accompanied(self, client, by_helper=False)
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
        """Return one entry a column, each with one value a client; see ``cmsim.model.state.roster``."""
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
