"""The tables of a study: one row a run, in order of run keys, the same whoever did the runs and when.

A run that was done twice, as two shards with one setting in common may do it, must have come out equal. Wall times,
machines and dates differ from one sweep to the next; they go to a table of their own, ``circumstances.parquet``.
"""

import hashlib
import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.durable_files import DiskError, checksum, reason, write_durably
from cmsim.experiments.study.run_key import KEY_BYTES
from cmsim.experiments.study.run_store import COMPLETE, RESULTS, Row, read_rows, stores
from cmsim.experiments.study.study_folder import STORE
from cmsim.experiments.study.study_plan import LABELS, Plan
from cmsim.outcomes import OUTCOMES, QUANTILES, SERIES

TABLES = ("runs", "groups", "spreads", "courses", "circumstances")
"""The tables of a study; groups, spreads and courses only if they are kept."""
RUN_COLUMNS = ("run_key", *LABELS, "replication", "status", "error", "digest")
"""The columns of the table of runs besides factors and outcomes."""
_MERGED = "merged.json"
"""Which runs the tables hold, and the checksum of each."""
_BATCH = 1_000
_SPREAD = (*(f"q{100 * q:g}" for q in QUANTILES), "top_tenth")


def _merged_rows(directory: Path, plan: Plan) -> Iterator[tuple[Row, list[int]]]:
    """Yield each run of a plan that the store holds with the places that it fills there, in order of run keys.

    Raises:
        Damaged: a file cannot be read.
        CmsimError: the store holds different results of one run.
    """
    places: dict[bytes, list[int]] = {}
    for place, key in enumerate(plan.keys.tolist()):
        places.setdefault(key, []).append(place)
    key_of = attrgetter("run_key")
    readers = [read_rows(path, "run_key") for path in stores(directory / STORE)]
    for key, rows in groupby(heapq.merge(*readers, key=key_of), key=key_of):
        if key in places:
            yield _one_of(list(rows), directory), places[key]


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


def _schemas(plan: Plan, names: Sequence[str]) -> dict[str, pa.Schema]:
    """Return the columns of each table that is kept, besides the labels of its runs."""

    def schema(words: Sequence[str], numbers: Iterable[str]) -> pa.Schema:
        return pa.schema([*((name, pa.string()) for name in words), *((name, pa.float64()) for name in numbers)])

    by_group = (name for name, outcome in OUTCOMES.items() if outcome.by_group)
    side = {
        "groups": schema(("grouping", "group"), ("client_years", *by_group)),
        "spreads": schema(("spread",), _SPREAD),
        "courses": pa.schema([("week", pa.int32()), *((name, pa.float64()) for name in SERIES)]),
    }
    is_usual = "run" not in plan.version
    kept = {name: columns for name, columns in side.items() if is_usual and getattr(plan.keep, name)}
    return {"runs": schema(("status", "error", "digest"), names), **kept}


def _lines(row: Row) -> dict[str, list[dict[str, object]]]:
    """Return what a run puts into each table, besides its labels."""
    courses: dict[str, list[float]] = json.loads(row.courses or "{}")
    return {
        "runs": [{"status": row.status, "error": row.error, "digest": row.digest, **json.loads(row.outcomes or "{}")}],
        "groups": [
            {"grouping": grouping, "group": group, **values}
            for grouping, group, values in json.loads(row.groups or "[]")
        ],
        "spreads": [
            {"spread": name, **dict(zip(_SPREAD, values, strict=True))}
            for name, values in json.loads(row.spreads or "{}").items()
        ],
        "courses": [
            {"week": week, **dict(zip(courses, values, strict=True))}
            for week, values in enumerate(zip(*courses.values(), strict=True))
        ],
    }


def _batches(directory: Path, plan: Plan) -> Iterator[dict[str, pa.Table]]:
    """Yield batches of every table, in order of run keys."""
    filled = _merged_rows(directory, plan)
    names = [] if "run" in plan.version else plan.keep.names()
    while True:
        batch = list(islice(filled, _BATCH))
        if "run" in plan.version:
            names = _own_outcomes([row for row, _ in batch], names)
        lines = [(place, _lines(row)) for row, places in batch for place in places]
        tables = {
            name: _table(plan, schema, [(place, line) for place, of in lines for line in of[name]], name == "runs")
            for name, schema in _schemas(plan, names).items()
        }
        yield tables | {"circumstances": _circumstances([row for row, _ in batch])}
        if len(batch) < _BATCH:
            return


