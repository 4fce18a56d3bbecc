"""Sessions kept on this machine as they go, so that a reload, a closed lid or a crash loses nothing."""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_data_path

from cmsim.app.session import session_file
from cmsim.app.session.live_session import LiveSession
from cmsim.app.session.replay import Record
from cmsim.core.errors import CmsimError
from cmsim.scenario.loader import SESSION

MOST_KEPT = 30
"""Sessions kept; the oldest go first."""
_NAME = re.compile(r"(?P<owner>[0-9a-zA-Z-]{1,64})_[0-9a-f]{16}\.toml")
_NOBODY = "nobody"


def folder() -> Path:
    """Return the folder of kept sessions: below ``CMSIM_DATA`` if that is set, else below the user's data."""
    stated = os.environ.get("CMSIM_DATA")
    return (Path(stated, "cmsim") if stated else user_data_path("cmsim", appauthor=False)) / "sessions"


class Kept(NamedTuple):
    """A kept session: its file, who kept it, and when it was kept last."""

    file: Path
    owner: str
    when: datetime

    @property
    def said(self) -> str:
        """What it is, in a line; empty where the file cannot be used."""
        try:
            table = tomllib.loads(self.file.read_text(encoding="utf-8"))
            about, title = table[SESSION], tomllib.loads(table["scenarios"]["a"]).get("title", "")
            case = str(about.get("case", "")).replace("_", " ")
            return f"{title}{f', case: {case}' if case else ''}, day {about['day']}, kept {self.when:%d %B, %H:%M}"
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return ""

    def read(self) -> Record:
        """Return the session.

        Raises:
            CmsimError: the file cannot be used.
        """
        try:
            found = session_file.read(self.file.read_bytes(), self.file.name)
        except OSError as error:
            raise CmsimError(f"{self.file}: {(error.strerror or str(error)).lower()}") from None
        if not isinstance(found, Record):
            raise CmsimError(f"{self.file}: given a scenario; allowed: a session")
        return found


class Keeper:
    """Keeps one session in a file.

    Args:
        owner: the browser that it belongs to.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner if _NAME.fullmatch(f"{owner}_{'0' * 16}.toml") else _NOBODY
        self._text = ""
        self.turn()

    def turn(self) -> None:
        """Keep what comes now in a file of its own, since it replaces what was kept."""
        self.file = folder() / f"{self._owner}_{secrets.token_hex(8)}.toml"

    def keep(self, session: LiveSession) -> None:
        """Write a session if it has gone on; one with which nothing was done yet is not kept.

        Raises:
            CmsimError: it cannot be written.
        """
        if session.is_untouched:
            return
        text = session_file.write(session)
        if text == self._text:
            return
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self.file.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self.file)  # whole or not at all
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise CmsimError(f"{self.file}: the session is not kept: {why}") from None
        if not self._text:
            _thin_out()
        self._text = text


def kept_sessions(owner: str | None = None) -> list[Kept]:
    """Return the sessions kept, the latest first; of one browser, or of all."""
    found = sorted(_found(), key=lambda kept: kept.when, reverse=True)
    return [kept for kept in found if owner in (None, kept.owner)]


def _found() -> Iterator[Kept]:
    with suppress(OSError):
        for file in folder().iterdir():
            named = _NAME.fullmatch(file.name)
            if named:
                with suppress(OSError):  # another app may have thinned them out
                    yield Kept(file, named["owner"], datetime.fromtimestamp(file.stat().st_mtime))


def _thin_out() -> None:
    for kept in kept_sessions()[MOST_KEPT:]:
        with suppress(OSError):
            kept.file.unlink()
