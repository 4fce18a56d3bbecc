"""The course of an illness in one person: a prodrome, an acute phase, and well again."""

from cmsim.core import random_streams
from cmsim.core.sampling import lognormal
from cmsim.core.simtime import DAY, day_of
from cmsim.model.agents import acute_episode, untreated_episode
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.model.state.current_hazards import onset_factors
from cmsim.schema.codes import ClientStatus, NoticedBy, Phase, SeenBy
from cmsim.schema.state_variables import NEVER
from cmsim.schema.tables import TransitionRow
from cmsim.submodels import acute_care, home_care, illness

# bound once: a member of an enumeration takes long to look up, and contacts are many
_STABLE, _PRODROMAL, _ACUTE = Phase.STABLE.value, Phase.PRODROMAL.value, Phase.ACUTE.value
_WAITING, _OPEN, _LEFT = ClientStatus.WAITING.value, ClientStatus.OPEN.value, ClientStatus.LEFT.value
_NOBODY = NoticedBy.NOBODY.value
_PSYCHIATRIST = SeenBy.PSYCHIATRIST.value


PRODROME_LENGTH = random_streams.purpose("prodrome.length", "how long a prodrome lasts")
PRODROME_TURNS = random_streams.purpose("prodrome.turns", "whether a prodrome turns acute")
ACUTE_LENGTH = random_streams.purpose("acute.length", "how long an acute phase lasts in the community")


