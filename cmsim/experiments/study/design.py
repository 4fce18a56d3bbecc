"""Designs: from levers and uncertainties to the points of a study.

A point is a *choice* (one value of each lever) and a *draw* (one value of each uncertainty). Choices and
draws are numbered in the order in which they come up, so that the same draw under two choices has the same
number and can be paired.
"""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmsim.core.errors import CmsimError, ScenarioError, nearest
from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.study_file import Design, Designs, tupled
from cmsim.scenario.loader import parse
from cmsim.scenario.nested_settings import show
from cmsim.scenario.table_file import read_table
from cmsim.scenario.text_file import path_inside

MAX_POINTS = 1_000_000
_MAX_BYTES = 2**30
"""Size of the file of a list."""

Values = dict[str, object]
"""The values of some factors by name; those left out stay as the scenario has them."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a design: the number of its choice, the number of its draw, and the values that are changed."""

    choice: int
    draw: int
    values: Values


def points(levers: Sequence[Factor], uncertainties: Sequence[Factor], designs: Designs, folder: Path) -> list[Point]:
    """Return the points of a study in order; the table of a list lies in the folder.

    Raises:
        CmsimError: an empty or impossible design, or too many points.
    """
    names = {factor.name for factor in levers}
    if twice := next((factor.name for factor in uncertainties if factor.name in names), None):
        raise CmsimError(f"{show(twice)} is named as a lever and as an uncertainty; allowed: one of them")
    if designs.together is not None:
        combined = _combinations([*levers, *uncertainties], designs.together, "design.together", folder)
    else:
        choices = _combinations(levers, designs.levers or Design(), "design.levers", folder)
        draws = _combinations(uncertainties, designs.uncertainties or Design(), "design.uncertainties", folder)
        _check_count(len(choices) * len(draws), "design")
        combined = [choice | draw for choice, draw in itertools.product(choices, draws)]
    choice_numbers: dict[str, int] = {}
    draw_numbers: dict[str, int] = {}
    found = []
    for values in combined:
        choice = _identity({name: value for name, value in values.items() if name in names})
        draw = _identity({name: value for name, value in values.items() if name not in names})
        choice_number = choice_numbers.setdefault(choice, len(choice_numbers))
        found.append(Point(choice_number, draw_numbers.setdefault(draw, len(draw_numbers)), values))
    return found


def _combinations(factors: Sequence[Factor], design: Design, where: str, folder: Path) -> list[Values]:
    if not factors:
        return [{}]
    is_sample = design.kind in ("latin_hypercube", "sobol")
    if is_sample and design.draws is None:
        raise ScenarioError(f"{where}.draws: given nothing; allowed: how many points to draw, such as 64")
    if not is_sample and design.draws is not None:
        raise ScenarioError(f'{where}.draws: given {design.draws} for kind = "{design.kind}"; allowed: nothing')
    if design.kind != "list" and (design.rows is not None or design.file is not None):
        raise ScenarioError(f'{where}: given rows or a file for kind = "{design.kind}"; allowed: kind = "list"')
    if design.kind == "list":
        return _listed(factors, design, where, folder)
    if design.kind == "one_at_a_time":
        return [{}, *({factor.name: value} for factor in factors for value in factor.levels(2))]
    if design.kind == "grid":
        levels = [factor.levels(design.levels) for factor in factors]
        _check_count(math.prod(map(len, levels)), where)
        names = [factor.name for factor in factors]
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*levels)]
    return _sample(factors, design, where)


def _sample(factors: Sequence[Factor], design: Design, where: str) -> list[Values]:
    from scipy.stats import qmc  # a third of a second, which looking at a study should not take

    assert design.draws is not None
    _check_count(design.draws, where)
    if design.kind == "sobol":
        power = design.draws.bit_length() - 1
        if design.draws != 1 << power:
            raise ScenarioError(
                f"{where}.draws: given {design.draws}; allowed for sobol: a power of two, such as "
                f"{1 << power} or {2 << power}"
            )
        cube = qmc.Sobol(len(factors), rng=design.seed).random_base2(power)
    else:
        cube = qmc.LatinHypercube(len(factors), rng=design.seed).random(design.draws)
    return [{factor.name: factor.at(u) for factor, u in zip(factors, row, strict=True)} for row in cube.tolist()]


def _listed(factors: Sequence[Factor], design: Design, where: str, folder: Path) -> list[Values]:
    if design.rows is not None and design.file is None:
        rows: dict[str, Mapping[str, object]] = {f"{where}.rows.{i}": row for i, row in enumerate(design.rows, 1)}
    elif design.file is not None and design.rows is None:
        rows = _file_rows(folder, design.file, f"{where}.file")
    else:
        raise ScenarioError(f'{where}: a list needs rows = [{{...}}] or file = "points.csv"; allowed: one of them')
    if not rows:
        raise ScenarioError(f"{where}: given a list without rows; allowed: one or more points")
    _check_count(len(rows), where)
    names = [factor.name for factor in factors]
    seen: dict[str, str] = {}
    found = []
    for place, row in rows.items():
        if unknown := next((name for name in row if name not in names), None):
            raise ScenarioError(
                f"{place}: given {show(unknown)}, which is no factor of this design; allowed: "
                f"{', '.join(names)}{nearest(unknown, names)}; declare it under [levers] or [uncertainties]"
            )
        if missing := next((name for name in names if name not in row), None):
            raise ScenarioError(f"{place}: {show(missing)}: given nothing; allowed: a value of every factor")
        earlier = seen.setdefault(_identity(row), place)
        if earlier != place:
            raise ScenarioError(f"{place}: given the same values as {earlier}; allowed: points that differ")
        found.append({name: row[name] for name in names})
    return found


def _file_rows(folder: Path, given: str, where: str) -> dict[str, Mapping[str, object]]:
    """Return the points of a table by what messages call their row."""
    told = f"{where}: given {show(given)}"
    path = path_inside(folder, given, told, "allowed: a path inside the folder of the study file")
    table = read_table(path, _MAX_BYTES)
    if not table.head:
        raise ScenarioError(f"{where}: {path} is empty; allowed: a header of factor names, then a row a point")
    if mistakes := [*table.mistaken_columns(), *table.uneven_rows()]:
        raise ScenarioError("\n".join(mistakes))
    return {
        f"{path}: row {number}": {
            name: _parse_cell(cell, f"{path}: row {number}: {name}") for name, cell in table.cells(number).items()
        }
        for number in table.rows
    }


def _parse_cell(text: str, where: str) -> object:
    """Return a cell of a table as a value: a number, true or false, a TOML table, or a word.

    >>> _parse_cell("20", ""), _parse_cell("warm", ""), _parse_cell("true", "")
    (20, 'warm', True)
    """
    try:
        read = parse(f"value = {text}", where)
    except ScenarioError:
        return text
    if list(read) != ["value"]:
        raise ScenarioError(f"{where}: given {show(text)}; allowed: one value")
    return tupled(read["value"], where)


def _check_count(count: int, where: str) -> None:
    if count > MAX_POINTS:
        raise ScenarioError(
            f"{where}: given {count:,} points; allowed: up to {MAX_POINTS:,}; fewer levels, or a sample "
            'such as { kind = "latin_hypercube", draws = 200 }'
        )


def _identity(values: Mapping[str, object]) -> str:
    return json.dumps(values, sort_keys=True, default=str)
