"""Numbers, counts and lists in words, as tables, figures, pages and messages print them."""

from collections.abc import Mapping, Sequence

import numpy as np

DASH = "\N{EN DASH}"
"""What stands where a number is not defined."""
_NAMED = 3
"""Changes that a sentence names of each kind."""


def number(value: float, places: int, *, sign: bool = False) -> str:
    """Return a number with some decimal places; a dash where it is not defined.

    A tie falls to the same side when the number is read back from a table, which has ten digits.

    >>> number(1234.5, 0), number(0.1234, 2, sign=True), number(float("nan"), 1), number(-0.004, 2)
    ('1,234', '+0.12', '–', '0.00')
    """
    if not np.isfinite(value):
        return "\N{INFINITY}" if value == np.inf else DASH
    return f"{float(f'{value:.10g}'):{'+' if sign else ''}z,.{places}f}"


def span(low: float, high: float, places: int, *, sign: bool = False) -> str:
    """Return the two ends of an interval; a dash where there is none."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return DASH
    return f"{number(low, places, sign=sign)} to {number(high, places, sign=sign)}"


def percent(share: float) -> str:
    """Return a share in per cent; a dash where it is not defined."""
    return f"{share:.0%}" if np.isfinite(share) else DASH


def counted(count: int, what: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "replication"), counted(2000, "run")
    ('1 replication', '2,000 runs')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def lower(label: str) -> str:
    """Return a label as it stands within a sentence."""
    return label[:1].lower() + label[1:]


def changes(by_verb: Mapping[str, Sequence[str]]) -> str:
    """Return what improves, worsens and so on as the end of a sentence; empty if nothing does.

    >>> changes({"improves": ["a", "b", "c", "d"], "worsens": [], "raises": ["e"]})
    'improves a, b, c and 1 other; it raises e'
    """
    parts = []
    for verb, things in by_verb.items():
        more = [counted(len(things) - _NAMED, "other")] if len(things) > _NAMED else []
        if things:
            parts.append(f"{verb} {listed([*things[:_NAMED], *more])}")
    return "; it ".join(parts)
