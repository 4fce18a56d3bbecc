"""Arguments and options that several commands share, and the scenario and folder they lead to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cmsim.core.errors import CmsimError

if TYPE_CHECKING:
    from cmsim.experiments.precision import Precision
    from cmsim.scenario import Scenario
    from cmsim.scenario.parameter_sets import Ensemble

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="A bundled name or a .toml file.")]
Replications = Annotated[int, typer.Option(help="Replications of each scenario.")]
Days = Annotated[int | None, typer.Option(help="Days after the warm-up, instead of the scenario's own.")]
Seed = Annotated[int | None, typer.Option(help="Master seed of all chance, instead of the scenario's own.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the results; by default under results/.")]
InEnsemble = Annotated[
    bool,
    typer.Option(
        "--ensemble",
        help="Live each history under one of the parameter sets that the calibration does not rule out.",
    ),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
]
Everything = Annotated[bool, typer.Option("--all", help="Show all outcomes, not only the main ones.")]
Workers = Annotated[int | None, typer.Option(help="Processes; all cores by default.")]
EngineName = Annotated[
    str | None,
    typer.Option("--engine", help="local (the default), in-process (the default for one worker) or dask."),
]
Scheduler = Annotated[str | None, typer.Option(metavar="ADDRESS", help="A dask scheduler, such as tcp://host:8786.")]
PrecisionAsked = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        metavar="WHAT",
        help="Add replications until 95% half-widths are at most this: 5% (of the mean), matters (the smallest "
        "difference that matters), or for one outcome crises=0.1, crises=5%, crises=matters; repeatable.",
    ),
]
Most = Annotated[int, typer.Option("--most", help="Replications at which to give up, with --precision.")]
Matters = Annotated[
    list[str] | None,
    typer.Option(
        metavar="OUTCOME=VALUE",
        help="Smallest difference that matters to you, in the outcome's unit (a share: 0 to 1); repeatable.",
    ),
]


def asked_precision(texts: Sequence[str] | None, most: int) -> Precision | None:
    """Return the precision asked for on the command line, ``None`` for none."""
    from cmsim.experiments.precision import parse_precision

    return parse_precision(texts, most) if texts else None


def stated_matters(texts: Sequence[str] | None) -> dict[str, float]:
    """Return the smallest differences that matter as stated on the command line.

    Raises:
        CmsimError: one is not an outcome with a number.
    """
    found = {}
    for text in texts or ():
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise CmsimError(f"--matters: given {text!r}; allowed: OUTCOME=VALUE, such as crises=0.2") from None
    return found


def asked_ensemble(asked: bool) -> Ensemble | None:
    """Return the bundled ensemble if it is asked for.

    Raises:
        CmsimError: there is none.
    """
    if not asked:
        return None
    from cmsim.scenario.parameter_sets import load_ensemble

    return load_ensemble()


def chosen_scenario(name: str, days: int | None, seed: int | None, settings: Sequence[str] | None) -> Scenario:
    """Return a scenario with the settings given on the command line; it keeps its name."""
    from cmsim.scenario import load_scenario, parse_setting

    found = load_scenario(name)
    changed = dict(parse_setting(text) for text in settings or ())
    if days is not None:
        changed["run.days"] = days
    if seed is not None:
        changed["run.seed"] = seed
    return found.replace({"name": found.name, **changed}) if changed else found


def chosen_scenarios(
    names: Sequence[str], days: int | None, seed: int | None, settings: Sequence[str] | None
) -> list[Scenario]:
    """Return scenarios as :func:`chosen_scenario`; a ``.csv`` stands for its rows, based on the first.

    Raises:
        CmsimError: the first is a table, which leaves nothing to base its rows on.
    """
    from cmsim.scenario.scenario_table import TABLE_SUFFIX, load_scenarios

    found: list[Scenario] = []
    for name in names:
        if not name.endswith(TABLE_SUFFIX):
            found.append(chosen_scenario(name, days, seed, settings))
        elif found:
            found += load_scenarios(name, found[0])
        else:
            raise CmsimError(f"{name}: given first; allowed: a scenario, from which the rows of a table differ")
    return found


def default_place(command: str, chosen: Sequence[Scenario]) -> Path:
    """Return the folder under results/ for a command that was not told where to write."""
    names = "-".join(re.sub(r"[^\w.]+", "_", each.name) for each in chosen)
    return Path("results") / f"{command}-{names}"[:120]
