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
from cmsim.clocks import CRISIS, FAMILY_CALLS, ONSET, TELLS
from cmsim.people import ACUTE
from cmsim.record import FACTORS
from cmsim.rules import crisis, illness, medication, relationship, stress, support
from cmsim.rules import family as families
from cmsim.rules.belief import belief_next
from cmsim.rules.chance import normal

if TYPE_CHECKING:
    from cmsim.community import Community
    from cmsim.day.effect import Effects

Floats = NDArray[np.float64]
Due = tuple[int, int, float, float]

IMPRESSION = draws.purpose("belief.impression", "how far off the impression of a client's need is")
RESUMES = draws.purpose("medication.resumes", "whether somebody who stopped medication resumes it")


def night(c: Community, today: Effects) -> None:
    """Move slow state on by a day, given what today's contacts delivered, and look ahead to tomorrow."""
    n = c.people.known
    if not n:
        return
    if c.refresh:
        refresh_needs(c, np.array(sorted(c.refresh), dtype=np.int64))
        c.refresh.clear()
    if len(today.rows):
        _met(c, today)
    _medication(c, n)
    people = c.people
    people.stress[:n] = stress.stress_next(c.world.stress, people.stress[:n], people.stress_pull[:n])
    _tomorrow(c, n)


def _met(c: Community, today: Effects) -> None:
    """Let today's contacts act on the clients they were with."""
    people, w, rows, amount = c.people, c.world, today.rows, today.amounts
    alliance = relationship.alliance_met(
        people.alliance[rows], people.alliance_ceiling[rows], amount["alliance"]
    )
    people.alliance[rows] = np.maximum(alliance - amount["alliance_loss"], 0.0)
    people.knowledge[rows] = relationship.knowledge_met(
        w.relationship, people.knowledge[rows], amount["knowledge"]
    )
    people.intrusion[rows] += amount["intrusion"]
    people.support_minutes[rows] += amount["minutes"] * (WEEK_DAYS / w.support.memory_days)
    people.stress[rows] *= 1.0 - np.minimum(amount["relief"], w.stress.relief_cap)
    people.supply[rows] = np.minimum(people.supply[rows] + amount["supply"], w.medication.supply_days)
    people.fit[rows] += (1.0 - people.fit[rows]) * np.minimum(amount["fit"], 1.0)
    met = np.flatnonzero(amount["minutes"])
    seen = rows[met]
    deviate = normal(c.luck(IMPRESSION, seen)[0])
    people.belief[seen] = belief_next(
        w.belief, people.belief[seen], people.need[seen], people.knowledge[seen], deviate
    )
    push = amount["resumption"] * people.stopped[rows]
    for place in np.flatnonzero(push).tolist():
        row = int(rows[place])
        u = c.chance.uniform(RESUMES, int(people.address[row]), c.today)
        if u < -math.expm1(-push[place]):
            c.clients[row].resumes_medication()


def _medication(c: Community, n: int) -> None:
    people = c.people
    adherence, supply = people.adherence[:n], people.supply[:n]
    supply -= adherence
    np.maximum(supply, 0.0, out=supply)
    people.adherence[:n] = medication.adherence_next(
        c.world.medication, adherence, people.adherence_target[:n] * (supply > 0.0)
    )


def _tomorrow(c: Community, n: int) -> None:
    """Add a day of hazard to each clock; what falls due is put on the clock at its minute."""
    people, w = c.people, c.world
    recency, settled, strain = people.recency[:n], people.settled[:n], people.stress[:n]
    recency *= c.recency_kept
    settled *= c.settled_kept
    effective = people.adherence[:n] * people.fit[:n]
    onset = illness.onset_hazard(w.illness, people.onset_log[:n], effective, strain, recency)
    due = c.daily_clocks.advance(ONSET, onset * people.can_fall_ill[:n], 1)
    acute = people.phase[:n] == ACUTE
    hazard = crisis.crisis_hazard(w.crisis, acute, strain, people.crisis_ratio[:n], settled)
    due += c.daily_clocks.advance(CRISIS, hazard * people.present[:n], 1)
    if c.unnoticed:
        rows = np.array([row for _, row in sorted(c.unnoticed.items())])
        rows = rows[people.present[rows] > 0.0]
        tells = w.relationship.tells_rate * people.alliance[rows] * people.insight[rows]
        due += c.daily_clocks.advance(TELLS, tells, 1, rows)
        calls = families.call_hazard(w.family, people.family_contact[rows], people.family_knowledge[rows])
        due += c.daily_clocks.advance(FAMILY_CALLS, calls, 1, rows)
    if due:
        put_on_clock(c, due, 1, _ACTIONS)


def onset_logs_of(c: Community, row: int) -> Floats:
    """Return the logs of the factors of one client's onset hazard as of this morning, shape (9,)."""
    people, p = c.people, c.world.illness
    logs = _slow_logs(c, np.empty(len(FACTORS)), row)
    effective = people.adherence[row] * people.fit[row]
    return illness.fast_logs(
        p, logs, effective=effective, stress=people.stress[row], recency=people.recency[row]
    )


def _slow_logs(c: Community, out: Floats, rows: Any) -> Floats:
    people = c.people
    return illness.slow_logs(
        c.world.illness,
        out,
        frailty=people.frailty[rows],
        criticism=people.criticism[rows] * people.family_contact[rows],
        unmet=people.unmet[rows],
        overload=people.stimulation_load[rows],
        substance=people.substance[rows],
        admissions=people.admissions[rows],
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


def refresh_needs(c: Community, rows: Any) -> None:
    """Work out what follows from setting, phase and who helps, for some clients: need, support, excess,
    overload.

    What is read every day but changes only with these stands in columns of its own: the sum of the slow logs
    of the onset hazard, and the level to which stress is pulled.
    """
    people, w, s = c.people, c.world, c.world.support
    setting = people.setting[rows]
    able = people.capability[rows] * c.able_in_phase[people.phase[rows]][:, None]
    need = c.demand[setting] - able
    np.maximum(need, 0.0, out=need)
    outside = c.outside[setting]
    contact = families.contact_share(w.family, c.at_family_home[setting], people.has_family[rows]) * outside
    people.family_contact[rows] = contact
    family = s.family_level * people.warmth[rows] * contact
    informal = s.informal_level * people.informal[rows] * outside
    around = family + informal
    people.home_support[rows] = np.minimum(around / max(s.family_level, 1e-9), 1.0)
    worker = support.worker_support(s, people.support_minutes[rows])
    people.worker_support[rows] = worker
    paid = worker + c.setting_support[setting]
    unmet = need - people.links[rows] @ c.link_support
    unmet -= (paid + around)[:, None]
    # what family and friends give is not taken for granted in the way that paid support is
    people.excess[rows] = np.maximum(np.minimum(paid[:, None], -unmet), 0.0) @ c.over_domains
    np.maximum(unmet, 0.0, out=unmet)
    people.domain_unmet[rows] = unmet
    people.unmet[rows] = unmet @ c.over_domains
    people.need[rows] = need @ c.over_domains
    people.stimulation_load[rows] = support.overload(c.stimulation[setting], people.tolerance[rows])
    strain = people.criticism[rows] * contact
    people.stress_pull[rows] = stress.pull(
        w.stress, people.unmet[rows], strain, people.neighbours[rows], people.unwell[rows]
    )
    people.crisis_ratio[rows] = crisis.support_ratio(w.crisis, people.home_support[rows])
    people.onset_log[rows] = _slow_logs(c, c.logs[:, rows], rows).sum(axis=0)