class IllnessCourse:
    """The episodes of one client.

    Attributes:
        onset_minute: when the last prodrome began.
        acute_since: when the last acute phase began.
        acute_ends: when it ends in the community.
        treated_until: the minute up to which what was done last counts as treatment.
        brought_at: when the case manager brought the client to hospital last.
    """

    def __init__(self, community: Context, client: ClientRole) -> None:
        self.community = community
        self.client = client
        self.onset_minute = 0
        self.acute_since = 0
        self.acute_ends = 0
        self.treated_until = 0
        self.brought_at = -NEVER
        self._seen_in: dict[int, int] = {}

    def begin_prodrome(self) -> None:
        """Enter a prodrome, if still stable; how it ends is settled at its end."""
        client = self.client
        if client.phase != _STABLE or client.status not in (_WAITING, _OPEN):
            return
        c, p, cells, row = self.community, self.community.world.illness, self.community.people.cells, client.row
        episode = client.begin_episode()
        cells.noticed_by[row] = cells.reviewed[row] = 0
        cells.noticed_after[row] = -1.0
        self.onset_minute = c.env.now
        self.enter_phase(_PRODROMAL)
        days = lognormal(c.streams.uniform(PRODROME_LENGTH, client.address, episode), p.prodrome_days, p.prodrome_cv)
        lasts = illness.prodrome_length(p, days, cells.recency[row])
        if c.world.mechanisms.stopping_precedes_relapse:
            lasts = max(lasts, p.least_prodrome_days)
        c.env.call_in(int(lasts * DAY), self.end_prodrome, episode)

    def end_prodrome(self, episode: int) -> None:
        """Turn acute or well again, by how the prodrome was answered."""
        client = self.client
        if client.phase != _PRODROMAL or client.episode != episode or client.status == _LEFT:
            return
        c, cells, row = self.community, self.community.people.cells, client.row
        answered = cells.noticed_by[row] != _NOBODY and cells.last_seen[row] >= day_of(self.onset_minute)
        effective = cells.adherence[row] * cells.fit[row]
        by_medication = c.world.mechanisms.stopping_precedes_relapse
        chance = illness.chance_acute(c.world.illness, answered, cells.reviewed[row] > 0, effective, by_medication)
        if c.streams.uniform(PRODROME_TURNS, client.address, episode) < chance:
            self.begin_acute()
        else:
            self._get_well()

    def begin_acute(self) -> None:
        """Enter the acute phase."""
        c, p, client = self.community, self.community.world.illness, self.client
        self.enter_phase(_ACUTE)
        self.acute_since = c.env.now
        drawn = lognormal(c.streams.uniform(ACUTE_LENGTH, client.address, client.episode), p.acute_days, p.acute_cv)
        cells = c.people.cells
        effective = cells.adherence[client.row] * cells.fit[client.row]
        self.get_well_in(int(illness.acute_length(p, drawn, effective) * DAY))
        acute_episode.help_comes(c, client)
        untreated_episode.begin_days(c, client)

    def get_well_in(self, minutes: int) -> None:
        """Put on the clock when the acute phase ends; an end set for later then finds nothing to do."""
        env = self.community.env
        self.acute_ends = env.now + minutes
        env.call_in(minutes, self.end_acute, self.client.episode)

    def is_first_seen_by(self, by: int) -> bool:
        """Return whether somebody sees this episode for the first time, and remember that it was seen."""
        first = self._seen_in.get(by) != self.client.episode
        self._seen_in[by] = self.client.episode
        return first

    def treat(self, by: int) -> None:
        """Be treated at home by the case manager or the psychiatrist: what is left of the acute phase is
        shorter."""
        p = self.community.world.acute_care
        if by == _PSYCHIATRIST:
            self._treat(p.review)
            self.hold(p.review_days)
        elif self.community.active.treats:
            self._be_visited()

    def hold(self, days: float) -> None:
        """Count as treated for some days to come."""
        self.treated_until = max(self.treated_until, self.community.env.now + int(days * DAY))

    def _be_visited(self) -> None:
        """Have one visit of a worker who treats: it shortens what is left, and steadies as far as there are means."""
        c, p, client = self.community, self.community.world.acute_care, self.client
        left = (self.acute_ends - c.env.now) / DAY - home_care.days_saved(p.treated, p.full_visits)
        self.get_well_in(int(max(left, 0.0) * DAY))
        cells, means = c.people.cells, c.staffing.care_at_home.means(client, client.case_manager)
        cells.settled[client.row] = max(cells.settled[client.row], p.steadied * means)

    def treat_in_place_of_bed(self) -> None:
        """Be treated at home in place of a bed."""
        if self.client.phase == _ACUTE:
            self.hold(self.community.world.home_treatment.mean_days)
            self._treat(1.0)

    def _treat(self, worth: float) -> None:
        c, p, row = self.community, self.community.world.acute_care, self.client.row
        left = (self.acute_ends - c.env.now) / DAY
        if worth and left > 0.0:
            self.get_well_in(int(acute_care.shortened(p, left, worth) * DAY))
        cells = c.people.cells
        cells.settled[row] = max(cells.settled[row], p.steadied * worth)

    def end_acute(self, episode: int) -> None:
        """Get well again in the community, unless in hospital meanwhile."""
        client = self.client
        if client.phase == _ACUTE and client.episode == episode and client.status != _LEFT:
            self._get_well()

    def _get_well(self) -> None:
        c, client = self.community, self.client
        cells = c.people.cells
        if client.phase == _ACUTE:
            cells.convalescence[client.row] = 1.0
        cells.last_episode_end[client.row] = c.today
        self.enter_phase(_STABLE)

    def enter_phase(self, phase: int) -> None:
        """Enter a phase at this minute; it is written down with the factors of onset as they are."""
        c, client, row = self.community, self.client, self.client.row
        before = client.phase
        client.set_custody(phase=phase)
        c.people.cells.untreated[row] = 0.0
        c.day.changed.add(row)
        factors = onset_factors(c.inputs.figures, c.people, row)
        cells = c.people.cells
        c.ledger.write(TransitionRow)(
            minute=c.env.now,
            client=row,
            from_=before,
            to=phase,
            episode=cells.episode[row],
            noticed_by=cells.noticed_by[row],
            noticed_after=cells.noticed_after[row],
            reviewed=cells.reviewed[row],
            factors=tuple(factors),
        )

    def on_noticed(self, by: str) -> None:
        """Somebody notices the prodrome; if the worker comes to know, visits and an earlier review follow."""
        client = self.client
        c, cells, row = self.community, self.community.people.cells, client.row
        if client.phase != _PRODROMAL or cells.noticed_by[row]:
            return
        cells.noticed_by[row] = NoticedBy.of(by)
        cells.unnoticed[row] = 0.0
        cells.noticed_after[row] = (c.env.now - self.onset_minute) / DAY
        worker = client.case_manager
        if worker is not None:
            worker.learn_unwell(client)
            if worker.decide_to_bring_to_psychiatrist(client):
                client.ask_psychiatrist()
            c.respite.take_in(client)
