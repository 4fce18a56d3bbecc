"""A study swept: its missing runs done on an engine and saved, its tables merged when all are done."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from cmsim.core.errors import CmsimError
from cmsim.experiments.executors import KeptOpen, choose_engine
from cmsim.experiments.job_runner import run_jobs
from cmsim.experiments.shared_compilation import compile_once
from cmsim.experiments.study.durable_files import DiskError
from cmsim.experiments.study.jobs import StudyJobs
from cmsim.experiments.study.plan_builder import make_plan
from cmsim.experiments.study.run_key import RunFunction
from cmsim.experiments.study.run_store import COMPLETE, RunStore, locked, set_aside
from cmsim.experiments.study.study_file import read_study
from cmsim.experiments.study.study_folder import STORE, check_version, read_plan, survey, write_plan
from cmsim.experiments.study.study_plan import Plan
from cmsim.experiments.study.study_result import Study, load_study
from cmsim.results.progress import Progress, told

Shard = tuple[int, int]


def sweep(
    study: str | Path | Mapping[str, Any] | Plan,
    out: str | Path | None = None,
    *,
    replications: int | None = None,
    settings: Mapping[str, Any] | None = None,
    workers: int | None = None,
    engine: str | KeptOpen | None = None,
    scheduler: str | None = None,
    shard: Shard | None = None,
    retry: bool = False,
    run: RunFunction | None = None,
    progress: Progress | bool | None = None,
    planning: Progress | None = None,
) -> Study:
    """Do the runs of a study that are not done yet, and merge them when all are.

    Args:
        study: the path of a study file, its content as nested tables, or a plan that is made already.
        out: the study folder; by default ``results/<name of the file>``.
        replications: replications of each cell, instead of the study's own.
        settings: further settings laid over every scenario, by dotted key. Prices are as the scenarios state them:
            where none does, ``cmsim sweep`` takes those of ``prices_us``, and this function none, so that costs are
            undefined. State them in the study, as in ``scenarios = ["usual_care+prices_us"]``.
        workers: processes; all cores if ``None``.
        engine: ``local``, ``in-process`` or ``dask``, see :func:`cmsim.experiments.executors.choose_engine`.
        scheduler: address of a dask scheduler.
        shard: (k, N) to do only the k-th of N parts, for job arrays; they are merged by :meth:`Study.merge`.
        retry: also do again what failed before.
        run: a function from scenario and replication to outcomes by name, instead of the usual ones. It has
            to be importable where the work is done.
        progress: told the runs done and the runs in all; ``True`` shows a bar.
        planning: told the cells resolved and the cells in all.

    Returns:
        The study; no run that is saved in it is ever lost or done again.

    Raises:
        CmsimError: a mistake in the study file, another version, a full disk; the message says what to do.
        KeyboardInterrupt: stopped; :func:`resume` goes on.
    """
    make_engine = choose_engine(engine, workers, scheduler)
    directory = Path(out) if out is not None else default_folder(study)
    if isinstance(study, Plan):
        plan, where = study, ""
    else:
        file, where, folder = read_study(study, replications, settings)
        plan = make_plan(file, where, folder, run, planning)
    write_plan(directory, plan, where)
    with locked(directory / STORE, shard) as path, told(progress, directory.name, "run") as tell:
        set_aside(directory / STORE)
        found = survey(directory, plan, thorough=True)
        settled = {key for key, status in found.statuses.items() if status == COMPLETE or not retry}
        mine = np.flatnonzero(plan.in_shard(shard) & plan.first_places).tolist()
        todo = [place for place in mine if plan.keys[place].tobytes() not in settled]
        tell(len(mine) - len(todo), len(mine))
        try:
            with closing(RunStore(path)) as store:
                if todo and run is None:
                    compile_once()
                if todo:
                    chosen = make_engine()
                    run_jobs(StudyJobs(directory, plan, todo, len(mine), chosen, store, run, tell), chosen)
        except DiskError as error:
            raise DiskError(
                f"{error}. The runs saved so far are safe; make room, then go on: cmsim study resume {directory}"
            ) from error
    swept = load_study(directory)
    if swept.finished:
        swept.merge()
    return swept


def resume(
    directory: str | Path,
    *,
    workers: int | None = None,
    engine: str | None = None,
    scheduler: str | None = None,
    shard: Shard | None = None,
    retry: bool = False,
    run: RunFunction | None = None,
    progress: Progress | bool | None = None,
) -> Study:
    """Do the missing runs of a study folder; arguments as for :func:`sweep`.

    Raises:
        CmsimError: no study there, or one of another version.
    """
    found, plan = read_plan(directory)
    check_version(Path(directory), found)
    if "run" in plan.version and run is None:
        raise CmsimError(
            f"{directory} was made with a run function of its own ({plan.version['run'].split(' ')[0]}); go "
            "on from Python: cmsim.sweep(study, out, run=function)"
        )
    return sweep(
        plan,
        directory,
        workers=workers,
        engine=engine,
        scheduler=scheduler,
        shard=shard,
        retry=retry,
        run=run,
        progress=progress,
    )


def default_folder(study: str | Path | Mapping[str, Any] | Plan) -> Path:
    """Return the folder for a study that was not told where to write."""
    if isinstance(study, Mapping | Plan):
        raise CmsimError("out: given nothing; allowed: a folder for the study")
    return Path("results") / Path(study).stem
