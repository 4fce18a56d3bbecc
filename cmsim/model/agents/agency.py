"""Community agencies: places shared with other people, whom they accept, and links that hold or end."""

from collections.abc import Generator, Iterator
from typing import Any

import simpy

from cmsim.core import random_streams
from cmsim.core.resources import Places
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY, WEEK_DAYS, whole_minutes
from cmsim.model.agents import residence
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.job_change import lose_job, take_job
from cmsim.model.agents.move_plan import PlanOfMove
from cmsim.model.agents.new_step import on_link_made
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import (
    INSTITUTIONS,
    AgencyKind,
    ClientStatus,
    HelpLevel,
    JobReason,
    LinkStep,
    Setting,
    WaitFor,
    WaitOutcome,
)
from cmsim.schema.state_variables import NEVER
from cmsim.schema.tables import LinkRow
from cmsim.submodels import agency_referral

ACCEPTS = random_streams.purpose("agency.accepts", "whether an agency accepts a client who came")
TRY_DAYS = random_streams.purpose("referral.days", "how long it takes from a referral to the first visit")
PATIENCE = random_streams.purpose("agency.patience", "how long a client stays on an agency's waiting list")
LINK_LASTS = random_streams.purpose("agency.link lasts", "how much hazard a link stands before it ends")
WHICH_HOME = random_streams.purpose("agency.which home", "whether a place at the housing agency is in a group home")
OTHERS = random_streams.purpose("agency.others", "when the next other person wants a place")
OTHERS_STAY = random_streams.purpose("agency.others' stay", "how long another person holds a place")
OTHERS_PATIENCE = random_streams.purpose("agency.others' patience", "how long another person waits for a place")

ACCOMPANIED_WITHIN = 45
"""Days for which a first visit waits for company, after which the client goes alone or not; an assumption."""


