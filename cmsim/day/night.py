"""Stage 5: the night: slow state moves on by a day for everybody together, and tomorrow's events are put on the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim import draws
from cmsim.clock import DAY, YEAR_DAYS, at
from cmsim.clocks import CRISIS, FAMILY_CALLS, ONSET, TELLS
from cmsim.people import ACUTE, HOSPITAL, INPATIENT, LEFT, NOT_YET, PRODROMAL, STABLE
from cmsim.rules import crisis, illness, medication, relationship, stress, support
from cmsim.rules import family as families
from cmsim.rules.chance import approach

if TYPE_CHECKING:
    from cmsim.community import Community

Floats = NDArray[np.float64]

RESUMES = draws.purpose("medication.resumes", "whether somebody who stopped medication resumes it")


def night(c: Community, today: dict[str, Floats]) -> None:
    """Move slow state on by a day, given today's amounts by effect, and look ahead to tomorrow."""
    n = c.people.known
    if not n:
        return
    if c.refresh:
        refresh_needs(c, np.array(sorted(c.refresh), dtype=np.int64))
        c.refresh.clear()
    people, w = c.people, c.world
    phase = people.phase[:n]
    unwell = ((phase == PRODROMAL) | (phase == ACUTE)).astype(np.float64)
    _medication(c, today, n)
    _relationship(c, today, n)
    strain = people.criticism[:n] * people.family_contact[:n]
    people.stress[:n] = stress.stress_next(
        w.stress,
        people.stress[:n],
        people.unmet[:n],
        strain,
        unwell,
        people.neighbours[:n],
        np.minimum(today["relief"], w.stress.relief),
    )
    _tomorrow(c, n, phase, strain)


def _medication(c: Community, today: dict[str, Floats], n: int) -> None:
    people, m = c.people, c.world.medication
    inside = people.phase[:n] == INPATIENT
    adherence, misfit, stopped = people.adherence[:n], people.misfit[:n], people.stopped[:n]
    supply = people.supply[:n]
    supply += today["supply"]
    supply -= adherence
    np.clip(supply, 0.0, m.supply_days, out=supply)
    pushed = np.flatnonzero((today["resumption"] > 0.0) & (stopped > 0.0))
    for row in pushed.tolist():
        u = c.chance.uniform(RESUMES, int(people.address[row]), c.today)
        if u < -np.expm1(-today["resumption"][row]):
            stopped[row] = 0.0
    supplied = ((supply > 0.0) & (stopped == 0.0)) | inside
    target = medication.adherence_target(
        m,
        people.disposition[:n],
        people.insight[:n],
        people.alliance[:n],
        people.side_effects[:n],
        people.substance[:n],
        supplied,
    )
    target = np.maximum(target, m.depot_floor * people.depot[:n] * supplied)
    target = np.where(inside, 1.0, target)
    people.adherence[:n] = medication.adherence_next(m, adherence, target)
    misfit *= 1.0 - np.minimum(today["fit"], 1.0)
    misfit += (1.0 - misfit) * (m.fit_drift / YEAR_DAYS)


def _relationship(c: Community, today: dict[str, Floats], n: int) -> None:
    people, r, s = c.people, c.world.relationship, c.world.support
    alliance = relationship.alliance_next(
        r, people.alliance[:n], people.alliance_ceiling[:n], today["alliance"]
    )
    people.alliance[:n] = np.maximum(alliance - today["alliance_loss"], 0.0)
    people.knowledge[:n] = relationship.knowledge_next(r, people.knowledge[:n], today["knowledge"])
    people.intrusion[:n] = approach(people.intrusion[:n], 0.0, 1.0, r.intrusion_days) + today["intrusion"]
    target = relationship.engagement_target(
        r, people.alliance[:n], people.insight[:n], people.substance[:n], people.intrusion[:n]
    )
    people.engagement[:n] = approach(people.engagement[:n], target, 1.0, r.engagement_days)
    weekly = today["minutes"] * 7.0
    people.support_minutes[:n] = approach(people.support_minutes[:n], weekly, 1.0, s.memory_days)


