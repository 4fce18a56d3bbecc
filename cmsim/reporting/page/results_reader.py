"""A results folder read back: manifest and tables, or a message that says why it cannot be."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from cmsim.core.errors import CmsimError
from cmsim.reporting.result_folder import FORMAT, MANIFEST
from cmsim.scenario.former_names import RESULT_NAMES

STUDY_FORMAT = "cmsim study"
_NEEDED = {
    "run": ("outcomes", "weeks", "definitions"),
    "compare": ("outcomes", "groups", "individual_effects", "weeks", "definitions"),
    "sensitivity": ("factors",),
}


@dataclass(frozen=True)
class Folder:
    """What a results folder holds.

    Attributes:
        path: where it is.
        manifest: inputs, seeds and versions.
        tables: by name.
        sensitivity: analyses of what the answer hangs on, found inside it or named with it.
    """

    path: Path
    manifest: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    sensitivity: tuple[Folder, ...] = field(default=())

    @property
    def command(self) -> str:
        """What wrote it: ``run``, ``compare``, ``sensitivity``, or ``sweep`` for a study."""
        return str(self.manifest["command"])

    @property
    def scenarios(self) -> list[dict[str, Any]]:
        """Name, title, purpose, seed, digest and settings of each scenario."""
        return list(self.manifest["scenarios"])

    @property
    def replications(self) -> int:
        """Replications of each scenario."""
        return len(self.manifest["replications"])


def read_folder(directory: str | Path, more: tuple[str | Path, ...] = ()) -> Folder:
    """Return a results folder that a report can be made of.

    Args:
        directory: what ``cmsim run`` or ``cmsim compare`` wrote.
        more: folders that ``cmsim sensitivity`` wrote; those inside ``directory`` are found.

    Raises:
        CmsimError: it is not there, unfinished, or not a results folder; the message says what to do.
    """
    found = _read(Path(directory))
    if found.command not in ("run", "compare"):
        raise CmsimError(
            f"{directory} was written by cmsim {found.command}; allowed: a folder of run, compare or sweep"
            + ("; name this one with --with beside it" if found.command == "sensitivity" else "")
        )
    return replace(found, sensitivity=analyses(Path(directory), more))


def is_study(directory: Path) -> bool:
    """Whether a folder holds a study, finished or not."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and str(manifest.get("format", "")).startswith(STUDY_FORMAT)


def analyses(directory: Path, more: tuple[str | Path, ...] = ()) -> tuple[Folder, ...]:
    """Return the analyses of what an answer hangs on that lie inside a folder, and those named.

    Raises:
        CmsimError: one that is named is none.
    """
    inside = [path.parent for path in sorted(directory.glob(f"*/{MANIFEST}"))]
    found = []
    for path in dict.fromkeys((*(each for each in inside if not is_study(each)), *map(Path, more))):
        analysis = _read(path)
        if analysis.command == "sensitivity":
            found.append(analysis)
        elif path not in inside:
            raise CmsimError(f"{path} was written by cmsim {analysis.command}; allowed: one of sensitivity")
    return tuple(found)


def _read(path: Path) -> Folder:
    if not path.is_dir():
        raise CmsimError(f"{path}: no such folder; allowed: what cmsim run, compare or sweep wrote")
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CmsimError(f"{path} {_why_not(path)}") from None
    except (OSError, ValueError) as error:
        raise CmsimError(f"{path}: its {MANIFEST} cannot be read ({error}); run the command again") from None
    kind = manifest.get("format") if isinstance(manifest, dict) else None
    if isinstance(kind, str) and kind.startswith(STUDY_FORMAT):
        raise CmsimError(f"{path} is a study; allowed: a folder of sensitivity")
    if kind != FORMAT:
        raise CmsimError(f"{path} holds results of another kind ({kind!r}); allowed: {FORMAT!r}")
    return Folder(path, manifest, _tables(path, manifest))


def _tables(path: Path, manifest: dict[str, Any]) -> dict[str, pd.DataFrame]:
    command = manifest.get("command")
    if command not in _NEEDED or not isinstance(manifest.get("files"), list):
        raise CmsimError(f"{path} was written by cmsim {command}; allowed: a folder of run, compare or sweep")
    optional = ("distributions", "sensitivity", "uncertainty", "influence")
    wanted = [*_NEEDED[command], *(name for name in optional if f"{name}.csv" in manifest["files"])]
    return {name: _table(path, _file(name, manifest["files"])) for name in wanted}


def _file(name: str, files: list[str]) -> str:
    former = (f"{old}.csv" for old, new in RESULT_NAMES.items() if new == name)
    return next((file for file in former if file in files), f"{name}.csv")


def _table(path: Path, file: str) -> pd.DataFrame:
    try:
        return pd.read_csv(path / file).rename(columns=RESULT_NAMES)
    except FileNotFoundError:
        raise CmsimError(f"{path}: {file} is missing; run the command again") from None
    except (OSError, ValueError) as error:
        raise CmsimError(f"{path}: {file} cannot be read ({error}); run the command again") from None


def _why_not(path: Path) -> str:
    if not any(path.iterdir()):
        return "is empty: the run was stopped before it wrote anything; run it again"
    return (
        f"holds no {MANIFEST}, so it was not written by cmsim, or not to its end; "
        "allowed: a folder of run, compare or sweep"
    )
