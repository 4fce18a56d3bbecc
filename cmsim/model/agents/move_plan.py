"""A plan of a move: weighed by the worker on what is believed, agreed or not, carried out, and on trial."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from cmsim.core import random_streams
from cmsim.core.compilation import kernel
from cmsim.core.numeric import Floats
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY
from cmsim.model.agents import residence
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.scenario.world import World
from cmsim.schema.codes import INSTITUTIONS, AgencyKind, ClientStatus, Domain, Phase, PlanStep, Setting
from cmsim.schema.tables import PlanRow
from cmsim.submodels import autonomy_conflict, move_planning, need_belief, placement

if TYPE_CHECKING:
    from cmsim.model.state.records import ClientRecords, FactRows

AGREES = random_streams.purpose("plan.agrees", "whether a client agrees to a plan of a move")
FLAT_DAYS = random_streams.purpose("plan.flat", "how long it takes to find a flat")
PATIENCE = random_streams.purpose("plan.patience", "how long a plan is waited for")

CHOICES = (Setting.FAMILY_HOME, Setting.GROUP_HOME, Setting.SUPERVISED, Setting.OWN_FLAT)
_DOMAINS, _AGENCIES, _HOUSING = len(Domain), len(AgencyKind), AgencyKind.HOUSING.value


def appeal(c: Context, client: ClientRole) -> dict[int, float]:
    """Return what speaks for each place in the worker's eyes, in points: on belief alone, never the truth."""
    points = np.empty(len(CHOICES))
    _appeal(c.inputs.figures, c.inputs.facts, c.people.records, client.row, c.inputs.independence, points)
    return dict(zip(CHOICES, points.tolist(), strict=True))


@kernel
def _appeal(
    figures: Sequence[World], facts: FactRows, clients: ClientRecords, row: int, independence: Floats, points: Floats
) -> None:
    w, given, client = figures[0], facts[0], clients[row]
    s, p = w.support, w.placement
    linked, able = np.zeros(_DOMAINS), 0.0
    for agency in range(_AGENCIES):
        # what a residence gives goes with it
        if agency != _HOUSING or (client.setting != Setting.GROUP_HOME and client.setting != Setting.SUPERVISED):
            for d in range(_DOMAINS):
                linked[d] += client.links[agency] * given.link_support[agency, d]
    for d in range(_DOMAINS):
        able += client.believed[d]
    wanted = placement.structure_wanted(p, able / _DOMAINS, client.wish)
    friends = s.informal_level * client.informal
    for place in range(len(CHOICES)):
        setting = CHOICES[place]
        # a family helps fully only where it lives with the person; friends stay the same
        family = s.family_level * client.warmth * client.has_family * given.family_home[setting]
        paid = given.given[setting] + client.worker_support
        unmet = excess = 0.0
        for d in range(_DOMAINS):
            need = need_belief.believed_need(given.demand[setting, d], client.believed[d])
            lacking = need - linked[d] - paid - family - friends * given.informal[d]
            unmet += max(lacking, 0.0)
            excess += max(min(paid, -lacking), 0.0)
        unmet, excess = unmet / _DOMAINS, excess / _DOMAINS
        felt = given.stimulation[setting] + p.company * client.informal
        upper, lower = client.believed_upper, client.believed_lower
        misfit = placement.misfit(p, felt, upper, lower, given.structure[setting], wanted)
        points[place] = move_planning.appeal(w.planning, unmet, excess, misfit, independence[setting], client.wish)


