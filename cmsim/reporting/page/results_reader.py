"""Results read back: manifest and tables, or a message that says why they cannot be."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from cmsim.core.errors import CmsimError
from cmsim.core.former_names import RESULT_NAMES
from cmsim.experiments.study.run_store import COMPLETE
from cmsim.experiments.study.study_analysis import Answers
from cmsim.experiments.study.study_result import Study, load_study
from cmsim.reporting.result_folder import describe_scenario
from cmsim.reporting.saved_results import FORMAT, MANIFEST
from cmsim.reporting.sensitivity_figures import subject
from cmsim.reporting.terminal_tables import (
    comparison_tables,
    fit_tables,
    observed_tables,
    option_tables,
    repeated_tables,
    sensitivity_tables,
    uncertainty_tables,
)
from cmsim.results.invariants import INVARIANTS, Record

_STUDY_FORMAT = "cmsim study"
_NEEDED = {
    "run": ("outcomes", "weeks", "definitions"),
    "compare": ("outcomes", "groups", "individual_effects", "weeks", "definitions"),
    "find": ("options", "outcomes", "definitions"),
    "fit": ("moved", "figures", "definitions"),
    "sensitivity": ("factors",),
}
_OPTIONAL = ("distributions", "information", "observed", "sensitivity", "uncertainty", "influence")
_ALLOWED = "allowed: a folder of run, compare or sweep"


@dataclass(frozen=True)
class Folder:
    """What a results folder holds: manifest, tables by name, and the analyses inside it or named with it.

    ``answers`` is what a study answers; ``None`` for other results.
    """

    path: Path
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    sensitivity: Sequence[Folder] = field(default=())
    answers: Answers | None = None

    @property
    def command(self) -> str:
        """What wrote it: ``run``, ``compare``, ``sensitivity``, or ``sweep`` for a study."""
        return str(self.manifest["command"])

    @property
    def scenarios(self) -> list[dict[str, Any]]:
        """Name, title, purpose, seed, digest and settings of each scenario."""
        return list(self.manifest["scenarios"])

    def terminal_tables(self, *, everything: bool = False) -> list[Table]:
        """Return what ``cmsim run``, ``compare``, ``find``, ``fit`` or ``sensitivity`` prints."""
        names, tables = [each["name"] for each in self.scenarios], self.tables
        if self.command == "sensitivity":
            about, method = subject(names), self.manifest["method"]
            if method == "psa":
                return uncertainty_tables(tables["uncertainty"], about)
            return sensitivity_tables(tables["sensitivity"], about, method)
        if self.command == "fit":
            return fit_tables(tables["moved"], tables["figures"], names[0])
        outcomes = tables["outcomes"]
        if self.command == "find":
            return option_tables(tables["options"], outcomes, tables.get("information", pd.DataFrame()), self.manifest)
        if self.command == "run":
            found = repeated_tables(outcomes, names[0], self.replications, everything)
        else:
            found = comparison_tables(names, outcomes, tables["individual_effects"], self.replications, everything)
        return [*found, *observed_tables(tables.get("observed", pd.DataFrame()), names[0])]

    @property
    def settings(self) -> dict[str, Any]:
        """All settings of the first scenario by dotted key."""
        return dict(self.scenarios[0]["settings"])

    @property
    def replications(self) -> int:
        """Replications of each scenario."""
        return len(self.manifest["replications"])


def read_folder(
    directory: str | Path, more: Iterable[str | Path] = (), commands: Collection[str] = ("run", "compare")
) -> Folder:
    """Return results that a page can be made of.

    Args:
        directory: what ``cmsim run``, ``cmsim compare`` or ``cmsim sweep`` wrote.
        more: folders that ``cmsim sensitivity`` or ``find`` wrote; those inside ``directory`` are found.
        commands: those, besides ``sweep``, whose results it may be.

    Raises:
        CmsimError: it is not there, unfinished, or not a results folder; the message says what to do.
    """
    path = Path(directory)
    if is_study(path):
        answers = Answers(_finished_study(path))
        manifest = _study_manifest(answers.study)
        return Folder(path, manifest, {}, _analyses(path, more, manifest), answers)
    found = read_results(path)
    if found.command not in commands:
        beside = "; name this one with --with beside it" if found.command in ("sensitivity", "find") else ""
        raise CmsimError(f"{path} was written by cmsim {found.command}; {_ALLOWED}{beside}")
    if found.command == "fit" and list(more):
        raise CmsimError(f"--with: given for {path}, which holds a fit; allowed: for results of run, compare or sweep")
    return Folder(path, found.manifest, found.tables, _analyses(path, more, found.manifest))


def is_study(directory: Path) -> bool:
    """Return whether a folder is that of a study."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and str(manifest.get("format", "")).startswith(_STUDY_FORMAT)


def _finished_study(directory: Path) -> Study:
    study = load_study(directory)
    study.require_finished()
    if study.plan.is_analysis:
        raise CmsimError(
            f"{directory} holds the runs of cmsim sensitivity or find; allowed: its results beside a comparison, "
            "cmsim report COMPARISON --with RESULTS"
        )
    if "run" in study.plan.version:
        raise CmsimError(
            f"{directory} holds what a function of its own returned, whose units cmsim does not know; "
            "allowed: a study of the usual outcomes. Its tables: cmsim.load_study(...).runs"
        )
    if not (study.runs["status"] == COMPLETE).any():
        raise CmsimError(f"{directory}: no run has results; cmsim study resume {directory} --retry")
    return study


