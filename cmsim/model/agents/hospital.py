"""The hospital and the crisis service: beds, who gets one, who keeps one, and who comes when called."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy
from scipy.special import ndtr

from cmsim.core import random_streams
from cmsim.core.resources import Places
from cmsim.core.sampling import exponential, lognormal, normal
from cmsim.core.simtime import DAY, HOUR, whole_minutes
from cmsim.model.agents import acute_episode, residence
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.alliance_rupture import on_coercion
from cmsim.model.agents.medication_taking import resume_medication
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.policies.rule_answer import number
from cmsim.schema.codes import HOMELESS, CoerciveAct, DischargeReason, MoveReason, Phase, Setting, WaitFor, WaitOutcome
from cmsim.schema.tables import AdmissionRow, MoveRow
from cmsim.submodels import crisis as crises
from cmsim.submodels import inpatient_care as stays

ADMIT = random_streams.purpose("crisis.admit", "whether a crisis leads to admission")
TAKES = random_streams.purpose("acute.takes", "whether the hospital admits somebody who comes or is brought while ill")
COMMITS = random_streams.purpose("crisis.commits", "whether a refusal of admission is overruled")
STAY = random_streams.purpose("hospital.stay", "how long a client's stay would last")
STAY_PERSON = random_streams.purpose("hospital.stay person", "how long a person's stays are by themselves")
PATIENCE = random_streams.purpose("hospital.patience", "how long somebody waits for a bed")
INFORMS = random_streams.purpose("hospital.informs", "whether the hospital tells the case manager of an admission")
BOOKS = random_streams.purpose("hospital.books", "whether an appointment is booked before discharge")
OUTSIDE_GAP = random_streams.purpose("hospital.outside gap", "when the next other patient comes")
OUTSIDE_STAY = random_streams.purpose("hospital.outside stay", "how long another patient stays")
START_STAY = random_streams.purpose("hospital.start", "what is left of the stays met at the start")

ROUND_MINUTE = 10 * HOUR


@dataclass(slots=True, eq=False)
class Stay:
    """One stay of a client: days it needs, days of progress made, and what was done meanwhile."""

    client: ClientRole
    began: int
    needs: float
    by: int
    waited: int
    involuntary: bool
    informed: bool
    brought: bool
    ended: simpy.Event
    progress: float = 0.0
    ward_visits: int = 0
    pressed: bool = False


class Hospital(Agent):
    """One hospital with beds shared with other people."""

    def __init__(self, community: Context) -> None:
        super().__init__(community, "hospital")
        beds = community.service.hospital.beds
        self.count = beds
        self.beds = Places(community.env, max(beds, 1))
        self.stays: dict[int, Stay] = {}
        self.asking: dict[int, int] = {}
        if beds:
            self._fill()
            community.env.process(self.run_other_demand())
        community.env.process(self.hold_rounds())

    # -- what the hospital decides ---------------------------------------------------------------------------

    def decide_to_admit(
        self, client: ClientRole, severity: float, knowledge: float, skill: float, emergency: bool
    ) -> bool:
        """Decide on admission, by danger, who vouches for the person, a home to go
        to, and the system's threshold."""
        c = self.community
        chance = crises.admission_chance(
            c.world.crisis,
            severity,
            knowledge,
            skill,
            c.people.cells.home_support[client.row],
            client.setting in HOMELESS,
            emergency,
            acute_episode.recency_of(c, client),
            self._threshold() + c.service.review.denies + self._held_at_home(client),
            acute_episode.tendency_of(c, client),
        )
        return self.count > 0 and c.streams.uniform(ADMIT, client.address, client.crisis_number) < chance

    def decide_to_admit_ill(self, client: ClientRole, severity: float, brought: bool) -> bool:
        """Decide to admit somebody who comes acutely ill without a crisis; the alternative is to send the
        person home."""
        c, p = self.community, self.world
        chance = crises.admission_chance(
            p.crisis,
            severity,
            0.0,
            0.5,
            c.people.cells.home_support[client.row],
            client.setting in HOMELESS,
            False,
            acute_episode.recency_of(c, client),
            self._threshold() + c.service.review.denies - p.acute_care.brought_log * brought,
            acute_episode.tendency_of(c, client),
        )
        return self.count > 0 and c.streams.uniform(TAKES, client.address, client.episode) < chance

    def _threshold(self) -> float:
        return number("service.hospital.use", self.community.service.hospital.use.threshold)

    def _held_at_home(self, client: ClientRole) -> float:
        """Return the log odds by which admission in a crisis is harder for what can be done at home after it."""
        c, p = self.community, self.world.home_care
        return p.crisis_log * (c.staffing.care_at_home.means(client, client.case_manager) - p.usual_means)

    def decide_to_commit(self, client: ClientRole, severity: float, occasion: int) -> bool:
        """Decide to overrule a refusal of admission; the alternative is to respect it."""
        c = self.community
        reluctance = number("service.hospital.commitment", c.service.hospital.commitment.reluctance)
        chance = crises.commits_chance(c.world.crisis, severity, reluctance)
        return c.streams.uniform(COMMITS, client.address, occasion) < chance

    def decide_to_discharge(self, stay: Stay, pressure: float) -> bool:
        """Decide on the morning round whether to discharge; the alternative is to keep."""
        return stay.progress >= stay.needs

    def decide_to_inform(self, client: ClientRole) -> bool:
        """Decide to tell the case manager of an admission."""
        c = self.community
        return c.streams.uniform(INFORMS, client.address, client.episode) < c.world.hospital.informs

    # -- beds ------------------------------------------------------------------------------------------------

    @property
    def occupied(self) -> int:
        """Beds in use by anybody."""
        return self.beds.count if self.count else 0

    @property
    def waiting(self) -> int:
        """People waiting for a bed."""
        return len(self.beds.queue)

    def set_beds(self, beds: int) -> None:
        """Change the number of beds from now on; nobody is put out of bed."""
        if beds == self.count:
            return
        self.count = beds
        self.beds.resize(max(beds, 1))

    def find_bed(self, client: ClientRole) -> Generator[Any, Any, Any]:
        """Wait in the emergency department for a bed; return it, or ``None`` if patience ends first."""
        c, env, p = self.community, self.env, self.world.hospital
        asked = env.now
        client.set_in_emergency(True)
        self.asking[client.row] = asked
        patience = exponential(c.streams.uniform(PATIENCE, client.address, asked), p.bed_patience_hours * HOUR)
        bed = self.beds.request(priority=0)
        yield env.first(bed, int(patience) + 1)
        client.set_in_emergency(False)
        del self.asking[client.row]
        reached = bed.triggered
        outcome = WaitOutcome.SERVED if reached else WaitOutcome.GAVE_UP
        c.record_wait(client.row, since=asked, for_=WaitFor.BED, outcome=outcome)
        if not reached:
            bed.cancel()
            return None
        return bed

    def stay(
        self,
        client: ClientRole,
        bed: Any,
        by: int,
        involuntary: bool,
        waited: int,
        severity: float,
        brought: bool = False,
    ) -> Generator[Any, Any, None]:
        """Stay in a bed that was waited for (minutes), be discharged, and leave the bed to others."""
        stay = self._begin(client, by, involuntary, waited, severity, brought)
        yield stay.ended
        self._end(stay)
        self.beds.release(bed)

    def _begin(
        self, client: ClientRole, by: int, involuntary: bool, waited: int, severity: float, brought: bool
    ) -> Stay:
        c, env, p, row = self.community, self.env, self.world.hospital, client.row
        drawn = self._drawn_stay(client, client.episode, p.stay_mean)
        ill = (env.now - client.illness.acute_since) / DAY if client.phase == Phase.ACUTE else p.usual_delay
        needs = stays.stay_needed(p, float(drawn), severity, ill)
        informed = client.case_manager is not None and self.decide_to_inform(client)
        stay = Stay(client, env.now, max(needs, p.shortest), by, waited, involuntary, informed, brought, env.event())
        self.stays[row] = stay
        cells = c.people.cells
        cells.admissions[row] += 1
        cells.adherence_target[row] = 1.0
        cells.supply[row] = c.world.medication.supply_days
        client.illness.enter_phase(Phase.INPATIENT)
        c.households.leave(client)
        before = client.setting
        client.set_custody(setting=Setting.HOSPITAL)
        c.ledger.write(MoveRow)(
            minute=env.now, client=row, from_=before, to=Setting.HOSPITAL, reason=MoveReason.ADMITTED
        )

        if involuntary:
            on_coercion(c, client, CoerciveAct.COMMITMENT, c.world.relationship.commitment_loss)
        if informed:
            self.on_enquiry(client)
        return stay

    def _drawn_stay(self, client: ClientRole, episode: int, mean: float) -> float:
        """Return the length of a stay without help or hindrance, of which a part is the person's own for life."""
        c, p = self.community, self.world.hospital
        u = c.streams.uniform(STAY, client.address, episode)
        if c.world.mechanisms.lasting_differences:
            person = float(normal(c.streams.uniform(STAY_PERSON, client.address)))
            u = float(ndtr(stays.stay_deviate(p, person, float(normal(u)))))
        return float(lognormal(u, mean, p.stay_cv))

    def on_enquiry(self, client: ClientRole) -> None:
        """Let the case manager know of the stay: ward visits can begin."""
        c, row = self.community, client.row
        stay = self.stays.get(row)
        if stay is not None:
            stay.informed = True
            c.people.cells.known_unwell[row] = c.people.cells.known_inside[row] = 1.0
            client.expect_visit(1)

    def on_ward_visit(self, client: ClientRole) -> None:
        """Take note of a ward visit of the case manager: what is known of the client told, aftercare planned."""
        stay = self.stays.get(client.row)
        if stay is not None:
            stay.ward_visits += 1

    def hold_rounds(self) -> Generator[Any, Any, None]:
        """Hold the morning round every day: progress, pressure on beds, discharges."""
        c, p = self.community, self.world.hospital
        yield ROUND_MINUTE
        while True:
            pressed = c.world.loops.bed_pressure
            pressure = stays.pressure(p, self.occupied + self.waiting, self.count) if pressed else 0.0
            for row in sorted(self.stays, key=lambda row: c.clients[row].address):
                stay = self.stays[row]
                homeless = stay.client.home in HOMELESS
                asked = number("service.review", c.service.review.presses, (c.env.now - stay.began) / DAY)
                hastens = max(pressure, asked)
                stay.progress += stays.recovery_pace(p, float(stay.ward_visits), homeless, hastens)
                if self.decide_to_discharge(stay, hastens):
                    stay.pressed = hastens > 0.0 and stay.progress < stay.needs * (1.0 + p.pressure_gain)
                    del self.stays[row]
                    stay.ended.succeed()
            yield DAY

    def _end(self, stay: Stay) -> None:
        c, env, p = self.community, self.env, self.world.hospital
        client, row, cells = stay.client, stay.client.row, self.community.people.cells
        cells.discharged[row] = c.today
        cells.convalescence[row] = 1.0
        cells.recency[row] = p.hastened_recency if stay.pressed else 1.0
        cells.last_episode_end[row] = c.today
        cells.known_inside[row] = 0.0
        client.illness.enter_phase(Phase.STABLE)
        if client.home == Setting.FAMILY_HOME and client.family is not None and not client.family.decide_to_house():
            client.home = Setting.SHELTER
        residence.move(c, client, client.home, "discharged")
        joined = stay.informed and stay.ward_visits > 0
        chance = p.books_joint if joined else p.books
        booked = c.streams.uniform(BOOKS, client.address, client.episode) < chance
        if booked and client.psychiatrist is not None:
            client.psychiatrist.book_after_discharge(client)
        client.leave_hospital(bool(joined), bool(booked))
        if stay.informed:
            cells.known_discharge[row] = c.today
            client.expect_visit(int(c.service.contact.follow_up_days))
        cells.supply[row] = c.world.medication.discharge_days
        resume_medication(c, row)
        c.staffing.on_discharge(client)
        c.ledger.write(AdmissionRow)(
            minute=stay.began,
            client=row,
            discharged=env.now,
            involuntary=stay.involuntary,
            by=stay.by,
            brought=stay.brought,
            waited=stay.waited,
            informed=stay.informed,
            ward_visits=stay.ward_visits,
            booked=booked,
            discharge=DischargeReason.BED_PRESSURE if stay.pressed else DischargeReason.COMPLETE,
        )

    def record_open(self) -> None:
        """Write the stays and the waits for a bed that are still going on at the end of the run."""
        for row, asked in self.asking.items():
            self.community.record_wait(row, since=asked, for_=WaitFor.BED, outcome=WaitOutcome.STILL)
        for stay in self.stays.values():
            self.community.ledger.write(AdmissionRow)(
                minute=stay.began,
                client=stay.client.row,
                discharged=-1,
                involuntary=stay.involuntary,
                by=stay.by,
                brought=stay.brought,
                waited=stay.waited,
                informed=stay.informed,
                ward_visits=stay.ward_visits,
                booked=False,
                discharge=DischargeReason.STILL_IN,
            )

    # -- other people's demand -------------------------------------------------------------------------------

    def run_other_demand(self) -> Generator[Any, Any, None]:
        """Let other patients come: the same ones at the same minutes under every policy."""
        c, p = self.community, self.world.hospital
        if p.outside_occupancy == 0.0:
            return
        beds = c.spec.baseline.hospital.beds
        if beds == 0:
            return
        gap = p.stay_mean / (p.outside_occupancy * beds)
        gaps = c.streams.series(OUTSIDE_GAP, 0, lambda u: whole_minutes(exponential(u, gap)))
        staying = c.streams.series(OUTSIDE_STAY, 0, lambda u: whole_minutes(lognormal(u, p.stay_mean, p.stay_cv)))
        while True:
            yield next(gaps)
            stay = next(staying)
            # a full hospital turns other patients away: they have other hospitals to go to
            if self.beds.count < self.count and not self.beds.queue:
                self._other(stay)

    def _other(self, minutes: int) -> None:
        """Give another person a bed for some minutes."""
        bed = self.beds.takes() or self.beds.request(priority=1)
        self.env.call_in(minutes, self.beds.release, bed)

    def _fill(self) -> None:
        """Fill the beds as they would be met on any day: stays in progress are length-biased."""
        c, p = self.community, self.world.hospital
        there = round(self.count * p.outside_occupancy)
        variance = 1.0 + p.stay_cv**2
        for n in range(there):
            biased = lognormal(c.streams.uniform(START_STAY, n, 0), p.stay_mean * variance, p.stay_cv)
            left = biased * c.streams.uniform(START_STAY, n, 1)
            self._other(int(left * DAY) + 1)

    def take_over(self, client: ClientRole) -> None:
        """Hold a client who is in hospital at the start: the rest of a length-biased stay."""
        c, p, env = self.community, self.world.hospital, self.env
        if self.beds.count + len(self.stays) >= self.count:
            client.illness.enter_phase(Phase.STABLE)
            return
        variance = 1.0 + p.stay_cv**2
        needs = self._drawn_stay(client, 0, p.stay_mean * variance)
        spent = float(needs) * c.streams.uniform(START_STAY, -1 - client.address, 0)
        stay = Stay(client, env.now, max(float(needs), p.shortest), 2, 0, False, True, False, env.event(), spent)
        self.stays[client.row] = stay
        c.households.leave(client)
        client.set_custody(setting=Setting.HOSPITAL)
        env.process(self._continued(stay))

    def _continued(self, stay: Stay) -> Generator[Any, Any, None]:
        with self.beds.request(priority=-1) as bed:
            yield bed
            yield stay.ended
            self._end(stay)
