"""Arguments and options that several commands share, and the scenario and folder they lead to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.load import parse_setting

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="A bundled name or a .toml file.")]
Replications = Annotated[int, typer.Option(help="Histories of each scenario.")]
Days = Annotated[int | None, typer.Option(help="Days after the warm-up, instead of the scenario's own.")]
Seed = Annotated[int | None, typer.Option(help="Master seed of all chance, instead of the scenario's own.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the results; by default under results/.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
]
Everything = Annotated[bool, typer.Option("--all", help="Show all outcomes, not only the main ones.")]
Workers = Annotated[int | None, typer.Option(help="Processes; all cores by default.")]


def chosen_scenario(
    name: str, days: int | None, seed: int | None, settings: Sequence[str] | None
) -> Scenario:
    """Return a scenario with the settings given on the command line; it keeps its name."""
    found = load_scenario(name)
    changed = dict(parse_setting(text) for text in settings or ())
    if days is not None:
        changed["run.days"] = days
    if seed is not None:
        changed["run.seed"] = seed
    return found.replace({"name": found.name, **changed}) if changed else found


def default_place(command: str, chosen: Sequence[Scenario]) -> Path:
    """Return the folder under results/ for a command that was not told where to write."""
    names = "-".join(re.sub(r"[^\w.]+", "_", each.name) for each in chosen)
    return Path("results") / f"{command}-{names}"[:120]
