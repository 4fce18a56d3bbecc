"""What every agent and every step of the day may read and use of the community."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from cmsim.core.hazard_clocks import Clocks, DailyHazard, WeeklyHazard
from cmsim.core.ledger import Ledger
from cmsim.core.numeric import Ints
from cmsim.core.random_streams import Draws
from cmsim.core.scheduler import Clockwork
from cmsim.model.active_service import ActiveService
from cmsim.model.kernel_inputs import KernelInputs
from cmsim.model.network.social_graph import Ties
from cmsim.model.roles import (
    AgencyRole,
    CaseManagerRole,
    ClientRole,
    CrisisServiceRole,
    HomeTreatmentRole,
    HospitalRole,
    HouseholdsRole,
    NetworkRole,
    PsychiatristRole,
    RespiteRole,
    StaffingRole,
)
from cmsim.model.state.columns import People, Posts
from cmsim.model.state.day_log import DayLog
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.service import Service
from cmsim.scenario.world import World
from cmsim.schema.tables import WaitRow


class ClientClocks:
    """Accumulated hazards of the clients: those that move on every night, and those that do once a week.

    Args:
        streams: the random streams of the run.
        address: the address of each client, shape (clients,).
    """

    def __init__(self, streams: Draws, address: Ints) -> None:
        self.daily = Clocks(streams, DailyHazard, address)
        self.weekly = Clocks(streams, WeeklyHazard, address)


class Chair(Protocol):
    """Somebody who decides in a case manager's place, such as a learner."""

    def decides(self, c: Context) -> None:
        """Put own doses and an own queue in the place of the policies' of this morning."""


class Context:
    """The parts of a community, as whoever works in it knows them; ``Community`` makes them.

    Attributes:
        spec: the scenario.
        world: its parameter set, as plain attributes.
        streams: the random streams of the run.
        env: the clock.
        ledger: what is recorded.
        today: the day.
        chair: who decides in a case manager's place, if anybody.
        day: the open ends of today.
        active: the service in force and what follows from it.
        inputs: what compiled loops read beside the records.
        people: the clients' state; ``clients`` are the agents, by row.
        posts: the state of case managers' posts; ``workers`` are their holders, ``None`` for a vacancy.
        clocks: accumulated hazards of the clients.
        ties: the social graph; ``network`` makes and ends its informal ties, ``households`` those of places.
        staffing: who works here: supervisors, aides, hiring and leaving, the waiting list.
        at_start: the clients' state when the analysis window begins, see ``state.roster.snapshot``.
        added_agents: what extensions made of each kind of agent that they add, by the name of the kind.
    """

    spec: Scenario
    world: World
    streams: Draws
    env: Clockwork
    ledger: Ledger
    today: int
    chair: Chair | None
    day: DayLog
    active: ActiveService
    inputs: KernelInputs
    people: People
    posts: Posts
    clocks: ClientClocks
    ties: Ties
    clients: list[ClientRole]
    workers: list[CaseManagerRole | None]
    psychiatrists: list[PsychiatristRole]
    agencies: Sequence[AgencyRole]
    hospital: HospitalRole
    crisis_service: CrisisServiceRole
    respite: RespiteRole
    home_treatment: HomeTreatmentRole
    households: HouseholdsRole
    network: NetworkRole
    staffing: StaffingRole
    at_start: dict[str, NDArray[np.float64]]
    added_agents: dict[str, object]

    @property
    def service(self) -> Service:
        """The service in force."""
        return self.active.service

    def record_wait(self, client: int, *, since: int, for_: int, outcome: int, which: int = -1) -> None:
        """Record a wait that ends now, or is still going on; the arguments are the fields of ``WaitRow``."""
        self.ledger.write(WaitRow)(
            minute=self.env.now, client=client, since=since, for_=for_, which=which, outcome=outcome
        )

    @property
    def at_work(self) -> list[CaseManagerRole]:
        """The case managers in post, in order of post."""
        return [worker for worker in self.workers if worker is not None]

    @property
    def graph(self) -> nx.Graph[str]:
        """The social graph; changed through ``ties`` only."""
        return self.ties.graph
