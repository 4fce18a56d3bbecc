"""The folder of a study: its manifest, its cells, and what its store holds of the plan.

====================  ==========================================================================
``manifest.json``     the plan: scenarios, factors, design, seeds, versions; written when it is made
``cells.parquet``     scenario, choice and draw of each cell, with the value of every factor
``store/*.sqlite``    finished runs, one file a sweep or shard
``events/``           event logs, if kept, one file a run
``runs.parquet``      made by merging: one row a run; ``merged.json`` has the checksums of such tables
====================  ==========================================================================
"""

import json
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.durable_files import Damaged, checksum, is_log_whole, log_path, reason, write_durably
from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.run_key import changed_rules, model_version, rule_code
from cmsim.experiments.study.run_store import COMPLETE, FAILED, check, damaged, select, stores
from cmsim.experiments.study.study_file import Keep, RunLimits
from cmsim.experiments.study.study_plan import Plan

MANIFEST, CELLS, STORE = "manifest.json", "cells.parquet", "store"
_FORMAT = "cmsim study 3"
_WITHOUT_CHECKSUMS = "cmsim study 2"
"""An earlier format: its manifest has no checksums, and is not checked against any."""
_NEEDED_OF_EARLIER = {"plan", "written", "title", "file", "model"}
"""What is read of an earlier study that is gone on with."""

Manifest = dict[str, Any]


def write_plan(directory: Path, plan: Plan, file: str) -> None:
    """Write manifest and cells of a plan into a study folder, each whole or not at all.

    Runs that are in the folder already and part of this plan count as done. A plan that is not from a file is called
    as before, or by its title.

    Raises:
        CmsimError: the folder holds something else than a study, another study, or one of another version.
        DiskError: the disk refused.
    """
    earlier = _earlier(directory, plan)
    if earlier is not None and earlier["plan"] != plan.digest:
        found = survey(directory, plan)
        if found.rows and not found.statuses:
            raise CmsimError(
                f"{directory} holds another study ({earlier['title'] or earlier['file']}): none of its {found.rows:,} "
                "runs is part of this one; allowed: another folder, --out ANOTHER_FOLDER"
            )
        earlier = None
    cells = pa.BufferOutputStream()
    pq.write_table(plan.cells, cells, compression="zstd")
    content = cells.getvalue().to_pybytes()
    manifest = sealed(_manifest(plan, file, earlier) | {"cells_checksum": checksum(content)})
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    write_durably(directory / CELLS, content)
    write_durably(directory / MANIFEST, text.encode())


def sealed(manifest: Manifest) -> Manifest:
    """Return a manifest with the checksum of all else in it."""
    rest = {key: value for key, value in manifest.items() if key != "checksum"}
    return {**rest, "checksum": checksum(json.dumps(rest, sort_keys=True).encode())}


def _earlier(directory: Path, plan: Plan) -> Manifest | None:
    if not directory.exists():
        return None
    if not directory.is_dir():
        raise CmsimError(f"{directory} is a file; a study needs a folder of its own")
    inside = {entry.name for entry in directory.iterdir() if not entry.name.startswith(".")}
    if inside and not inside & {MANIFEST, STORE, CELLS}:
        raise CmsimError(f"{directory} holds files but no study; name another folder")
    try:
        found = read_manifest(directory)
    except Damaged:
        return None  # it is written anew; runs are known by their keys
    if found is not None:
        check_version(directory, found, plan.version)
    return found


def _manifest(plan: Plan, file: str, earlier: Manifest | None) -> Manifest:
    return {
        "format": _FORMAT,
        "plan": plan.digest,
        "written": earlier["written"] if earlier else datetime.now(UTC).isoformat(timespec="seconds"),
        "title": plan.title,
        "question": plan.question,
        "file": file or (earlier["file"] if earlier else plan.title),
        "model": dict(plan.version),
        "rules": rule_code(
            [each.flat() for each in plan.scenarios.values()]
            + [{key: value} for each in plan.factors for key in each.keys for value in each.values]
        ),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "seed": plan.seed,
        "first_replication": plan.first,
        "replications": plan.replications,
        "cells": plan.cells.num_rows,
        "runs": plan.runs,
        "factors": [asdict(factor) for factor in plan.factors],
        "keep": plan.keep.model_dump(),
        "limits": plan.limits.model_dump(),
        "scenarios": [
            {"name": name, "title": scenario.title, "toml": plan.texts[name]}
            for name, scenario in plan.scenarios.items()
        ],
    }


