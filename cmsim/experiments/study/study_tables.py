"""The tables of a study: one row a run, in order of run keys, the same whoever did the runs and when.

A run that was done twice, as two shards with one setting in common may do it, must have come out equal. Wall times,
machines and dates differ from one sweep to the next; they go to a table of their own, ``circumstances.parquet``.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.durable_files import DiskError, reason, write_durably
from cmsim.experiments.study.run_job import unpack_courses
from cmsim.experiments.study.run_key import KEY_BYTES
from cmsim.experiments.study.run_store import COMPLETE, RESULTS, Row, read_rows, stores
from cmsim.experiments.study.study_folder import STORE
from cmsim.experiments.study.study_plan import Plan
from cmsim.outcomes import OUTCOMES, QUANTILES, SERIES

TABLES = ("runs", "groups", "spreads", "courses", "circumstances")
"""The tables of a study; groups, spreads and courses only if they are kept."""
_MARK = b"cmsim.merged"
_BATCH = 1_000

Places = NDArray[np.int64]
Filled = tuple[Row, list[int]]
"""A run with the places in the plan that it fills."""


def _merged_rows(directory: Path, plan: Plan) -> Iterator[Filled]:
    """Yield each run of a plan that the store holds, in order of run keys.

    Raises:
        Damaged: a file cannot be read.
        CmsimError: the store holds different results of one run.
    """
    keys = plan.keys
    order = np.argsort(keys, kind="stable").tolist()
    at = 0
    readers = [read_rows(path, "run_key") for path in stores(directory / STORE)]
    for key, rows in groupby(heapq.merge(*readers, key=attrgetter("run_key")), key=attrgetter("run_key")):
        row = _one_of(list(rows), directory)
        places = []
        while at < len(order) and (planned := keys[order[at]].tobytes()) <= key:
            if planned == key:
                places.append(order[at])
            at += 1
        if places:
            yield row, places


def _one_of(rows: Sequence[Row], directory: Path) -> Row:
    """Return the one result of a run: what is complete before what failed, the latest of what failed."""
    complete = [row for row in rows if row.status == COMPLETE]
    if not complete:
        return max(rows, key=lambda row: (row.finished, row.host, row.process))
    first = complete[0]
    for other in complete[1:]:
        for column in RESULTS:
            mine, theirs = getattr(first, column), getattr(other, column)
            if mine is None:
                # less was kept when one of them was done
                first = replace(first, **{column: theirs})
            elif theirs is not None and mine != theirs:
                raise CmsimError(
                    f"{directory}: run {first.run_key.hex()} was done twice and came out differently "
                    f"({column}; on {first.host} {first.finished} and on {other.host} {other.finished}). "
                    "Processors of different families can differ in last digits: do a study on one kind of "
                    "machine"
                )
    return first


class _Builder:
    """The tables of a study as Arrow batches."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._is_usual = "run" not in plan.version
        self._names = plan.keep.names() if self._is_usual else []
        self._cells, self._replications, _ = plan.order

    def batches(self, directory: Path) -> Iterator[dict[str, pa.Table]]:
        """Yield batches of every table, in order of run keys."""
        filled: list[Filled] = []
        for each in _merged_rows(directory, self._plan):
            filled.append(each)
            if len(filled) == _BATCH:
                yield self._batch(filled)
                filled = []
        yield self._batch(filled)

    def _batch(self, filled: Sequence[Filled]) -> dict[str, pa.Table]:
        rows = [row for row, places in filled for _ in places]
        places = np.array([place for _, places in filled for place in places], dtype=np.int64)
        keep = self._plan.keep
        tables = {"runs": self._runs(rows, places)}
        if self._is_usual and keep.groups:
            tables["groups"] = self._groups(rows, places)
        if self._is_usual and keep.spreads:
            tables["spreads"] = self._spreads(rows, places)
        if self._is_usual and keep.courses:
            tables["courses"] = self._courses(rows, places)
        tables["circumstances"] = _circumstances([row for row, _ in filled])
        return tables

    def _labels(self, rows: Sequence[Row], places: Places, times: Iterable[int] | None = None) -> dict[str, pa.Array]:
        """Return what tells which run it is, each run as many times as its table has rows of it."""
        repeat = np.ones(len(rows), dtype=np.int64) if times is None else np.array(list(times), dtype=np.int64)
        keys = np.array([row.run_key.hex() for row in rows], dtype=object)
        at = np.repeat(places, repeat)
        cells = self._plan.cells.take(pa.array(self._cells[at], pa.int64()))
        return {
            "run_key": pa.array(np.repeat(keys, repeat), pa.string()),
            **{name: cells[name] for name in ("scenario", "choice", "draw")},
            "replication": pa.array(self._replications[at], pa.int32()),
        }

    def _runs(self, rows: Sequence[Row], places: Places) -> pa.Table:
        found = [json.loads(row.outcomes) if row.outcomes is not None else {} for row in rows]
        if not self._is_usual:
            self._names = self._names or list(next(filter(None, found), {}))
            if unknown := [name for each in found for name in each if name not in self._names]:
                raise CmsimError(f"runs return different outcomes: {unknown[0]} in some only; allowed: the same in all")
        columns = self._labels(rows, places)
        cells = self._plan.cells.take(pa.array(self._cells[places], pa.int64()))
        columns |= {factor.name: cells[factor.name] for factor in self._plan.factors}
        columns |= {
            name: pa.array([getattr(row, name) for row in rows], pa.string()) for name in ("status", "error", "digest")
        }
        return pa.table(columns | {name: _floats(each.get(name) for each in found) for name in self._names})

    def _groups(self, rows: Sequence[Row], places: Places) -> pa.Table:
        found = [json.loads(row.groups) if row.groups is not None else [] for row in rows]
        every = [group for groups in found for group in groups]
        columns = self._labels(rows, places, map(len, found))
        columns |= {
            name: pa.array([each[i] for each in every], pa.string()) for i, name in enumerate(("grouping", "group"))
        }
        names = ("client_years", *(name for name, outcome in OUTCOMES.items() if outcome.by_group))
        return pa.table(columns | {name: _floats(each[2].get(name) for each in every) for name in names})

    def _spreads(self, rows: Sequence[Row], places: Places) -> pa.Table:
        found = [json.loads(row.spreads) if row.spreads is not None else {} for row in rows]
        every = [spread for spreads in found for spread in spreads.items()]
        columns = self._labels(rows, places, map(len, found))
        columns["spread"] = pa.array([name for name, _ in every], pa.string())
        names = (*(f"q{100 * q:g}" for q in QUANTILES), "top_tenth")
        return pa.table(columns | {name: _floats(values[i] for _, values in every) for i, name in enumerate(names)})

    def _courses(self, rows: Sequence[Row], places: Places) -> pa.Table:
        found = [unpack_courses(row.courses) if row.courses is not None else {} for row in rows]
        weeks = [len(next(iter(courses.values()), ())) for courses in found]
        columns = self._labels(rows, places, weeks)
        columns["week"] = pa.array([week for count in weeks for week in range(count)], pa.int32())
        none = np.empty(0)
        return pa.table(
            columns
            | {name: pa.array(np.concatenate([none, *(each[name] for each in found if each)])) for name in SERIES}
        )