class PlanOfMove:
    """One plan, from being made to holding or breaking down."""

    def __init__(self, community: Context, client: ClientRole, target: int, pressed: float) -> None:
        self.c = community
        self.client = client
        self.target = target
        self.pressed = pressed
        self.made = community.today
        self.came_from = client.setting
        self.wish = int(community.people.wish[client.row])
        step = community.inputs.independence[target] - community.inputs.independence[client.setting]
        self.direction = 1 if step > 0.0 else -1
        self.moved: simpy.Event = community.env.event()
        self.broke: simpy.Event = community.env.event()

    def run(self) -> Generator[Any, Any, None]:
        """Take the plan through its life; every step is written down."""
        c, client, people, row = self.c, self.client, self.c.people, self.client.row
        client.plan = self
        people.plan_open[row] = 1.0
        self._write(PlanStep.MADE)
        if not client.decide_on_move(self):
            self._write(PlanStep.REFUSED)
        else:
            patience = exponential(
                c.streams.uniform(PATIENCE, client.address, self.made), c.world.planning.patience_days
            )
            self._look_for_place(int(patience * DAY) + 1)
            yield self.moved | c.env.timeout(int(patience * DAY) + 1)
            if self.moved.triggered:
                yield self.broke | c.env.timeout(int(c.world.planning.horizon_days) * DAY)
                if client.status != ClientStatus.LEFT:
                    self._write(PlanStep.BROKE_DOWN if self.broke.triggered else PlanStep.HELD)
            elif client.status != ClientStatus.LEFT:
                self._write(PlanStep.GIVEN_UP)
        client.plan = None
        people.plan_open[row] = people.plan_direction[row] = 0.0

    @property
    def stands(self) -> bool:
        """Whether the client is still there and well and does not now wish for the opposite."""
        client, people = self.client, self.c.people
        return (
            client.plan is self
            and not self.moved.triggered
            and client.present
            and client.phase == Phase.STABLE
            and client.setting == self.came_from
            and people.wish[client.row] * self.direction >= 0.0
        )

    def _look_for_place(self, patience: int) -> None:
        c, client = self.c, self.client
        housed_by_agency = self.came_from in (Setting.GROUP_HOME, Setting.SUPERVISED)
        if self.target in (Setting.GROUP_HOME, Setting.SUPERVISED) and not housed_by_agency:
            c.env.process(c.agencies[0].give_place(self, patience))
            return
        mean = 0.0 if self.target == Setting.FAMILY_HOME else c.world.planning.flat_days
        days = exponential(c.streams.uniform(FLAT_DAYS, client.address, self.made), mean)
        c.env.call_in(int(days * DAY) + 1, self.move_in)

    def move_in(self) -> bool:
        """Carry the move out, if the plan still stands; return whether it did."""
        c, client, p = self.c, self.client, self.c.world
        if not self.stands:
            return False
        if self.target == Setting.FAMILY_HOME and (client.family is None or not client.family.decide_to_house()):
            return False
        row, people = client.row, c.people
        self.moved.succeed()
        people.plan_direction[row] = self.direction
        residence.move(c, client, self.target, "moved by plan")
        people.stress[row] = min(people.stress[row] + p.planning.move_stress, 1.0)
        if p.loops.pendulum:
            people.swing[row], people.conflict[row] = autonomy_conflict.kicked(
                p.pendulum, float(people.swing[row]), float(people.conflict[row]), self.pressed, self.direction
            )
        self._write(PlanStep.MOVED)
        return True

    def on_moved(self, setting: int) -> None:
        """Take note that the client moved: away from the planned place, the placement broke down."""
        on_trial = self.moved.triggered and not self.broke.triggered
        if on_trial and setting != self.target and setting not in INSTITUTIONS:
            self.broke.succeed()
            people, row = self.c.people, self.client.row
            people.plan_direction[row] = 0.0
            people.stress[row] = min(people.stress[row] + self.c.world.planning.move_stress, 1.0)

    def wish_met(self) -> float:
        """Return how far the plan gives what is wished: 1 it does, -1 the opposite, 0 nothing is wished."""
        return float(self.wish * self.direction)

    def _write(self, step: int) -> None:
        c, client = self.c, self.client
        worker = client.case_manager
        c.ledger.write(PlanRow)(
            minute=c.env.now,
            client=client.row,
            worker=worker.number if worker is not None else -1,
            from_=self.came_from,
            to=self.target,
            wish=self.wish,
            pressed=self.pressed,
            step=step,
        )


def go_back(c: Context, client: ClientRole) -> None:
    """Let a client leave a planned placement, wishing for the opposite: back to the family, or just out of it.

    Whoever has nowhere to go back to stays, and is the worse for it.
    """
    plan, cells, row = client.plan, c.people.cells, client.row
    if not client.present or plan is None or cells.plan_direction[row] == 0.0:
        return
    if plan.direction > 0 and client.family is not None and client.family.decide_to_house():
        residence.move(c, client, Setting.FAMILY_HOME, "went back to the family")
    elif plan.direction < 0:
        c.agencies[0].release(row)
        drawn = c.streams.uniform(residence.STREET_FIRST, client.address, c.today)
        back = plan.came_from == Setting.OWN_FLAT and drawn > 0.5
        residence.move(c, client, Setting.OWN_FLAT if back else Setting.SHELTER, "walked out")
    else:
        cells.stress[row] = min(cells.stress[row] + c.world.planning.move_stress, 1.0)
