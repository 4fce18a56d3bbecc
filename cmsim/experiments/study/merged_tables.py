"""Tables as merged, read back; each is marked with the plan that it is the whole of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cmsim.experiments.study.run_key import KEY_BYTES
from cmsim.experiments.study.study_plan import Plan

TABLES = ("runs", "groups", "spreads", "courses", "circumstances")
"""The tables of a study; groups, spreads and courses only if they are kept."""
MARK = b"cmsim.merged"


def mark(plan: Plan, missing: int) -> str:
    """Return what marks the tables of a plan, so that others, or unfinished ones, are not taken for them."""
    text = f"{plan.digest} {json.dumps(plan.keep.model_dump(), sort_keys=True)} {missing}"
    return hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).hexdigest()


def is_merged(directory: Path, name: str, plan: Plan) -> bool:
    """Whether a table is there, whole, and that of the whole of a plan."""
    try:
        found: Mapping[bytes, bytes] = pq.read_schema(directory / f"{name}.parquet").metadata or {}
    except (OSError, pa.ArrowException):
        return False
    return found.get(MARK) == mark(plan, 0).encode()


def read_merged(directory: Path, name: str, plan: Plan, columns: list[str] | None = None) -> pa.Table | None:
    """Return a table as merged, or some of its columns.

    None if it is not there, damaged, or of another plan or an unfinished one.
    """
    if not is_merged(directory, name, plan):
        return None
    try:
        return pq.ParquetFile(directory / f"{name}.parquet").read(columns=columns)
    except (OSError, pa.ArrowException):
        return None
