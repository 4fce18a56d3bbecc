"""A crisis from beginning to end: who is turned to and comes; settled at home, respite or hospital."""

from collections.abc import Generator
from typing import Any, NamedTuple

from cmsim.core import random_streams
from cmsim.core.sampling import exponential, normal
from cmsim.core.simtime import HOUR, at, day_of, minute_of_day, workday_after
from cmsim.model.agents import acute_episode
from cmsim.model.agents.crisis_response import go_out
from cmsim.model.context import Context
from cmsim.model.roles import CaseManagerRole, ClientRole, Process
from cmsim.model.state.current_hazards import crisis_hazard
from cmsim.policies.rule_answer import decision
from cmsim.schema.codes import CrisisCause, CrisisOutcome, Phase, Provider
from cmsim.schema.tables import CrisisRow, HarmRow
from cmsim.submodels import crisis as crises

KEPT = random_streams.purpose(
    "crisis.kept", "whether a crisis that was due still comes, when its hazard has changed since"
)
SEVERITY = random_streams.purpose("crisis.severity", "how severe a crisis is")
PATIENCE = random_streams.purpose("crisis.patience", "how long somebody waits for the own worker in a crisis")
REPORTED = random_streams.purpose("crisis.reported", "whether the own worker is told of a crisis that others answered")
HARM = random_streams.purpose("crisis.harm", "whether somebody comes to harm in a crisis outside hospital")
ON_CALL = "service.crisis.on_call"


class Answer(NamedTuple):
    """Who came: a ``Provider``, worker id or -1, what is known of the client, skill, minutes until then."""

    by: int
    number: int
    knowledge: float
    skill: float
    waited: int


def run_crisis(c: Context, client: ClientRole, hazard_then: float) -> Process:
    """Go through a crisis that fell due, kept with the ratio of its hazard now to that of last night."""
    p = c.world.crisis
    if not client.present:
        return
    began, which = c.env.now, client.crisis_number
    if c.streams.uniform(KEPT, client.address, which) >= crisis_hazard(c.world, c.people, client.row) / hazard_then:
        return
    acute = client.phase == Phase.ACUTE
    drawn = float(normal(c.streams.uniform(SEVERITY, client.address, which)))
    deviate = acute_episode.deviate_of(c, client, drawn) if acute else drawn
    severity = crises.severity(p, acute, deviate, acute_episode.worsened(c, client))
    turns = _is_worker_turned_to(c, client)
    if turns and c.world.mechanisms.own_worker_answers:
        yield from _hold_out(c, client, severity)
        if not client.present:  # something else came of it meanwhile
            return
    answer = yield from _answered(c, client, began, turns)
    outcome: int = CrisisOutcome.SETTLED
    bed, asked, involuntary = None, c.env.now, False
    if not client.present:
        outcome = CrisisOutcome.PASSED
    elif c.respite.take_in(client, severity):
        outcome = CrisisOutcome.RESPITE
    elif c.hospital.decide_to_admit(client, severity, answer.knowledge, answer.skill, answer.by == Provider.EMERGENCY):
        if c.home_treatment.take_in(client, severity):
            outcome = CrisisOutcome.HOME_TREATMENT
        else:
            outcome, bed, involuntary = yield from _asked_in(c, client, severity, answer)
    if outcome in (CrisisOutcome.SETTLED, CrisisOutcome.NO_BED, CrisisOutcome.RESPITE, CrisisOutcome.HOME_TREATMENT):
        c.people.cells.settled[client.row] = 1.0
        client.illness.hold(p.settled_days)
        c.day.owe("relief", client.row, p.relief)
    if bed is None:
        _may_come_to_harm(c, client, severity, outcome)
    if severity > p.risky_severity or involuntary:
        c.people.cells.risk_until[client.row] = c.today + int(p.risky_days)
    c.ledger.write(CrisisRow)(
        minute=began,
        client=client.row,
        cause=CrisisCause.ACUTE_ILLNESS if acute else CrisisCause.STRESSOR,
        by=answer.by,
        worker=answer.number,
        response=answer.waited,
        severity=severity,
        outcome=outcome,
    )

    if bed is not None:
        yield from c.hospital.stay(client, bed, answer.by, involuntary, c.env.now - asked, severity)


def _asked_in(
    c: Context, client: ClientRole, severity: float, answer: Answer
) -> Generator[Any, Any, tuple[int, Any, bool]]:
    """Be advised to go into hospital; return what came of it, the bed if any, and whether by commitment."""
    involuntary = not client.decide_on_admission(
        severity, answer.by in (Provider.CASE_MANAGER, Provider.TEAM_MEMBER), client.crisis_number
    )
    if involuntary and not c.hospital.decide_to_commit(client, severity, client.crisis_number):
        return CrisisOutcome.REFUSED, None, involuntary
    bed = yield from c.hospital.find_bed(client)
    return CrisisOutcome.ADMITTED if bed is not None else CrisisOutcome.NO_BED, bed, involuntary


