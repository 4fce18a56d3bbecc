"""Ledgers merged to tables: one row a run, in order of run keys, the same whoever did the runs and when.

A run that was done twice, as happens when a driver is killed while its workers go on, must have come out
equal, or the merge fails. Wall times, machines and dates differ from one sweep to the next; they go to a
table of their own, ``circumstances.parquet``.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.event_log_file import put_in_place
from cmsim.experiments.study.merged_tables import MARK, TABLES, mark
from cmsim.experiments.study.run_job import unpack_courses
from cmsim.experiments.study.run_store import COLUMNS, DONE, RESULTS, DiskError, Row, ledgers, select
from cmsim.experiments.study.study_folder import LEDGER
from cmsim.experiments.study.study_plan import KEY_TYPE, Plan
from cmsim.outcomes import OUTCOMES, QUANTILES, SERIES

_BATCH = 1_000

Place = tuple[int, int]
"""Cell and replication of a run."""


def merged_rows(directory: Path, plan: Plan) -> Iterator[tuple[Row, list[Place]]]:
    """Yield each run of a plan that a ledger holds, by run key, with the places of the plan that it fills.

    Raises:
        Damaged: a ledger cannot be read.
        CmsimError: two ledgers hold different results of one run.
    """
    keys = plan.keys
    order = np.argsort(keys, kind="stable")
    cells, replications = plan.cell_order(), plan.replication_order()
    at = 0
    with ExitStack() as stack:
        readers = [stack.enter_context(closing(_rows(path))) for path in ledgers(directory / LEDGER)]
        for key, rows in groupby(heapq.merge(*readers, key=_key), key=_key):
            row = _one_of(list(rows), directory)
            wanted = np.frombuffer(key, dtype=KEY_TYPE)[0].tobytes()
            while at < len(order) and keys[order[at]].tobytes() < wanted:
                at += 1
            places = []
            while at < len(order) and keys[order[at]].tobytes() == wanted:
                places.append((int(cells[order[at]]), int(replications[order[at]])))
                at += 1
            if places:
                yield row, sorted(places)


def _rows(path: Path) -> Iterator[Row]:
    for values in select(path, COLUMNS, order=True):
        yield Row(*values)  # type: ignore[arg-type]


def _key(row: Row) -> bytes:
    return row.run_key


def _one_of(rows: Sequence[Row], directory: Path) -> Row:
    """Return the one result of a run: what is done before what failed, the latest of what failed."""
    done = [row for row in rows if row.status == DONE]
    if not done:
        return max(rows, key=lambda row: (row.finished, row.host, row.process))
    first = done[0]
    for other in done[1:]:
        for column in RESULTS:
            mine, theirs = getattr(first, column), getattr(other, column)
            if mine is None:
                # one of them was done when less was kept
                first = replace(first, **{column: theirs})
            elif theirs is not None and mine != theirs:
                raise CmsimError(
                    f"{directory}: run {first.run_key.hex()} was done twice and came out differently "
                    f"({column}; on {first.host} {first.finished} and on {other.host} {other.finished}). "
                    "Processors of different families can differ in last digits: do a study on one kind of "
                    "machine"
                )
    return first


class Tables:
    """The tables of a study as Arrow batches."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._names: list[str] | None = plan.keep.names() if "run" not in plan.version else None
        self._factors = [factor.name for factor in plan.factors]
        self._by_group = [name for name, outcome in OUTCOMES.items() if outcome.by_group]

    def batches(self, directory: Path) -> Iterator[dict[str, pa.Table]]:
        """Yield batches of every table, in order of run keys."""
        rows: list[tuple[Row, list[Place]]] = []
        for row in merged_rows(directory, self._plan):
            rows.append(row)
            if len(rows) == _BATCH:
                yield self._batch(rows)
                rows = []
        yield self._batch(rows)

    def _batch(self, rows: Sequence[tuple[Row, list[Place]]]) -> dict[str, pa.Table]:
        flat = [(row, cell, replication) for row, places in rows for cell, replication in places]
        tables = {"runs": self._runs(flat)}
        if self._plan.keep.groups and self._usual:
            tables["groups"] = self._groups(flat)
        if self._plan.keep.spreads and self._usual:
            tables["spreads"] = self._spreads(flat)
        if self._plan.keep.courses and self._usual:
            tables["courses"] = self._courses(flat)
        tables["circumstances"] = _circumstances([row for row, _ in rows])
        return tables

    @property
    def _usual(self) -> bool:
        return "run" not in self._plan.version

    def _labels(self, flat: Sequence[tuple[Row, int, int]], times: Sequence[int] | None = None) -> dict[str, Any]:
        repeat = np.ones(len(flat), dtype=np.int64) if times is None else np.array(times, dtype=np.int64)
        cells = np.repeat(np.array([cell for _, cell, _ in flat], dtype=np.int64), repeat)
        keys = np.repeat(np.array([row.run_key.hex() for row, _, _ in flat], dtype=object), repeat)
        numbers = np.repeat(np.array([number for _, _, number in flat], dtype=np.int32), repeat)
        part = self._plan.cells.take(pa.array(cells))
        labels: dict[str, Any] = {"run_key": pa.array(keys, pa.string())}
        labels |= {name: part[name] for name in ("scenario", "choice", "draw")}
        return labels | {"replication": pa.array(numbers)}

    def _runs(self, flat: Sequence[tuple[Row, int, int]]) -> pa.Table:
        found = [json.loads(row.outcomes) if row.outcomes is not None else {} for row, _, _ in flat]
        if self._names is None and any(found):
            self._names = list(next(each for each in found if each))
        for each in found:
            if self._names is not None and not self._usual and (unknown := [n for n in each if n not in self._names]):
                raise CmsimError(f"runs return different outcomes: {unknown[0]} in some only; allowed: the same in all")
        labels = self._labels(flat)
        cells = self._plan.cells.take(pa.array([cell for _, cell, _ in flat], pa.int64()))
        labels |= {name: cells[name] for name in self._factors}
        for name in ("status", "error", "digest"):
            labels[name] = pa.array([getattr(row, name) for row, _, _ in flat], pa.string())
        for name in self._names or ():
            values = [each.get(name) for each in found]
            labels[name] = pa.array([np.nan if value is None else value for value in values], pa.float64())
        return pa.table(labels)

    def _groups(self, flat: Sequence[tuple[Row, int, int]]) -> pa.Table:
        found = [json.loads(row.groups) if row.groups is not None else [] for row, _, _ in flat]
        columns = self._labels(flat, [len(groups) for groups in found])
        every = [group for groups in found for group in groups]
        columns["grouping"] = pa.array([group[0] for group in every], pa.string())
        columns["group"] = pa.array([group[1] for group in every], pa.string())
        for name in ("client_years", *self._by_group):
            values = [group[2].get(name) for group in every]
            columns[name] = pa.array([np.nan if value is None else value for value in values], pa.float64())
        return pa.table(columns)

    def _spreads(self, flat: Sequence[tuple[Row, int, int]]) -> pa.Table:
        found = [json.loads(row.spreads) if row.spreads is not None else {} for row, _, _ in flat]
        columns = self._labels(flat, [len(spreads) for spreads in found])
        every = [(name, values) for spreads in found for name, values in spreads.items()]
        columns["spread"] = pa.array([name for name, _ in every], pa.string())
        for i, name in enumerate((*(f"q{100 * q:g}" for q in QUANTILES), "top_tenth")):
            values = [values[i] for _, values in every]
            columns[name] = pa.array([np.nan if value is None else value for value in values], pa.float64())
        return pa.table(columns)

    def _courses(self, flat: Sequence[tuple[Row, int, int]]) -> pa.Table:
        found = [unpack_courses(row.courses) if row.courses is not None else None for row, _, _ in flat]
        weeks = [0 if courses is None else len(next(iter(courses.values()))) for courses in found]
        columns = self._labels(flat, weeks)
        columns["week"] = pa.array(np.concatenate([np.arange(count) for count in weeks] or [[]]).astype(np.int32))
        for name in SERIES:
            parts = [courses[name] for courses in found if courses is not None]
            columns[name] = pa.array(np.concatenate(parts) if parts else np.empty(0), pa.float64())
        return pa.table(columns)


