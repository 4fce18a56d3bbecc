"""Whose runs differ between two runs of the same people, and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np

from cmsim.app.session.seating import GONE

MATTERS_DAYS = 14
"""Change in hard days from which somebody client_effects better or worse, as in ``experiments.individual_effects``."""


def state_differs(a: dict[str, Any], b: dict[str, Any]) -> int:
    """Return for how many clients two frames of one day show another phase or place.

    >>> state_differs({"phase": "0120", "place": "0000"}, {"phase": "0100", "place": "0001"})
    2
    """
    pairs = zip(a["phase"], a["place"], b["phase"], b["place"], strict=False)
    return sum(p != q or r != s for p, r, q, s in pairs)


def client_effects(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how each client client_effects in b against a since the mark, those who differ most first.

    A hard day is a day acutely ill, in hospital or without a home; a day that is two of these counts twice.

    Returns:
        for each client with the service in both: ``key``, ``a``, ``b`` (hard days), ``more`` (b - a),
        ``differs`` (whether state or worker is another now).
    """
    where = {key: row for row, key in enumerate(b["key"])}
    found = []
    for row, key in enumerate(a["key"]):
        other = where.get(key)
        if other is None or not (a["days"][row] and b["days"][other]):
            continue
        now = any(a[name][row] != b[name][other] for name in ("phase", "place", "worker"))
        mine, theirs = int(a["hard"][row]), int(b["hard"][other])
        gone = (int(a["place"][row]) == GONE, int(b["place"][other]) == GONE)
        found.append(
            {
                "key": key,
                "a": mine,
                "b": theirs,
                "more": theirs - mine,
                "differs": now,
                "left_a": gone[0],
                "left_b": gone[1],
            }
        )
    found.sort(key=lambda one: (-abs(one["more"]), one["key"]))
    return found


def tally(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many clients do better or worse by two weeks of hard days or more, and how many differ."""
    more = np.array([row["more"] for row in rows], dtype=int)
    return {
        "clients": len(rows),
        "better": int(np.count_nonzero(more <= -MATTERS_DAYS)),
        "worse": int(np.count_nonzero(more >= MATTERS_DAYS)),
        "differ": sum(row["differs"] for row in rows),
    }