def _study_manifest(study: Study) -> dict[str, Any]:
    """Return what a study says of itself in the form of other results."""
    found, plan = study.manifest, study.plan
    return {
        "command": "sweep",
        "written": found["written"],
        "cmsim": found["model"]["cmsim"],
        "python": found["python"],
        "platform": found["platform"],
        "libraries": {name: version for name, version in found["model"].items() if name not in ("cmsim", "code")},
        "replications": list(range(plan.first, plan.first + plan.replications)),
        "scenarios": [describe_scenario(each) for each in plan.scenarios.values()],
    }


def _analyses(directory: Path, more: Iterable[str | Path], about: Mapping[str, Any]) -> tuple[Folder, ...]:
    """Return the sensitivity analyses inside a folder, and those named, which have to be of a scenario of it."""
    inside = [path.parent for path in sorted(directory.glob(f"*/{MANIFEST}"))]
    found = []
    for path in dict.fromkeys((*(each for each in inside if not is_study(each)), *map(Path, more))):
        analysis = read_results(path)
        if analysis.command in ("sensitivity", "find"):
            found.append(analysis)
        elif path not in inside:
            raise CmsimError(f"{path} was written by cmsim {analysis.command}; allowed: one of sensitivity or find")
        if path not in inside:
            _check_same_scenarios(directory, about, analysis)
    return tuple(found)


def _check_same_scenarios(directory: Path, about: Mapping[str, Any], analysis: Folder) -> None:
    """Refuse a sensitivity analysis of other scenarios than the results, and a search with none of them."""
    own = about["scenarios"]
    names, settings = [each["name"] for each in own], [_apart_from_runs(each) for each in own]
    known = [each["name"] in names or _apart_from_runs(each) in settings for each in analysis.scenarios]
    if not (all(known) if analysis.command == "sensitivity" else any(known)):
        theirs = ", ".join(each["name"] for each in analysis.scenarios)
        raise CmsimError(
            f"--with: given {analysis.path}, which is about {theirs}; allowed: results about the scenarios of "
            f"{directory}, {', '.join(names)}"
        )


def _apart_from_runs(scenario: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in scenario["settings"].items() if not key.startswith("run.")}


def read_record(directory: str | Path) -> Record:
    """Return the tables of results that invariants are about: those of one run, and outcomes by replication.

    Args:
        directory: what ``cmsim run``, ``cmsim compare`` or ``Simulated.save`` wrote.

    Raises:
        CmsimError: it is not there, unfinished, not a results folder, or has no such tables.
    """
    path = Path(directory)
    manifest = read_manifest(path)
    wanted = sorted({table for each in INVARIANTS.values() for table in each.tables})
    tables = {name: _table(path, f"{name}.csv") for name in wanted if f"{name}.csv" in manifest["files"]}
    if not tables:
        raise CmsimError(f"{path} holds no tables of runs; allowed: a folder of run or compare")
    return Record(tables, manifest["scenarios"][0]["settings"])


def read_results(path: Path) -> Folder:
    """Return results of ``run``, ``compare`` or ``sensitivity``.

    Raises:
        CmsimError: they are not there, unfinished, or of another command; the message says what to do.
    """
    manifest = read_manifest(path)
    command, files = manifest.get("command"), manifest["files"]
    if command not in _NEEDED:
        raise CmsimError(f"{path} was written by cmsim {command}; {_ALLOWED}")
    former = {new: old for old, new in RESULT_NAMES.items() if f"{old}.csv" in files}
    names = [*_NEEDED[command], *(name for name in _OPTIONAL if f"{name}.csv" in files)]
    return Folder(path, manifest, {name: _table(path, f"{former.get(name, name)}.csv") for name in names})


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a results folder.

    Raises:
        CmsimError: there is none, or none of results; the message says what to do.
    """
    if not path.is_dir():
        raise CmsimError(f"{path}: no such folder; allowed: what cmsim run, compare or sweep wrote")
    if not any(path.iterdir()):
        raise CmsimError(f"{path} is empty: the run was stopped before it wrote anything; run it again")
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        unknown = f"holds no {MANIFEST}, so it was not written by cmsim, or not to its end"
        raise CmsimError(f"{path} {unknown}; {_ALLOWED}") from None
    except (OSError, ValueError) as error:
        raise CmsimError(f"{path}: its {MANIFEST} cannot be read ({error}); run the command again") from None
    kind = manifest.get("format") if isinstance(manifest, dict) else None
    if str(kind).startswith(_STUDY_FORMAT):
        raise CmsimError(f"{path} is a study; allowed: a folder of sensitivity")
    if kind != FORMAT:
        raise CmsimError(f"{path} holds results of another kind ({kind!r}); allowed: {FORMAT!r}")
    if not isinstance(manifest.get("files"), list):
        raise CmsimError(f"{path} was written by cmsim {manifest.get('command')}; {_ALLOWED}")
    return dict(manifest)


def _table(path: Path, file: str) -> pd.DataFrame:
    try:
        return pd.read_csv(path / file).rename(columns=RESULT_NAMES)
    except FileNotFoundError:
        raise CmsimError(f"{path}: {file} is missing; run the command again") from None
    except (OSError, ValueError) as error:
        raise CmsimError(f"{path}: {file} cannot be read ({error}); run the command again") from None
