"""``run`` and ``compare``: simulate scenarios and summarise their outcomes."""

from datetime import datetime
from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, show_results, stopping_cleanly
from cmsim.cli.options import (
    Days,
    EnsembleAsked,
    Everything,
    Matters,
    MaxReplications,
    Out,
    PrecisionAsked,
    PriceSet,
    Replace,
    Replications,
    ScenarioName,
    Seed,
    Settings,
    Workers,
    at_prices,
    chosen_ensemble,
    chosen_scenario,
    chosen_scenarios,
    parse_matters,
)
from cmsim.cli.result_place import place_for
from cmsim.core.errors import CmsimError

_SHORT = "Main outcomes only; --all shows every outcome, and outcomes.csv holds them."


@app.command()
def run(
    context: typer.Context,
    scenario: ScenarioName,
    replications: Replications = 10,
    days: Days = None,
    seed: Seed = None,
    out: Out = None,
    replace: Replace = False,
    settings: Settings = None,
    everything: Everything = False,
    workers: Workers = None,
    precision: PrecisionAsked = None,
    max_replications: MaxReplications = 500,
    prices: PriceSet = None,
    ensemble: EnsembleAsked = None,
    event_logs: Annotated[
        list[str] | None,
        typer.Option(
            "--event-log",
            metavar="FORMAT",
            help="Also write an event log of replication 0: xes or ocel (process mining), bupar or vidigi; repeatable.",
        ),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="Date of day 0 in event logs, a Monday; by default 2024-01-01."
        ),
    ] = None,
) -> None:
    """Simulate one scenario in several replications and summarise its outcomes."""
    from cmsim.experiments.precision import parse_precision
    from cmsim.experiments.repetition import repeat
    from cmsim.reporting.page.results_reader import read_results
    from cmsim.results.process_mining import DAY_0, check_format
    from cmsim.scenario.size_limits import check_size

    day_0 = start.date() if start else DAY_0
    for name in event_logs or ():
        check_format(name, day_0)
    (chosen,) = at_prices([chosen_scenario(scenario, days, seed, settings)], prices)
    check_size(chosen, replications)
    asked = parse_precision(precision, max_replications) if precision else None
    parameter_sets = chosen_ensemble(ensemble)
    place = place_for(context, "run", [chosen], out, parameter_sets)
    if place.saved is not None:
        place.show_saved(read_results(place.path).terminal_tables(everything=everything))
        return
    with stopping_cleanly(place.path):
        with progress_bar(f"Running {chosen.name}", "runs") as tell:
            repeated = repeat(
                chosen,
                replications=replications,
                precision=asked,
                ensemble=parameter_sets,
                workers=workers,
                progress=tell,
            )
        with progress_bar("Writing replication 0", "days") as tell:
            repeated.save(place.path, progress=tell, event_logs=event_logs or (), start=day_0, origin=place.origin)
        show_results(place.path, read_results(place.path).terminal_tables(everything=everything), repeated.notes)
        if not everything:
            print(_SHORT)


@app.command()
def compare(
    context: typer.Context,
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C ...]",
            help="Bundled names, .toml files, or .csv or .xlsx tables of scenarios. A is the comparator of all others.",
        ),
    ],
    replications: Replications = 20,
    days: Days = None,
    seed: Seed = None,
    out: Out = None,
    replace: Replace = False,
    settings: Settings = None,
    everything: Everything = False,
    workers: Workers = None,
    precision: PrecisionAsked = None,
    max_replications: MaxReplications = 500,
    matters: Matters = None,
    prices: PriceSet = None,
    ensemble: EnsembleAsked = None,
) -> None:
    """Compare scenarios with the first one, on the same population and common random numbers.

    The comparator is also run as a placebo run (an A/A control), to show differences that are pure noise.
    """
    from cmsim.experiments.comparison import check_comparable, check_matters
    from cmsim.experiments.comparison import compare as compare_scenarios
    from cmsim.experiments.precision import parse_precision
    from cmsim.reporting.page.results_reader import read_results

    found = chosen_scenarios(scenarios, days, seed, settings)
    if len(found) < 2:
        raise CmsimError(f"compare: given {len(found)} scenario; allowed: 2 or more")
    chosen = check_comparable(at_prices(found, prices), replications)
    asked = parse_precision(precision, max_replications) if precision else None
    important, parameter_sets = check_matters(parse_matters(matters)), chosen_ensemble(ensemble)
    place = place_for(context, "compare", chosen, out, parameter_sets)
    if place.saved is not None:
        place.show_saved(read_results(place.path).terminal_tables(everything=everything))
        return
    with stopping_cleanly(place.path):
        with progress_bar(f"Running {', '.join(each.name for each in chosen)} and the placebo run", "runs") as tell:
            comparison = compare_scenarios(
                *chosen,
                replications=replications,
                precision=asked,
                matters=important,
                ensemble=parameter_sets,
                workers=workers,
                progress=tell,
            )
        with progress_bar("Writing tables and figure", "steps"):
            comparison.save(place.path, place.origin)
        show_results(place.path, read_results(place.path).terminal_tables(everything=everything), comparison.notes)
        if not everything:
            print(_SHORT)
