"""Study files: which scenarios, levers and uncertainties, how they are combined, how often, what is kept."""

import datetime
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, ValidationError

from cmsim.core.errors import CmsimError, ScenarioError
from cmsim.core.parameters import Section
from cmsim.scenario.error_messages import explain, refuse
from cmsim.scenario.loader import is_path, read_toml
from cmsim.scenario.nested_settings import MAX_DEPTH, dotted, show
from cmsim.scenario.scenario_file import TITLE_LENGTH
from cmsim.scenario.setting_types import Place, with_whole_numbers
from cmsim.scenario.size_limits import MAX_REPLICATIONS
from cmsim.scenario.text_file import ShownText, path_inside

_SEEDS = 2**31 - 1
_LONG = 2_000
_BITS = 63


class Keep(Section):
    """What is kept of a run besides its status."""

    outcomes: tuple[str, ...] | Literal["all", "main"] = Field("all", description="outcomes in the tables")
    groups: bool = Field(True, description="outcomes of groups of clients")
    spreads: bool = Field(True, description="how outcomes are spread over clients")
    courses: bool = Field(False, description="weekly time courses")
    events: bool = Field(False, description="the event log, a Parquet file a run")

    def names(self) -> list[str]:
        """Return the outcomes kept, in the order of tables."""
        from cmsim.outcomes import OUTCOMES, find

        if isinstance(self.outcomes, tuple):
            return [find(name).name for name in self.outcomes]
        return [name for name, outcome in OUTCOMES.items() if outcome.main or self.outcomes == "all"]


class RunLimits(Section):
    """What a single run may take; one that takes more is recorded as such, and the rest goes on."""

    seconds: float | None = Field(None, gt=0, le=1e7, description="wall time")
    events: int | None = Field(None, ge=1, le=10**12, description="events on the clock")


class Design(Section):
    """How the values of some factors are combined."""

    kind: Literal["grid", "list", "latin_hypercube", "sobol", "one_at_a_time"] = Field(
        "grid", description="every combination, those of a list, a sample, or one change at a time"
    )
    draws: int | None = Field(None, ge=1, le=10_000_000, description="points of a sample")
    seed: int = Field(1, ge=0, le=_SEEDS, description="of a sample; not that of the runs")
    levels: int = Field(3, ge=2, le=1_000, description="values of a range in a grid")
    rows: tuple[dict[str, Any], ...] | None = Field(None, description="a list: a table a point")
    file: str | None = Field(None, max_length=_LONG, description="a list: a CSV or Excel file, a row a point")


def _as_table(given: object) -> object:
    """Let ``"grid"`` stand for ``{ kind = "grid" }``."""
    return {"kind": given} if isinstance(given, str) else given


DesignChoice = Annotated[Design, BeforeValidator(_as_table)]


class Designs(Section):
    """One design for the levers crossed with one for the uncertainties, or one for all factors together."""

    levers: DesignChoice | None = Field(None, description="crossed with that of the uncertainties")
    uncertainties: DesignChoice | None = Field(None, description="crossed with that of the levers")
    together: DesignChoice | None = Field(None, description="of levers and uncertainties alike")


class StudyFile(Section):
    """Everything that a study file may state."""

    title: ShownText = Field("", max_length=TITLE_LENGTH, description="what tables and figures call it")
    question: ShownText = Field("", max_length=_LONG, description="what it is to answer")
    scenarios: tuple[str, ...] = Field(min_length=1, max_length=1_000, description="names or files")
    replications: int = Field(20, ge=1, le=MAX_REPLICATIONS, description="replications of each draw")
    first_replication: int = Field(0, ge=0, le=10**9, description="the number of the first of them")
    settings: dict[str, Any] = Field({}, description="settings laid over every scenario")
    levers: dict[str, Any] = Field({}, description="what planners choose, by key or by a name of your own")
    uncertainties: dict[str, Any] = Field({}, description="what is uncertain, likewise")
    design: Designs = Field(default_factory=Designs, description="how their values are combined")
    keep: Keep = Field(default_factory=Keep, description="what is kept of a run")
    limits: RunLimits = Field(default_factory=RunLimits, description="what a run may take")