def _is_worker_turned_to(c: Context, client: ClientRole) -> bool:
    """Return whether the own worker is turned to first, by the client or by the family in the client's place."""
    if client.case_manager is None:
        return False
    if client.decide_to_turn_to_worker(client.crisis_number):
        return True
    family = client.family if c.world.mechanisms.own_worker_answers else None
    return family is not None and family.decide_to_call_in_crisis(client.crisis_number)


def _hold_out(c: Context, client: ClientRole, severity: float) -> Process:
    """Wait until the own worker is on duty again, where nobody of the team comes before and the client can."""
    worker, cover, now = client.case_manager, c.service.crisis, c.env.now
    if worker is None or worker.on_duty or not decision("service.crisis.first", cover.first.asks_own_worker, True):
        return
    if decision(ON_CALL, cover.on_call.covers, day_of(now), minute_of_day(now)):
        return
    starts = c.active.staff.starts * HOUR
    morning = at(workday_after(day_of(now) + (minute_of_day(now) >= starts)), starts) + 1
    if client.decide_to_hold_out(severity, morning - now, client.crisis_number):
        yield morning - now


def _answered(c: Context, client: ClientRole, began: int, turns: bool) -> Generator[Any, Any, Answer]:
    """Turn to the own worker, then a colleague of the team or the worker on call, then the crisis service."""
    p, mechanisms = c.world.crisis, c.world.mechanisms
    worker, cover = client.case_manager, c.service.crisis
    knowledge = c.people.cells.knowledge[client.row]
    if worker is not None and turns:
        if decision("service.crisis.first", cover.first.asks_own_worker, worker.on_duty):
            came = yield from _comes(c, client, worker, began)
            if came is not None:
                return Answer(Provider.CASE_MANAGER, worker.number, knowledge, worker.skill, came)
            c.day.owe("alliance_loss", client.row, c.world.relationship.letdown_loss)
            c.people.cells.let_down[client.row] += c.world.relationship.unanswered
        sharing = c.service.caseload.sharing
        known = knowledge * max(p.team_knows, sharing.knowledge_kept)
        colleague = worker.decide_on_colleague() if cover.first.asks_team else None
        if colleague is not None:
            came = yield from _comes(c, client, colleague, began)
            if came is not None:
                worker.learn_unwell(client)
                return Answer(Provider.TEAM_MEMBER, colleague.number, known, colleague.skill, came)
        if decision(ON_CALL, cover.on_call.covers, day_of(c.env.now), minute_of_day(c.env.now)) and not worker.on_duty:
            colleague = worker.worker_on_call(c.today)
            if colleague is not None and not colleague.called_out:
                own = colleague is worker
                if mechanisms.own_worker_answers and colleague.on_duty:
                    came = yield from _comes(c, client, colleague, began)
                else:
                    came = yield from go_out(c, colleague, client, began)
                if came is not None:
                    worker.learn_unwell(client)
                    return Answer(
                        Provider.CASE_MANAGER if own else Provider.TEAM_MEMBER,
                        colleague.number,
                        knowledge if own else known,
                        colleague.skill,
                        came,
                    )
    by, waited = yield from c.crisis_service.answer(client)
    if worker is not None and mechanisms.own_worker_answers and _is_reported(c, client):
        worker.learn_unwell(client)
    return Answer(by, -1, p.service_knowledge, p.service_skill, int(waited))


def _is_reported(c: Context, client: ClientRole) -> bool:
    """Return whether the crisis service or emergency department tells the own worker, as a hospital would."""
    return c.streams.uniform(REPORTED, client.address, client.crisis_number) < c.world.hospital.informs


def _comes(c: Context, client: ClientRole, worker: CaseManagerRole, began: int) -> Generator[Any, Any, int | None]:
    """Call a worker and wait as long as patience lasts; return the minutes it took, or ``None``."""
    call = worker.take_call(client)
    patience = exponential(
        c.streams.uniform(PATIENCE, client.address, client.crisis_number), c.world.crisis.patience_hours * HOUR
    )
    yield c.env.first(call.answered, int(patience) + 1)
    if not call.answered.triggered:
        call.withdrawn = True
        return None
    waited = c.env.now - began
    yield call.finished
    return waited


def _may_come_to_harm(c: Context, client: ClientRole, severity: float, outcome: int) -> None:
    """Let somebody left outside hospital come to harm, more surely the graver and the less it is settled."""
    p = c.world.crisis
    chance = crises.harm_chance(
        p, severity, outcome in (CrisisOutcome.SETTLED, CrisisOutcome.RESPITE, CrisisOutcome.HOME_TREATMENT)
    )
    if c.streams.uniform(HARM, client.address, client.crisis_number) < chance:
        cells, row = c.people.cells, client.row
        cells.risk_until[row] = c.today + int(p.risky_days)
        cells.stress[row] = min(cells.stress[row] + c.world.stress.event_size, 1.0)
        c.ledger.write(HarmRow)(minute=c.env.now, client=row, severity=severity, after=outcome)
