"""From a study file to its plan: every cell resolved and checked before anything is run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.design import Point, points
from cmsim.experiments.study.factors import Factor, apply_settings, find_values, read_factors
from cmsim.experiments.study.run_key import RunFunction, function_version, model_version, settings_digest
from cmsim.experiments.study.study_file import Design, StudyFile
from cmsim.experiments.study.study_plan import LABELS, Plan, cell_table
from cmsim.outcomes import OUTCOMES
from cmsim.results.progress import Progress
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.library import SUFFIX
from cmsim.scenario.nested_settings import as_table, show
from cmsim.scenario.size_limits import check_size

MAX_RUNS = 50_000_000
BLOCK = 8
"""Most cells that share a warm-up."""
_COLUMNS = ("run_key", "replication", "status", "error", "digest", "block", "settings", "first", "perturb")
_RESERVED = {*LABELS, *_COLUMNS, *OUTCOMES}
"""Names of columns, which no factor may have."""


def make_plan(
    file: StudyFile, where: str, folder: Path, run: RunFunction | None = None, progress: Progress | None = None
) -> Plan:
    """Return the plan of a study file; every cell is resolved and checked before anything is run.

    Messages call the file ``where``, and its scenario and CSV files lie in the folder. ``progress`` is told the cells
    that are resolved and the cells in all.

    Raises:
        CmsimError: a scenario, factor or design that cannot be used.
    """
    scenarios = study_scenarios(file, where, folder)
    known, design = list(scenarios.values()), file.design
    levers = read_factors(file.levers, "lever", known, where, _is_list(design.levers, design.together))
    uncertainties = read_factors(
        file.uncertainties, "uncertainty", known, where, _is_list(design.uncertainties, design.together)
    )
    factors = [*levers, *uncertainties]
    if taken := next((factor.name for factor in factors if factor.name in _RESERVED), None):
        raise CmsimError(f"{where}: {show(taken)} is the name of a column; allowed: another name")
    try:
        found = points(levers, uncertainties, design, folder)
    except CmsimError as error:
        raise CmsimError(f"{where}: {error}") from None
    total = len(found) * len(scenarios) * file.replications
    if total > MAX_RUNS:
        raise CmsimError(f"{where}: given {total:,} runs; allowed: up to {MAX_RUNS:,}")
    blocks: dict[tuple[str, str], list[dict[str, object]]] = {}
    for done, (beginning, row) in enumerate(_cells(known, factors, found, file.replications, where), 1):
        blocks.setdefault(beginning, []).append(row)
        if progress is not None and (done % 100 == 0 or done == len(scenarios) * len(found)):
            progress(done, len(scenarios) * len(found))
    parts = [rows[i : i + BLOCK] for rows in blocks.values() for i in range(0, len(rows), BLOCK)]
    return Plan(
        model_version() | ({} if run is None else {"run": function_version(run)}),
        {name: scenario.to_toml() for name, scenario in scenarios.items()},
        known[0].run.seed,
        factors,
        cell_table([{**row, "block": block} for block, part in enumerate(parts) for row in part]),
        file.first_replication,
        file.replications,
        file.keep,
        file.limits,
        file.title,
        file.question,
    )


def _is_list(*designs: Design | None) -> bool:
    return any(design is not None and design.kind == "list" for design in designs)


def study_scenarios(file: StudyFile, where: str, folder: Path) -> dict[str, Scenario]:
    """Return the scenarios of a study by name, with the settings that hold in all.

    Raises:
        CmsimError: one cannot be read, is named twice, or cannot be paired with the first.
    """
    found: dict[str, Scenario] = {}
    for name in file.scenarios:
        part = "scenarios"
        try:
            scenario = load_scenario(folder / name if name.endswith(SUFFIX) else name)
            part = "settings"
            scenario = apply_settings(scenario, file.settings, "") if file.settings else scenario
        except CmsimError as error:
            raise CmsimError("\n".join(f"{where}: {part}: {line}" for line in str(error).splitlines())) from None
        if scenario.name in found:
            raise CmsimError(f"{where}: scenarios: {show(scenario.name)} is named twice; allowed: once")
        found[scenario.name] = scenario
    first = next(iter(found.values()))
    for scenario in found.values():
        for key in ("seed", "first_replication"):
            ours, theirs = getattr(first.run, key), getattr(scenario.run, key)
            if ours != theirs:
                raise CmsimError(
                    f"{where}: {first.name} and {scenario.name} cannot be paired: run.{key} is {ours} in one and "
                    f'{theirs} in the other; allowed: the same, such as "run.{key}" = {ours} under [settings]'
                )
    return found


def _cells(
    scenarios: Sequence[Scenario], factors: Sequence[Factor], design: Sequence[Point], replications: int, where: str
) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    """Yield each cell, with texts that are the same for cells that may share their warm-up."""
    keys = {factor.name: factor.keys for factor in factors}
    for scenario in scenarios:
        stated = find_values(scenario, factors)
        unchanged = json.dumps([as_table(scenario.world), as_table(scenario.baseline), as_table(scenario.run)])
        for point in design:
            settings = {key: value for name, value in point.values.items() for key in keys[name]}
            place = f"{where}: {scenario.name}, choice {point.choice}, draw {point.draw}"
            resolved = apply_settings(scenario, settings, place) if settings else scenario
            check_size(resolved, replications)
            early = {key: value for key, value in settings.items() if not key.startswith("service.")}
            yield (
                (unchanged, json.dumps(early)),
                {
                    **dict(zip(LABELS, (scenario.name, point.choice, point.draw), strict=True)),
                    **{name: _as_cell(value) for name, value in (stated | point.values).items()},
                    "settings": json.dumps(settings),
                    "digest": settings_digest(resolved).hex(),
                },
            )


def _as_cell(value: object) -> object:
    """Return a value as a table has it: what is neither number, truth value nor word becomes JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping) and set(value) == {"rule"}:
        return value["rule"]
    return json.dumps(value)
