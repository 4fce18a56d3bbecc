"""``calibrate``: parameter sets that agree with published figures."""

from pathlib import Path
from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import standard_output, stopping_safely
from cmsim.cli.options import Out, Replace, Workers
from cmsim.cli.result_place import choose_place

_SETS = Path("results/calibration.sets.jsonl")
"""Parameter sets that have been run; a set is known by all that bears on it."""


@app.command()
def calibrate(
    context: typer.Context,
    plan: Annotated[Path | None, typer.Argument(help="Calibration plan (.toml); by default the bundled one.")] = None,
    out: Out = None,
    replace: Replace = False,
    sets: Annotated[
        int | None, typer.Option(min=4, help="Number of parameter sets in the first wave; by default as in the plan.")
    ] = None,
    waves: Annotated[int | None, typer.Option(min=1, help="Number of waves; by default as in the plan.")] = None,
    workers: Workers = None,
) -> None:
    """Calibrate by history matching: find parameter sets that published figures do not rule out.

    At full size this takes hours. Each set is saved when it is complete, so the same command resumes after a stop.
    """
    from joblib import cpu_count

    from cmsim.reporting.result_folder import Results, manifest, write_results
    from cmsim.results.data_frames import Sheet
    from cmsim.validation.calibration import load_plan, match_history, tabulate_identifiability
    from cmsim.validation.calibration.evaluation import open_finished_sets

    chosen = load_plan(plan)
    changed = {name: value for name, value in (("sets", sets), ("waves", waves)) if value is not None}
    chosen = chosen.model_copy(update=changed)
    asked = [chosen.model_dump_json(), *(trial.model_dump_json() for trial, _ in chosen.trials())]
    place = choose_place(context, "calibration", asked, out)
    if place.saved is not None:
        place.show_saved()
        return
    console = standard_output()

    def print_progress(stage: str, done: int, total: int) -> None:
        if done and (done == total or done % max(total // 20, 1) == 0):
            console.print(f"{stage}: {done} of {total} sets")

    # beside the folder, which is only written once everything is complete
    finished = open_finished_sets(out.parent / f"{out.name}.sets.jsonl" if out else _SETS)
    with stopping_safely("the same command again"):
        found = match_history(chosen, workers=workers or cpu_count(), progress=print_progress, finished=finished)
    table = tabulate_identifiability(found)
    console.print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    ensemble = found.make_ensemble()
    sheets = [
        Sheet("parameters", "one row for each fitted parameter: how far the targets constrain it", table),
        Sheet("sets", "one row for each parameter set that was run", found.table),
    ]
    about = manifest("calibrate", [], [], {**ensemble.manifest, "hash": ensemble.hash})
    write_results(place.path, Results(about, sheets, texts={"ensemble.json": ensemble.to_json()}, origin=place.origin))
    console.print(f"{len(ensemble)} parameter sets accepted, hash {ensemble.hash}. Saved in {place.path}.")
