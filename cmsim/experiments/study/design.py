"""Designs: from levers and uncertainties to the points of a study.

A point is a *choice* (one value of each lever) and a *draw* (one value of each uncertainty). Choices and
draws are numbered in the order in which they come up, so that the same draw under two choices has the same
number and can be paired.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmsim.core.errors import CmsimError, ScenarioError, nearest
from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.study_file import Design, Designs, parse_cell
from cmsim.scenario.nested_settings import show

MAX_POINTS = 1_000_000

Values = dict[str, Any]
"""The values of some factors by name; those left out stay as the scenario has them."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a design.

    Attributes:
        choice: number of the combination of levers.
        draw: number of the combination of uncertainties.
        values: of all factors that are changed, by name.
    """

    choice: int
    draw: int
    values: Values


def points(levers: Sequence[Factor], uncertainties: Sequence[Factor], designs: Designs, folder: Path) -> list[Point]:
    """Return the points of a study in order.

    Args:
        levers: what planners choose.
        uncertainties: what is uncertain.
        designs: how values are combined.
        folder: where the CSV file of a list lies.

    Raises:
        CmsimError: an empty or impossible design, or too many points.
    """
    names = {factor.name for factor in levers}
    if twice := next((factor.name for factor in uncertainties if factor.name in names), None):
        raise CmsimError(f"{show(twice)} is named as a lever and as an uncertainty; allowed: one of them")
    if designs.together is not None:
        combined = _combinations([*levers, *uncertainties], designs.together, "design.together", folder)
        pairs = [
            ({k: v for k, v in values.items() if k in names}, {k: v for k, v in values.items() if k not in names})
            for values in combined
        ]
    else:
        choices = _combinations(levers, designs.levers or Design(), "design.levers", folder)
        draws = _combinations(uncertainties, designs.uncertainties or Design(), "design.uncertainties", folder)
        _bound(len(choices) * len(draws), "design")
        pairs = list(itertools.product(choices, draws))
    choice_numbers: dict[str, int] = {}
    draw_numbers: dict[str, int] = {}
    return [
        Point(
            choice_numbers.setdefault(_identity(choice), len(choice_numbers)),
            draw_numbers.setdefault(_identity(draw), len(draw_numbers)),
            {**choice, **draw},
        )
        for choice, draw in pairs
    ]


def _combinations(factors: Sequence[Factor], design: Design, where: str, folder: Path) -> list[Values]:
    if not factors:
        return [{}]
    _check_words(design, where)
    if design.kind == "list":
        return _listed(factors, design, where, folder)
    if design.kind == "grid":
        levels = [factor.levels(design.levels) for factor in factors]
        count = 1
        for each in levels:
            count *= len(each)
        _bound(count, where)
        names = [factor.name for factor in factors]
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*levels)]
    if design.kind == "one_at_a_time":
        return [{}, *({factor.name: value} for factor in factors for value in factor.ends())]
    return _sample(factors, design, where)


def _check_words(design: Design, where: str) -> None:
    sampled = design.kind in ("latin_hypercube", "sobol")
    if sampled and design.draws is None:
        raise ScenarioError(f"{where}.draws: given nothing; allowed: how many points to draw, such as 64")
    if not sampled and design.draws is not None:
        raise ScenarioError(f'{where}.draws: given {design.draws} for kind = "{design.kind}"; allowed: nothing')
    if design.kind != "list" and (design.rows is not None or design.file is not None):
        raise ScenarioError(f'{where}: given rows or a file for kind = "{design.kind}"; allowed: kind = "list"')


def _sample(factors: Sequence[Factor], design: Design, where: str) -> list[Values]:
    from scipy.stats import qmc  # a third of a second, which looking at a study should not take

    assert design.draws is not None
    _bound(design.draws, where)
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
    return [{factor.name: factor.at(float(u)) for factor, u in zip(factors, row, strict=True)} for row in cube]


def _listed(factors: Sequence[Factor], design: Design, where: str, folder: Path) -> list[Values]:
    if (design.rows is None) == (design.file is None):
        raise ScenarioError(f'{where}: a list needs rows = [{{...}}] or file = "points.csv"; allowed: one of them')
    rows: list[tuple[str, Mapping[str, Any]]]
    if design.rows is not None:
        rows = [(f"{where}.rows.{i}", row) for i, row in enumerate(design.rows, 1)]
    else:
        rows = list(_csv_rows(folder, str(design.file), f"{where}.file"))
    if not rows:
        raise ScenarioError(f"{where}: given a list without rows; allowed: one or more points")
    _bound(len(rows), where)
    names = [factor.name for factor in factors]
    seen: dict[str, str] = {}
    found = []
    for place, row in rows:
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


def _csv_rows(folder: Path, given: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    path = folder / given
    if Path(given).is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        raise ScenarioError(f"{where}: given {show(given)}; allowed: a path inside the folder of the study file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{where}: {path} cannot be read ({error}); allowed: a CSV file in UTF-8") from None
    reader = csv.reader(text.splitlines())
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        raise ScenarioError(f"{where}: {path} is empty; allowed: a header of factor names, then a line a point")
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        place = f"{path} line {reader.line_num}"
        if len(cells) != len(header):
            raise ScenarioError(f"{place}: given {len(cells)} cells; allowed: {len(header)}, as in the header")
        yield (
            place,
            {name: parse_cell(cell.strip(), f"{place}: {name}") for name, cell in zip(header, cells, strict=True)},
        )


def _bound(count: int, where: str) -> None:
    if count > MAX_POINTS:
        raise ScenarioError(
            f"{where}: given {count:,} points; allowed: up to {MAX_POINTS:,}; fewer levels, or a sample "
            'such as { kind = "latin_hypercube", draws = 200 }'
        )


def _identity(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, default=str)
