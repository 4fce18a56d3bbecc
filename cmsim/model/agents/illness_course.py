"""The course of an illness in one person: a prodrome, an acute phase, and well again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmsim.core import random_streams
from cmsim.core.sampling import lognormal
from cmsim.core.simtime import DAY, day_of
from cmsim.model.agents import acute_episode
from cmsim.model.state.columns import ACUTE, LEFT, OPEN, PRODROMAL, STABLE, WAITING
from cmsim.schema.tables import NOTICED_BY, code
from cmsim.submodels import acute_care, illness

if TYPE_CHECKING:
    from cmsim.model.agents.client import Client

PRODROME_LENGTH = random_streams.purpose("prodrome.length", "how long a prodrome lasts")
PRODROME_TURNS = random_streams.purpose("prodrome.turns", "whether a prodrome turns acute")
ACUTE_LENGTH = random_streams.purpose("acute.length", "how long an acute phase lasts in the community")


class IllnessCourse:
    """What a client lives through in an episode."""

    def begins_prodrome(self: Client) -> None:
        """Enter a prodrome, if still stable; how it ends is settled at its end."""
        if self.phase != STABLE or self.status not in (WAITING, OPEN):
            return
        c, p, cells, row = self.community, self.community.world.illness, self.columns.cells, self.row
        cells.episode[row] = self.episode = episode = self.episode + 1
        cells.noticed_by[row] = cells.reviewed[row] = 0
        cells.noticed_after[row] = -1.0
        self.unnoticed = True
        self.onset_minute = c.env.now
        self.enters_phase(PRODROMAL)
        days = lognormal(c.streams.uniform(PRODROME_LENGTH, self.address, episode), p.prodrome_days, p.prodrome_cv)
        lasts = illness.prodrome_length(p, days, cells.recency[row])
        c.env.call_in(int(lasts * DAY), self.ends_prodrome, episode)

    def ends_prodrome(self: Client, episode: int) -> None:
        """Turn acute or well again, by how the prodrome was answered."""
        if self.phase != PRODROMAL or self.episode != episode or self.status == LEFT:
            return
        c, cells, row = self.community, self.columns.cells, self.row
        answered = cells.noticed_by[row] > 0 and cells.last_seen[row] >= day_of(self.onset_minute)
        effective = cells.adherence[row] * cells.fit[row]
        chance = illness.chance_acute(c.world.illness, answered, cells.reviewed[row] > 0, effective)
        if c.streams.uniform(PRODROME_TURNS, self.address, episode) < chance:
            self.begins_acute(episode)
        else:
            self._gets_well()

    def begins_acute(self: Client, episode: int) -> None:
        """Enter the acute phase."""
        c, p = self.community, self.community.world.illness
        self.enters_phase(ACUTE)
        self.acute_since = c.env.now
        drawn = lognormal(c.streams.uniform(ACUTE_LENGTH, self.address, episode), p.acute_days, p.acute_cv)
        cells = self.columns.cells
        effective = cells.adherence[self.row] * cells.fit[self.row]
        self.gets_well_in(int(illness.acute_length(p, drawn, effective) * DAY))
        acute_episode.help_comes(self)

    def gets_well_in(self: Client, minutes: int) -> None:
        """Put on the clock when the acute phase ends; an end set for later then finds nothing to do."""
        self.acute_ends = self.community.env.now + minutes
        self.community.env.call_in(minutes, self.ends_acute, self.episode)

    def is_treated(self: Client, by: int) -> None:
        """Be treated at home by the case manager or the psychiatrist: what is left of the acute phase is
        shorter."""
        c = self.community
        p, practice = c.world.acute_care, c.service.practice
        if by == acute_episode.PSYCHIATRIST:
            worth = p.review
        else:
            worth = acute_care.treatment(p, c.active.home_means, "crisis intervention" in practice.components)
        self._is_treated(worth)

    def is_treated_fully(self: Client) -> None:
        """Be treated at home in place of a bed."""
        if self.phase == ACUTE:
            self._is_treated(1.0)

    def _is_treated(self: Client, worth: float) -> None:
        c, p = self.community, self.community.world.acute_care
        left = (self.acute_ends - c.env.now) / DAY
        if worth and left > 0.0:
            self.gets_well_in(int(acute_care.shortened(p, left, worth) * DAY))
        cells = self.columns.cells
        cells.settled[self.row] = max(cells.settled[self.row], p.steadied * worth)

    def ends_acute(self: Client, episode: int) -> None:
        """Get well again in the community, unless in hospital meanwhile."""
        if self.phase == ACUTE and self.episode == episode and self.status != LEFT:
            self._gets_well()

    def _gets_well(self: Client) -> None:
        cells = self.columns.cells
        if self.phase == ACUTE:
            cells.convalescence[self.row] = 1.0
        cells.last_episode_end[self.row] = self.community.today
        self.enters_phase(STABLE)

    def enters_phase(self: Client, phase: int) -> None:
        """Enter a phase at this minute; it is written down with the factors of onset as they are."""
        c, row = self.community, self.row
        before = self.phase
        if before == PRODROMAL:
            self.unnoticed = False
        self.becomes(phase=phase)
        c.day.changed.add(row)
        factors = c.onset_factors(row)
        cells = self.columns.cells
        c.ledger["transitions"].append(
            (
                c.env.now,
                row,
                before,
                phase,
                cells.episode[row],
                cells.noticed_by[row],
                cells.noticed_after[row],
                cells.reviewed[row],
                *factors,
            )
        )

    def is_noticed(self: Client, by: str) -> None:
        """Somebody notices the prodrome; if the worker comes to know, visits and an earlier review follow."""
        if self.phase != PRODROMAL or self.noticed_by:
            return
        c, row = self.community, self.row
        self.noticed_by = code(NOTICED_BY, by)
        self.unnoticed = False
        cells = self.columns.cells
        cells.unnoticed[row] = 0.0
        cells.noticed_after[row] = (c.env.now - self.onset_minute) / DAY
        worker = self.case_manager
        if worker is not None:
            worker.learns_unwell(self)
            if worker.brings_to_psychiatrist(self):
                c.psychiatrists_of(self).is_asked(self, urgent=True, reported=True)
            c.respite.takes_in(self)
