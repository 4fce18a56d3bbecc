"""The folder of a study: its manifest and its cells.

====================  ==========================================================================
``manifest.json``     the plan: scenarios, factors, design, seeds, versions; written when it is made
``cells.parquet``     scenario, choice and draw of each cell, with the value of every factor
``ledger/*.sqlite``   finished runs, one file a worker process, one transaction a run
``events/``           event logs, if kept, one file a run
``runs.parquet``      made by merging: one row a run
====================  ==========================================================================
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.event_log_file import put_in_place, write_whole
from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.retention import Keep, RunLimits
from cmsim.experiments.study.run_key import model_version
from cmsim.experiments.study.run_store import Damaged, DiskError
from cmsim.experiments.study.study_plan import Plan

MANIFEST, CELLS, LEDGER, EVENTS = "manifest.json", "cells.parquet", "ledger", "events"
_ASIDE = "damaged"
_FORMAT = "cmsim study 1"
_BATCH = 20_000


def study_id(directory: Path) -> str | None:
    """Return the id of the study in a folder; None if there is none that can be read."""
    try:
        found = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))["id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def write_plan(directory: Path, plan: Plan, file: str) -> dict[str, Any]:
    """Write manifest and cells of a plan into a study folder, each whole or not at all; return the manifest.

    Where the folder holds the same plan already, its id stays; so do finished runs that are still part of
    another plan.

    Raises:
        CmsimError: the folder holds something else than a study, or a study of another version.
        DiskError: the disk refused.
    """
    earlier = _earlier(directory, plan)
    found = _manifest(plan, file, earlier)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / LEDGER).mkdir(exist_ok=True)
    except OSError as error:
        raise CmsimError(f"{directory} cannot be written: {(error.strerror or str(error)).lower()}") from None
    write_whole(plan.cells, directory / CELLS)
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if not _write_text(text, directory / MANIFEST, new=earlier is None and not (directory / MANIFEST).exists()):
        # a shard that began at the same moment was first: its id is the one that counts
        return write_plan(directory, plan, file)
    return found


def _earlier(directory: Path, plan: Plan) -> dict[str, Any] | None:
    if not directory.exists():
        return None
    if not directory.is_dir():
        raise CmsimError(f"{directory} is a file; a study needs a folder of its own")
    inside = [entry.name for entry in directory.iterdir()]
    if not inside:
        return None
    if MANIFEST not in inside and LEDGER not in inside:
        raise CmsimError(f"{directory} holds files but no study; name another folder")
    try:
        found = read_manifest(directory)
    except Damaged:
        return None  # it is written anew; runs are known by their keys
    if found is None:
        return None
    check_version(directory, found, plan.version)
    return found


def _manifest(plan: Plan, file: str, earlier: Mapping[str, Any] | None) -> dict[str, Any]:
    same = earlier is not None and earlier.get("plan") == plan.digest
    return {
        "format": _FORMAT,
        "id": earlier["id"] if earlier is not None else uuid4().hex,
        "plan": plan.digest,
        "written": earlier["written"] if same and earlier else datetime.now(UTC).isoformat(timespec="seconds"),
        "title": plan.title,
        "question": plan.question,
        "file": file,
        "model": dict(plan.version),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "seed": plan.seed,
        "first_replication": plan.first,
        "replications": plan.replications,
        "cells": plan.cells.num_rows,
        "runs": plan.runs,
        "factors": [
            {
                "name": factor.name,
                "role": factor.role,
                "keys": list(factor.keys),
                "values": list(factor.values),
                "low": factor.low,
                "high": factor.high,
                "whole": factor.whole,
            }
            for factor in plan.factors
        ],
        "keep": plan.keep.model_dump(),
        "limits": plan.limits.model_dump(),
        "scenarios": [
            {"name": name, "title": scenario.title, "toml": plan.texts[name]}
            for name, scenario in plan.scenarios.items()
        ],
    }


def read_manifest(directory: Path) -> dict[str, Any] | None:
    """Return the manifest of a study; None if the folder has none.

    Raises:
        Damaged: it cannot be read; the message says what to do.
        CmsimError: it is not that of a study, or that of a later version.
    """
    path = directory / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Damaged(f"{path} cannot be read ({error}); {_again(directory)}") from None
    try:
        found = json.loads(text)
    except ValueError:
        raise Damaged(f"{path} is damaged: it is not whole; {_again(directory)}") from None
    if not isinstance(found, dict) or not str(found.get("format", "")).startswith("cmsim study "):
        raise CmsimError(f"{directory} is no study: its {MANIFEST} is of another kind")
    if found["format"] != _FORMAT:
        raise CmsimError(
            f"{directory} was written by another version of cmsim ({found['format']}; here: {_FORMAT}); "
            f"install the version that wrote it ({found.get('model', {}).get('cmsim', 'unknown')}), or begin "
            "again: cmsim sweep STUDYFILE --out ANOTHER_FOLDER"
        )
    return found


def _again(directory: Path) -> str:
    return (
        f"cmsim sweep STUDYFILE --out {directory} writes it anew from the study file, and keeps the runs "
        "that are finished"
    )


def read_plan(directory: str | Path) -> tuple[dict[str, Any], Plan]:
    """Return manifest and plan of a study folder.

    Raises:
        CmsimError: there is no study, or it cannot be read; the message says what to do.
    """
    folder = Path(directory)
    found = read_manifest(folder)
    if found is None:
        hint = "" if folder.is_dir() else "; there is no such folder"
        raise CmsimError(f"{folder} holds no study (no {MANIFEST}){hint}; cmsim sweep STUDYFILE makes one")
    try:
        cells = pq.ParquetFile(folder / CELLS).read()  # read_table would import pandas
    except (OSError, pa.ArrowException) as error:
        raise Damaged(f"{folder / CELLS} is damaged ({error}); {_again(folder)}") from None
    keep = dict(found["keep"])
    if not isinstance(keep["outcomes"], str):
        keep["outcomes"] = tuple(keep["outcomes"])
    plan = Plan(
        found["model"],
        {each["name"]: each["toml"] for each in found["scenarios"]},
        found["seed"],
        [Factor(**{**each, "keys": tuple(each["keys"]), "values": tuple(each["values"])}) for each in found["factors"]],
        cells,
        found["first_replication"],
        found["replications"],
        Keep.model_validate(keep),
        RunLimits.model_validate(found["limits"]),
        found["title"],
        found["question"],
    )
    if plan.digest != found["plan"]:
        raise Damaged(f"{folder / CELLS} does not belong to {MANIFEST}; {_again(folder)}")
    return found, plan


def check_version(directory: Path, found: Mapping[str, Any], version: Mapping[str, str] | None = None) -> None:
    """Refuse to add runs of this version of the model to a study of another.

    Args:
        directory: the study folder.
        found: its manifest.
        version: that of the plan; by default that of the model as installed.

    Raises:
        CmsimError: they differ; the message says in what, and what to do.
    """
    theirs = found["model"]
    mine = version if version is not None else {**model_version(), **_function(theirs)}
    differing = [name for name in sorted({*mine, *theirs}) if mine.get(name) != theirs.get(name)]
    if not differing:
        return
    told = "; ".join(f"{name} there {theirs.get(name, 'none')}, here {mine.get(name, 'none')}" for name in differing)
    raise CmsimError(
        f"{directory} was made with another version of the model ({told}). Runs of the two cannot be mixed. "
        "To finish it, install what it was made with; to use this version, begin again in another "
        "folder: --out ANOTHER_FOLDER. What it holds can still be read and merged"
    )


def _function(version: Mapping[str, str]) -> dict[str, str]:
    return {"run": version["run"]} if "run" in version else {}


def _write_text(text: str, path: Path, *, new: bool) -> bool:
    """Write a file whole or not at all; False if it was to be new and somebody else was first."""
    aside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        aside.write_text(text, encoding="utf-8")
        if new:
            try:
                os.link(aside, path)
            except FileExistsError:
                return False
            except OSError:
                pass  # a file system without links
        put_in_place(aside, path)
        return True
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        aside.unlink(missing_ok=True)
