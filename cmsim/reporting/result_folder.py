"""Results on disk: written into a hidden folder beside their place and moved there whole, or not at all."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pandas as pd
from pydantic_core import to_json

from cmsim.core.errors import CmsimError
from cmsim.core.extension import load_extension
from cmsim.core.version import __version__
from cmsim.experiments.study.run_key import rule_code
from cmsim.reporting.result_origin import INPUTS, Origin
from cmsim.reporting.saved_results import FORMAT, MANIFEST, checksum, read_saved
from cmsim.results.data_frames import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cmsim.scenario import Scenario

README = "README.txt"
_LIBRARIES = ("numpy", "scipy", "pandas", "networkx", "simpy", "mesa", "pydantic", "joblib")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LETTERS = 50
"""Of its name that the folder beside a results folder has too: with more it could become too long."""


@dataclass(frozen=True)
class Results:
    """What a results folder holds.

    Attributes:
        manifest: inputs, seeds and versions, see :func:`manifest`.
        sheets: tables, each written as ``<name>.csv``.
        figures: pictures by name, each written as ``<name>.png``.
        notes: sentences for the readme.
        texts: further files by name.
        parquet: tables written as ``<name>.parquet``, words and empty cells as they are.
        origin: what they were made from, if a command made them.
    """

    manifest: Mapping[str, Any]
    sheets: Sequence[Sheet]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    notes: Sequence[str] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    parquet: Sequence[Sheet] = ()
    origin: Origin | None = None


def manifest(
    command: str, scenarios: Sequence[Scenario], replications: Sequence[int], more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what is needed to repeat a result: inputs with every setting, seeds, versions, platform.

    Args:
        command: what was done.
        scenarios: what was simulated.
        replications: the replications of each.
        more: further entries.
    """
    return {
        "format": FORMAT,
        "command": command,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "cmsim": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "replications": list(replications),
        "extensions": [
            {"name": each.extension.name, "reference": each.reference, "version": each.version, "code": each.code}
            for each in map(load_extension, dict.fromkeys(name for spec in scenarios for name in spec.extensions))
        ],
        "rules": rule_code(spec.flat() for spec in scenarios),
        "scenarios": [describe_scenario(each) for each in scenarios],
        **(more or {}),
    }


