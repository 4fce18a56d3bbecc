"""The command line: parse, call, print. ``main`` is the entry point.

Exit status: 0 done, 2 a mistake of the user (one message, no traceback), 1 a defect, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from cmsim import __version__
from cmsim.errors import CmsimError
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.library import bundled_names
from cmsim.scenario.load import parse_setting

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Compare policies for a community mental health system on the same people and the same luck.",
)

_PIPED_WIDTH = 160

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


@app.command()
def run(
    scenario: ScenarioName,
    replications: Replications = 10,
    days: Days = None,
    seed: Seed = None,
    out: Out = None,
    settings: Settings = None,
    everything: Everything = False,
    workers: Workers = None,
) -> None:
    """Live through one scenario several times and sum up its outcomes."""
    from cmsim.experiment.repeat import repeat
    from cmsim.report.tables import repeated_table
    from cmsim.report.write import check_destination
    from cmsim.scenario.limits import check_size

    chosen = _chosen(scenario, days, seed, settings)
    check_size(chosen, replications)
    place = check_destination(out or _default_place("run", [chosen]))
    with _stopping_cleanly(place):
        with _progress(f"Living through {chosen.name}", "runs") as tell:
            repeated = repeat(chosen, replications=replications, n_jobs=workers, progress=tell)
        with _progress("Writing the first history", "days") as tell:
            repeated.save(place, progress=tell)
        console = _console()
        console.print(repeated_table(repeated, everything=everything))
        _say_notes(console, repeated.notes)
        _say_where(console, place, everything)


@app.command()
def compare(
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="A B [C ...]", help="Bundled names or .toml files; all are compared with A."),
    ],
    replications: Replications = 20,
    days: Days = None,
    seed: Seed = None,
    out: Out = None,
    settings: Settings = None,
    everything: Everything = False,
    workers: Workers = None,
) -> None:
    """Compare scenarios with the first one, on the same people and the same luck."""
    from cmsim.experiment.compare import check_comparable
    from cmsim.experiment.compare import compare as compare_scenarios
    from cmsim.report.tables import comparison_tables
    from cmsim.report.write import check_destination

    if len(scenarios) < 2:
        raise CmsimError(f"compare: given {len(scenarios)} scenario; allowed: 2 or more")
    chosen = check_comparable([_chosen(name, days, seed, settings) for name in scenarios], replications)
    place = check_destination(out or _default_place("compare", chosen))
    names = ", ".join(each.name for each in chosen)
    with _stopping_cleanly(place):
        with _progress(f"Living through {names} and the placebo twin", "runs") as tell:
            comparison = compare_scenarios(*chosen, replications=replications, n_jobs=workers, progress=tell)
        with _progress("Writing tables and figure", "steps"):
            comparison.save(place)
        console = _console()
        for table in comparison_tables(comparison, everything=everything):
            console.print(table)
            console.print()
        _say_notes(console, comparison.notes)
        _say_where(console, place, everything)


@app.command()
def check(scenario: ScenarioName, settings: Settings = None) -> None:
    """Check a scenario, print what it resolves to, and warn about implausible values."""
    from cmsim.evidence import parameters
    from cmsim.experiment.notes import caseload_note
    from cmsim.scenario.limits import check_size, expected_bytes

    chosen = _chosen(scenario, None, None, settings)
    check_size(chosen)
    console = _console()
    console.print(f"[bold]{escape(chosen.name)}[/]: {escape(chosen.title)}")
    if chosen.purpose:
        console.print(escape(chosen.purpose))
    if chosen.chain:
        console.print(f"Based on {' -> '.join(map(escape, chosen.chain))}.")
    console.print(
        f"{chosen.world.warm_up_days} days of warm-up and {chosen.run.days} days that count, "
        f"seed {chosen.run.seed}; at most {expected_bytes(chosen) / 1e6:.0f} MB of memory a run."
    )
    days = ", ".join(str(day) for day, _ in chosen.timeline())
    console.print(f"The service in force begins or changes on day {days}.")
    console.print(escape(caseload_note(chosen)))
    console.print("\nAll settings that differ from the defaults:\n")
    print(chosen.to_toml())
    sections = {"world": chosen.world, "baseline": chosen.baseline, "service": chosen.service}
    found = [number for name, section in sections.items() for number in parameters(section, name)]
    outside = [each for each in found if not each.evidence.low <= each.value <= each.evidence.high]
    for each in outside:
        evidence = each.evidence
        console.print(
            f"[yellow]Warning:[/] {each.key} = {each.value:g} lies outside its plausible range, "
            f"{evidence.low:g} to {evidence.high:g} {evidence.unit}."
        )
    if not outside:
        console.print("All values lie within their plausible ranges.")


@app.command()
def evidence(
    key: Annotated[str | None, typer.Argument(help="A parameter, or the beginning of its key.")] = None,
) -> None:
    """List every parameter: value, unit, plausible range, source and status."""
    from cmsim.components import WITHOUT_EFFECT
    from cmsim.report.parameters import find_parameters, source_text, status_counts
    from cmsim.report.tables import parameter_table

    shown = find_parameters(key)
    console = _console()
    console.print(parameter_table(shown, [source_text(each.evidence) for each in shown]))
    console.print(f"{len(shown)} parameters: {status_counts(shown)}.")
    if key is None and WITHOUT_EFFECT:
        console.print(f"Components with no effect yet: {', '.join(WITHOUT_EFFECT)}.")


@app.command()
def scenarios() -> None:
    """List the bundled scenarios."""
    console = _console()
    for name in bundled_names():
        found = load_scenario(name)
        console.print(f"[bold]{escape(name)}[/]: {escape(found.title)}. {escape(found.purpose)}")


def _version(asked: bool) -> None:
    if asked:
        print(f"cmsim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; never returns."""
    try:
        app()
    except CmsimError as error:
        print(f"cmsim: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe went away; keep Python from failing once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _chosen(name: str, days: int | None, seed: int | None, settings: Sequence[str] | None) -> Scenario:
    """Return a scenario with the settings given on the command line; it keeps its name."""
    found = load_scenario(name)
    changed = dict(parse_setting(text) for text in settings or ())
    if days is not None:
        changed["run.days"] = days
    if seed is not None:
        changed["run.seed"] = seed
    return found.replace({"name": found.name, **changed}) if changed else found


def _default_place(command: str, chosen: Sequence[Scenario]) -> Path:
    names = "-".join(re.sub(r"[^\w.]+", "_", each.name) for each in chosen)
    return Path("results") / f"{command}-{names}"[:120]


def _console() -> Console:
    """Return standard output; wide where it is not a terminal, so that tables in files do not wrap."""
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    return console


@contextmanager
def _progress(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with the time left on standard error; quiet where that is not a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _stopping_cleanly(place: Path) -> Iterator[None]:
    """On Ctrl-C say what has been written, which is everything or nothing, and end with status 130."""
    before = _written(place)
    try:
        yield
    except KeyboardInterrupt:
        whole = _written(place) != before
        print(f"\ncmsim: stopped; {f'{place} is whole' if whole else 'nothing was written'}", file=sys.stderr)
        raise typer.Exit(130) from None


def _written(place: Path) -> tuple[int, int] | None:
    try:
        found = (place / "manifest.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _say_notes(console: Console, notes: Sequence[str]) -> None:
    for note in notes:
        console.print(f"\N{BULLET} {escape(note)}", style="dim" if note != notes[-1] else "bold")


def _say_where(console: Console, place: Path, everything: bool) -> None:
    console.print(f"\nWritten to {escape(str(place))}: figure.png, tables and README.txt.")
    if not everything:
        console.print("Main outcomes only; --all shows the rest, outcomes.csv has them too.")
