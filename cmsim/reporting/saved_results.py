"""Results that are on disk: what their manifest says of them, and whether they are as they were written."""

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cmsim.reporting.wording import counted, listed

FORMAT = "cmsim results 1"
MANIFEST = "manifest.json"
_TABLES = (".csv", ".parquet")
_SUM_BYTES = 16


class SavedScenario(BaseModel):
    """What a manifest says of a scenario, as far as results are compared by it."""

    name: str
    digest: str = ""


class Saved(BaseModel):
    """What a manifest says of results; what versions before this one did not write is empty.

    Attributes:
        files: names of all files and folders.
        checksums: codes of the files as they were written, by name; of those that were read, by their path here.
        key: a code of all inputs and of the code, see :class:`cmsim.reporting.result_origin.Origin`.
        command_line: the words after the name of the program; empty if it was not the command line that wrote them.
        inputs: where the folder has each file that the command read, by its path then.
        model: versions of the code and of libraries.
        rules: hash of the source of each module of a policy from outside.
    """

    model_config = ConfigDict(frozen=True)

    format: str = Field(pattern=f"^{FORMAT}$")
    command: str
    written: str = ""
    cmsim: str
    replications: list[int] = []
    notes: list[str] = []
    scenarios: list[SavedScenario] = []
    files: list[str]
    checksums: dict[str, str] = {}
    key: str = ""
    command_line: list[str] = []
    inputs: dict[str, str] = {}
    model: dict[str, str] = {}
    rules: dict[str, str] = {}

    @property
    def when(self) -> str:
        """Day and minute in UTC."""
        return self.written[:16].replace("T", " ")

    @property
    def about(self) -> str:
        """What was done, as part of a sentence."""
        count = len(self.replications)
        names, often = ", ".join(each.name for each in self.scenarios), counted(count, "replication") if count else ""
        return f"results of cmsim {self.command} ({'; '.join(filter(None, (names, often, self.when)))})"

    @property
    def tables(self) -> dict[str, str]:
        """Codes of the tables as they were written, by the name of the file."""
        return {name: code for name, code in self.checksums.items() if name.endswith(_TABLES) and "/" not in name}

    @property
    def digest(self) -> str:
        """A short code of all tables: equal digests mean equal tables."""
        return hashlib.blake2b(str(sorted(self.tables.items())).encode(), digest_size=_SUM_BYTES).hexdigest()

    def faults(self, folder: Path, *, thorough: bool = False) -> str:
        """Return which files of the folder are missing or, if thorough, are not as they were written; empty if none."""
        missing = [name for name in self.files if not (folder / name).exists()]
        there = [name for name in self.checksums if thorough and (folder / name).exists()]
        changed = [name for name in there if checksum(folder / name) != self.checksums[name]]
        told = ((missing, "missing"), (changed, "not as written"))
        return "; ".join(
            f"{listed(names)} {'is' if len(names) == 1 else 'are'} {what}" for names, what in told if names
        )


def checksum(file: Path) -> str:
    """Return a code of what a file holds."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.blake2b(digest_size=_SUM_BYTES)).hexdigest()


def read_saved(folder: Path) -> Saved | None:
    """Return what the manifest of a folder says; ``None`` if there is none of results, or none that can be read."""
    try:
        return Saved.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None