def read_study(
    given: str | Path | Mapping[str, Any], replications: int | None = None, settings: Mapping[str, Any] | None = None
) -> tuple[StudyFile, str, Path]:
    """Return a study file with what messages call it and the folder in which its files lie.

    Args:
        given: the path of a ``.toml`` file, or its content as nested tables.
        replications: instead of its own.
        settings: further settings laid over every scenario.

    Raises:
        CmsimError: there is no such file, or a line for every mistake in it.
    """
    if isinstance(given, Mapping):
        where, folder, stated = "study", Path(), given
    else:
        where, folder, stated = str(given), Path(given).parent, read_toml(Path(given), str(given))
    file = _validated(stated, where)
    refuse(where, _mistakes(file))
    for name in () if isinstance(given, Mapping) else filter(is_path, file.scenarios):
        told = f"{where}: scenarios: given {show(name)}"
        path_inside(folder, name, told, "allowed: bundled names, or paths inside the folder of the study file")
    changed: dict[str, object] = {} if replications is None else {"replications": replications}
    if settings:
        changed["settings"] = {**file.settings, **settings}
    return _validated({**file.model_dump(), **changed}, where) if changed else file, where, folder


def _validated(stated: Mapping[str, Any], where: str) -> StudyFile:
    try:
        return StudyFile.model_validate(with_whole_numbers(tupled(stated, where), Place((StudyFile,))))
    except ValidationError as error:
        refuse(where, (f"{dotted(key)}: {text}" for key, text in explain(error, StudyFile)))
        raise


def tupled(value: object, where: str, above: tuple[str, ...] = ()) -> object:
    """Return tables with tuples for lists, as strict sections want them, paths as text, NumPy's numbers as Python's.

    Raises:
        ScenarioError: there is a date, or a number beyond 64 bits, which no setting takes, or absurd nesting; the
            message names ``where`` and the keys above.
    """
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): tupled(inner, where, (*above, str(key))) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(tupled(item, where, (*above, str(i))) for i, item in enumerate(value, 1))
    if len(above) > MAX_DEPTH:
        place = dotted(above[:1])
        raise ScenarioError(f"{where}: {place}: given tables or lists nested deeply; allowed: up to {MAX_DEPTH} deep")
    if isinstance(value, (datetime.date, datetime.time)) or (isinstance(value, int) and value.bit_length() > _BITS):
        allowed = f"numbers of up to {_BITS + 1} bits, true or false, text, lists, tables"
        raise ScenarioError(f"{where}: {dotted(above)}: given {show(value)}; allowed: {allowed}".replace(": : ", ": "))
    return value


def _mistakes(file: StudyFile) -> Iterator[str]:
    try:
        file.keep.names()
    except CmsimError as error:
        yield f"keep.outcomes: {error}"
    if file.keep.outcomes == ():
        yield 'keep.outcomes: given an empty list; allowed: "all", "main", or names of outcomes'
    design = file.design
    if design.together is not None and (design.levers or design.uncertainties):
        yield "design.together: given beside others; allowed: together alone, or levers and uncertainties"
    for part, factors in (("levers", file.levers), ("uncertainties", file.uncertainties)):
        if getattr(design, part) is not None and not factors:
            yield f"design.{part}: given a design, but there are no {part}; name some under [{part}]"
    if design.together is not None and not (file.levers or file.uncertainties):
        yield "design.together: given a design, but there are neither levers nor uncertainties"
    if file.uncertainties and design.together is None and design.uncertainties is None:
        yield (
            "design.uncertainties: given nothing; allowed: such as "
            '{ kind = "latin_hypercube", draws = 100 }, or "one_at_a_time", or "grid"'
        )
