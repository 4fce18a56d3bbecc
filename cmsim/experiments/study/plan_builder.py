"""From a study file to its plan: every cell resolved and checked before anything is run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.design import Point, points
from cmsim.experiments.study.factor_parser import changed, read_factors, values_now
from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.run_key import KEY_BYTES, function_version, model_version, settings_digest
from cmsim.experiments.study.study_file import SUFFIX, StudyFile
from cmsim.experiments.study.study_plan import Plan
from cmsim.outcomes import OUTCOMES
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.nested_settings import as_table, show
from cmsim.scenario.size_limits import check_size

MAX_RUNS = 50_000_000
BLOCK = 8
"""Most cells that share a warm-up."""
RESERVED = (
    "run_key",
    "scenario",
    "choice",
    "draw",
    "replication",
    "status",
    "error",
    "digest",
    "block",
    "settings",
    "first",
    "perturb",
)

if TYPE_CHECKING:
    from cmsim.results.simulation import Progress


def make_plan(
    file: StudyFile, where: str, folder: Path, run: Callable[..., Any] | None = None, progress: Progress | None = None
) -> Plan:
    """Return the plan of a study file; every cell is resolved and checked before anything is run.

    Args:
        file: the study file.
        where: what messages call it.
        folder: where its scenario and CSV files lie.
        run: the run function, if not the usual one.
        progress: told the cells that are resolved and the cells in all.

    Raises:
        CmsimError: a scenario, factor or design that cannot be used.
    """
    scenarios = _scenarios(file, where, folder)
    listed = {part for part in ("levers", "uncertainties", "together") if _is_list(file, part)}
    factors: list[Factor] = []
    for part, role in (("levers", "lever"), ("uncertainties", "uncertainty")):
        stated = getattr(file, part)
        known = list(scenarios.values())
        factors += read_factors(stated, role, known, where, bool(listed & {part, "together"}))  # type: ignore[arg-type]
    for factor in factors:
        if factor.name in RESERVED or factor.name in OUTCOMES:
            raise CmsimError(f"{where}: {show(factor.name)} is the name of a column; allowed: another name")
    levers = [factor for factor in factors if factor.role == "lever"]
    uncertainties = [factor for factor in factors if factor.role == "uncertainty"]
    try:
        design = points(levers, uncertainties, file.design, folder)
    except CmsimError as error:
        raise CmsimError(f"{where}: {error}") from None
    total = len(design) * len(scenarios) * file.replications
    if total > MAX_RUNS:
        raise CmsimError(f"{where}: given {total:,} runs; allowed: up to {MAX_RUNS:,}")
    version = model_version()
    if run is not None:
        version = {**version, "run": function_version(run)}
    cells = _cells(scenarios, factors, design, file.replications, where, progress)
    return Plan(
        version,
        {name: scenario.to_toml() for name, scenario in scenarios.items()},
        next(iter(scenarios.values())).run.seed,
        factors,
        cells,
        file.first_replication,
        file.replications,
        file.keep,
        file.limits,
        file.title,
        file.question,
    )


def _is_list(file: StudyFile, part: str) -> bool:
    design = getattr(file.design, part)
    return design is not None and design.kind == "list"


def _scenarios(file: StudyFile, where: str, folder: Path) -> dict[str, Scenario]:
    found: dict[str, Scenario] = {}
    for name in file.scenarios:
        try:
            scenario = load_scenario(folder / name if name.endswith(SUFFIX) else name)
        except CmsimError as error:
            raise CmsimError(f"{where}: scenarios: {error}") from None
        try:
            scenario = changed(scenario, file.settings, "") if file.settings else scenario
        except CmsimError as error:
            lines = (f"{where}: settings: {line}" for line in str(error).splitlines())
            raise CmsimError("\n".join(lines)) from None
        if scenario.name in found:
            raise CmsimError(f"{where}: scenarios: {show(scenario.name)} is named twice; allowed: once")
        found[scenario.name] = scenario
    first = next(iter(found.values()))
    for scenario in found.values():
        if scenario.run.seed != first.run.seed:
            raise CmsimError(
                f"{where}: {first.name} and {scenario.name} cannot be paired: run.seed is {first.run.seed} "
                f'in one and {scenario.run.seed} in the other; allowed: the same, such as "run.seed" = '
                f"{first.run.seed} under [settings]"
            )
    return found


def _cells(
    scenarios: Mapping[str, Scenario],
    factors: Sequence[Factor],
    design: Sequence[Point],
    replications: int,
    where: str,
    progress: Progress | None,
) -> pa.Table:
    by_name = {factor.name: factor for factor in factors}
    rows: dict[str, list[dict[str, Any]]] = {}
    total, done = len(scenarios) * len(design), 0
    for scenario in scenarios.values():
        now = {name: _plainly(value) for name, value in values_now(scenario, factors).items()}
        world = json.dumps([as_table(scenario.world), as_table(scenario.baseline), as_table(scenario.run)])
        for point in design:
            settings: dict[str, Any] = {}
            for name, value in point.values.items():
                settings |= by_name[name].settings(value)
            place = f"{where}: {scenario.name}, choice {point.choice}, draw {point.draw}"
            resolved = changed(scenario, settings, place) if settings else scenario
            check_size(resolved, replications)
            early = [world, {key: value for key, value in settings.items() if not key.startswith("service.")}]
            values = {**now, **{name: _plainly(value) for name, value in point.values.items()}}
            row = {
                "scenario": scenario.name,
                "choice": point.choice,
                "draw": point.draw,
                **values,
                "settings": json.dumps(settings),
                "digest": settings_digest(resolved).hex(),
            }
            beginning = hashlib.blake2b(json.dumps(early).encode(), digest_size=KEY_BYTES).hexdigest()
            rows.setdefault(beginning, []).append(row)
            done += 1
            if progress is not None and (done % 100 == 0 or done == total):
                progress(done, total)
    return _table(rows, [factor.name for factor in factors])


def _table(rows: Mapping[str, Sequence[Mapping[str, Any]]], names: Sequence[str]) -> pa.Table:
    ordered: list[Mapping[str, Any]] = []
    block = 0
    blocks: list[int] = []
    for together in rows.values():
        for begin in range(0, len(together), BLOCK):
            part = together[begin : begin + BLOCK]
            ordered += part
            blocks += [block] * len(part)
            block += 1
    columns: dict[str, pa.Array] = {
        "scenario": pa.array([row["scenario"] for row in ordered], pa.string()),
        "choice": pa.array([row["choice"] for row in ordered], pa.int32()),
        "draw": pa.array([row["draw"] for row in ordered], pa.int32()),
    }
    columns |= {name: _column([row[name] for row in ordered]) for name in names}
    columns["block"] = pa.array(blocks, pa.int32())
    for name in ("settings", "digest"):
        columns[name] = pa.array([row[name] for row in ordered], pa.string())
    return pa.table(columns)


def _plainly(value: Any) -> Any:
    """Return a value as a table has it: what is neither number, truth value nor word becomes JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict) and set(value) == {"rule"}:
        return value["rule"]
    return json.dumps(value)


def _column(values: Sequence[Any]) -> pa.Array:
    """Return the values of a factor as a column of one type: words if they are not all alike."""
    stated = [value for value in values if value is not None]
    for kind, types in ((pa.bool_(), {bool}), (pa.int64(), {int}), (pa.float64(), {int, float})):
        if stated and {type(value) for value in stated} <= types:
            return pa.array(values, kind)
    return pa.array(
        [value if value is None or isinstance(value, str) else show(value) for value in values], pa.string()
    )
