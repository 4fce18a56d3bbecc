"""Parameter sets that have been run, saved as they finish: a calibration that was stopped goes on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cmsim.validation.trials
from cmsim.core.errors import CmsimError
from cmsim.experiments.study.run_key import model_version
from cmsim.validation.calibration.calibration_plan import Plan

Row = list[Sequence[float]]
"""Estimates and errors of all targets."""


class FinishedSets:
    """A file with one line a finished set: its key and what it gave.

    A key stands for the model's version, how trials are done, what the plan asks of them, and the set's
    values; lines of another model or other trials lie in the file and are not found. A line cut short by a
    crash is passed over.

    Args:
        path: the file; it need not exist yet.

    Raises:
        CmsimError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: dict[str, Row] = {}
        trials = sorted(Path(cmsim.validation.trials.__file__).parent.glob("*.py"))
        done = hashlib.blake2b(b"".join(each.read_bytes() for each in trials), digest_size=16)
        self._model = json.dumps({**model_version(), "trials": done.hexdigest()}, sort_keys=True)
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        except OSError as error:
            raise CmsimError(f"{path}: cannot be read: {error.strerror}") from None
        for line in lines:
            try:
                held = json.loads(line)
                self._rows[held["key"]] = held["row"]
            except (ValueError, KeyError, TypeError):
                continue

    def key(self, plan: Plan, settings: Mapping[str, float]) -> str:
        """Return the key of one set."""
        asked = [(trial.model_dump_json(), replications) for trial, replications in plan.trials()]
        text = json.dumps([self._model, asked, dict(settings)], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def row(self, key: str) -> Row | None:
        """Return what a set gave, if it has been run."""
        return self._rows.get(key)

    def add(self, key: str, row: Row) -> None:
        """Save what a set gave.

        Raises:
            CmsimError: the file cannot be written.
        """
        self._rows[key] = row
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "row": row}) + "\n")
        except OSError as error:
            raise CmsimError(f"{self.path}: cannot be written: {error.strerror}") from None
