"""Rows that have been computed, saved as they finish: what was stopped goes on."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from joblib import Parallel, delayed

from cmsim.core.errors import CmsimError
from cmsim.results.progress import Progress

Row = list[Any]
"""What one computation gives: numbers, in lists of any depth."""


Asked = TypeVar("Asked")


class FinishedRows:
    """A file with one line a finished row: its key and what was computed.

    A key stands for what all rows belong to and for what was asked; lines of another model or another question lie
    in the file and are not found. A line cut short by a crash is passed over.

    Args:
        path: the file; it need not exist yet. None keeps nothing.
        belongs: what all rows rest on, such as the model's version; anything that JSON can hold.

    Raises:
        CmsimError: the file cannot be read.
    """

    def __init__(self, path: Path | None, belongs: object = None) -> None:
        self.path, self.belongs = path, belongs
        self._rows: dict[str, Row] = {}
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else []
        except OSError as error:
            raise CmsimError(f"{path}: cannot be read: {error.strerror}") from None
        for line in lines:
            try:
                held = json.loads(line)
                self._rows[held["key"]] = held["row"]
            except (ValueError, KeyError, TypeError):
                continue

    def compute(
        self,
        run: Callable[[Asked], Row],
        asked: Sequence[Asked],
        *,
        workers: int | None = 1,
        progress: Progress | None = None,
    ) -> list[Row]:
        """Return the row of each thing asked, in order; those that are there are not computed again.

        Args:
            run: what computes a row.
            asked: what it is asked, each anything that JSON can hold.
            workers: processes; all cores if None. Rows do not depend on it.
            progress: told the rows done and those in all.

        Raises:
            CmsimError: the file cannot be written.
        """
        tell = progress or (lambda done, total: None)
        keys = [self._key(each) for each in asked]
        missing = [place for place, key in enumerate(keys) if key not in self._rows]
        there = len(asked) - len(missing)
        tell(there, len(asked))
        stream = Parallel(n_jobs=workers or -1, return_as="generator")(delayed(run)(asked[place]) for place in missing)
        for done, (place, row) in enumerate(zip(missing, stream, strict=True), there + 1):
            self._add(keys[place], row)
            tell(done, len(asked))
        return [self._rows[key] for key in keys]

    def _key(self, asked: object) -> str:
        text = json.dumps([self.belongs, asked], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def _add(self, key: str, row: Row) -> None:
        self._rows[key] = row
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "row": row}) + "\n")
        except OSError as error:
            raise CmsimError(f"{self.path}: cannot be written: {error.strerror}") from None
