"""Mistakes that a user can make, each told in one message."""

import difflib
from collections.abc import Iterable

_MOST_CHARACTERS = 2_000
_MOST_LINES = 200
_COMPARED = 60


class CmsimError(Exception):
    """A user's mistake: shown as one message, without a traceback; exit status 2.

    Messages quote what was given: control characters in it are escaped, and what is very long is cut.
    """

    def __init__(self, message: str) -> None:
        lines = message.split("\n", _MOST_LINES)
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES] = "and more"
        super().__init__("\n".join(map(_printable, lines)))


class ScenarioError(CmsimError):
    """A scenario that cannot be used; the message names file, key, what was given and what is allowed."""


def _printable(line: str) -> str:
    """Return a line that does nothing to a terminal but stand there."""
    if len(line) > _MOST_CHARACTERS:
        line = f"{line[: _MOST_CHARACTERS // 2]} ... {line[-_MOST_CHARACTERS // 2 :]}"  # what is allowed stands last
    return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def nearest(given: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "x"?`` for the nearest known name, or an empty string.

    >>> nearest("caselod", ["caseload", "titration"])
    '; did you mean "caseload"?'
    >>> nearest("zzz", ["caseload"])
    ''
    """
    close = difflib.get_close_matches(given[:_COMPARED], sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""
