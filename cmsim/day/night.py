"""Stage 5: the night: slow state moves on by a day for everybody together, and
tomorrow's events are put on the clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim import draws
from cmsim.clock import DAY, WEEK_DAYS, at
from cmsim.clocks import CLIENT_DAILY, CRISIS, FAMILY_CALLS, ONSET, TELLS
from cmsim.day import around as surroundings
from cmsim.day import knowing
from cmsim.day.needs import refresh_needs
from cmsim.day.relations import told_of
from cmsim.people import ACUTE
from cmsim.record import FACTORS
from cmsim.rules import crisis, illness, relationship
from cmsim.rules import family as families

if TYPE_CHECKING:
    from cmsim.community import Community
    from cmsim.day.effect import Effects

Floats = NDArray[np.float64]
Due = tuple[int, int, float, float]

RESUMES = draws.purpose("medication.resumes", "whether somebody who stopped medication resumes it")


_ACTED_ON = "alliance knowledge fit supply intrusion support_minutes taught plan_minutes"


class Sheet:
    """The columns of the night up to the client who came last, laid side by side, and room to reckon in.

    Made anew when somebody comes. Everything is a view: what is written here stands in ``People``.
    """

    def __init__(self, c: Community) -> None:
        self.n = n = c.people.known
        self.levels, self.pulls, self.fading, self.gates = (
            c.people.together(group)[:, :n]
            for group in (
                "adherence stress",
                "adherence_target stress_pull",
                "recency settled",
                "can_fall_ill present",
            )
        )
        self.adherence, self.stress = self.levels
        self.recency, self.settled = self.fading
        names = "supply fit onset_log crisis_ratio alliance insight family_contact family_knowledge unnoticed"
        for name in (*names.split(), "phase"):
            setattr(self, name, getattr(c.people, name)[:n])
        self.steps = np.empty_like(self.levels)
        self.hazards = np.empty((len(CLIENT_DAILY), n))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


def night(c: Community, today: Effects) -> None:
    """Move slow state on by a day, given what today's contacts delivered, and look ahead to tomorrow."""
    if not c.people.known:
        return
    if c.refresh:
        refresh_needs(c, np.array(sorted(c.refresh), dtype=np.int64))
        c.refresh.clear()
    if len(today.rows):
        _met(c, today)
    elif not c.world.loops.whom_workers_see:
        knowing.learn(c, today.rows, 0.0, 0.0, 0.0)
    sheet = c.sheet
    if sheet is None or sheet.n != c.people.known:
        sheet = c.sheet = Sheet(c)
    _settle(c, sheet)
    due = c.daily_clocks.advance(_hazards(c, sheet), 1)
    if due:
        put_on_clock(c, due, 1, _ACTIONS)


def _met(c: Community, today: Effects) -> None:
    """Let today's contacts act on the clients they were with."""
    people, w, rows, amount = c.people, c.world, today.rows, today.amounts
    reached = people.together(_ACTED_ON)
    levels = reached.take(rows, axis=1)
    alliance, knowledge, fit, supply, intrusion, minutes, taught, planned = levels
    ceiling, stopped = people.together("alliance_ceiling stopped").take(rows, axis=1)
    alliance[:] = relationship.alliance_met(alliance, ceiling, amount["alliance"]) - amount["alliance_loss"]
    np.maximum(alliance, 0.0, out=alliance)
    knowledge[:] = relationship.knowledge_met(w.relationship, knowledge, amount["knowledge"])
    intrusion += amount["intrusion"]
    minutes += amount["minutes"] * (WEEK_DAYS / w.support.memory_days)
    supply += amount["supply"]
    np.minimum(supply, w.medication.supply_days, out=supply)
    fit += (1.0 - fit) * np.minimum(amount["fit"], 1.0)
    taught += amount["taught"]
    planned += amount["planned"]
    reached[:, rows] = levels
    knowing.learn(c, rows, amount["seen"], amount["told"], amount["minutes"])
    people.stress[rows] *= 1.0 - np.minimum(amount["relief"], w.stress.relief_cap)
    people.coerced[rows] *= np.exp(-amount["repair"])
    insight = people.insight[rows]
    insight += (1.0 - insight) * np.minimum(amount["insight_gained"], 1.0)
    people.insight[rows] = insight * np.exp(-amount["insight_lost"])
    surroundings.met(c, today)
    push = amount["resumption"] * stopped
    for place in np.flatnonzero(push).tolist():
        row = int(rows[place])
        u = c.chance.uniform(RESUMES, int(people.address[row]), c.today)
        if u < -math.expm1(-push[place]):
            c.clients[row].resumes_medication()


