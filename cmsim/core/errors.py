"""Mistakes that a user can make, each told in one message."""

import difflib
from collections.abc import Iterable


class CmsimError(Exception):
    """A user's mistake: shown as one message, without a traceback; exit status 2."""


class ScenarioError(CmsimError):
    """A scenario that cannot be used; the message names file, key, what was given and what is allowed."""


def nearest(given: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "x"?`` for the nearest known name, or an empty string.

    >>> nearest("caselod", ["caseload", "titration"])
    '; did you mean "caseload"?'
    >>> nearest("zzz", ["caseload"])
    ''
    """
    close = difflib.get_close_matches(given, sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""