def _tomorrow(c: Community, n: int, phase: Any, strain: Floats) -> None:
    """Add a day of hazard to each clock; what falls due is put on the clock at its minute."""
    people = c.people
    here = (people.status[:n] != NOT_YET) & (people.status[:n] != LEFT)
    hazards = c.hazards[:, :n]
    logs = c.logs[:, :n]
    _onset_logs(c, logs, slice(0, n), strain)
    hazards[ONSET] = illness.onset_hazard(c.world.illness, logs) * ((phase == STABLE) & here)
    settled = np.exp((people.settled[:n] - c.today) / c.world.crisis.settled_days)
    present = here & (people.setting[:n] < HOSPITAL)
    hazards[CRISIS] = present * crisis.crisis_hazard(
        c.world.crisis, phase == ACUTE, people.stress[:n], people.home_support[:n], settled
    )
    unnoticed = (phase == PRODROMAL) & (people.noticed_by[:n] == 0) & present
    hazards[TELLS] = unnoticed * c.world.relationship.tells_rate * people.alliance[:n] * people.insight[:n]
    hazards[FAMILY_CALLS] = unnoticed * families.call_hazard(
        c.world.family, people.family_contact[:n], people.family_knowledge[:n]
    )
    put_on_clock(c, c.daily_clocks.advance(hazards, 1), 1, _ACTIONS)


def _onset_logs(c: Community, out: Floats, rows: Any, strain: Any) -> Floats:
    people = c.people
    return illness.onset_logs(
        c.world.illness,
        out,
        frailty=people.frailty[rows],
        effective=people.adherence[rows] * (1.0 - people.misfit[rows]),
        stress=people.stress[rows],
        criticism=strain,
        unmet=people.unmet[rows],
        overload=people.stimulation_load[rows],
        substance=people.substance[rows],
        since_discharge=c.today - people.discharged[rows],
        admissions=people.admissions[rows],
    )


def onset_logs_of(c: Community, row: int) -> Floats:
    """Return the logs of the factors of one client's onset hazard as of this morning."""
    people = c.people
    return _onset_logs(c, np.empty(len(c.logs)), row, people.criticism[row] * people.family_contact[row])


def crisis_hazard_of(c: Community, row: int) -> float:
    """Return one client's daily hazard of a crisis now, with what has happened since the night."""
    people, p = c.people, c.world.crisis
    settled = float(np.exp((people.settled[row] - c.today) / p.settled_days))
    acute = float(people.phase[row] == ACUTE)
    return float(crisis.crisis_hazard(p, acute, people.stress[row], people.home_support[row], settled))


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


def put_on_clock(
    c: Community, due: list[tuple[int, int, float, float]], days: int, actions: tuple[Action, ...]
) -> None:
    """Put events that fall due in the next ``days`` on the clock at their minute, in order of minute and address."""
    address = c.people.address
    tomorrow = at(c.today + 1)
    timed = [
        (tomorrow + min(int(share * days * DAY), days * DAY - 1), int(address[row]), kind, row, hazard)
        for kind, row, share, hazard in due
    ]
    for minute, _, kind, row, hazard in sorted(timed):
        c.call_at(minute, actions[kind], c, row, hazard)


def refresh_needs(c: Community, rows: Any) -> None:
    """Work out need, support, unmet need and excess of some clients anew from setting, phase and who helps."""
    people, s = c.people, c.world.support
    setting, phase = people.setting[rows], people.phase[rows]
    demand = c.demand[setting]
    able = people.capability[rows] * (1.0 - support.impairment(s, phase))[:, None]
    need = np.maximum(demand - able, 0.0)
    at_home = (setting == 2).astype(np.float64)
    contact = families.contact_share(c.world.family, at_home, people.has_family[rows])
    contact *= setting < HOSPITAL
    people.family_contact[rows] = contact
    family = s.family_level * people.warmth[rows] * contact
    informal = s.informal_level * people.informal[rows] * (setting < HOSPITAL)
    people.home_support[rows] = np.minimum((family + informal) / s.family_level, 1.0)
    worker = support.worker_support(s, people.support_minutes[rows])
    people.worker_support[rows] = worker
    given = (worker + family + informal + c.setting_support[setting])[:, None] + people.links[rows] @ c.link_support
    gap = need - given
    unmet = np.maximum(gap, 0.0)
    people.domain_unmet[rows] = unmet
    people.unmet[rows] = unmet.mean(axis=1)
    # what family and friends give is not taken for granted in the way that paid support is
    paid = (worker + c.setting_support[setting])[:, None]
    people.excess[rows] = np.maximum(np.minimum(paid, -gap), 0.0).mean(axis=1)
    people.need[rows] = need.mean(axis=1)
    people.housing_unmet[rows] = unmet[:, :2].mean(axis=1)
    people.stimulation_load[rows] = support.overload(c.stimulation[setting], people.tolerance[rows])