def _own_outcomes(rows: Sequence[Row], names: Sequence[str]) -> list[str]:
    """Return the outcomes of a run function of the user's own, the same in all runs.

    Raises:
        CmsimError: runs return different outcomes.
    """
    found = [list(json.loads(row.outcomes)) for row in rows if row.outcomes is not None]
    known = [*names] or next(iter(found), [])
    if unknown := [name for each in found for name in each if name not in known]:
        raise CmsimError(f"runs return different outcomes: {unknown[0]} in some only; allowed: the same in all")
    return known


def _table(plan: Plan, schema: pa.Schema, lines: Sequence[tuple[int, object]], has_factors: bool) -> pa.Table:
    """Return lines, each with the place of its run in the plan, as a table with the labels of the runs.

    The schema is that of the columns besides the labels; numbers that are missing are undefined.
    """
    places = np.array([place for place, _ in lines], dtype=np.int64)
    cells = plan.cells.take(pa.array(plan.order.cell[places], pa.int64()))
    details = pa.Table.from_pylist([line for _, line in lines], schema=schema)
    return pa.table(
        {
            "run_key": pa.array([key.hex() for key in plan.keys[places].tolist()], pa.string()),
            **{name: cells[name] for name in LABELS},
            "replication": pa.array(plan.order.replication[places], pa.int32()),
            **({factor.name: cells[factor.name] for factor in plan.factors} if has_factors else {}),
            **{
                column: pc.fill_null(details[column], np.nan) if pa.types.is_floating(kind) else details[column]
                for column, kind in zip(schema.names, schema.types, strict=True)
            },
        }
    )


def _circumstances(rows: Sequence[Row]) -> pa.Table:
    types = {"seconds": pa.float64(), "process": pa.int64()}
    names = ("run_key", "status", "seconds", "host", "process", "finished", "trace")
    schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
    lines = [{name: getattr(row, name) for name in names} | {"run_key": row.run_key.hex()} for row in rows]
    return pa.Table.from_pylist(lines, schema=schema)


def write_tables(directory: Path, plan: Plan, missing: int) -> list[Path]:
    """Merge the store of a study into its tables, each whole or not at all; return their paths.

    Raises:
        CmsimError: a run that was done twice came out differently.
        DiskError: the disk refused.
    """
    parts: dict[str, pq.ParquetWriter] = {}
    aside = directory / f".merging-{uuid4().hex[:8]}"
    try:
        aside.mkdir(exist_ok=True)
        for batch in _batches(directory, plan):
            for name, table in batch.items():
                if name not in parts:
                    parts[name] = pq.ParquetWriter(aside / name, table.schema, compression="zstd")
                parts[name].write_table(table)
        checksums = {}
        for name, writer in parts.items():
            writer.close()
            checksums[name] = checksum((aside / name).read_bytes())
            write_durably(directory / f"{name}.parquet", (aside / name).replace)
        merged = {"plan": _mark(plan, missing), "checksums": checksums}
        write_durably(directory / _MERGED, json.dumps(merged).encode())
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


def _mark(plan: Plan, missing: int) -> str:
    """Return what marks the tables of a plan, so that others, or unfinished ones, are not taken for them."""
    text = f"{plan.digest} {json.dumps(plan.keep.model_dump(), sort_keys=True)} {missing}"
    return hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).hexdigest()


def is_merged(directory: Path, name: str, plan: Plan) -> bool:
    """Whether a table is there, as it was written, and that of the whole of a plan."""
    try:
        merged = json.loads((directory / _MERGED).read_bytes())
        found = {"plan": merged["plan"], name: checksum((directory / f"{name}.parquet").read_bytes())}
        return found == {"plan": _mark(plan, 0), name: merged["checksums"][name]}
    except (OSError, ValueError, LookupError, TypeError):
        return False


def read_table(directory: Path, name: str, plan: Plan, columns: Sequence[str] | None = None) -> pa.Table | None:
    """Return a table, or some of its columns: as merged, else collected from the store in memory.

    Returns:
        None if it is not kept.
    """
    if is_merged(directory, name, plan):
        with suppress(OSError, pa.ArrowException):  # damaged just now: it is collected anew
            return pq.ParquetFile(directory / f"{name}.parquet").read(columns=columns and list(columns))
    parts = [batch[name] for batch in _batches(directory, plan) if name in batch]
    if not parts:
        return None
    table = pa.concat_tables(parts, promote_options="permissive")
    return table if columns is None else table.select(list(columns))
