"""Scenario files: found, read and resolved along the chain of what they are based on."""

import os
import os.path
import re
import tomllib
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from cmsim.core.errors import ScenarioError, nearest
from cmsim.scenario.library import SUFFIX, bundled
from cmsim.scenario.nested_settings import MAX_DEPTH, Table, dotted, plain, show
from cmsim.scenario.scenario import Scenario, derive
from cmsim.scenario.scenario_file import PURPOSE_LENGTH, TITLE_LENGTH
from cmsim.scenario.text_file import path_inside, read_text

SESSION = "cmsim_session"
"""The table that makes a file a saved session of the teaching app."""
ScenarioLike = Scenario | str | os.PathLike[str]
"""A scenario, or its name or path, which stand for it wherever one is asked for."""
MAX_CHAIN = 20
"""Files that lead to one another, scenarios that one is laid over."""
_LONG_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{MAX_DEPTH + 1}}}""")
"""A key that reading would take too long for: its time grows with the square of the parts."""


@dataclass(frozen=True)
class _File:
    """A scenario file: short name, what messages call it, the file itself, its folder unless bundled."""

    name: str
    where: str
    file: Traversable
    folder: Path | None

    @property
    def identity(self) -> str:
        """The same for the same file, however it was reached."""
        try:
            return os.path.realpath(self.file) if isinstance(self.file, Path) else self.where
        except ValueError:  # no path at all, which reading it will say
            return self.where

    @property
    def source(self) -> str:
        return self.where if self.folder is not None else "bundled"


def load_scenario(name_or_path: ScenarioLike) -> Scenario:
    """Return a scenario with everything resolved and checked.

    Args:
        name_or_path: the name of a bundled scenario, the path of a ``.toml`` file, or bundled names joined by
            ``+``: each is laid over those before it, as in ``"rural_sparse+clinical"``. A scenario is returned as is.

    Raises:
        ScenarioError: there is no such scenario, or it cannot be used; the message names file, key, what was
            given and what is allowed, a line for every mistake.
    """
    if isinstance(name_or_path, Scenario):
        return name_or_path
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise ScenarioError(f"scenario: given {show(name_or_path)}; allowed: a scenario, a name, or a path")
    name_or_path = name_or_path if isinstance(name_or_path, str) else Path(name_or_path)
    given = str(name_or_path)
    if not isinstance(name_or_path, Path) and "+" in given and not given.endswith(SUFFIX):
        return _laid_over(given)
    return _resolved(_in_order(_found(name_or_path), (), {}))


def _laid_over(names: str) -> Scenario:
    """Return the bundled scenarios of some names laid over one another, such as an agency and a model."""
    laid: dict[str, tuple[_File, Table]] = {}
    if names.count("+") >= MAX_CHAIN:
        raise ScenarioError(f"scenario {show(names)}: allowed: up to {MAX_CHAIN} names joined by +")
    parts = [_bundled_by_name(name.strip()) for name in names.split("+")]
    for part in parts:
        _in_order(part, (), laid)
    stated = [laid[part.identity][1] for part in parts]
    titles = [str(table.get("title", part.name)) for table, part in zip(stated, parts, strict=True)]
    purposes = [str(table["purpose"]) for table in stated if table.get("purpose")]
    words = {"title": "; ".join(titles)[:TITLE_LENGTH], "purpose": " ".join(purposes)[:PURPOSE_LENGTH]}
    under = _resolved(laid)
    return derive(words, where=names, name=names, source="bundled", parent=under)


def _resolved(laid: dict[str, tuple[_File, Table]]) -> Scenario:
    """Return the scenario that files make which are laid over one another in their order."""
    scenario: Scenario | None = None
    for file, stated in laid.values():
        scenario = derive(stated, where=file.where, name=file.name, source=file.source, parent=scenario)
    assert scenario is not None
    return scenario


def _in_order(
    file: _File, above: tuple[_File, ...], laid: dict[str, tuple[_File, Table]]
) -> dict[str, tuple[_File, Table]]:
    """Add a file to those laid over one another, after all that it is based on; a file is laid once.

    Args:
        file: to be added.
        above: the files that led to it, the first one first.
        laid: files with what they state, in the order in which they are laid.
    """
    way = (*above, file)
    if len(way) > MAX_CHAIN or any(file.identity == earlier.identity for earlier in above):
        told = " -> ".join(each.where for each in way)
        allowed = f"at most {MAX_CHAIN} files, none of them twice"
        raise ScenarioError(f"{above[-1].where}: based_on: given {told}; allowed: {allowed}")
    if file.identity not in laid:
        stated = plain(read_toml(file.file, file.where), file.where)
        if SESSION in stated:
            given = "given a session saved in the teaching app, which opens it with 'Open a file'"
            raise ScenarioError(f"{file.where}: {given}; allowed: a scenario")
        for base in _bases(file, stated):
            _in_order(base, way, laid)
        laid[file.identity] = (file, stated)
    return laid


def _found(name_or_path: str | Path) -> _File:
    given = str(name_or_path)
    return _on_disk(Path(given)) if isinstance(name_or_path, Path) or is_path(given) else _bundled_by_name(given)


def is_path(given: str) -> bool:
    """Return whether a scenario is named by its path."""
    return given.endswith(SUFFIX) or "/" in given or "\\" in given


def _bundled_by_name(given: str) -> _File:
    return _bundled(given, f"scenario {show(given)}: no such bundled scenario", _meant(given, Path()))


def _meant(given: str, folder: Path) -> str:
    """Return the bundled name, or the file in a folder, that was probably meant by a name."""
    hint = nearest(given, bundled())
    return hint or (f'; did you mean "{given}{SUFFIX}"?' if os.path.isfile(folder / f"{given}{SUFFIX}") else "")


def _on_disk(path: Path) -> _File:
    text = str(path)
    name = "".join(letter if letter.isprintable() else "_" for letter in path.stem)
    return _File(name, text if text.isprintable() else show(text), path, path.parent)


def _bundled(name: str, otherwise: str, hint: str) -> _File:
    known = bundled()
    if name not in known:
        names = ", ".join(known) or "none is bundled"
        raise ScenarioError(f"{otherwise}; allowed: {names}, or the path of a {SUFFIX} file{hint}")
    return _File(name, f"{name}{SUFFIX} (bundled)", known[name], None)


def _bases(file: _File, stated: Table) -> list[_File]:
    """Return the files that this one is based on, in the order in which they are laid over one another."""
    if "based_on" not in stated:
        return []
    given = stated["based_on"]
    several = given if given and isinstance(given, tuple) else (given,)
    if len(several) > MAX_CHAIN:
        told = f"{file.where}: based_on: given a list of {len(several)} items"
        raise ScenarioError(f"{told}; allowed: up to {MAX_CHAIN}")
    return [_base(file, each) for each in several]


def _base(file: _File, given: object) -> _File:
    told = f"{file.where}: based_on: given {show(given)}"
    inside = 'allowed: a bundled name, or a path inside the folder of this file, without "..", or several'
    if not isinstance(given, str):
        raise ScenarioError(f"{told}; {inside}")
    if file.folder is None or not given.endswith(SUFFIX):
        return _bundled(given, told, _meant(given, file.folder) if file.folder else nearest(given, bundled()))
    return _on_disk(path_inside(file.folder, given, told, inside))


def read_toml(file: Traversable, where: str) -> dict[str, Any]:
    """Return what a file states, as TOML has it.

    Args:
        file: of at most 1 MiB, in UTF-8.
        where: what messages call it.

    Raises:
        ScenarioError: it cannot be read, is too large, not UTF-8, or not TOML.
    """
    return parse(read_text(file, where, f"a {SUFFIX} file"), where)


def parse(text: str, where: str) -> dict[str, Any]:
    """Return what a TOML text states.

    Raises:
        ScenarioError: it is not TOML (with line and column), or absurdly nested.
    """
    too_deep = f"{where}: given tables or lists nested too deeply; allowed: up to {MAX_DEPTH} deep"
    if _LONG_KEY.search(text):
        raise ScenarioError(too_deep)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ScenarioError(too_deep) from None
    except ValueError as error:
        long = "integer string conversion" in str(error)
        problem = "a whole number of thousands of digits; allowed: whole numbers of up to 64 bits" if long else error
        raise ScenarioError(f"{where}: not TOML: {problem}") from None


def parse_setting(text: str) -> tuple[str, object]:
    """Return key and value of a setting given as ``key=value``; the value is TOML, or a bare word for text.

    >>> parse_setting("service.caseload.size=20")
    ('service.caseload.size', 20)
    >>> parse_setting("service.caseload.closure=staff_fixed")
    ('service.caseload.closure', 'staff_fixed')

    Raises:
        ScenarioError: there is no key or no value, or the value is broken TOML.
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not key or not equals or not value:
        example = "service.caseload.size=20"
        raise ScenarioError(f"--set: given {show(text)}; allowed: key=value, such as {example}")
    try:
        read = parse(f"value = {value}", f"--set {dotted(key.split('.'))}")
    except ScenarioError:
        if value[0] in "[{\"'":
            raise
        return key, value
    if list(read) != ["value"]:
        raise ScenarioError(f"--set {dotted(key.split('.'))}: given more than one value; allowed: one")
    return key, read["value"]
