"""``fit``: few parameters moved until the model comes near an agency's own figures."""

from typing import Annotated, Literal

import typer

from cmsim.cli.application import ENSEMBLE, app
from cmsim.cli.console import progress_bar, show_results, stopping_safely
from cmsim.cli.options import (
    EngineName,
    Out,
    Replace,
    ScenarioName,
    Scheduler,
    Seed,
    Settings,
    Workers,
    chosen_ensemble,
    chosen_scenario,
)
from cmsim.cli.result_place import place_for


@app.command()
def fit(
    context: typer.Context,
    scenario: ScenarioName,
    move: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY[=LOW:HIGH]",
            help="Parameter or setting to move, within its declared range or yours; repeatable. By default those that "
            "bear most on your figures. What your file states is moved only if you give a range.",
        ),
    ] = None,
    sets: Annotated[int, typer.Option(min=8, help="Parameter sets of the first wave; later ones have half.")] = 40,
    waves: Annotated[int, typer.Option(min=1, max=10, help="How often the ranges are narrowed.")] = 2,
    replications: Annotated[int, typer.Option(min=1, help="Number of replications of each set.")] = 2,
    discrepancy: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, help="What the model gets wrong however it is fitted: standard deviation, as a share."
        ),
    ] = 0.05,
    ensemble: Annotated[
        str | None, typer.Option(ENSEMBLE, metavar="FILE.json", help="Parameter sets for what is not moved (bundled).")
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            help="Days after the warm-up of a run; by default 365, or 730 if a figure follows people for a year."
        ),
    ] = None,
    seed: Seed = None,
    out: Out = None,
    replace: Replace = False,
    settings: Settings = None,
    workers: Workers = None,
    engine: EngineName = None,
    scheduler: Scheduler = None,
) -> None:
    r"""Move few parameters within their ranges until the model comes near your own figures, \[observed] in SCENARIO.

    Takes minutes. Writes parameter sets for --ensemble of other commands. Complete runs are saved: the same command
    resumes after a stop.
    """
    from cmsim.reporting.page.results_reader import read_results
    from cmsim.validation.calibration.agency_fit import check_fit
    from cmsim.validation.calibration.agency_fit import fit as fit_agency
    from cmsim.validation.calibration.fit_result import ENSEMBLE_FILE, SCENARIO_FILE

    length: int | Literal["enough"] = "enough" if days is None else days
    chosen = chosen_scenario(scenario, None, seed, settings)
    check_fit(chosen, move or (), length)
    parameter_sets = chosen_ensemble(ensemble)
    place = place_for(context, "fit", [chosen], out, parameter_sets)
    if place.saved is not None:
        place.show_saved(read_results(place.path).terminal_tables())
        return
    with stopping_safely("the same command again"):
        with progress_bar(f"Running {chosen.name}", "runs") as tell:
            found = fit_agency(
                chosen,
                move=move or (),
                sets=sets,
                waves=waves,
                replications=replications,
                days=length,
                discrepancy=discrepancy,
                ensemble=parameter_sets,
                directory=place.runs,
                workers=workers,
                engine=engine,
                scheduler=scheduler,
                progress=tell,
            )
        with progress_bar("Writing tables and figure", "steps"):
            found.save(place.path, place.origin)
        show_results(place.path, read_results(place.path).terminal_tables(), found.notes)
    print(f"To read it as a page: cmsim report {place.path}")
    changed = place.path / SCENARIO_FILE if found.fitted else scenario
    if found.ensemble:
        told = f"cmsim run {changed} --ensemble {place.path / ENSEMBLE_FILE}"
        print(f"To use the parameter sets: {told}; likewise compare, find and sensitivity.")
    elif found.fitted:
        print(f"To use the fitted scenario: cmsim run {changed}")
