"""Where one person lives: moving, losing a place, jail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmsim.core import random_streams
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY, HOUR
from cmsim.model.state.columns import ACUTE, HOSPITAL, INPATIENT, JAIL, LEFT, OPEN, SHELTER, STREET, WAITING
from cmsim.schema.tables import DOMAINS, MOVE_REASONS, code

if TYPE_CHECKING:
    from cmsim.model.agents.client import Client

STREET_FIRST = random_streams.purpose("housing.street", "whether somebody who loses a place is on the street at first")
JAIL_DAYS = random_streams.purpose("housing.jail", "how long somebody stays in jail")

_LEGAL = code(DOMAINS, "legal")


class Residence:
    """What a client lives through in places."""

    def moves(self: Client, setting: int, reason: str) -> None:
        """Move to a setting at this minute; ties of the place left end, ties of the new one begin."""
        c, row = self.community, self.row
        before = self.setting
        if setting == before:
            return
        self.becomes(setting=setting)
        if setting < HOSPITAL:
            self.home = setting
        c.ledger["moves"].append((c.env.now, row, before, setting, code(MOVE_REASONS, reason)))
        c.day.changed.add(row)
        if self.plan is not None:
            self.plan.has_moved(setting)
        if setting < HOSPITAL:
            c.households.settle(self, before, setting)

    def loses_place(self: Client) -> None:
        """Lose the place lived in: the street or a shelter; while in hospital or
        jail only the home is lost."""
        if self.status not in (WAITING, OPEN) or self.home <= SHELTER:
            return
        c = self.community
        ill = self.phase in (ACUTE, INPATIENT)
        luck = c.streams.uniform(STREET_FIRST, self.address, c.today)
        to = STREET if luck < c.world.housing.street_share else SHELTER
        if self.setting >= HOSPITAL:
            self.home = to
            return
        c.agencies[0].releases(self.row)
        misfit = float(self.columns.place_misfit[self.row]) - c.world.placement.usual
        named = misfit > c.world.placement.names_misfit
        self.moves(to, "lost the place while ill" if ill else "the place did not suit" if named else "lost the place")

    def is_arrested(self: Client) -> None:
        """Go to jail for a while; the home may be lost meanwhile."""
        if not self.present:
            return
        c = self.community
        c.households.leave(self)
        before = self.setting
        self.becomes(setting=JAIL)
        self.columns.legal_case[self.row] = 1.0
        self.columns.extra_demand[self.row, _LEGAL] = c.world.comorbidity.legal_demand
        self.columns.jail_reached[self.row] = 0.0
        c.ledger["moves"].append((c.env.now, self.row, before, JAIL, code(MOVE_REASONS, "arrested")))
        c.day.changed.add(self.row)
        days = exponential(c.streams.uniform(JAIL_DAYS, self.address, c.today), c.world.housing.jail_days)
        c.env.call_in(int(days * DAY) + HOUR, self.is_released)

    def is_released(self: Client) -> None:
        """Leave jail for what is still home."""
        if self.setting == JAIL and self.status != LEFT:
            if self.columns.jail_reached[self.row]:
                self.expects_visit(int(self.community.service.contact.follow_up_days))
            self.moves(self.home, "released")
