"""``check``, ``new``, ``diff``, ``schema`` and ``scenarios``: write and check scenario files."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.console import standard_output, write_text
from cmsim.cli.options import ScenarioName, Settings, chosen_scenario


@app.command()
def check(scenario: ScenarioName, settings: Settings = None) -> None:
    """Check a scenario: say what holds when, print its settings, and warn of what is implausible or does not fit."""
    from cmsim.core.parameters import parameters
    from cmsim.experiments.caveats import caseload_note
    from cmsim.experiments.observed_figures import check_observed
    from cmsim.reporting.service_periods import describe_periods
    from cmsim.scenario.capacity import capacity_warnings
    from cmsim.scenario.setting_details import is_in_other_money
    from cmsim.scenario.size_limits import check_size, expected_bytes

    chosen = chosen_scenario(scenario, settings=settings)
    check_size(chosen)
    check_observed(chosen)
    console = standard_output()
    console.print(f"[bold]{escape(chosen.name)}[/]: {escape(chosen.title)}")
    if chosen.purpose:
        console.print(escape(chosen.purpose))
    if chosen.chain:
        console.print(f"Based on {' -> '.join(map(escape, chosen.chain))}.")
    console.print(
        f"{chosen.world.warm_up_days} days of warm-up and {chosen.run.days} days of analysis, "
        f"seed {chosen.run.seed}; at most {expected_bytes(chosen) / 1e6:.0f} MB of memory a run."
    )
    for period in describe_periods(chosen):
        console.print(escape(period))
    if len(chosen.timeline()) > 1:
        console.print(
            "Is the service of the warm-up your agency as it is? State it under [agency]: what stands under [service] "
            "begins after the warm-up.",
            markup=False,
        )
    console.print(escape(caseload_note(chosen)))
    console.print("\nAll settings that differ from the defaults:\n")
    print(chosen.to_toml())
    before = {each.key: each.value for each in parameters(chosen.baseline)}
    found = [*parameters(chosen.world, "world"), *parameters(chosen.baseline, "agency")]
    found += [each for each in parameters(chosen.service, "service") if each.value != before.get(each.key[8:])]
    flat = chosen.flat()
    outside = [each for each in found if not (each.plausible or is_in_other_money(each.key, flat))]
    for each in outside:
        evidence = each.evidence
        console.print(
            f"[yellow]Warning:[/] {each.key} = {each.value:g} lies outside its plausible range, "
            f"{evidence.low:g} to {evidence.high:g} {evidence.unit}."
        )
    if not outside:
        console.print("All values lie within their plausible ranges.")
    for warning in capacity_warnings(chosen):
        console.print(f"[yellow]Warning:[/] {escape(warning)}")


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the new scenario, or the path of its .toml file.")
    ],
    based_on: Annotated[
        str,
        typer.Option(
            "--based-on",
            metavar="X",
            help="Scenario to start from: a bundled name, or a .toml file in the same folder.",
        ),
    ] = "usual_care",
    staff_list: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV or Excel file from which to set the posts: columns role, hours_a_week or fte."
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="List every setting of the service and the run.")] = False,
) -> None:
    """Write a new scenario file: equal to an existing one, with what an agency knows of itself as comments."""
    from cmsim.scenario import load_scenario
    from cmsim.scenario.scenario_template import write_draft
    from cmsim.scenario.staff_list import read_staff

    posts: dict[str, int | float] = {}
    why = ""
    if staff_list is not None:
        posts, why = read_staff(staff_list, load_scenario(based_on).baseline.staff)
    path = write_draft(name, based_on, posts, why, full=full)
    console = standard_output()
    for line in why.splitlines():
        console.print(escape(line))
    console.print(f"Written: {escape(str(path))}. Edit it, then: cmsim check {escape(str(path))}")


@app.command()
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A bundled name or a .toml file.")],
    b: Annotated[str, typer.Argument(metavar="B", help="A bundled name or a .toml file.")],
) -> None:
    """Show the settings in which two scenarios differ, with unit and meaning."""
    from cmsim.experiments.caveats import parting_note
    from cmsim.reporting.terminal_tables import difference_table
    from cmsim.scenario import load_scenario

    first, second = load_scenario(a), load_scenario(b)
    console = standard_output()
    if table := difference_table(first, second):
        console.print(table)
    console.print(escape(parting_note(first, second)))


@app.command()
def schema(out: Annotated[Path | None, typer.Option(help="File to write; by default standard output.")] = None) -> None:
    """Print the JSON Schema of scenario files, with which an editor checks and completes them."""
    from cmsim.scenario.json_schema import scenario_schema

    text = json.dumps(scenario_schema(), indent=2, ensure_ascii=False)
    if out is None:
        print(text)
        return
    write_text(out, text)
    standard_output().print(f"Written: {escape(str(out))}.")


@app.command()
def scenarios() -> None:
    """List the bundled scenarios with what they are for."""
    from cmsim.scenario import bundled_names, load_scenario

    console = standard_output()
    for name in bundled_names():
        found = load_scenario(name)
        console.print(f"[bold]{escape(name)}[/]: {escape(found.title)}. {escape(found.purpose)}")