class Agency(Agent):
    """One community agency."""

    def __init__(self, community: Context, kind: int, places: int) -> None:
        super().__init__(community, f"agency-{AgencyKind(kind).label}")
        self.kind = kind
        self.name = AgencyKind(kind).label
        self.count = places
        self.main_domain = int(community.spec.world.agencies.domain_support()[kind].argmax())
        self.places = Places(community.env, max(places, 1))
        self.links: dict[int, simpy.Event] = {}
        self.asking: dict[int, int] = {}
        self.awaiting: dict[int, simpy.Event] = {}
        """For whom a first visit waits for company, by row: the event of somebody going along."""
        p = community.world.agencies
        for n in range(round(places * p.outside_held)):
            left = exponential(community.streams.uniform(OTHERS_STAY, kind, -1 - n), p.outside_days)
            community.env.process(self._other(None, int(left * DAY) + 1))
        if places and p.outside_demand:
            community.env.process(self.run_other_demand())

    def decide_to_accept(self, client: ClientRole, relation: float, prepared: bool, ordinal: int) -> bool:
        """Decide whether to accept a client who came; the alternative is to turn the client away."""
        c = self.community
        p = c.world.referral
        spoken = agency_referral.spoken_share(p, c.people.cells.spoken_for[client.row])
        chance = agency_referral.accept_chance(p, relation, float(prepared), spoken, c.active.clout)
        return self.count > 0 and c.streams.uniform(ACCEPTS, client.address, ordinal) < chance

    def refer(self, client: ClientRole, help_level: int, ordinal: int) -> Generator[Any, Any, None]:
        """Take a referral from the first word to the end of the link."""
        c, env, row = self.community, self.env, client.row
        cells, p = c.people.cells, c.world.referral
        began = c.today
        self._write(client, help_level, LinkStep.REFERRED)
        tries = exponential(c.streams.uniform(TRY_DAYS, client.address, ordinal), p.try_days)
        yield round(tries * DAY * (1.0 - p.clout_sooner * c.active.clout)) + 1
        if help_level == HelpLevel.ACCOMPANIED and cells.accompanied_on[row] < began:
            since = env.now
            self.awaiting[row] = along = env.event()
            yield env.first(along, ACCOMPANIED_WITHIN * DAY)
            del self.awaiting[row]
            if along.triggered and env.now - since < ACCOMPANIED_WITHIN * DAY:
                # the place is asked for at the hour that was meant for it, once somebody has gone along; who
                # goes along at that very minute is in time if it was settled before, as with a helper
                by_helper, early = along.value, (env.now - since) % DAY
                if early or not by_helper:
                    yield DAY - early
        cells.pending_agency[row] = -1
        cells.next_accompaniment[row] = cells.next_agency[row] = NEVER
        if not client.present or self.has(row):
            self._write(client, help_level, LinkStep.NOT_FOLLOWED)
            return
        prepared = cells.prepared_on[row] >= began
        went_along = cells.accompanied_on[row] >= began
        had = 2 if went_along else 1 if prepared else 0
        cells.tried_help[row], cells.reached[row] = had, 0.0
        worker = client.case_manager
        relation = worker.relation[self.kind] if worker is not None else 0.0
        weeks = (c.today - began) / WEEK_DAYS
        chance = client.follow_chance(had, self.kind == AgencyKind.HOUSING, relation, weeks)
        if not client.decide_to_follow_referral(chance, ordinal):
            self._write(client, had, LinkStep.NOT_FOLLOWED)
            return
        if not self.decide_to_accept(client, relation, prepared or went_along, ordinal):
            self._write(client, had, LinkStep.NOT_ACCEPTED)
            return
        self._write(client, had, LinkStep.ACCEPTED)
        on_link_made(c, client, had, self.main_domain)
        if worker is not None:
            gained = c.world.components.linkage.relation_gain
            gained -= p.clout_relation * c.active.clout * agency_referral.spoken_share(p, cells.spoken_for[row])
            worker.relation[self.kind] = min(max(worker.relation[self.kind] + gained, 0.0), 1.0)
        asked = env.now
        patience = exponential(c.streams.uniform(PATIENCE, client.address, ordinal), p.patience_days)
        with self.places.request() as place:
            self._ask(row)
            yield env.first(place, round(patience * DAY) + 1)
            self._ask_no_more(row)
            served = place.triggered and client.status != ClientStatus.LEFT
            self._record_wait(row, asked, WaitOutcome.SERVED if served else WaitOutcome.GAVE_UP)
            if served:
                self._on_reached(client)
                yield from self.link(client, prepared or went_along, had, ordinal)

    def on_company(self, client: ClientRole, by_helper: bool) -> None:
        """Take note that a worker or a helper has gone along with a client who is referred here."""
        awaited = self.awaiting.get(client.row)
        if awaited is not None and not awaited.triggered:
            awaited.succeed(by_helper)

    def give_place(self, plan: PlanOfMove, patience: int) -> Generator[Any, Any, None]:
        """Give a planned client a place once one is free, unless ``patience`` (minutes) ends first."""
        env, client, asked = self.env, plan.client, self.env.now
        if self.has(client.row):
            return
        with self.places.request() as place:
            self._ask(client.row)
            yield place | env.timeout(patience)
            self._ask_no_more(client.row)
            served = place.triggered and plan.move_in()
            self._record_wait(client.row, asked, WaitOutcome.SERVED if served else WaitOutcome.GAVE_UP)
            if served:
                yield from self.link(client, True, 1, plan.made)

    def has(self, row: int) -> bool:
        """Return whether a client has a place here, or waits for one: nobody gets two."""
        return row in self.links or row in self.asking

    def _ask(self, row: int) -> None:
        self.asking[row] = self.env.now
        self.community.people.cells.asks[row, self.kind] = 1.0

    def _ask_no_more(self, row: int) -> None:
        del self.asking[row]
        self.community.people.cells.asks[row, self.kind] = 0.0

    def continue_link(self, client: ClientRole) -> Generator[Any, Any, None]:
        """Hold the place that a client has at the start, until the link ends."""
        if not self.count:
            return
        with self.places.request() as place:
            self._ask(client.row)
            yield place
            self._ask_no_more(client.row)
            if client.status != ClientStatus.LEFT:
                yield from self.link(client, True, 1, -1)

    def set_places(self, places: int) -> None:
        """Change the number of places from now on; nobody is put out."""
        if places != self.count:
            self.count = places
            self.places.resize(max(places, 1))

    def link(self, client: ClientRole, prepared: bool, had: int, ordinal: int) -> Generator[Any, Any, None]:
        """Hold a place until the link ends; a place at the housing agency is a home."""
        c, row, kind = self.community, client.row, self.kind
        cells, p = c.people.cells, c.world.referral
        self.links[row] = ended = c.env.event()
        cells.links[row, kind] = 1.0
        cells.link_left[row, kind] = exponential(c.streams.uniform(LINK_LASTS, client.address, ordinal), 1.0)
        cells.link_prepared[row, kind] = prepared
        spoken = agency_referral.spoken_share(p, cells.spoken_for[row]) if ordinal >= 0 else 0.0
        cells.link_strain[row, kind] = agency_referral.advocacy_log(p, spoken, c.active.clout)
        self._write(client, had, LinkStep.STARTED)
        c.day.changed.add(row)
        c.network.join_programme(client, kind)
        if kind == AgencyKind.WORK:
            take_job(c, client, c.service.vocational.job(int(cells.work_goal[row])), JobReason.AGENCY_PLACE)
        if kind == AgencyKind.HOUSING and client.home not in (Setting.GROUP_HOME, Setting.SUPERVISED):
            self._house(client)
        yield ended
        self.links.pop(row, None)
        c.network.leave_programme(client, kind)
        if kind == AgencyKind.WORK:
            lose_job(c, client, JobReason.GAVE_UP)
        cells.links[row, kind] = 0.0
        c.day.changed.add(row)
        self._write(client, had, LinkStep.ENDED)

    def _on_reached(self, client: ClientRole) -> None:
        """Let a client whose link came about be less torn about the next."""
        cells, row = self.community.people.cells, client.row
        cells.reached[row] = 1.0
        cells.ambivalence[row] *= self.world.referral.ambivalence_left

    def _house(self, client: ClientRole) -> None:
        c = self.community
        group = c.streams.uniform(WHICH_HOME, client.address, c.today) < 0.5
        to = Setting.GROUP_HOME if group else Setting.SUPERVISED
        if client.setting in INSTITUTIONS:
            client.home = to
        else:
            residence.move(c, client, to, "placed by agency")

    def decide_to_end(self, row: int) -> bool:
        """Decide to end a link that has stood all the hazard it could; the
        alternative is to hold on to it."""
        return True

    def review(self, row: int) -> None:
        """Review a link that has come to its end."""
        ended = self.links.get(row)
        if ended is not None and not ended.triggered and self.decide_to_end(row):
            ended.succeed()

    def record_open(self) -> None:
        """Write the waits for a place that are still going on at the end of the run."""
        for row, asked in self.asking.items():
            self._record_wait(row, asked, WaitOutcome.STILL)

    def _record_wait(self, row: int, asked: int, outcome: int) -> None:
        self.community.record_wait(row, since=asked, for_=WaitFor.AGENCY_PLACE, which=self.kind, outcome=outcome)

    def release(self, row: int) -> None:
        """Give a place back at once."""
        ended = self.links.get(row)
        if ended is not None and not ended.triggered:
            ended.succeed()

    def _write(self, client: ClientRole, help_level: int, step: int) -> None:
        c = self.community
        worker = client.case_manager
        number = worker.number if worker is not None else -1
        c.ledger.write(LinkRow)(
            minute=c.env.now, client=client.row, agency=self.kind, worker=number, help=help_level, step=step
        )

    # -- other people's demand -------------------------------------------------------------------------------

    def run_other_demand(self) -> Generator[Any, Any, None]:
        """Let other people ask for places: the same ones at the same minutes under every policy."""
        c, p = self.community, self.world.agencies
        places = c.spec.baseline.agencies.counts()[self.kind]
        if not places:
            return
        gap = p.outside_days / (p.outside_demand * places)

        def drawn(purpose: str, mean: float) -> Iterator[int]:
            return c.streams.series(purpose, self.kind, lambda u: whole_minutes(exponential(u, mean)))

        gaps, stays, waits = (
            drawn(OTHERS, gap),
            drawn(OTHERS_STAY, p.outside_days),
            drawn(OTHERS_PATIENCE, p.outside_patience),
        )
        while True:
            yield next(gaps)
            stay, patience = next(stays), next(waits)
            place = self.places.takes()
            if place is not None:
                c.env.call_in(stay, self.places.release, place)
            else:
                c.env.process(self._other(patience, stay))

    def _other(self, patience: int | None, minutes: int) -> Generator[Any, Any, None]:
        """Let another person hold a place for some minutes, once it is free, unless patience ends first."""
        env = self.env
        with self.places.request() as place:
            if not place.triggered:
                yield place if patience is None else env.first(place, patience)
            if place.triggered:
                yield minutes
