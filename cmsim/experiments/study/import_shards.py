"""Runs taken over from another folder of the same study, as shards leave them that do not share a disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.event_log_file import log_path, put_in_place, whole
from cmsim.experiments.study.run_store import (
    COLUMNS,
    RESULTS,
    DiskError,
    Row,
    Writer,
    ledgers,
    look_up,
    select,
)
from cmsim.experiments.study.study_folder import EVENTS, LEDGER, read_plan
from cmsim.experiments.study.study_plan import Plan

_AT_ONCE = 2_000


def take_over(directory: Path, plan: Plan, other: Path) -> int:
    """Copy the runs of another folder that this one does not hold, with their event logs; return how many.

    Raises:
        CmsimError: the other folder holds no study, or one of another plan.
        DiskError: the disk refused.
    """
    if other.resolve() == directory.resolve():
        raise CmsimError(f"{other} is the study itself; allowed: other folders of it")
    _, theirs = read_plan(other)
    if theirs.digest != plan.digest:
        raise CmsimError(
            f"{other} holds another study than {directory}: other scenarios, design, replications or "
            "version; allowed: folders swept from the same study file with the same version"
        )
    writer, taken = Writer(directory / LEDGER), 0
    try:
        for path in ledgers(other / LEDGER):
            rows: list[Row] = []
            for values in select(path, COLUMNS):
                rows.append(Row(*values))  # type: ignore[arg-type]
                if len(rows) == _AT_ONCE:
                    taken += _copy(directory, other, rows, writer)
                    rows = []
            taken += _copy(directory, other, rows, writer)
    finally:
        writer.close()
    return taken


def _copy(directory: Path, other: Path, rows: list[Row], writer: Writer) -> int:
    """Copy rows, except those that are here alike; one that differs is copied too: merging finds it."""
    columns = ("status", *RESULTS)
    here: set[tuple[object, ...]] = set()
    for path in ledgers(directory / LEDGER):
        here |= {(key, *values) for key, values in look_up(path, [row.run_key for row in rows], columns).items()}
    new = [row for row in rows if (row.run_key, *(getattr(row, name) for name in columns)) not in here]
    for row in new:
        if row.log_bytes is not None:
            _copy_log(
                log_path(other / EVENTS, row.run_key),
                log_path(directory / EVENTS, row.run_key),
                row.log_bytes,
            )
        writer.record(row)
    return len(new)


def _copy_log(source: Path, target: Path, size: int) -> None:
    if not whole(source, size):
        raise CmsimError(f"{source} is damaged or missing; cmsim study resume does its run again")
    aside = target.with_name(f".{target.name}.copy")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, aside)
        put_in_place(aside, target)
    except OSError as error:
        raise DiskError(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error
