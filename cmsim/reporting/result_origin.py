"""What results were made from: kept with them to repeat them, and to know the same inputs again."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmsim.core.extension import source_hash
from cmsim.core.version import PACKAGE
from cmsim.experiments.study.run_key import model_version
from cmsim.scenario.library import is_bundled

INPUTS = "inputs"
"""The folder of results that holds the files that the command read."""
PLACE_FLAGS = ("--out", "--replace")
"""How words of a command line begin that say where to write."""
_WITHOUT_BEARING = {"out", "replace", "workers", "engine", "scheduler", "everything"}
"""Options that change no number."""
_GROWING = {"points", "replications"}
"""Options with more of which runs that are saved are still of use."""
_KEY_BYTES = 16


@dataclass(frozen=True)
class Origin:
    """What results were made from.

    Attributes:
        command_line: the words after the name of the program, without where to write.
        key: a code of all inputs, the code of the package and the versions of libraries.
        runs_key: the same without the numbers of points and replications, and of the code what bears on runs.
        files: what each file that the command read held, by its path; bundled ones are left out.
        replace: whether other results may be replaced.
    """

    command_line: tuple[str, ...]
    key: str
    runs_key: str
    files: Mapping[Path, bytes]
    replace: bool = False

    def describe(self) -> dict[str, object]:
        """Return what the manifest says of it; files by their path, as the command line or another file names it."""
        return {
            "key": self.key,
            "command_line": [_storable(word) for word in self.command_line],
            "inputs": {_storable(str(path)): place for path, place in self.places().items()},
            "model": model_version(),
        }

    def places(self) -> dict[Path, str]:
        """Return where results keep each file: as the files lie to one another, so that they find one another."""
        whole = {path: Path(os.path.abspath(path)) for path in self.files}
        below = {path: full.relative_to(full.anchor) for path, full in whole.items()}
        top = os.path.commonpath([full.parent for full in below.values()]) if below else ""
        return {path: _storable(Path(INPUTS, full.relative_to(top)).as_posix()) for path, full in below.items()}


def make_origin(
    command_line: Sequence[str], options: Mapping[str, Any], inputs: Sequence[object], files: Mapping[Path, bytes]
) -> Origin:
    """Return what results are made from.

    Args:
        command_line: the words after the name of the program.
        options: arguments and options of the command by name.
        inputs: what the command read, resolved: whatever can be written as JSON.
        files: what it read, by path.
    """
    bearing = {name: value for name, value in options.items() if name not in _WITHOUT_BEARING}
    growing = {name: bearing.pop(name) for name in _GROWING & bearing.keys()}
    runs_key = _code([command_line[:1], bearing, inputs, model_version()])
    key = _code([runs_key, growing, source_hash(PACKAGE.name)])
    own = {path: content for path, content in files.items() if not is_bundled(path)}
    return Origin(tuple(_without_place(command_line)), key, runs_key, own, bool(options.get("replace")))


def _without_place(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command line but those that say where to write: results can be moved."""
    for before, word in zip(("", *words), words, strict=False):
        if before != "--out" and not word.startswith(PLACE_FLAGS):
            yield word


def _code(parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=_KEY_BYTES).hexdigest()


def _storable(text: str) -> str:
    """Return text as JSON and any disk can hold it: without what stands for bytes that are not UTF-8."""
    return "".join("_" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
