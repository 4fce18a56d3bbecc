"""What results there are in a folder, the newest first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.study_result import Study, load_study
from cmsim.reporting.saved_results import FORMAT, MANIFEST, Saved

_DEPTHS = (MANIFEST, f"*/{MANIFEST}", f"*/*/{MANIFEST}")
"""Results are looked for in the folder, in those in it, and in those in these."""
_RESULTS, _STUDY = FORMAT.rpartition(" ")[0], "cmsim study"
_COMPLETE = "complete"


@dataclass(frozen=True)
class Entry:
    """Results as a list names them.

    Attributes:
        path: their folder.
        state: ``complete``, or what is missing.
        when: day and minute in UTC at which they were written, or a study was begun.
        command: what wrote them.
        scenarios: the names.
        replications: of each scenario; ``None`` where it is not known.
    """

    path: Path
    state: str
    when: str = ""
    command: str = ""
    scenarios: tuple[str, ...] = ()
    replications: int | None = None


def list_results(directory: Path) -> list[Entry]:
    """Return all results in a folder and up to two folders below, the newest first.

    Raises:
        CmsimError: there is no such folder.
    """
    if not directory.is_dir():
        raise CmsimError(f"{directory}: no such folder; allowed: one with results, by default results")
    found = [entry for folder in _folders(directory) if (entry := _entry(folder)) is not None]
    return sorted(found, key=lambda entry: entry.when, reverse=True)


def leftovers(directory: Path) -> list[Path]:
    """Return hidden folders that commands left behind which were ended while they wrote results."""
    return sorted(path for pattern in (".*.writing-*", "*/.*.writing-*") for path in directory.glob(pattern))


def _folders(directory: Path) -> Iterator[Path]:
    for pattern in _DEPTHS:
        for manifest in sorted(directory.glob(pattern)):
            if not any(part.startswith(".") for part in manifest.relative_to(directory).parts):
                yield manifest.parent


def _entry(folder: Path) -> Entry | None:
    """Return the entry of a folder with a manifest; ``None`` if that is not one of cmsim."""
    try:
        content = (folder / MANIFEST).read_bytes()
        held = json.loads(content)
    except (OSError, ValueError, RecursionError):
        return Entry(folder, f"its {MANIFEST} cannot be read")
    kind = str(held.get("format")) if isinstance(held, dict) else ""
    if kind.startswith(_STUDY):
        return _study_entry(folder)
    if not kind.startswith(_RESULTS):
        return None
    try:
        saved = Saved.model_validate_json(content)
    except ValidationError:
        return Entry(folder, f"another version of cmsim wrote it, or its {MANIFEST} is damaged")
    names = tuple(each.name for each in saved.scenarios)
    return Entry(
        folder, saved.faults(folder) or _COMPLETE, saved.when, saved.command, names, len(saved.replications) or None
    )


def _study_entry(folder: Path) -> Entry:
    try:
        study = load_study(folder)
        return Entry(
            folder,
            _study_state(study),
            str(study.manifest["written"])[:16].replace("T", " "),
            "analysis, its runs" if study.plan.is_analysis else "sweep",
            tuple(study.plan.scenarios),
            study.plan.replications,
        )
    except CmsimError:
        return Entry(folder, f"cannot be read; cmsim study status {folder} says why", command="sweep")


def _study_state(study: Study) -> str:
    status = study.status()
    is_whole = status.complete == status.planned and not status.damaged
    return _COMPLETE if is_whole else f"{status.complete:,} of {status.planned:,} runs"