def _settle(c: Community, s: Sheet) -> None:
    """Let levels be drawn to where they settle and let what only fades fade, a day's worth, all at once."""
    s.supply -= s.adherence
    np.maximum(s.supply, 0.0, out=s.supply)
    np.copyto(s.steps, s.pulls)
    s.steps[0] *= s.supply > 0.0  # nobody takes what is not there
    s.steps -= s.levels
    s.steps *= c.drawn
    s.levels += s.steps
    s.fading *= c.kept


def _hazards(c: Community, s: Sheet) -> Floats:
    """Return tomorrow's daily hazards, a row a kind of ``clocks.CLIENT_DAILY``; 0 where it cannot be."""
    w, hazards = c.world, s.hazards
    hazards[ONSET] = illness.onset_hazard(w.illness, s.onset_log, s.adherence * s.fit, s.stress, s.recency)
    hazards[CRISIS] = crisis.crisis_hazard(w.crisis, s.phase == ACUTE, s.stress, s.crisis_ratio, s.settled)
    hazards[TELLS] = w.relationship.tells_rate * told_of(c, s.alliance) * s.insight
    hazards[FAMILY_CALLS] = families.call_hazard(w.family, s.family_contact, s.family_knowledge)
    hazards[: len(s.gates)] *= s.gates
    hazards[len(s.gates) :] *= s.unnoticed
    return hazards


def onset_logs_of(c: Community, row: int) -> list[float]:
    """Return the logs of the factors of one client's onset hazard as of this morning, in their order."""
    people, p = c.people, c.world.illness
    logs: list[float] = illness.slow_logs(
        p,
        [0.0] * len(FACTORS),
        frailty=people.frailty.item(row),
        criticism=people.expressed.item(row) * people.family_contact.item(row),
        unmet=people.unmet.item(row),
        overload=people.stimulation_load.item(row),
        substance=people.substance.item(row),
        admissions=people.admissions.item(row),
    )
    return illness.fast_logs(
        p,
        logs,
        effective=people.adherence.item(row) * people.fit.item(row),
        stress=people.stress.item(row),
        recency=people.recency.item(row),
    )


def onset_logs_of_all(c: Community) -> Floats:
    """Return the logs of the factors of everybody's onset hazard as of this morning, shape (9, clients
    known)."""
    people, p, rows = c.people, c.world.illness, slice(0, c.people.known)
    logs: Floats = illness.slow_logs(
        p,
        np.zeros((len(FACTORS), c.people.known)),
        frailty=people.frailty[rows],
        criticism=people.expressed[rows] * people.family_contact[rows],
        unmet=people.unmet[rows],
        overload=people.stimulation_load[rows],
        substance=people.substance[rows],
        admissions=people.admissions[rows],
    )
    effective = people.adherence[rows] * people.fit[rows]
    return illness.fast_logs(
        p, logs, effective=effective, stress=people.stress[rows], recency=people.recency[rows]
    )


def crisis_hazard_of(c: Community, row: int) -> float:
    """Return one client's daily hazard of a crisis now, with what has happened since the night."""
    people, p = c.people, c.world.crisis
    acute = float(people.phase[row] == ACUTE)
    settled = float(people.settled[row])
    ratio = float(people.crisis_ratio[row])
    return float(crisis.crisis_hazard(p, acute, float(people.stress[row]), ratio, settled))


Action = Callable[["Community", int, float], None]


def _onset(c: Community, row: int, hazard: float) -> None:
    c.clients[row].begins_prodrome()


def _crisis(c: Community, row: int, hazard: float) -> None:
    c.env.process(c.clients[row].crisis(hazard))


def _tells(c: Community, row: int, hazard: float) -> None:
    if c.clients[row].tells():
        c.clients[row].is_noticed("client")


def _family_calls(c: Community, row: int, hazard: float) -> None:
    family = c.clients[row].family
    if family is not None:
        family.sees_signs()


_ACTIONS: tuple[Action, ...] = (_onset, _crisis, _tells, _family_calls)


def put_on_clock(c: Community, due: list[Due], days: int, actions: tuple[Action, ...]) -> None:
    """Put events that fall due in the next ``days`` on the clock at their minute,
    in order of minute and address."""
    address = c.people.address
    tomorrow = at(c.today + 1)
    timed = [
        (tomorrow + min(int(share * days * DAY), days * DAY - 1), int(address[row]), kind, row, hazard)
        for kind, row, share, hazard in due
    ]
    for minute, _, kind, row, hazard in sorted(timed):
        c.call_at(minute, actions[kind], c, row, hazard)
