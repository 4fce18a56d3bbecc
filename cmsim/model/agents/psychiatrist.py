"""The psychiatrist: booked reviews, a waiting list shared with other people, and who is fitted in."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Any

import numpy as np

from cmsim.core import random_streams
from cmsim.core.sampling import exponential
from cmsim.core.simtime import DAY, HOUR, WEEK_DAYS, WORKDAYS, at, workday_after
from cmsim.model.agents import acute_episode
from cmsim.model.agents.agent import Agent
from cmsim.model.agents.medication_taking import fill_prescription, resume_medication
from cmsim.model.context import Context
from cmsim.model.roles import ClientRole
from cmsim.schema.codes import (
    AcuteAnswer,
    ClientStatus,
    ContactKind,
    ContactLimit,
    ContactOutcome,
    ContactPlace,
    Phase,
    Provider,
    SeenBy,
    WaitFor,
    WaitOutcome,
)
from cmsim.schema.state_variables import NEVER
from cmsim.submodels import medication, psychiatry

# bound once: a member of an enumeration takes long to look up, and contacts are many
_SEEN_BY_PSYCHIATRIST = SeenBy.PSYCHIATRIST.value
_TREATED = AcuteAnswer.TREATED.value
_LEFT = ClientStatus.LEFT.value
_WAIT_FOR_PSYCHIATRIST = WaitFor.PSYCHIATRIST.value
_STILL, _SERVED, _GAVE_UP = WaitOutcome.STILL.value, WaitOutcome.SERVED.value, WaitOutcome.GAVE_UP.value
_HELD, _NOT_COME = ContactOutcome.HELD.value, ContactOutcome.NOT_COME.value
_DEMAND, _WILLINGNESS = ContactLimit.DEMAND.value, ContactLimit.WILLINGNESS.value
_PROVIDER_PSYCHIATRIST = Provider.PSYCHIATRIST.value
_REVIEW = ContactKind.REVIEW.value
_CLINIC = ContactPlace.CLINIC.value
_PRODROMAL, _ACUTE = Phase.PRODROMAL.value, Phase.ACUTE.value


AWAY = random_streams.purpose("psychiatrist.week away", "whether a psychiatrist is away this week")
OTHERS = random_streams.purpose("psychiatrist.others", "when the next other person asks for an appointment")
OTHERS_PATIENCE = random_streams.purpose("psychiatrist.others' patience", "how long another person waits")
FITS_IN = random_streams.purpose("psychiatrist.fits in", "whether an urgent request is fitted in")
REVIEW_KEPT = random_streams.purpose("psychiatrist.review kept", "whether a client comes to a review")
REVIEW_SPREAD = random_streams.purpose(
    "psychiatrist.review spread", "on which day near the usual one a review is booked"
)
FIRST_BOOKED = random_streams.purpose(
    "psychiatrist.first booked", "for which day the first appointment after a discharge is booked"
)
REVIEW_NOTICES = random_streams.purpose("psychiatrist.notices", "whether a review notices a prodrome")

OPENS = 10 * HOUR


class Psychiatrist(Agent):
    """One psychiatrist with some hours a week for this agency's clients and others."""

    def __init__(self, community: Context, number: int) -> None:
        super().__init__(community, f"psychiatrist-{number + 1}")
        self.number = number
        self.booked: dict[int, list[int]] = {}
        self.urgent: deque[tuple[int, int, int]] = deque()
        self.list: deque[tuple[int, int, int]] = deque()
        """Day of asking, a client's row (-1 for somebody else), and the day until which the person waits."""
        self.asked: set[int] = set()
        self._day_of: dict[int, int] = {}
        p = community.world.psychiatry
        self._gaps = community.streams.series(OTHERS, number, lambda u: exponential(u, 1.0))
        self._patience = community.streams.series(
            OTHERS_PATIENCE, number, lambda u: exponential(u, p.outside_patience).astype(np.int64)
        )
        self._others_clock = float(community.today)
        self.at_work = True
        community.env.process(self.hold_clinics())

    # -- what the psychiatrist decides -----------------------------------------------------------------------

    def decide_to_fit_in(self, client: ClientRole, reported: bool) -> bool:
        """Decide to see somebody within days; the alternative is the waiting list."""
        c, p = self.community, self.world.psychiatry
        heard = reported and c.world.loops.information_dosing
        chance = p.fits_in_reported if heard else p.fits_in
        return c.streams.uniform(FITS_IN, client.address, c.today) < chance

    def change_medication(self, client: ClientRole, informed: bool) -> None:
        """Change what does not fit, more surely when the case manager has reported how the days are."""
        c, cells, row = self.community, self.community.people.cells, client.row
        left = medication.left_by_review(c.world.medication, informed)
        cells.fit[row] = 1.0 - (1.0 - cells.fit[row]) * left
        cells.side_effects[row] *= left

    def decide_on_illness(self, client: ClientRole) -> None:
        """Decide what to do for somebody who comes acutely ill: have the person admitted, or treat and see
        again soon."""
        c = self.community
        if not client.illness.is_first_seen_by(_SEEN_BY_PSYCHIATRIST):
            return
        if acute_episode.would_bring(c, client, self.world.acute_care.review):
            acute_episode.go_to_hospital(c, client, _SEEN_BY_PSYCHIATRIST)
            return
        acute_episode.write_seen(c, client, _SEEN_BY_PSYCHIATRIST, _TREATED)
        client.illness.treat(_SEEN_BY_PSYCHIATRIST)

    def set_at_work(self, at_work: bool) -> None:
        """Begin or end being paid; who is not holds no clinic."""
        self.at_work = at_work

    # -- appointments ----------------------------------------------------------------------------------------

    def on_request(self, client: ClientRole, urgent: bool, reported: bool) -> None:
        """Take a request: fitted in, or at the end of the list; one request a client, none of who was lost."""
        c, row = self.community, client.row
        if c.people.cells.lost_on[row] >= 0:
            return
        if urgent and self.decide_to_fit_in(client, reported):
            # it takes the place of an earlier request: the wait goes on and ends once
            since = self._leave_list(row) if c.world.mechanisms.waiting_costs_attendance else -1
            self._unbook(row)
            self.urgent.append((since if since >= 0 else c.today, row, NEVER))
            self.asked.add(row)
        elif row not in self.asked:
            self.list.append((c.today, row, NEVER))
            self.asked.add(row)

    def book(self, client: ClientRole, day: int) -> None:
        """Book a review for a day."""
        row = client.row
        if row not in self.asked:
            self.booked.setdefault(day, []).append(row)
            self._day_of[row] = day
            self.asked.add(row)

    def book_after_discharge(self, client: ClientRole) -> None:
        """Book the first appointment after a discharge."""
        c, p, row = self.community, self.world.psychiatry, client.row
        since = self._leave_list(row) if c.world.mechanisms.waiting_costs_attendance else -1
        if since >= 0:
            c.record_wait(row, since=at(since), for_=_WAIT_FOR_PSYCHIATRIST, which=self.number, outcome=_SERVED)
        self._unbook(row)
        drawn = c.streams.uniform(FIRST_BOOKED, client.address, client.episode)
        days = p.first_days * (1.0 - p.first_spread + 2.0 * p.first_spread * drawn)
        self.book(client, workday_after(c.today + int(days)))

    def _unbook(self, row: int) -> None:
        if row in self.asked:
            self.asked.discard(row)
            booked = self.booked.get(self._day_of.pop(row, NEVER), [])
            if row in booked:
                booked.remove(row)

    def strike_off(self, row: int) -> None:
        """Take somebody who is lost to the service out of the book and off the list."""
        self._unbook(row)
        while (since := self._leave_list(row)) >= 0:
            self.community.record_wait(
                row, since=at(since), for_=_WAIT_FOR_PSYCHIATRIST, which=self.number, outcome=_GAVE_UP
            )

    def hand_over(self, row: int, to: Psychiatrist) -> None:
        """Hand a client on to another psychiatrist, with the booked review or the place on the list."""
        for day, rows in self.booked.items():
            if row in rows:
                rows.remove(row)
                self.asked.discard(row)
                to.book(self.community.clients[row], day)
                return
        since = self._leave_list(row)
        if since >= 0:
            to.list.append((since, row, NEVER))
            to.asked.add(row)

    def _leave_list(self, row: int) -> int:
        """Take a client off the list; return since when the client has waited, -1 for somebody not on it."""
        for line in (self.urgent, self.list):
            for entry in line:
                if entry[1] == row:
                    line.remove(entry)
                    self.asked.discard(row)
                    return entry[0]
        return -1

    def record_open(self) -> None:
        """Write the waits of clients that are still going on at the end of the run."""
        c = self.community
        for since, row, _ in (*self.urgent, *self.list):
            if row >= 0 and c.clients[row].status != _LEFT:
                c.record_wait(row, since=at(since), for_=_WAIT_FOR_PSYCHIATRIST, which=self.number, outcome=_STILL)

    def hold_clinics(self) -> Generator[Any, Any, None]:
        """Hold a clinic every working day: booked reviews, then urgent ones, then the list in its order."""
        c, env = self.community, self.env
        p = c.world.psychiatry
        for today, opens in self.workdays(OPENS):
            yield opens - env.now
            staff = c.active.staff
            length = int(c.world.contact_time.review)
            hours = staff.psychiatrist_hours * (1.0 - staff.psychiatrist_elsewhere)
            slots = int(hours * HOUR / WORKDAYS) // max(length, 1)
            away = c.streams.uniform(AWAY, self.number, today // WEEK_DAYS) < p.weeks_away
            if away or not self.at_work:
                slots = 0
            self._list_others(today)
            spent = 0
            for _ in range(slots):
                row, since = self.decide_whom_next(today)
                if row == -2:
                    break
                spent += length
                if row >= 0:
                    yield spent
                    spent = 0
                    self.see(c.clients[row], since, length)
            self._carry_over(today)

    def decide_whom_next(self, today: int) -> tuple[int, int]:
        """Choose the next person: a client's row, -1 for somebody else, -2 when
        nobody waits; and since when."""
        due = self.booked.get(today)
        if due:
            return due.pop(0), -1
        if self.urgent:
            since, row, _ = self.urgent.popleft()
            return row, since
        while self.list:
            since, row, until = self.list.popleft()
            if row >= 0 or until >= today:
                return row, since
        return -2, -1

    def see(self, client: ClientRole, since: int, length: int) -> None:
        """See a client, if the client comes: supply, fit, first signs, the next review."""
        c, row, today = self.community, client.row, self.community.today
        self.asked.discard(row)
        if client.status == _LEFT:
            return
        now, uniform, cells = c.env.now, c.streams.uniform, c.people.cells
        p = c.world.psychiatry
        kept = gave_up = False
        if client.present and not client.is_with_somebody(now - length):
            chance, drawn = cells.comes[row, 0] ** p.comes_power, uniform(REVIEW_KEPT, client.address, today)
            kept = client.decide_to_come(chance, drawn)
            if kept and since >= 0 and c.world.mechanisms.waiting_costs_attendance:
                kept = client.decide_to_come(psychiatry.comes_after(p, chance, (today - since) / WEEK_DAYS), drawn)
                gave_up = not kept
        if since >= 0:
            ended = _GAVE_UP if gave_up else _SERVED
            c.record_wait(row, since=at(since), for_=_WAIT_FOR_PSYCHIATRIST, which=self.number, outcome=ended)
        minutes, outcome, limit = (length, _HELD, _DEMAND) if kept else (0, _NOT_COME, _WILLINGNESS)
        c.day.write_contact(
            minute=now - length,
            client=row,
            by=_PROVIDER_PSYCHIATRIST,
            worker=self.number,
            kind=_REVIEW,
            place=_CLINIC,
            minutes=minutes,
            due_day=today,
            outcome=outcome,
            limit=limit,
        )
        if not kept:
            days = p.asks_again_days if gave_up else p.rebook_days
            c.env.call_in(int(days * DAY), self.on_request, client, False, False)
            return
        informed = (
            c.world.loops.information_dosing
            and today - cells.reported[row] <= c.world.components.physician_hospital.report_days
        )
        client.stay_with(now)
        self.change_medication(client, informed)
        fill_prescription(c, client)
        if client.decide_to_resume_medication():
            resume_medication(c, row)
        cells.last_any[row] = today
        if client.phase == _PRODROMAL:
            if not cells.noticed_by[row] and uniform(REVIEW_NOTICES, client.address, today) < p.notices:
                client.illness.on_noticed("psychiatrist")
            if cells.noticed_by[row]:
                cells.reviewed[row] = 1
        usual = p.review_days
        if client.phase == _ACUTE:
            self.decide_on_illness(client)
            usual = c.world.acute_care.review_days
        spread = 1.0 - p.review_spread + 2.0 * p.review_spread * uniform(REVIEW_SPREAD, client.address, today)
        self.book(client, workday_after(today + int(usual * spread)))

    # -- other people's demand -------------------------------------------------------------------------------

    def _list_others(self, today: int) -> None:
        """Put on the list the other people who have asked by today: the same ones under every policy."""
        c, p = self.community, self.world.psychiatry
        staff, length = c.spec.baseline.staff, max(c.world.contact_time.review, 1.0)
        rate = p.outside_share * staff.psychiatrist_hours * HOUR / length / WEEK_DAYS
        while rate > 0.0 and self._others_clock <= today:
            self.list.append((today, -1, today + next(self._patience)))
            self._others_clock += next(self._gaps) / rate

    def _carry_over(self, today: int) -> None:
        """Carry reviews that did not fit over to the next working day."""
        left = self.booked.pop(today, [])
        if left:
            following = workday_after(today + 1)
            self._day_of.update(dict.fromkeys(left, following))
            self.booked[following] = left + self.booked.get(following, [])

    def waiting(self) -> int:
        """Return how many people are on the waiting list, anybody."""
        return len(self.list) + len(self.urgent)
