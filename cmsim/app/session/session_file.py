"""Files that go in and out: scenarios through the scenario loader, and the record of a session with its
notes."""

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.play_limits import check_playable
from cmsim.app.session.replay import MOST_DAYS, PANES, Pane, Record, Week
from cmsim.core.errors import CmsimError, ScenarioError
from cmsim.core.extension import bundled_only
from cmsim.core.version import __version__
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.error_messages import explain, refuse
from cmsim.scenario.loader import parse
from cmsim.scenario.nested_settings import dotted
from cmsim.scenario.text_file import decode

NOTES = ("question", "hypothesis", "finding", "decision")
"""What learners write down with a run."""
MOST_NOTE = 4_000
"""Characters of one note at most."""
RECORD = "cmsim_session"


class _About(BaseModel):
    """The part of a file that tells of the session itself."""

    version: str = ""
    day: int = Field(0, strict=True, ge=0, le=10**6)
    replication: int = Field(0, strict=True, ge=0, le=10**6)
    case: str = Field("", max_length=100)
    prediction: str = Field("", max_length=500)


class _Content(BaseModel):
    """The whole file; whoever is not on the caseload when a week is simulated again is passed over."""

    model_config = ConfigDict(extra="forbid")

    cmsim_session: _About
    notes: dict[str, Annotated[str, Field(max_length=MOST_NOTE)]] = {}
    scenarios: dict[Pane, str]
    weeks: tuple[Week, ...] = Field((), max_length=MOST_DAYS // 7)


def read(content: bytes, called: str) -> Scenario | Record:
    """Return what an uploaded file holds: a scenario, or the record of a session.

    Args:
        content: of the file.
        called: its name, for messages.

    Raises:
        CmsimError: it is too large, no UTF-8, no TOML, or something in it is not allowed.
    """
    name = _shown(called)
    text = decode(content, name)
    table = parse(text, name)
    if RECORD in table:
        return _record(table, name)
    return read_scenario(text, name)


def read_scenario(text: str, called: str) -> Scenario:
    """Return a scenario from the text of a file; it may be based on a bundled one, and on nothing else.

    Raises:
        CmsimError: it cannot be used here; a line for every mistake.
    """
    stem = "".join(c if c.isalnum() or c in "_-" else "_" for c in Path(called).stem)[:60] or "uploaded"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{stem}.toml"
        file.write_text(text, encoding="utf-8")
        try:
            with bundled_only():
                scenario = load_scenario(file)
        except CmsimError as error:
            said = str(error).replace(str(file), called).replace(f"{folder}{os.sep}", "")
            raise ScenarioError(said if called in said else f"{called}: based_on: {said}") from None
    if scenario.extensions:
        raise ScenarioError(f"{called}: extensions: allowed in the app: none (use the command line)")
    return check_playable(dataclasses.replace(scenario, source=called))


def write(session: LiveSession, notes: Mapping[str, str], case: str = "", prediction: str = "") -> str:
    """Return the record of a session as TOML: scenarios, day, notes, weeks in the role-play; ``read`` takes it
    back."""
    first = session.courses["a"]
    document = tomlkit.document()
    document.add(tomlkit.comment("A session of the cmsim teaching app. Open it there with 'Open a file'."))
    document[RECORD] = {
        "version": __version__,
        "day": session.day,
        "replication": first.replication,
        "case": case,
        "prediction": prediction,
    }
    document["notes"] = {name: notes.get(name, "")[:MOST_NOTE] for name in NOTES}
    document["scenarios"] = {
        name: tomlkit.string(session.to_toml(name), multiline=True) for name in PANES if name in session.courses
    }
    if first.weeks:
        document["weeks"] = [
            {**week.model_dump(), "planned": [list(each.model_dump().values()) for each in week.planned]}
            for week in first.weeks
        ]
    return tomlkit.dumps(document)


def _record(table: Mapping[str, Any], called: str) -> Record:
    try:
        content = _Content.model_validate(table)
    except ValidationError as error:
        refuse(called, (f"{dotted(key)}: {text}" for key, text in explain(error, _Content)))
        raise
    if "a" not in content.scenarios:
        raise ScenarioError(f"{called}: scenarios: allowed: a, and b for a comparison")
    return Record(
        {run: read_scenario(text, f"{called} (run {run.upper()})") for run, text in sorted(content.scenarios.items())},
        notes={name: content.notes.get(name, "") for name in NOTES},
        weeks=content.weeks,
        **content.cmsim_session.model_dump(exclude={"version"}),
    )


def _shown(called: str) -> str:
    text = called.replace("\\", "/").rsplit("/", 1)[-1][:80]
    return text if text.isprintable() and text else "the file"