def read_manifest(directory: Path) -> Manifest | None:
    """Return the manifest of a study; None if the folder has none.

    Raises:
        Damaged: it cannot be read; the message says what to do.
        CmsimError: it is not that of a study, or that of another version.
    """
    path = directory / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(f"{path} is damaged: it cannot be read ({reason(error)}); {_again(directory)}") from None
    if not isinstance(found, dict) or not str(found.get("format", "")).startswith("cmsim study "):
        if stores(directory / STORE):
            raise Damaged(f"{path} is damaged: it is not that of a study; {_again(directory)}")
        raise CmsimError(f"{directory} is no study: its {MANIFEST} is of another kind")
    is_sealed = found["format"] == _FORMAT or "checksum" in found
    is_known = found["format"] in (_FORMAT, _WITHOUT_CHECKSUMS)
    if found != sealed(found) if is_sealed else is_known and not found.keys() >= _NEEDED_OF_EARLIER:
        raise Damaged(f"{path} is damaged: it is not as it was written; {_again(directory)}")
    if not is_known:
        raise CmsimError(
            f"{directory} was written by another version of cmsim ({found['format']}; here: {_FORMAT}); "
            f"install the version that wrote it ({found.get('model', {}).get('cmsim', 'unknown')}), or begin "
            "again: cmsim sweep STUDYFILE --out ANOTHER_FOLDER"
        )
    return found


def _again(directory: Path) -> str:
    return f"cmsim sweep STUDYFILE --out {directory} writes it anew from the study file, and keeps the finished runs"


