"""``sensitivity``: what an answer hangs on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, say_notes, say_where, standard_output, stopping_safely
from cmsim.cli.options import (
    Days,
    EngineName,
    Out,
    ScenarioName,
    Scheduler,
    Seed,
    Settings,
    Workers,
    chosen_scenario,
    default_place,
)

RUNS = "-runs"
"""What is added to the folder of the results for that of the runs."""


class Method(StrEnum):
    """The ways to ask what an answer hangs on."""

    psa = "psa"
    morris = "morris"
    sobol = "sobol"


class By(StrEnum):
    """What is varied together."""

    section = "section"
    number = "number"


@app.command()
def sensitivity(
    scenario: ScenarioName,
    versus: Annotated[
        str | None, typer.Argument(metavar="[VERSUS]", help="Held against it: the answer is the difference.")
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            help="psa: draw all uncertain numbers, and part chance from ignorance. morris: screen for what "
            "moves the answer. sobol: part its variance among factors."
        ),
    ] = Method.psa,
    by: Annotated[
        By, typer.Option(help="Morris and Sobol: vary parts of the model, or each number by itself.")
    ] = By.section,
    only: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Numbers to vary, or the beginning; repeatable.")
    ] = None,
    outcome: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Outcomes; the main ones by default; repeatable.")
    ] = None,
    points: Annotated[
        int | None,
        typer.Option(help="Draws (50), trajectories (10) or base sample (64, a power of two)."),
    ] = None,
    replications: Annotated[int, typer.Option(help="Replications at each point.")] = 2,
    days: Days = None,
    seed: Seed = None,
    out: Out = None,
    settings: Settings = None,
    workers: Workers = None,
    engine: EngineName = None,
    scheduler: Scheduler = None,
) -> None:
    """Show what an outcome, or the difference between two scenarios, hangs on.

    Runs are kept beside the results: what is stopped goes on where it was, and more points only add.
    """
    from cmsim.experiments.comparison import check_comparable
    from cmsim.experiments.parameter_uncertainty import uncertainty
    from cmsim.experiments.sensitivity_analysis import check_points
    from cmsim.experiments.sensitivity_analysis import sensitivity as analyse
    from cmsim.reporting.result_folder import check_destination
    from cmsim.reporting.sensitivity_report import sensitivity_table, uncertainty_table

    names = [scenario] if versus is None else [scenario, versus]
    chosen = [chosen_scenario(name, days, seed, settings) for name in names]
    both = check_comparable(chosen, replications)
    first, second = both[0], both[1] if len(both) > 1 else None
    if method != Method.psa:
        check_points(method.value, points)
    place = check_destination(out or default_place(f"sensitivity-{method.value}", chosen))
    runs = place.with_name(f"{place.name}{RUNS}")
    with stopping_safely("the same command again"):
        with progress_bar(f"Living through worlds of {' and '.join(each.name for each in both)}", "runs") as tell:
            shared = {
                "only": only or (),
                "outcomes": outcome or (),
                "directory": runs,
                "n_jobs": workers,
                "engine": engine,
                "scheduler": scheduler,
                "progress": tell,
            }
            if method == Method.psa:
                found = uncertainty(
                    first, second, draws=50 if points is None else points, replications=replications, **shared
                )
            else:
                found = analyse(
                    first,
                    second,
                    method=method.value,
                    by=by.value,
                    points=points,
                    replications=replications,
                    **shared,
                )
        with progress_bar("Writing tables and figure", "steps"):
            found.save(place)
        console = standard_output()
        console.print(uncertainty_table(found) if method == Method.psa else sensitivity_table(found))
        say_notes(console, found.notes)
        say_where(console, place, everything=True)
        console.print(f"Its runs are kept in {escape(str(runs))}, so that more points or replications only add.")
