"""``sensitivity``: which uncertain parameters a result depends on, and how much."""

from typing import Annotated, Any, Literal

import typer

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, show_results, stopping_safely
from cmsim.cli.options import (
    Days,
    EngineName,
    EnsembleAsked,
    Out,
    PriceSet,
    Replace,
    ScenarioName,
    Scheduler,
    Seed,
    Settings,
    Workers,
    at_prices,
    chosen_ensemble,
    chosen_scenarios,
)
from cmsim.cli.result_place import place_for
from cmsim.core.errors import CmsimError

_DRAWS = 50


@app.command()
def sensitivity(
    context: typer.Context,
    scenario: ScenarioName,
    versus: Annotated[
        str | None,
        typer.Argument(metavar="[VERSUS]", help="Second scenario: the result is then its difference from SCENARIO."),
    ] = None,
    method: Annotated[
        Literal["psa", "morris", "sobol"],
        typer.Option(
            help="psa: draw all uncertain parameters, and separate stochastic variation from parameter uncertainty. "
            "morris: screen which parameters have an effect. sobol: share the variance out among them."
        ),
    ] = "psa",
    by: Annotated[
        Literal["section", "parameter"],
        typer.Option(help="Morris and Sobol: vary whole sections of parameters, or each parameter alone."),
    ] = "section",
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY[=LOW:HIGH]",
            help="Parameters to vary, or the first parts of their keys; repeatable. What your file states is known: it "
            "is varied only if its whole key is named.",
        ),
    ] = None,
    outcome: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Outcomes; by default the main ones; repeatable.")
    ] = None,
    points: Annotated[
        int | None, typer.Option(help="Parameter draws (50), trajectories (10) or base sample (64, a power of two).")
    ] = None,
    replications: Annotated[int, typer.Option(help="Number of replications at each point.")] = 2,
    ensemble: EnsembleAsked = None,
    days: Days = None,
    seed: Seed = None,
    out: Out = None,
    replace: Replace = False,
    settings: Settings = None,
    prices: PriceSet = None,
    workers: Workers = None,
    engine: EngineName = None,
    scheduler: Scheduler = None,
) -> None:
    """Analyse how a result depends on uncertain parameters (sensitivity analysis).

    The result is an outcome of one scenario, or the difference between two. Complete runs are saved: the same command
    resumes after a stop, and more points only add runs.
    """
    from cmsim.experiments.comparison import check_comparable
    from cmsim.experiments.parameter_uncertainty import Uncertainty, uncertainty
    from cmsim.experiments.sensitivity_analysis import Sensitivity, check_points
    from cmsim.experiments.sensitivity_analysis import sensitivity as analyse
    from cmsim.reporting.page.results_reader import read_results

    names = [scenario] if versus is None else [scenario, versus]
    stated = chosen_scenarios(names, days, seed, settings)
    if len(stated) > 2:
        raise CmsimError(f"sensitivity: given {len(stated)} scenarios; allowed: 2, such as one row, options.csv:ROW")
    chosen = check_comparable(at_prices(stated, prices), replications)
    if method != "psa":
        check_points(method, points)
    if method != "psa" and ensemble is not None:
        raise CmsimError(f"--ensemble: given with {method}, which moves each parameter by itself; allowed: psa")
    parameter_sets = chosen_ensemble(ensemble)
    place = place_for(context, f"sensitivity-{method}", chosen, out, parameter_sets)
    if place.saved is not None:
        place.show_saved(read_results(place.path).terminal_tables())
        return
    asked: dict[str, Any] = {
        "replications": replications,
        "only": only or (),
        "outcomes": outcome or (),
        "directory": place.runs,
        "workers": workers,
        "engine": engine,
        "scheduler": scheduler,
    }
    with stopping_safely("the same command again"):
        with progress_bar(f"Running {' and '.join(each.name for each in chosen)}", "runs") as tell:
            found: Uncertainty | Sensitivity
            if method == "psa":
                draws = _DRAWS if points is None else points
                found = uncertainty(*chosen, draws=draws, ensemble=parameter_sets, progress=tell, **asked)
            else:
                found = analyse(*chosen, method=method, by=by, points=points, progress=tell, **asked)
        with progress_bar("Writing tables and figure", "steps"):
            found.save(place.path, place.origin)
        show_results(place.path, read_results(place.path).terminal_tables(), found.notes)
        print(f"Its runs are saved in {place.runs}; more points or replications only add to them.")
