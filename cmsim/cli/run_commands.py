"""``run`` and ``compare``: simulate scenarios and summarise their outcomes."""

from __future__ import annotations

from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, say_notes, say_where, standard_output, stopping_cleanly
from cmsim.cli.options import (
    Days,
    Everything,
    InEnsemble,
    Matters,
    MaxReplications,
    Out,
    PrecisionAsked,
    Replications,
    ScenarioName,
    Seed,
    Settings,
    Workers,
    asked_ensemble,
    asked_precision,
    chosen_scenario,
    chosen_scenarios,
    default_place,
    stated_matters,
)
from cmsim.core.errors import CmsimError


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
    precision: PrecisionAsked = None,
    max_replications: MaxReplications = 500,
) -> None:
    """Simulate one scenario in several replications and summarise its outcomes."""
    from cmsim.experiments.repetition import repeat
    from cmsim.reporting.result_folder import check_destination
    from cmsim.reporting.terminal_tables import repeated_table
    from cmsim.scenario.size_limits import check_size

    chosen = chosen_scenario(scenario, days, seed, settings)
    check_size(chosen, replications)
    asked = asked_precision(precision, max_replications)
    place = check_destination(out or default_place("run", [chosen]))
    with stopping_cleanly(place):
        with progress_bar(f"Running {chosen.name}", "runs") as tell:
            repeated = repeat(chosen, replications=replications, precision=asked, n_jobs=workers, progress=tell)
        with progress_bar("Writing replication 0", "days") as tell:
            repeated.save(place, progress=tell)
        console = standard_output()
        console.print(repeated_table(repeated, everything=everything))
        say_notes(console, repeated.notes)
        say_where(console, place, everything)


@app.command()
def compare(
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C ...]",
            help="Bundled names, .toml files, or .csv tables of scenarios. A is the comparator of all others.",
        ),
    ],
    replications: Replications = 20,
    days: Days = None,
    seed: Seed = None,
    out: Out = None,
    settings: Settings = None,
    everything: Everything = False,
    workers: Workers = None,
    precision: PrecisionAsked = None,
    max_replications: MaxReplications = 500,
    matters: Matters = None,
    ensemble: InEnsemble = False,
) -> None:
    """Compare scenarios with the first one, on the same population and common random numbers.

    The comparator is also run as a placebo run (an A/A control), to show differences that are pure noise.
    """
    from cmsim.experiments.comparison import check_comparable, check_matters
    from cmsim.experiments.comparison import compare as compare_scenarios
    from cmsim.reporting.result_folder import check_destination
    from cmsim.reporting.terminal_tables import comparison_tables

    found = chosen_scenarios(scenarios, days, seed, settings)
    if len(found) < 2:
        raise CmsimError(f"compare: given {len(found)} scenario; allowed: 2 or more")
    chosen = check_comparable(found, replications)
    asked, important = asked_precision(precision, max_replications), check_matters(stated_matters(matters))
    parameter_sets = asked_ensemble(ensemble)
    place = check_destination(out or default_place("compare", chosen))
    names = ", ".join(each.name for each in chosen)
    with stopping_cleanly(place):
        with progress_bar(f"Running {names} and the placebo run", "runs") as tell:
            comparison = compare_scenarios(
                *chosen,
                replications=replications,
                precision=asked,
                matters=important,
                ensemble=parameter_sets,
                n_jobs=workers,
                progress=tell,
            )
        with progress_bar("Writing tables and figure", "steps"):
            comparison.save(place)
        console = standard_output()
        for table in comparison_tables(comparison, everything=everything):
            console.print(table)
            console.print()
        say_notes(console, comparison.notes)
        say_where(console, place, everything)
