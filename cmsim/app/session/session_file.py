"""Files that go in and out: scenarios through the scenario loader, and the record of a session with its
notes."""

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.notebook import MOST_PAGES, Note, Notebook, Page
from cmsim.app.session.play_limits import check_playable
from cmsim.app.session.replay import MOST_DAYS, Pane, Record, Week, restated
from cmsim.core.errors import CmsimError, ScenarioError
from cmsim.core.extension import bundled_only
from cmsim.core.version import __version__
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.error_messages import explain, refuse
from cmsim.scenario.loader import SESSION, parse
from cmsim.scenario.nested_settings import dotted
from cmsim.scenario.text_file import decode


class _About(BaseModel):
    """The part of a file that tells of the session itself."""

    version: str = ""
    day: int = Field(0, strict=True, ge=0, le=10**6)
    parted_day: int | None = Field(None, strict=True, ge=0, le=10**6)
    case: str = Field("", max_length=100)
    played: str | None = Field(None, max_length=100)
    replication: int = Field(0, strict=True, ge=0, le=10**6, description="of a file of 0.1.0")
    prediction: str = Field("", max_length=500, description="of a file of 0.1.0")


class _Content(BaseModel):
    """The whole file; whoever is not on the caseload when a week is simulated again is passed over."""

    model_config = ConfigDict(extra="forbid")

    cmsim_session: _About
    notes: dict[str, Note] = Field({}, description="of a file of 0.1.0")
    pages: dict[str, Page] = Field({}, max_length=MOST_PAGES)
    scenarios: dict[Pane, str]
    origins: dict[Pane, str] = {}
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
    if SESSION in table:
        return _record(table, name)
    if not table:
        raise ScenarioError(f"{name}: given nothing; allowed: a scenario, or a session saved here")
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


def write(session: LiveSession) -> str:
    """Return the record of a session as TOML: scenarios, day, notes, weeks in the role-play; ``read`` takes it
    back."""
    first, book, scenarios = session.courses["a"], session.notebook, session.scenarios
    document = tomlkit.document()
    document.add(tomlkit.comment("A session of the cmsim teaching app. Open it there with 'Open a file'."))
    document[SESSION] = {
        "version": __version__,
        "day": max(session.day, session.aim),
        "case": book.case,
        "played": book.played,
        **({} if session.parted_day is None else {"parted_day": session.parted_day}),
    }
    document["pages"] = {case: page.model_dump(exclude_defaults=True) for case, page in book.pages.items()}
    changed = {name: session.origins[name] for name in scenarios if session.origins[name] != scenarios[name]}
    for part, those in (("scenarios", scenarios), ("origins", changed)):
        document[part] = {name: tomlkit.string(each.to_toml(), multiline=True) for name, each in those.items()}
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
    about, pages = content.cmsim_session, content.pages
    if about.case and (content.notes or about.prediction):
        pages = {about.case: Page(prediction=about.prediction, notes=content.notes)}
    played = about.played if about.played is not None else about.case if "b" in content.scenarios else ""
    scenarios, origins = (
        {run: _of_replication(read_scenario(text, f"{called} (run {run.upper()})"), about) for run, text in part}
        for part in (sorted(content.scenarios.items()), sorted(content.origins.items()))
    )
    book = Notebook(case=about.case, played=played, pages=pages)
    return Record(scenarios, {**scenarios, **origins}, about.day, about.parted_day, book, content.weeks)


def _of_replication(scenario: Scenario, about: _About) -> Scenario:
    """Return a scenario of a file of 0.1.0, in which the replication stood beside it."""
    return restated(scenario, {"run.first_replication": about.replication}) if about.replication else scenario


def _shown(called: str) -> str:
    text = called.replace("\\", "/").rsplit("/", 1)[-1][:80]
    return text if text.isprintable() and text else "the file"
