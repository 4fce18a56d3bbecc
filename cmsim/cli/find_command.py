"""``find``: which of several options to choose."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, show_results, stopping_safely
from cmsim.cli.options import (
    Days,
    EngineName,
    EnsembleAsked,
    Matters,
    Out,
    PriceSet,
    Replace,
    Scheduler,
    Seed,
    Workers,
    at_prices,
    chosen_ensemble,
    chosen_scenarios,
    parse_matters,
)
from cmsim.cli.result_place import place_for
from cmsim.core.errors import CmsimError


@app.command()
def find(
    context: typer.Context,
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO ...",
            help="The options: bundled names, .toml files, or .csv or .xlsx tables of scenarios. Costs are compared "
            "with the first. After a scenario, options.csv:ROW is one row.",
        ),
    ],
    minimise: Annotated[
        str | None, typer.Option("--minimise", "--minimize", metavar="OUTCOME", help="The outcome that is to be low.")
    ] = None,
    maximise: Annotated[
        str | None, typer.Option("--maximise", "--maximize", metavar="OUTCOME", help="The outcome that is to be high.")
    ] = None,
    worth: Annotated[
        str | None,
        typer.Option(
            metavar="[OUTCOME=]VALUE",
            help="What a QALY, or one unit better of an outcome, is worth: the highest net benefit is looked for. "
            "Without any objective it is that at the scenario's own worth of a QALY.",
        ),
    ] = None,
    smallest: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The setting that is to be small, such as agency.staff.case_managers."),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="LIMIT", help="What an option has to keep: waiting<=10 or seen_28>=80%; repeatable."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="The most that the agency may pay in a year, in currency.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUES",
            help="Change a setting. Several values, as in service.caseload.size=15,20,25, or a range with its step, "
            "10:30:5, make an option each; with several such settings every combination is one. Repeatable.",
        ),
    ] = None,
    difference: Annotated[
        float | None,
        typer.Option(help="Difference of the objective too small to care about; by default the smallest important."),
    ] = None,
    level: Annotated[float, typer.Option(help="Probability with which the best is to be selected.")] = 0.95,
    replications: Annotated[int, typer.Option(help="Replications of each option before the first is dropped.")] = 10,
    max_replications: Annotated[
        int, typer.Option(help="Replications of an option at most; what is not decided then is said to be open.")
    ] = 500,
    runs: Annotated[
        int | None, typer.Option(help="Spend this number of runs where they tell most, without a guarantee (OCBA).")
    ] = None,
    ensemble: EnsembleAsked = None,
    uncertain: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY[=LOW:HIGH]", help="A parameter to draw from a range, by default the declared one; repeatable."
        ),
    ] = None,
    sets: Annotated[
        int | None,
        typer.Option(
            help="Parameter sets to draw for --uncertain, 24 by default; more say more of what learning is worth."
        ),
    ] = None,
    matters: Matters = None,
    prices: PriceSet = None,
    days: Days = None,
    seed: Seed = None,
    out: Out = None,
    replace: Replace = False,
    workers: Workers = None,
    engine: EngineName = None,
    scheduler: Scheduler = None,
) -> None:
    """Find which option to choose, with as few runs as that takes.

    Options are run on common random numbers and dropped as soon as they are beaten or break a limit. Complete runs are
    saved: the same command resumes after a stop.
    """
    from cmsim.experiments.comparison import check_comparable
    from cmsim.experiments.option_search import find as find_option
    from cmsim.experiments.option_search import list_options
    from cmsim.experiments.parameter_distributions import parse_range
    from cmsim.reporting.page.results_reader import read_results

    fixed, varied = _parted(settings or ())
    chosen = at_prices(chosen_scenarios(scenarios, days, seed, fixed), prices)
    options = check_comparable(list_options(chosen, varied), max_replications)
    parameter_sets = chosen_ensemble(ensemble)
    place = place_for(context, "find", options, out, parameter_sets)
    if place.saved is not None:
        place.show_saved(read_results(place.path).terminal_tables())
        return
    with stopping_safely("the same command again"):
        with progress_bar(f"Running {len(options)} options", "runs") as tell:
            found = find_option(
                *options,
                minimise=minimise,
                maximise=maximise,
                worth=None if worth is None else _worth(worth),
                smallest=smallest,
                limits=limit or (),
                budget=budget,
                difference=difference,
                matters=parse_matters(matters),
                level=level,
                replications=replications,
                max_replications=max_replications,
                runs=runs,
                ensemble=parameter_sets,
                ranges={
                    key: dict(zip(("low", "high"), ends or (), strict=False))
                    for key, ends in (parse_range(text, "--uncertain") for text in uncertain or ())
                },
                sets=sets,
                directory=place.runs,
                workers=workers,
                engine=engine,
                scheduler=scheduler,
                progress=tell,
            )
        with progress_bar("Writing tables and figure", "steps"):
            found.save(place.path, place.origin)
        show_results(place.path, read_results(place.path).terminal_tables(), found.notes)
        print(f"Its runs are saved in {place.runs}; more replications only add to them.")


def _parted(texts: Sequence[str]) -> tuple[list[str], dict[str, list[object]]]:
    """Return the settings that are the same in all options, and those with several values, by key."""
    from cmsim.scenario import parse_setting

    fixed, varied = [], {}
    for text in texts:
        key, _, value = (part.strip() for part in text.partition("="))
        if values := _values(text, value):
            varied[key] = [parse_setting(f"{key}={each}")[1] for each in values]
        else:
            fixed.append(text)
    return fixed, varied


def _values(text: str, value: str) -> list[str]:
    """Return the values that a list or a range states; none where it is a single value."""
    if value[:1] in "[{\"'":
        return []
    if "," in value:
        return [each.strip() for each in value.split(",")]
    if ":" not in value or not value[:1].isdecimal():
        return []
    try:
        low, high, step = [*map(float, value.split(":")), 1.0][:3]
        count = int((high - low) / step + 1e-9) + 1
    except (ValueError, ZeroDivisionError, OverflowError):
        count = 0
    if not 1 <= count <= 1000:
        raise CmsimError(f"--set: given {text!r}; allowed: a range LOW:HIGH or LOW:HIGH:STEP, such as 10:30:5")
    return [f"{low + i * step:.10g}" for i in range(count)]


def _worth(text: str) -> float | dict[str, float]:
    name, equals, amount = (part.strip() for part in text.rpartition("="))
    try:
        value = float(amount)
    except ValueError:
        raise CmsimError(f"--worth: given {text!r}; allowed: VALUE or OUTCOME=VALUE, such as 50000") from None
    return {name: value} if equals else value
