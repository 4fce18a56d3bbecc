"""``calibrate``: parameter sets that published figures cannot rule out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import standard_output
from cmsim.cli.options import Workers
from cmsim.core.errors import CmsimError


@app.command()
def calibrate(
    plan: Annotated[Path | None, typer.Argument(help="A plan (.toml); the bundled one by default.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the ensemble and its tables.")] = Path("results/calibration"),
    sets: Annotated[
        int | None, typer.Option(min=4, help="Parameter sets of the first wave, instead of the plan's.")
    ] = None,
    waves: Annotated[int | None, typer.Option(min=1, help="Waves, instead of the plan's.")] = None,
    workers: Workers = None,
) -> None:
    """Find the parameter sets that published figures cannot rule out; hours at full size.

    Sets are written down as they finish, beside the folder: cut and started again, it goes on where it was.
    """
    from joblib import cpu_count

    from cmsim.reporting.result_folder import Results, check_destination, manifest, write_results
    from cmsim.results.data_frames import Sheet
    from cmsim.validation.calibration import history_matching, identifiability, load_plan
    from cmsim.validation.calibration.accepted_sets import ensemble_of
    from cmsim.validation.calibration.calibration_report import evaluation_table
    from cmsim.validation.calibration.finished_sets import Finished

    chosen = load_plan(plan)
    changed = {name: value for name, value in (("sets", sets), ("waves", waves)) if value is not None}
    chosen = chosen.model_copy(update=changed)
    place = check_destination(out)
    if workers is not None and workers < 1:
        raise CmsimError(f"workers: given {workers}; allowed: 1 and up")
    console = standard_output()

    def told(what: str, done: int, total: int) -> None:
        if done and (done == total or done % max(total // 20, 1) == 0):
            console.print(f"{what}: {done} of {total} sets")

    # beside the folder, which is written whole or not at all
    finished = Finished(place.with_name(f"{place.name}.sets.jsonl"))
    found = history_matching(chosen, n_jobs=workers or cpu_count(), told=told, finished=finished)
    table = identifiability(found)
    console.print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    ensemble = ensemble_of(found)
    sheets = [
        Sheet("parameters", "one row a fitted parameter: what the targets constrain", table),
        Sheet("sets", "one row a parameter set that was run", evaluation_table(found)),
    ]
    about = manifest("calibrate", [], [], {**ensemble.manifest, "hash": ensemble.hash})
    write_results(place, Results(about, sheets, texts={"ensemble.json": ensemble.to_json()}))
    console.print(f"{len(ensemble)} sets accepted, hash {ensemble.hash}. Written to {place}.")
