"""Files that go in and out: scenarios through the scenario loader, and the record of a session with its
notes."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit

from cmsim.app.session.live_session import LiveSession, check_playable, refuse_code_from_outside
from cmsim.app.session.replay import HOW, MOST_DAYS, MOST_PLANNED, Planned, Week
from cmsim.core.errors import CmsimError, ScenarioError
from cmsim.core.version import __version__
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.loader import parse
from cmsim.scenario.text_file import MAX_BYTES

NOTES = ("question", "hypothesis", "finding", "decision")
"""What learners write down with a run."""
MOST_NOTE = 4_000
"""Characters of one note at most."""
RECORD = "cmsim_session"
_WORLDS = ("a", "b")
_PLANNED = ("client", "weekday", "how", "minutes")


@dataclass(frozen=True)
class Record:
    """A session as it was saved.

    Attributes:
        scenarios: by run, with the changes made and their days.
        replication: which replication.
        day: how far it was played.
        notes: what was written, by ``NOTES``.
        case: name of the facilitator's case, empty for none.
        prediction: which of the case's answers was predicted.
        weeks: what learners decided in the role-play.
    """

    scenarios: Mapping[str, Scenario]
    replication: int = 0
    day: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)
    case: str = ""
    prediction: str = ""
    weeks: tuple[Week, ...] = ()


def read(content: bytes, called: str) -> Scenario | Record:
    """Return what an uploaded file holds: a scenario, or the record of a session.

    Args:
        content: of the file.
        called: its name, for messages.

    Raises:
        CmsimError: it is too large, no UTF-8, no TOML, or something in it is not allowed.
    """
    name = _shown(called)
    if len(content) > MAX_BYTES:
        raise ScenarioError(f"{name}: given more than {MAX_BYTES} bytes; allowed: up to {MAX_BYTES}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{name}: given bytes that are not UTF-8, from byte {error.start} on") from None
    table = parse(text, name)
    if RECORD in table:
        return _record(table, name)
    return read_scenario(text, name)


def read_scenario(text: str, called: str) -> Scenario:
    """Return a scenario from the text of a file; it may be based on a bundled one, and on nothing else.

    Raises:
        CmsimError: it cannot be used here; a line for every mistake.
    """
    refuse_code_from_outside(parse(text, called), called)
    stem = "".join(c if c.isalnum() or c in "_-" else "_" for c in Path(called).stem)[:60] or "uploaded"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{stem}.toml"
        file.write_text(text, encoding="utf-8")
        try:
            scenario = load_scenario(file)
        except CmsimError as error:
            said = str(error).replace(str(file), called).replace(f"{folder}{os.sep}", "")
            raise ScenarioError(said if called in said else f"{called}: based_on: {said}") from None
    return check_playable(dataclasses.replace(scenario, source=called))


def write(session: LiveSession, notes: Mapping[str, str], case: str = "", prediction: str = "") -> str:
    """Return the record of a session as TOML: scenarios, day, notes, weeks in the role-play; ``read`` takes it
    back."""
    document = tomlkit.document()
    document.add(tomlkit.comment("A session of the cmsim teaching app. Open it there with 'Open a file'."))
    about: dict[str, Any] = {
        "version": __version__,
        "day": session.day,
        "replication": session.courses["a"].replication,
        "case": case,
        "prediction": prediction,
    }
    document[RECORD] = about
    document["notes"] = {name: notes.get(name, "")[:MOST_NOTE] for name in NOTES}
    document["scenarios"] = {
        name: tomlkit.string(session.to_toml(name), multiline=True)  # type: ignore[arg-type]
        for name in _WORLDS
        if name in session.courses
    }
    weeks = [
        {
            "day": week.day,
            "post": week.post,
            "planned": [[each.client, each.weekday, each.how, each.minutes] for each in week.planned],
            "doses": dict(week.doses),
        }
        for week in session.courses["a"].weeks
    ]
    if weeks:
        document["weeks"] = weeks
    return tomlkit.dumps(document)


def _record(table: Mapping[str, Any], called: str) -> Record:
    about, notes, texts = (_table(table, key, called) for key in (RECORD, "notes", "scenarios"))
    unknown = sorted(set(table) - {RECORD, "notes", "scenarios", "weeks"})
    if unknown:
        raise ScenarioError(f"{called}: unknown key {_shown(unknown[0])}; allowed: {RECORD}, notes, scenarios, weeks")
    if "a" not in texts or set(texts) - set(_WORLDS):
        raise ScenarioError(f"{called}: scenarios: allowed: a, and b for a comparison")
    scenarios = {
        name: read_scenario(_text(texts, name, MAX_BYTES, called), f"{called} (run {name.upper()})")
        for name in sorted(texts)
    }
    return Record(
        scenarios=scenarios,
        replication=_whole(about, "replication", called),
        day=_whole(about, "day", called),
        notes={name: _text(notes, name, MOST_NOTE, called) for name in NOTES},
        case=_text(about, "case", 100, called),
        prediction=_text(about, "prediction", 500, called),
        weeks=_weeks(table.get("weeks", []), called),
    )


def _weeks(given: Any, called: str) -> tuple[Week, ...]:
    """Return the weeks of learners in the role-play; whoever is not on the caseload then is passed over."""
    if not isinstance(given, list) or len(given) > MOST_DAYS // 7:
        raise ScenarioError(f"{called}: weeks: allowed: a list of up to {MOST_DAYS // 7} weeks")
    weeks = []
    for week in given:
        if not isinstance(week, Mapping):
            raise ScenarioError(f"{called}: weeks: allowed: tables with day, post, planned, doses")
        planned, doses = week.get("planned", []), _table(week, "doses", called)
        if not isinstance(planned, list) or len(planned) > MOST_PLANNED or len(doses) > MOST_PLANNED:
            raise ScenarioError(f"{called}: weeks: allowed: up to {MOST_PLANNED} contacts and doses a week")
        for key, dose in doses.items():
            if isinstance(dose, bool) or not isinstance(dose, int | float) or not 0.0 <= dose <= 1.0:
                raise ScenarioError(f"{called}: weeks.doses.{_shown(str(key))}: allowed: 0 to 1")
        weeks.append(
            Week(
                _whole(week, "day", called),
                _whole(week, "post", called),
                tuple(_planned(each, called) for each in planned),
                {str(key)[:40]: float(dose) for key, dose in doses.items()},
            )
        )
    return tuple(weeks)


def _planned(given: Any, called: str) -> Planned:
    if isinstance(given, list) and len(given) == len(_PLANNED):
        client, weekday, how, minutes = given
        whole = all(isinstance(number, int) and not isinstance(number, bool) for number in (weekday, minutes))
        if isinstance(client, str) and how in HOW and whole and 0 <= weekday < 5 and 5 <= minutes <= 240:
            return Planned(client[:40], weekday, how, minutes)
    raise ScenarioError(
        f"{called}: weeks.planned: allowed: [client, weekday 0 to 4, how, minutes 5 to 240]; how: {', '.join(HOW)}"
    )


def _table(table: Mapping[str, Any], key: str, called: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, Mapping):
        raise ScenarioError(f"{called}: {key}: allowed: a table")
    return found


def _text(table: Mapping[str, Any], key: str, most: int, called: str) -> str:
    found = table.get(key, "")
    if not isinstance(found, str) or len(found) > most:
        raise ScenarioError(f"{called}: {key}: allowed: text of up to {most} characters")
    return found


def _whole(table: Mapping[str, Any], key: str, called: str) -> int:
    found = table.get(key, 0)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= 10**6:
        raise ScenarioError(f"{called}: {key}: allowed: a whole number from 0 to 1000000")
    return found


def _shown(called: str) -> str:
    text = called.replace("\\", "/").rsplit("/", 1)[-1][:80]
    return text if text.isprintable() and text else "the file"