def _floats(values: Iterable[float | None]) -> pa.Array:
    return pa.array([np.nan if value is None else value for value in values], pa.float64())


def _circumstances(rows: Sequence[Row]) -> pa.Table:
    types = {"seconds": pa.float64(), "process": pa.int64()}
    columns = {"run_key": pa.array([row.run_key.hex() for row in rows], pa.string())}
    for name in ("status", "seconds", "host", "process", "finished", "trace"):
        columns[name] = pa.array([getattr(row, name) for row in rows], types.get(name, pa.string()))
    return pa.table(columns)


def write_tables(directory: Path, plan: Plan, missing: int) -> list[Path]:
    """Merge the store of a study into its tables, each whole or not at all; return their paths.

    Args:
        directory: the study folder.
        plan: its plan.
        missing: runs that are not done yet, which the mark of the tables tells.

    Raises:
        CmsimError: a run that was done twice came out differently.
        DiskError: the disk refused.
    """
    parts: dict[str, pq.ParquetWriter] = {}
    marked = {_MARK: _mark(plan, missing)}
    aside = directory / f".merging-{uuid4().hex[:8]}"
    try:
        aside.mkdir(exist_ok=True)
        for batch in _Builder(plan).batches(directory):
            for name, table in batch.items():
                if name not in parts:
                    parts[name] = pq.ParquetWriter(aside / name, table.schema.with_metadata(marked), compression="zstd")
                parts[name].write_table(table.replace_schema_metadata(marked))
        for name, writer in parts.items():
            writer.close()
            write_durably(directory / f"{name}.parquet", (aside / name).replace)
        for name in set(TABLES) - set(parts):
            (directory / f"{name}.parquet").unlink(missing_ok=True)
    except (OSError, DiskError) as error:
        raise DiskError(
            f"{directory} cannot be written: {reason(error)}; the store is as it was. Make room, then: "
            f"cmsim study merge {directory}"
        ) from error
    finally:
        for name in parts:
            (aside / name).unlink(missing_ok=True)
        with suppress(OSError):
            aside.rmdir()
    return [directory / f"{name}.parquet" for name in parts]


def _mark(plan: Plan, missing: int) -> bytes:
    """Return what marks the tables of a plan, so that others, or unfinished ones, are not taken for them."""
    text = f"{plan.digest} {json.dumps(plan.keep.model_dump(), sort_keys=True)} {missing}"
    return hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).hexdigest().encode()


def is_merged(directory: Path, name: str, plan: Plan) -> bool:
    """Whether a table is there, whole, and that of the whole of a plan."""
    try:
        found: Mapping[bytes, bytes] = pq.read_schema(directory / f"{name}.parquet").metadata or {}
    except (OSError, pa.ArrowException):
        return False
    return found.get(_MARK) == _mark(plan, 0)


def read_table(directory: Path, name: str, plan: Plan, columns: list[str] | None = None) -> pa.Table | None:
    """Return a table, or some of its columns: as merged, else collected from the store in memory.

    Returns:
        None if it is not kept.
    """
    if is_merged(directory, name, plan):
        with suppress(OSError, pa.ArrowException):  # a damaged table is collected anew
            return pq.ParquetFile(directory / f"{name}.parquet").read(columns=columns)
    parts = [batch[name] for batch in _Builder(plan).batches(directory) if name in batch]
    if not parts:
        return None
    table = pa.concat_tables(parts, promote_options="permissive")
    return table if columns is None else table.select(columns)
