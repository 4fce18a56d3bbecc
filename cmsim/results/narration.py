"""Recorded facts in words: one narrator for the event log, the app's feed and the stories of clients."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cmsim.core.ledger import Rows
from cmsim.core.simtime import DAY, HOUR, minute_of_day
from cmsim.model.state.columns import worker_key
from cmsim.schema.codes import FACTORS, DischargeReason, PlanStep
from cmsim.schema.tables import KINDS as FACTS

KINDS = (
    "registration",
    "case manager",
    "phase",
    "crisis",
    "seen ill",
    "hospital",
    "home",
    "agency",
    "plan",
    "step",
    "staff",
)
"""Kinds of event, in the order of those of one minute."""

_ORDER = {kind: position for position, kind in enumerate(KINDS)}
_NIGHT_ENDS, _EVENING_BEGINS = 8 * HOUR, 18 * HOUR
_MILD, _GRAVE = 0.35, 0.7
"""Severities of a crisis, 0 to 1, below which it is called mild and above which it is called grave."""
_AT_ONCE = 15
"""Minutes within which an answer is called immediate."""
_FACTOR_SHOWN = 1.05
"""A factor of a hazard nearer to 1 than this is not named."""

_PHASES = {
    "stable to prodromal": ("ill", "first signs of a relapse begin"),
    "prodromal to acute": ("ill", "becomes acutely ill"),
    "prodromal to stable": ("well", "first signs passed without a relapse"),
    "acute to stable": ("well", "recovers from the acute phase"),
    "acute to inpatient": ("hospital", "admitted to hospital, acutely ill"),
    "inpatient to stable": ("well", "leaves hospital, well"),
    "inpatient to acute": ("ill", "leaves hospital, still acutely ill"),
    "inpatient to prodromal": ("ill", "leaves hospital, not yet well"),
    "stable to inpatient": ("hospital", "is in hospital"),
    "prodromal to inpatient": ("hospital", "is in hospital"),
}
_CRISES = {
    "settled": "settled without admission",
    "admitted": "admitted to hospital",
    "no bed": "needed a hospital bed, none was free",
    "passed without help": "passed without help",
    "respite": "goes to a respite bed",
    "refused admission": "declined admission",
    "home treatment": "home treatment begins",
}
_HANDOVERS = {
    "first worker": "gets a case manager",
    "cold": "handed over by file only (cold handover)",
    "warm": "handed over after a joint visit (warm handover)",
    "left without a worker": "is left without a case manager",
    "within the team": "passed to a colleague in the same team",
    "programme ended": "completed a programme, and so the work with the case manager ended",
}
_REGISTRATIONS = {
    "referred": "referred, and waiting for a case manager",
    "discharged as recovered": "discharged from the service, recovered",
    "disengaged": "broke off contact with the service",
    "moved away or died": "left the community for good (the model does not record whether by moving or by death)",
    "no longer followed": "out of contact for so long that the model stops following this person",
}
_ANSWERS = {
    "waited": "acutely ill: nothing was done yet",
    "told the worker": "acutely ill: the case manager was told",
    "treated at home": "acutely ill: treated at home",
    "admitted": "acutely ill: admitted to hospital",
    "no bed": "acutely ill: needed a hospital bed, none was free",
    "not admitted": "acutely ill: not admitted",
    "refused admission": "acutely ill: declined admission",
    "home treatment": "acutely ill: home treatment began",
}
_ADMISSIONS = {
    "admitted involuntarily": "admitted to hospital involuntarily",
    "admitted voluntarily": "admitted to hospital voluntarily",
}
_PLANS = {
    PlanStep.MADE.label: "housing plan made",
    PlanStep.REFUSED.label: "housing plan refused",
    PlanStep.GIVEN_UP.label: "housing plan dropped",
    PlanStep.MOVED.label: "housing plan: moved in",
    PlanStep.HELD.label: "housing plan: still in the new home",
    PlanStep.BROKE_DOWN.label: "housing plan: could not stay in the new home",
}
_STAFF = {
    "hired": "new case manager starts",
    "left": "case manager resigned and left",
    "post created": "a new post is created",
    "post closed": "a post is closed",
    "laid off": "is laid off",
}
_WISHES = {1: ", wants independence", -1: ", wants to be looked after"}
_HOSPITAL_MOVES = ("admitted", "discharged")
"""Reasons of a move that belongs to a stay in hospital."""
_NOTABLE_LINKS = ("started", "ended", "not accepted")
_COLUMNS = {kind.name: kind.columns for kind in FACTS}

Row = Mapping[str, Any]
"""A recorded row by column, with words for codes."""


class Event(NamedTuple):
    """One thing that happened, at three levels of detail.

    The event log shows ``what`` and ``detail``, the app's feed a sentence with its cause, a story all parts.

    Attributes:
        minute: engine minute.
        client: client row; -1 if it is about no client.
        worker: id of the case manager concerned; -1 for none.
        kind: one of ``KINDS``, or ``contacts`` for a stretch of time between events.
        what: the recorded words, such as "prodromal to acute".
        sentence: what happened, without its subject.
        tone: colour and sign in the feed; empty where the feed leaves it out.
        because: its largest causes, or how it came about.
        knew: who knew of it.
        acted: who did something about it, and how late.
    """

    minute: int
    client: int
    worker: int
    kind: str
    what: str
    sentence: str
    tone: str = ""
    because: str = ""
    knew: str = ""
    acted: str = ""

    @property
    def day(self) -> int:
        """The day on which it happened."""
        return self.minute // DAY

    @property
    def detail(self) -> str:
        """Why or how it happened, who knew, who acted."""
        return "; ".join(part for part in (self.because, self.knew, self.acted) if part)


def narrate(tables: Mapping[str, Rows]) -> list[Event]:
    """Return what recorded rows by kind of fact say, ordered by time, then by kind, client and worker."""
    events = (
        event
        for name, rows in tables.items()
        if name in _NARRATORS
        for row in _rows(name, rows)
        for event in _NARRATORS[name](row)
    )
    return sorted(events, key=lambda event: (event.minute, _ORDER[event.kind], event.client, event.worker))


def in_words(name: str, rows: Rows) -> dict[str, NDArray[Any]]:
    """Return the columns of rows of a kind of fact, with words for codes."""
    return {
        each.name: np.array(each.words, dtype=object)[rows[each.name]] if each.words else rows[each.name]
        for each in _COLUMNS[name]
    }


def _rows(name: str, rows: Rows) -> Iterator[Row]:
    columns = in_words(name, rows)
    values = (column.tolist() for column in columns.values())
    return (dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True))


def largest_causes(row: Row) -> str:
    """Return the two factors that raised the hazard of onset most, and the one that lowered it most."""
    factors = [(name, float(row[f"factor {name}"])) for name in FACTORS]
    raising = sorted((each for each in factors if each[1] > _FACTOR_SHOWN), key=lambda each: -each[1])[:2]
    lowering = min(factors, key=lambda each: each[1])
    text = ", ".join(f"{name} x{factor:.1f}" for name, factor in raising) or "no factor stands out"
    if lowering[1] < 1.0 / _FACTOR_SHOWN:
        text += f"; held back by {lowering[0]} x{lowering[1]:.2f}"
    return text


def duration(minutes: float) -> str:
    """Return a length of time in the unit that suits it.

    >>> duration(90), duration(150), duration(26 * 60), duration(12 * 1440)
    ('90 minutes', '2.5 hours', '26 hours', '12 days')
    """
    if minutes < 2 * HOUR:
        return f"{max(round(minutes), 0)} minutes"
    if minutes < 2 * DAY:
        hours = minutes / HOUR
        return f"{hours:.1f} hours" if hours < 10 else f"{hours:.0f} hours"
    return f"{minutes / DAY:.0f} days"


def _event(row: Row, kind: str, what: str, sentence: str, tone: str = "", **parts: str) -> Event:
    """Return an event of a row; ``parts`` are ``because``, ``knew`` and ``acted``."""
    worker = row.get("worker", row.get("to_worker", -1))
    return Event(row["minute"], row.get("client", -1), worker, kind, what, sentence, tone, **parts)


def _transition(row: Row) -> Iterator[Event]:
    what = f"{row['from']} to {row['to']}"
    tone, sentence = _PHASES.get(what, ("ill", what))
    worsens = row["to"] in ("prodromal", "acute") and row["from"] != "inpatient"
    because = largest_causes(row) if worsens else ""
    by = row["noticed_by"]
    noticed = {"client": "the client had told of the signs", "nobody": "nobody had noticed the signs"}
    knew = noticed.get(by, f"the {by} had noticed the signs") if row["from"] == "prodromal" else ""
    yield _event(row, "phase", what, sentence, tone, because=because, knew=knew)


def _crisis(row: Row) -> Iterator[Event]:
    severity, time, response = row["severity"], minute_of_day(row["minute"]), row["response"]
    how = "mild" if severity < _MILD else "grave" if severity > _GRAVE else "serious"
    when = "at night" if time < _NIGHT_ENDS else "by day" if time < _EVENING_BEGINS else "in the evening"
    what = row["outcome"]
    sentence = f"has a {how} crisis {when}: {_CRISES[what]}"
    because = f"{row['cause']}, severity {severity:.2f}"
    acted = ""
    if response >= 0:
        own = f"own case manager {worker_key(row['worker'])}"
        helper = own if row["by"] == "case manager" else row["by"]
        acted = f"the {helper} answered {'at once' if response < _AT_ONCE else f'after {duration(response)}'}"
    yield _event(row, "crisis", what, sentence, "crisis", because=because, acted=acted)


def _acute_care(row: Row) -> Iterator[Event]:
    what = row["answer"]
    knew = f"noticed by the {row['by'].removeprefix('the ')}"
    because = f"severity {row['severity']:.2f}"
    yield _event(row, "seen ill", what, _ANSWERS[what], "ill", because=because, knew=knew)


def _stay(row: Row) -> Iterator[Event]:
    visits = row["ward_visits"]
    what = "admitted involuntarily" if row["involuntary"] else "admitted voluntarily"
    knew = "the case manager was told" if row["informed"] else "the case manager was not told"
    waited = f"waited {duration(row['waited'])} for a bed, " if row["waited"] > 0 else ""
    acted = f"{waited}{visits} visit{'s' if visits != 1 else ''} of the case manager on the ward"
    yield _event(row, "hospital", what, _ADMISSIONS[what], "hospital", knew=knew, acted=acted)
    if row["discharged"] >= 0:
        days = (row["discharged"] - row["minute"]) / DAY
        because = f"{row['discharge']}, after {days:.1f} days"
        acted = "an appointment was booked" if row["booked"] else ""
        early = row["discharge"] == DischargeReason.BED_PRESSURE.label
        sentence = "discharged early, because the bed was needed" if early else "discharged from hospital"
        event = _event(row, "hospital", "discharged", sentence, "hospital", because=because, acted=acted)
        yield event._replace(minute=row["discharged"])


def _move(row: Row) -> Iterator[Event]:
    before, after, tone = row["from"], row["to"], "" if row["reason"] in _HOSPITAL_MOVES else "home"
    yield _event(row, "home", f"{before} to {after}", f"moves from {before} to {after}", tone, because=row["reason"])


def _handover(row: Row) -> Iterator[Event]:
    what = row["how"]
    old, new = (worker_key(row[name]) for name in ("from_worker", "to_worker"))
    acted = f"from {old} after {row['tenure']} days" if old else ""
    if old and new:
        acted += f", alliance {row['alliance_before']:.2f} to {row['alliance_after']:.2f}"
    yield _event(row, "case manager", what, f"{_HANDOVERS[what]}{f', {new}' if new else ''}", "worker", acted=acted)


def _link(row: Row) -> Iterator[Event]:
    agency, step = row["agency"], row["step"]
    tone, acted = "agency" if step in _NOTABLE_LINKS else "", f"help: {row['help']}"
    sentence = f"{agency} agency: {'left' if step == 'ended' else step}"
    yield _event(row, "agency", f"{agency}: {step}", sentence, tone, acted=acted)


def _plan(row: Row) -> Iterator[Event]:
    what = row["step"]
    pressed = f", pressure {row['pressed']:.2f}" if row["pressed"] > 0.0 else ""
    because = f"{row['from']} to {row['to']}{_WISHES.get(row['wish'], '')}{pressed}"
    yield _event(row, "plan", what, _PLANS[what], "home", because=because)


def _step(row: Row) -> Iterator[Event]:
    acted = f"{row['how']}, {'succeeded' if row['success'] else 'failed'}"
    yield _event(row, "step", row["domain"], f"tried something new: {row['domain']}", acted=acted)


def _registration(row: Row) -> Iterator[Event]:
    yield _event(row, "registration", row["event"], _REGISTRATIONS[row["event"]], "service")


def _staff_event(row: Row) -> Iterator[Event]:
    because = f"exhaustion {row['exhaustion']:.0f} of 54, {row['tenure']} days in post, caseload {row['caseload']}"
    yield _event(row, "staff", row["event"], _STAFF[row["event"]], "worker", because=because)


_NARRATORS: dict[str, Callable[[Row], Iterator[Event]]] = {
    "registrations": _registration,
    "handovers": _handover,
    "transitions": _transition,
    "crises": _crisis,
    "acute_care": _acute_care,
    "admissions": _stay,
    "moves": _move,
    "links": _link,
    "plans": _plan,
    "steps": _step,
    "staff": _staff_event,
}