def describe_scenario(scenario: Scenario) -> dict[str, object]:
    """Return what a manifest says of a scenario, with every setting, and a file of it that is based on no other."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "purpose": scenario.purpose,
        "seed": scenario.run.seed,
        "digest": scenario.digest(),
        "settings": scenario.flat(),
        "toml": scenario.to_toml(),
        **({"observed": {name: each.stated() for name, each in scenario.observed}} if scenario.observed else {}),
    }


def manifest_text(described: Mapping[str, object]) -> str:
    """Return a manifest as its file holds it: JSON, with null for what is not finite."""
    return to_json(described, indent=2, inf_nan_mode="null").decode() + "\n"


def check_destination(directory: str | Path, origin: Origin | None = None) -> Path:
    """Return the folder as a path if results may be written there; to be asked before a long run.

    Args:
        directory: the folder.
        origin: what the results are made from; those of other inputs are only replaced if it says so, or is ``None``.

    Raises:
        CmsimError: something is there that is not to be replaced, or the place cannot be written to.
    """
    path = Path(directory)
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise CmsimError(f"{path} is a file or a link; results need a folder of their own")
    if path.is_dir():
        _refuse_foreign(path)
        _refuse_others(path, origin)
    above = path.absolute().parent
    while not above.exists():
        above = above.parent
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise CmsimError(f"{path} cannot be written: no permission in {above}")
    return path


def write_results(directory: str | Path, results: Results) -> Path:
    """Write a results folder, whole or not at all; earlier results of cmsim in the same place are replaced.

    Where results have an origin, those of other inputs are only replaced if it says so.

    Raises:
        CmsimError: as :func:`check_destination`, or the disk refused.
    """
    path = check_destination(directory, results.origin)
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        fresh = path.absolute().with_name(f".{path.name[:_LETTERS]}.writing-{uuid4().hex[:8]}")
        fresh.mkdir()
    except OSError as error:
        raise CmsimError(f"{path} cannot be written: {error.strerror}") from error
    try:
        _fill(fresh, results)
        _put_in_place(fresh, path)
    except OSError as error:
        raise CmsimError(f"{path} cannot be written: {error.strerror}; nothing was changed") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return path


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV; text that a spreadsheet would take for a formula gets an apostrophe in front.

    Numbers of single precision are written with 5 decimals, others with 10 digits.
    """
    safe = frame.copy(deep=False)
    for column in safe.columns:
        if isinstance(safe[column].dtype, pd.CategoricalDtype):
            words = safe[column].cat.categories
            safe[column] = safe[column].cat.rename_categories([_harmless(word) for word in words])
        elif safe[column].dtype == np.float32:
            safe[column] = safe[column].astype(float).round(5)
        elif not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(_harmless)
    safe.columns = [_harmless(column) for column in safe.columns]
    safe.to_csv(path, index=False, float_format="%.10g", lineterminator="\n")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _fill(folder: Path, results: Results) -> None:
    from cmsim.reporting.figures import draw  # and with it matplotlib, which takes its time

    for sheet in results.sheets:
        write_csv(sheet.frame, folder / f"{sheet.name}.csv")
    for sheet in results.parquet:
        sheet.frame.to_parquet(folder / f"{sheet.name}.parquet", index=False)
    for name, text in results.texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, figure in results.figures.items():
        draw(figure, folder / f"{name}.png")
    (folder / README).write_text(_readme(results), encoding="utf-8")
    described = {**results.manifest, "notes": list(results.notes)}
    if results.origin is not None:
        described |= results.origin.describe()
        for path, place in results.origin.places().items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(results.origin.files[path])
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    described["checksums"] = {file.relative_to(folder).as_posix(): checksum(file) for file in files}
    described["files"] = sorted([*(file.name for file in folder.iterdir()), MANIFEST])
    (folder / MANIFEST).write_text(manifest_text(described), encoding="utf-8")


def _put_in_place(fresh: Path, path: Path) -> None:
    """Move the finished folder to its place; what was there comes back if that fails."""
    if not path.exists():
        fresh.rename(path)
        return
    earlier = fresh.with_name(f"{fresh.name}.earlier")
    try:
        path.rename(earlier)
        fresh.rename(path)
    except BaseException:
        if earlier.exists() and not path.exists():
            earlier.rename(path)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _refuse_foreign(path: Path) -> None:
    """Refuse a folder that holds anything that its own manifest does not list."""
    held = read_saved(path)
    known = set() if held is None else set(held.files)
    if foreign := sorted({entry.name for entry in path.iterdir()} - known):
        named = ", ".join(foreign[:3]) + (" ..." if foreign[3:] else "")
        raise CmsimError(f"{path} holds files that cmsim did not write ({named}); name another folder")


def _refuse_others(path: Path, origin: Origin | None) -> None:
    held = read_saved(path)
    if held is not None and origin is not None and not origin.replace and held.key != origin.key:
        raise CmsimError(f"{path} holds {held.about}; allowed: another folder, or --replace, which deletes these")


def _readme(results: Results) -> str:
    lines = [f"Results of cmsim {results.manifest['cmsim']}: {results.manifest['command']}", ""]
    for scenario in results.manifest["scenarios"]:
        lines.append(f"{scenario['name']}: {scenario['title']}. {scenario['purpose']}".rstrip())
    lines += ["", *results.notes, "", f"{MANIFEST}: every setting, seeds, versions.", ""]
    if results.origin is not None and results.origin.files:
        lines.insert(-1, f"{INPUTS}: the files that the command read.")
    lines += [f"{name}.png: a figure." for name in results.figures]
    lines += ["", "TABLES AND COLUMNS (column: unit; meaning)"]
    for sheet, ending in [
        *((each, "csv") for each in results.sheets),
        *((each, "parquet") for each in results.parquet),
    ]:
        lines += ["", f"{sheet.name}.{ending}: {sheet.about}"]
        lines += [
            f"  {column}: {'; '.join(sheet.columns[column])}" if column in sheet.columns else f"  {column}"
            for column in sheet.frame.columns
        ]
    return "\n".join(lines) + "\n"
