"""The community: who is in it, the one clock, and the order of the day in one readable function."""

from typing import Any

import mesa

from cmsim.core.extension import added
from cmsim.core.ledger import Ledger
from cmsim.core.memory import uncollected
from cmsim.core.parameters import plain
from cmsim.core.random_streams import Draws
from cmsim.core.scheduler import Clockwork
from cmsim.core.simtime import at, day_of, weekday
from cmsim.model.active_service import activate
from cmsim.model.agents import Agency, Hospital, Psychiatrist
from cmsim.model.agents.agent_kind import AgentKind
from cmsim.model.agents.crisis_service import CrisisService
from cmsim.model.agents.home_treatment import HomeTreatmentTeam
from cmsim.model.agents.respite_house import RespiteHouse
from cmsim.model.context import Chair, ClientClocks, Context
from cmsim.model.kernel_inputs import kernel_inputs
from cmsim.model.network.households import Households
from cmsim.model.network.informal_network import InformalNetwork
from cmsim.model.network.rewiring import rewire
from cmsim.model.network.social_graph import Ties
from cmsim.model.setup import arrival, initial_state
from cmsim.model.setup.latent_traits import draw_latent_traits
from cmsim.model.setup.population import synthesise
from cmsim.model.state import roster
from cmsim.model.state.columns import Posts
from cmsim.model.state.day_log import DayLog
from cmsim.model.steps import (
    contact_effects,
    contact_scheduling,
    daily_record,
    daily_update,
    exogenous_events,
    family_and_activity,
    queue_handout,
    weekly_update,
)
from cmsim.model.workforce import Staffing
from cmsim.scenario.scenario import Scenario
from cmsim.schema.codes import DealtWithBy
from cmsim.schema.tables import KINDS

# bound once: a member of an enumeration takes long to look up, and contacts are many
_STILL_OPEN = DealtWithBy.STILL_OPEN.value
MONDAY = 0


class Community(Context, mesa.Model):  # type: ignore[misc]  # Mesa has no types
    """One community under one scenario.

    Args:
        spec: the scenario.
        replication: which replication of its chance, from 0.
        perturb: make one visit a week, on Mondays, a minute longer from the end of the warm-up: the placebo
            twin, the same policy with an irrelevant difference. Once would not do: most days have slack
            enough to swallow a minute, and nothing would ever differ.
    """

    agencies: list[Agency]
    hospital: Hospital
    crisis_service: CrisisService
    staffing: Staffing

    def __init__(self, spec: Scenario, replication: int = 0, *, perturb: bool = False) -> None:
        super().__init__(rng=0)  # Mesa wants one; cmsim never draws from it
        self.spec, self.world = spec, plain(spec.world)
        self._timeline = dict(spec.timeline())
        self._perturb_from = spec.world.warm_up_days if perturb else None
        self.streams = Draws(spec.run.seed, spec.run.first_replication + replication)
        self.env = Clockwork()
        self.ledger = Ledger(KINDS, len(spec.components))
        self.ties = Ties()
        self.today = 0
        self.day = DayLog()
        self.chair: Chair | None = None
        self.active = activate(self._timeline[0], spec.world, spec.components)
        with uncollected():
            self._assemble()

    # -- the order of the day --------------------------------------------------------------------------------

    def step(self) -> None:
        """Simulate one day. The only caller of ``env.run``."""
        self.today = day_of(int(self.env.now))
        self.put_in_force(self.today)  # 1. policies that change, referrals, hassles, life events
        exogenous_events.exogenous(self)
        self.staffing.morning()
        schedule = contact_scheduling.plan(self)  # 2. beliefs -> doses -> what is due -> queues
        if schedule is not None:
            queue_handout.hand_out(self, schedule)
        if self.chair is not None:
            self.chair.decides(self)
        if self._perturb_from is not None and self.today >= self._perturb_from and weekday(self.today) == MONDAY:
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
        """Days simulated so far."""
        return day_of(int(self.env.now))

    def follow(self, spec: Scenario, *, perturb: bool = False) -> None:
        """Go on under another scenario that has been the same so far: same parameters, same services in force."""
        self.spec, self._timeline = spec, dict(spec.timeline())
        self.perturb_visits(spec.world.warm_up_days if perturb else None)

    def perturb_visits(self, first_day: int | None) -> None:
        """Make one visit a week a minute longer from a day on, as in a placebo run; ``None`` for never."""
        self._perturb_from = first_day

    def seat(self, chair: Chair | None) -> None:
        """Let somebody else decide in a case manager's place from the next morning on."""
        self.chair = chair

    # -- policies in force -----------------------------------------------------------------------------------

    def put_in_force(self, day: int) -> None:
        """Put the service that a scenario states for ``day`` in force."""
        if day not in self._timeline:
            return
        self.active = activate(self._timeline[day], self.spec.world, self.spec.components)
        family_and_activity.family_work_begins(self)
        self.staffing.follow_policy()
        self.hospital.set_beds(self.service.hospital.beds)
        self.crisis_service.set_teams(self.service.crisis.teams)
        for agency, places in zip(self.agencies, self.service.agencies.counts(), strict=True):
            agency.set_places(places)

    def _perturb(self) -> None:
        """Make one visit a minute longer in travel: the least that can differ without meaning anything."""
        for worker in self.at_work:
            if worker.queue and not worker.is_away(self.today):
                first = worker.queue[0]
                worker.queue[0] = first._replace(travel=first.travel + 1)
                return

    # -- assembly --------------------------------------------------------------------------------------------

    def _assemble(self) -> None:
        spec, w = self.spec, self.spec.world
        self.people = people = synthesise(w, self.streams, spec.total_days)
        draw_latent_traits(w, people, self.streams)
        self.clocks = ClientClocks(self.streams, people.address)
        self.inputs = kernel_inputs(w, spec.total_days)
        self.posts = Posts(self.service.staff.case_managers)
        self.workers = []
        self.clients = []
        self.agencies = [Agency(self, kind, n) for kind, n in enumerate(self.service.agencies.counts())]
        for agency in self.agencies:
            self.ties.enter(agency.key, "agency")
        self.households = Households(self)
        self.psychiatrists = [Psychiatrist(self, n) for n in range(self.service.staff.psychiatrists)]
        for psychiatrist in self.psychiatrists:
            self.ties.enter(psychiatrist.key, "psychiatrist")
        self.hospital = Hospital(self)
        self.ties.enter(self.hospital.key, "hospital")
        self.crisis_service = CrisisService(self)
        self.respite = RespiteHouse(self)
        self.home_treatment = HomeTreatmentTeam(self)
        self.staffing = Staffing(self)
        self.staffing.start()
        self.network = InformalNetwork(self)
        for row in range(people.known):
            arrival.enter(self, row)
        if w.network.rewired:
            rewire(self)
        initial_state.settle(self)
        self.added_agents = {kind.name: kind.create(self) for kind in added(spec.extensions, AgentKind)}
        if people.rows:
            weekly_update.begin(self)
        self.at_start = roster.snapshot(self)

    # -- what can be read from it ----------------------------------------------------------------------------

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
                hassle.end(_STILL_OPEN)
        self.hospital.record_open()
        self.staffing.list.record_open()
        for psychiatrist in self.psychiatrists:
            psychiatrist.record_open()
        for agency in self.agencies:
            agency.record_open()