def read_plan(directory: str | Path) -> tuple[Manifest, Plan]:
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
        content = (folder / CELLS).read_bytes()
        cells = pq.ParquetFile(pa.BufferReader(content)).read()  # read_table would import pandas
    except (OSError, pa.ArrowException) as error:
        raise Damaged(f"{folder / CELLS} is damaged ({reason(error)}); {_again(folder)}") from None
    try:
        plan = _plan(found, cells)
        is_theirs = plan.digest == found["plan"] and found.get("cells_checksum") in (None, checksum(content))
    except (KeyError, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {reason(error)}"
        raise Damaged(f"{folder / MANIFEST} is damaged ({why}); {_again(folder)}") from None
    if not is_theirs:
        raise Damaged(f"{folder / CELLS} does not belong to {MANIFEST}; {_again(folder)}")
    return found, plan


def _plan(found: Manifest, cells: pa.Table) -> Plan:
    return Plan(
        found["model"],
        {each["name"]: each["toml"] for each in found["scenarios"]},
        found["seed"],
        [Factor(**{**each, "keys": tuple(each["keys"]), "values": tuple(each["values"])}) for each in found["factors"]],
        cells,
        found["first_replication"],
        found["replications"],
        Keep.model_validate(found["keep"], strict=False),  # JSON has no tuples
        RunLimits.model_validate(found["limits"]),
        found["title"],
        found["question"],
    )


def check_version(directory: Path, found: Manifest, version: Mapping[str, str] | None = None) -> None:
    """Refuse to add runs of this version of the model to a study of another.

    This version is that of a plan or, by default, that of the model as installed.

    Raises:
        CmsimError: they differ; the message says in what, and what to do.
    """
    if changed := changed_rules(found.get("rules", {})):
        raise CmsimError(
            f"{directory} was made with other code of {', '.join(changed)}, which has rules of its own. Runs of the "
            "two cannot be mixed. To finish it, put that code back; to use the code as it is now, begin again in "
            "another folder: --out ANOTHER_FOLDER. What it holds can still be read and merged"
        )
    theirs = found["model"]
    mine = version if version is not None else model_version() | {k: v for k, v in theirs.items() if k == "run"}
    differing = [name for name in sorted({*mine, *theirs}) if mine.get(name) != theirs.get(name)]
    if not differing:
        return
    told = "; ".join(f"{name} there {theirs.get(name, 'none')}, here {mine.get(name, 'none')}" for name in differing)
    raise CmsimError(
        f"{directory} was made with another version of the model ({told}). Runs of the two cannot be mixed. "
        "To finish it, install what it was made with; to use this version, begin again in another "
        "folder: --out ANOTHER_FOLDER. What it holds can still be read and merged"
    )


@dataclass
class Status:
    """How far a study is.

    Attributes:
        planned: different runs in the plan.
        files: number of files of runs.
        rows: runs in these files, of any plan.
        beyond: of these, runs of an earlier plan that this one does not have; the tables leave them out.
        statuses: of the runs of the plan, by key; those that are missing left out.
        damaged: files that cannot be read, a sentence each, with what to do.
        unchecked: event logs that were looked at and have no checksum, since an earlier version saved them.
        merged: whether the tables hold all of it.
    """

    planned: int
    files: int = 0
    rows: int = 0
    beyond: int = 0
    statuses: dict[bytes, str] = field(default_factory=dict, repr=False)
    damaged: list[str] = field(default_factory=list)
    unchecked: int = 0
    merged: bool = False

    @property
    def complete(self) -> int:
        """Runs with results."""
        return Counter(self.statuses.values())[COMPLETE]

    @property
    def failed(self) -> dict[str, int]:
        """Runs saved without results, by what became of them."""
        return Counter(status for status in self.statuses.values() if status != COMPLETE)

    @property
    def missing(self) -> int:
        """Runs of the plan that are not saved."""
        return self.planned - len(self.statuses)

    @property
    def finished(self) -> bool:
        """Whether no run is missing."""
        return self.missing == 0


def survey(directory: Path, plan: Plan, *, thorough: bool = False) -> Status:
    """Return what the store of a study holds of a plan.

    A run that is complete elsewhere has not failed; one of which less was kept than the plan wants is missing. If
    thorough, every file is read through and every event log looked at, to find damage.
    """
    columns = {"groups": "groups", "spreads": "spreads", "courses": "courses", "events": "log_bytes"}
    wanted = [column for part, column in columns.items() if getattr(plan.keep, part) and "run" not in plan.version]
    where = " AND ".join([f"status = '{COMPLETE}'", *(f"{column} IS NOT NULL" for column in wanted)])
    planned = set(plan.keys.tolist())
    found = Status(len(planned), len(stores(directory / STORE)))
    broken: dict[bytes, str] = {}
    for path in stores(directory / STORE):
        try:
            if thorough:
                check(path)
            asked = ("run_key", "status", "log_bytes", "log_checksum")
            for key, status, size, saved in select(path, asked, where=f"status <> '{COMPLETE}' OR ({where})"):
                if not isinstance(key, bytes) or status not in (COMPLETE, *FAILED):
                    raise damaged(path, "a run is not as it was saved")
                found.rows += 1
                found.beyond += key not in planned
                if key not in planned or found.statuses.get(key) == COMPLETE:
                    continue
                log = log_path(directory, key)
                is_looked_at = thorough and "log_bytes" in wanted and status == COMPLETE
                if is_looked_at and not is_log_whole(log, size, saved):
                    how = f"its run can be done again: cmsim study resume {directory} does it"
                    broken[key] = f"{log} is damaged or missing; {how}"
                else:
                    found.statuses[key] = str(status)
                    found.unchecked += is_looked_at and saved is None
        except Damaged as error:
            found.damaged.append(str(error))
    # the log may be that of the same run in another file
    found.damaged += [why for key, why in broken.items() if found.statuses.get(key) != COMPLETE]
    return found
