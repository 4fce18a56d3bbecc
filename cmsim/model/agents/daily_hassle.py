"""One hassle of one client: it is told or kept, dealt with by somebody, or festers."""

from dataclasses import dataclass

from cmsim.core import random_streams
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY, workday_after
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import DealtWithBy, HassleKind
from cmsim.schema.tables import HassleRow
from cmsim.submodels import hassles

# bound once: a member of an enumeration takes long to look up, and contacts are many
_PRESCRIPTION = HassleKind.PRESCRIPTION.value
_CLIENT, _CASE_MANAGER = DealtWithBy.CLIENT.value, DealtWithBy.CASE_MANAGER.value


WHICH = random_streams.purpose("hassle.kind", "what sort of hassle comes up")
ALONE = random_streams.purpose("hassle.alone", "how long a client takes to settle a hassle without the worker")
TELLS = random_streams.purpose("hassle.tells", "whether a client tells the worker of a hassle")
SOLVES = random_streams.purpose("hassle.solved", "whether a contact deals with a hassle")

_NEEDS = ({"linkage", "advocacy"}, {"physician and hospital"}, {"psychotherapy"})
"""Components of which one is needed to deal with each kind."""


@dataclass(slots=True, eq=False)
class Hassle:
    """One hassle, from the morning it comes up to the minute somebody has dealt with it."""

    c: Context
    client: ClientRole
    began: int
    kind: int
    told: bool = False
    festers: bool = False
    over: bool = False

    def end(self, by: int) -> None:
        """Be dealt with, by ``schema.codes.DealtWithBy``; what held stress up is gone."""
        if self.over:
            return
        self.over = True
        client, c = self.client, self.c
        client.hassles.remove(self)
        if self.festers:
            c.people.cells.festering[client.row] -= 1.0
            c.day.changed.add(client.row)
        if self.kind == _PRESCRIPTION and by in (_CLIENT, _CASE_MANAGER):
            supply = c.people.cells.supply
            supply[client.row] = max(supply[client.row], c.world.medication.discharge_days)
        if by == _CASE_MANAGER and not self.festers:
            c.day.owe("alliance", client.row, c.world.relationship.prompt)
        c.ledger.write(HassleRow)(
            minute=c.env.now,
            client=client.row,
            since=self.began,
            kind=self.kind,
            told=self.told,
            festered=self.festers,
            by=by,
        )

    def fester(self) -> None:
        """Have been left unanswered for so long that it begins to fester."""
        if not self.over:
            c, row = self.c, self.client.row
            self.festers = True
            c.people.cells.festering[row] += 1.0
            c.day.changed.add(row)


def bring_up_hassle(c: Context, client: ClientRole) -> None:
    """Let a hassle come up for a client: it is told to the worker or not, and lasts until dealt with."""
    row, address = client.row, client.address
    p, cells, today = c.world.hassles, c.people.cells, c.today
    hassle = Hassle(c, client, c.env.now, hassles.kind(p, c.streams.uniform(WHICH, address, today)))
    client.hassles.append(hassle)
    if hassle.kind == _PRESCRIPTION:
        cells.supply[row] = min(cells.supply[row], p.prescription_left)
    mean = hassles.alone_days(p, cells.capability_mean[row], cells.home_support[row])
    alone = exponential(c.streams.uniform(ALONE, address, today), mean)
    c.env.call_in(int(alone * DAY) + 1, hassle.end, _CLIENT)
    c.env.call_in(int(p.patience_days * DAY), hassle.fester)
    worker = client.case_manager
    if worker is not None and client.present:
        chance = hassles.tells_chance(p, client.alliance_told)
        if c.streams.uniform(TELLS, address, today) < chance:
            hassle.told = True
            # what worries a client moves the next call forward
            cells.next_call[row] = min(cells.next_call[row], workday_after(today + 1))


def help_with_hassles(c: Context, client: ClientRole, skill: float, phone: bool) -> None:
    """Let a contact of the worker deal with the hassles of a client, where the practice has the means."""
    has = c.service.practice.components
    for hassle in tuple(client.hassles):
        if _NEEDS[hassle.kind].isdisjoint(has):
            continue
        chance = hassles.solved_chance(c.world.hassles, skill, phone)
        if c.streams.uniform(SOLVES, client.address, c.env.now + hassle.began) < chance:
            hassle.end(_CASE_MANAGER)
