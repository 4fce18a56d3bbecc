"""What the ledgers of a study hold: which runs are done, which failed, what is damaged; who is at work."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.event_log_file import log_path, whole
from cmsim.experiments.study.run_store import DONE, Damaged, check, damage, ledgers, select
from cmsim.experiments.study.study_folder import EVENTS, LEDGER
from cmsim.experiments.study.study_plan import KEY_TYPE, Keys, Plan, known

_ASIDE = "damaged"


@dataclass
class Found:
    """What the ledgers of a study hold, of its plan or not.

    Attributes:
        done: keys of runs that are done, as wanted.
        failed: keys of runs that were recorded without results, and not done elsewhere.
        statuses: how many runs of the plan have which status; runs that are missing left out.
        damaged: why files cannot be read, a sentence each.
        files: number of ledgers.
        rows: what they hold in all, of any plan.
    """

    done: Keys
    failed: Keys
    statuses: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)
    files: int = 0
    rows: int = 0


def survey(directory: Path, plan: Plan, *, thorough: bool = False) -> Found:
    """Return what the ledgers hold of a plan.

    Args:
        directory: the study folder.
        plan: its plan.
        thorough: read every ledger through and look at every event log, to find damage.
    """
    usual = "run" not in plan.version
    wanted = [part for part in ("groups", "spreads", "courses", "events") if usual and getattr(plan.keep, part)]
    done, failed = bytearray(), bytearray()
    failed_as: list[str] = []
    found = Found(np.empty(0, KEY_TYPE), np.empty(0, KEY_TYPE))
    for path in ledgers(directory / LEDGER):
        found.files += 1
        try:
            if thorough:
                check(path)
            done += b"".join(_done(path, directory, wanted, thorough, found))
            for key, status in select(path, ("run_key", "status"), where=f"status <> '{DONE}'"):
                failed += _checked(path, key)
                failed_as.append(str(status))
        except Damaged as error:
            found.damaged.append(str(error))
    planned = plan.distinct
    found.rows = (len(done) + len(failed)) // KEY_TYPE.itemsize
    found.done = _unique(done)
    found.done = found.done[known(found.done, planned)]
    all_failed = np.frombuffer(bytes(failed), dtype=KEY_TYPE)
    counted = known(all_failed, planned) & ~known(all_failed, found.done)
    latest = dict(
        zip(
            (bytes(key) for key in all_failed[counted]),
            np.array(failed_as, dtype=object)[counted],
            strict=True,
        )
    )
    found.failed = _unique(b"".join(latest))
    found.statuses = Counter(latest.values())
    found.statuses[DONE] = len(found.done)
    return found


def _done(path: Path, directory: Path, wanted: Sequence[str], thorough: bool, found: Found) -> Iterator[bytes]:
    """Yield the keys of the runs of a ledger that are done and have what is wanted of them."""
    parts = ["log_bytes" if part == "events" else part for part in wanted]
    where = " AND ".join([f"status = '{DONE}'", *(f"{part} IS NOT NULL" for part in parts)])
    for key, size in select(path, ("run_key", "log_bytes"), where=where):
        if not (thorough and "events" in wanted) or _log_whole(directory, key, size, found):
            yield _checked(path, key)


def _checked(path: Path, key: object) -> bytes:
    if not isinstance(key, bytes) or len(key) != KEY_TYPE.itemsize:
        raise damage(path, "a run without a key")
    return key


def _log_whole(directory: Path, key: Any, size: Any, found: Found) -> bool:
    path = log_path(directory / EVENTS, key)
    if whole(path, size):
        return True
    found.damaged.append(
        f"{path} is damaged or missing; its run can be done again: cmsim study resume {directory} does it"
    )
    return False


def _unique(keys: bytes | bytearray) -> Keys:
    return np.unique(np.frombuffer(bytes(keys), dtype=KEY_TYPE))


def set_aside(directory: Path) -> list[Path]:
    """Move ledgers that are damaged out of the way; return where they are now."""
    moved = []
    for path in ledgers(directory / LEDGER):
        try:
            check(path)
        except Damaged:
            aside = directory / LEDGER / _ASIDE
            aside.mkdir(exist_ok=True)
            for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                with suppress(FileNotFoundError):
                    file.replace(aside / file.name)
            moved.append(aside / path.name)
    return moved


@contextmanager
def held(directory: Path, shard: tuple[int, int] | None) -> Iterator[None]:
    """Hold a study, or a shard of it, so that nobody does the same runs at the same time on this machine.

    Raises:
        CmsimError: somebody does.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this system: runs done twice are equal, only time is lost
        yield
        return
    k, of = shard or (1, 1)
    path = directory / LEDGER / f".held-{k}-of-{of}"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = "this study" if shard is None else f"shard {k}/{of} of this study"
            raise CmsimError(
                f"somebody else is doing the runs of {what} ({directory}); wait, or look: cmsim study status "
                f"{directory}"
            ) from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(handle)


def missing(plan: Plan, found: Found) -> int:
    """Return how many different runs of a plan are neither done nor recorded as failed."""
    return len(plan.distinct) - len(found.done) - len(found.failed)
