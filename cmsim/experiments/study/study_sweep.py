"""A study swept: its missing runs done on an engine, each recorded where it was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cmsim.core.errors import CmsimError
from cmsim.experiments.executors import Engine
from cmsim.experiments.executors import engine as make_engine
from cmsim.experiments.job_runner import Drive
from cmsim.experiments.study.jobs import Runs
from cmsim.experiments.study.plan_builder import make_plan
from cmsim.experiments.study.progress_status import held, set_aside, survey
from cmsim.experiments.study.run_job import RunFunction
from cmsim.experiments.study.run_store import Damaged, DiskError
from cmsim.experiments.study.study_file import read_study, with_changes
from cmsim.experiments.study.study_folder import LEDGER, check_version, read_manifest, read_plan, write_plan
from cmsim.experiments.study.study_plan import Keys, Plan, in_shard, known
from cmsim.experiments.study.study_result import Study, load_study

if TYPE_CHECKING:
    from cmsim.results.simulation import Progress

Shard = tuple[int, int]


def sweep(
    study: str | Path | Mapping[str, Any],
    out: str | Path | None = None,
    *,
    replications: int | None = None,
    settings: Mapping[str, Any] | None = None,
    workers: int | None = None,
    engine: str | None = None,
    scheduler: str | None = None,
    shard: Shard | None = None,
    retry: bool = False,
    run: RunFunction | None = None,
    progress: Progress | None = None,
    planning: Progress | None = None,
) -> Study:
    """Do the runs of a study that are not done yet, and merge them when all are.

    Args:
        study: the path of a study file, or its content as nested tables.
        out: the study folder; by default ``results/<name of the file>``.
        replications: replications of each cell, instead of the study's own.
        settings: further settings laid over every scenario, by dotted key.
        workers: processes; all cores if ``None``.
        engine: ``local``, ``in-process`` or ``dask``, see :func:`cmsim.experiments.executors.engine`.
        scheduler: address of a dask scheduler.
        shard: (k, N) to do only the k-th of N parts, for job arrays; they are merged by :meth:`Study.merge`.
        retry: also do again what failed before.
        run: a function from scenario and replication to outcomes by name, instead of the usual ones. It has
            to be importable where the work is done.
        progress: told the runs done and the runs in all.
        planning: told the cells resolved and the cells in all.

    Returns:
        The study; nothing acknowledged in it is ever lost or done again.

    Raises:
        CmsimError: a mistake in the study file, another version, a full disk; the message says what to do.
        KeyboardInterrupt: stopped; :func:`resume` goes on.
    """
    chosen = _engine_checked(engine, workers, scheduler, shard)
    file, where, folder = read_study(study)
    file = with_changes(file, where, replications, settings)
    plan = make_plan(file, where, folder, run, planning)
    directory = Path(out) if out is not None else default_folder(study)
    _begin(directory, plan, where)
    return _swept(directory, plan, chosen, shard, retry, run, progress)


def sweep_plan(
    plan: Plan,
    where: str,
    directory: Path,
    *,
    workers: int | None = None,
    engine: str | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Study:
    """Do the runs of a plan that are not done yet, as :func:`sweep` does those of a study file.

    Args:
        plan: made by something else than a study file.
        where: what wrote it.
        directory: the study folder.
        workers: as for :func:`sweep`, like the rest.
        engine: which.
        scheduler: of dask.
        progress: told the runs done and the runs in all.
    """
    chosen = _engine_checked(engine, workers, scheduler, None)
    _begin(directory, plan, where)
    return _swept(directory, plan, chosen, None, False, None, progress)


def _begin(directory: Path, plan: Plan, where: str) -> None:
    if (directory / LEDGER).is_dir():
        _check_kinship(directory, plan)
    write_plan(directory, plan, where)


def _check_kinship(directory: Path, plan: Plan) -> None:
    """Refuse to put a study into the folder of quite another one."""
    found = survey(directory, plan)
    if found.rows and not len(found.done) and not len(found.failed):
        try:
            manifest = read_manifest(directory)
        except Damaged:
            return
        if manifest is not None and manifest["plan"] != plan.digest:
            check_version(directory, manifest, plan.version)
            raise CmsimError(
                f"{directory} holds another study ({manifest['title'] or manifest['file']}): none of its "
                f"{found.rows:,} runs is part of this one; allowed: another folder, --out ANOTHER_FOLDER"
            )


def resume(
    directory: str | Path,
    *,
    workers: int | None = None,
    engine: str | None = None,
    scheduler: str | None = None,
    shard: Shard | None = None,
    retry: bool = False,
    run: RunFunction | None = None,
    progress: Progress | None = None,
) -> Study:
    """Do the missing runs of a study folder; arguments as for :func:`sweep`.

    Raises:
        CmsimError: no study there, or one of another version.
    """
    chosen = _engine_checked(engine, workers, scheduler, shard)
    found, plan = read_plan(directory)
    check_version(Path(directory), found)
    if "run" in plan.version and run is None:
        raise CmsimError(
            f"{directory} was made with a run function of its own ({plan.version['run'].split(' ')[0]}); go "
            "on from Python: cmsim.sweep(study, out, run=function)"
        )
    return _swept(Path(directory), plan, chosen, shard, retry, run, progress)


def default_folder(study: str | Path | Mapping[str, Any]) -> Path:
    """Return the folder for a study that was not told where to write."""
    if isinstance(study, Mapping):
        raise CmsimError("out: given nothing; allowed: a folder for the study")
    return Path("results") / Path(study).stem


def _engine_checked(
    name: str | None, workers: int | None, scheduler: str | None, shard: Shard | None
) -> Callable[[], Engine]:
    """Return what makes the engine; the shard is checked at once."""
    if shard is not None and not 1 <= shard[0] <= shard[1]:
        raise CmsimError(f"shard: given {shard[0]}/{shard[1]}; allowed: k/N with k from 1 to N")
    if workers is not None and workers < 1:
        raise CmsimError(f"workers: given {workers}; allowed: 1 and up")
    return lambda: make_engine(name, workers, scheduler)


def _swept(
    directory: Path,
    plan: Plan,
    begin: Callable[[], Engine],
    shard: Shard | None,
    retry: bool,
    run: RunFunction | None,
    progress: Progress | None,
) -> Study:
    tell = progress or (lambda done, total: None)
    with held(directory, shard):
        set_aside(directory)
        found = survey(directory, plan, thorough=True)
        keys = plan.keys
        mine = in_shard(plan, shard)
        # the same settings can be reached in two ways; they are one run
        first = np.zeros(len(keys), dtype=bool)
        first[np.unique(keys, return_index=True)[1]] = True
        settled = known(keys, found.done)
        if not retry:
            settled |= known(keys, found.failed)
        todo = np.flatnonzero(mine & first & ~settled)
        total = int((mine & first).sum())
        sent = keys[todo]
        del keys, found, settled, first, mine
        tell(total - len(todo), total)
        if len(todo):
            _do(directory, plan, todo, total, begin(), run, retry, tell)
            _check_arrival(directory, plan, sent)
    study = load_study(directory)
    if study.finished:
        study.merge()
    return study


def _check_arrival(directory: Path, plan: Plan, sent: Keys) -> None:
    found = survey(directory, plan)
    if found.damaged:
        raise CmsimError("\n".join(found.damaged))
    away = len(sent) - int((known(sent, found.done) | known(sent, found.failed)).sum())
    if away:
        raise CmsimError(
            f"{away} runs were done but are not in {directory}: do workers see another folder under this "
            f"name? When all see the same: cmsim study resume {directory}"
        )


def _do(
    directory: Path,
    plan: Plan,
    todo: NDArray[np.int64],
    total: int,
    chosen: Engine,
    run: RunFunction | None,
    retry: bool,
    tell: Progress,
) -> None:
    source = Runs(directory, plan, todo, total, chosen, run, retry, tell)
    try:
        Drive(source, chosen).run()
    except DiskError as error:
        raise DiskError(
            f"{error}. The runs recorded so far are safe; make room, then go on: cmsim study resume {directory}"
        ) from error
    finally:
        source.close()
