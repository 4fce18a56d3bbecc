"""Mistakes that a user can make, each told in one message."""

import difflib
import re
from collections.abc import Iterable

_MOST_CHARACTERS = 2_000
_MOST_LINES = 200
_COMPARED = 60
_ALIKE = 0.75
"""From which share of letters in common a name is taken for another one misspelt: nurses are no use (0.67)."""
_WORD = re.compile(r"[^\W_]+")


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


def closest(given: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most likely meant; ``None`` rather than one that only shares letters.

    That is the same name written otherwise, else one that a slip of the hand makes of it, else the only one that has
    the given as a word.

    >>> closest("Usual Care", ["usual_care"]), closest("caselod", ["caseload"]), closest("usual", ["usual_care"])
    ('usual_care', 'caseload', 'usual_care')
    >>> closest("seed", ["observed"]), closest("cost", ["care_cost", "agency_cost"])
    (None, None)
    """
    names = sorted(known)
    wanted = _letters(given[:_COMPARED])
    by_letters = {_letters(name): name for name in reversed(names)}
    if alike := difflib.get_close_matches(wanted, list(by_letters), n=1, cutoff=_ALIKE):
        return by_letters[alike[0]]
    swapped = [name for letters, name in by_letters.items() if sorted(letters) == sorted(wanted)]
    having = [name for name in names if given.lower() in _WORD.findall(name.lower())]
    return next((found[0] for found in (swapped, having) if len(found) == 1), None)


def nearest(given: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "x"?`` for the known name that is most likely meant, or an empty string.

    >>> nearest("caselod", ["caseload", "titration"])
    '; did you mean "caseload"?'
    >>> nearest("zzz", ["caseload"])
    ''
    """
    meant = closest(given, known)
    return f'; did you mean "{meant}"?' if meant else ""


def _letters(name: str) -> str:
    return "".join(_WORD.findall(name.lower()))