def _circumstances(rows: Sequence[Row]) -> pa.Table:
    types = {"seconds": pa.float64(), "process": pa.int64()}
    columns: dict[str, Any] = {"run_key": pa.array([row.run_key.hex() for row in rows], pa.string())}
    for name in ("status", "seconds", "host", "process", "finished", "trace"):
        columns[name] = pa.array([getattr(row, name) for row in rows], types.get(name, pa.string()))
    return pa.table(columns)


def write_tables(directory: Path, plan: Plan, missing: int) -> list[Path]:
    """Merge the ledgers of a study into its tables, each whole or not at all.

    Args:
        directory: the study folder.
        plan: its plan.
        missing: runs that are not done yet, which the mark of the tables tells.

    Raises:
        CmsimError: see :func:`merged_rows`.
        DiskError: the disk refused.
    """
    asides: dict[str, Path] = {}
    writers: dict[str, pq.ParquetWriter] = {}
    marked = {MARK: mark(plan, missing).encode()}
    try:
        for batch in Tables(plan).batches(directory):
            for name, table in batch.items():
                if name not in writers:
                    asides[name] = directory / f".{name}.{uuid4().hex[:8]}"
                    schema = table.schema.with_metadata(marked)
                    writers[name] = pq.ParquetWriter(asides[name], schema, compression="zstd")
                writers[name].write_table(table.replace_schema_metadata(marked))
        for writer in writers.values():
            writer.close()
        paths = {name: directory / f"{name}.parquet" for name in asides}
        for name, path in paths.items():
            put_in_place(asides[name], path)
        for name in set(TABLES) - set(paths):
            (directory / f"{name}.parquet").unlink(missing_ok=True)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise DiskError(
            f"{directory} cannot be written: {why}; the ledgers are as they were. Make room, then: "
            f"cmsim study merge {directory}"
        ) from error
    finally:
        for aside in asides.values():
            aside.unlink(missing_ok=True)
    return list(paths.values())


def collected(directory: Path, name: str, plan: Plan) -> pa.Table | None:
    """Return a table collected from the ledgers in memory; None if it is not kept."""
    parts = [batch[name] for batch in Tables(plan).batches(directory) if name in batch]
    return pa.concat_tables(parts, promote_options="permissive") if parts else None
