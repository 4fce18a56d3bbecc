"""Groups of clients, and the outcomes measured for each: who gains and who loses.

Groups rest on what a person brings or where the person was at the end of the warm-up, never on what a policy
did later, so that a person belongs to the same group under policies that part there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmsim.outcomes.declare import OUTCOMES
from cmsim.outcomes.window import Window
from cmsim.record import PHASES, SETTINGS, code

_HOMES = {
    "street": "street or shelter",
    "shelter": "street or shelter",
    "family home": "family home",
    "group home": "group home or supervised flat",
    "supervised flat": "group home or supervised flat",
    "own flat": "own flat",
    "hospital": "hospital or jail",
    "jail": "hospital or jail",
}
_LATER = "joined later"
_BAD_PHASES = (code(PHASES, "acute"), code(PHASES, "inpatient"))
_HOMELESS = (code(SETTINGS, "street"), code(SETTINGS, "shelter"))


@dataclass(frozen=True, slots=True)
class Fates:
    """How each client fared in the window of one run, to be paired with the same client under another policy.

    Attributes:
        key: the client's key, shape (clients,).
        days: days with the service in the window.
        hard_days: of these, days acutely ill, in hospital, or without a home; a day that is two of these
            counts twice.
        group: the client's group by grouping, each of shape (clients,).
    """

    key: NDArray[np.str_]
    days: NDArray[np.float64]
    hard_days: NDArray[np.float64]
    group: Mapping[str, NDArray[np.str_]]


def groupings(clients: Mapping[str, Any]) -> dict[str, NDArray[np.str_]]:
    """Return each way of grouping clients with the group of every client, in words.

    Args:
        clients: the client columns of a run.
    """
    found = {
        "everybody": np.full(len(clients["joined_day"]), "all clients"),
        "diagnosis": np.asarray(clients["diagnosis"]).astype(str),
        "substance use": np.where(
            np.asarray(clients["substance_use"], dtype=bool), "uses substances", "no substance use"
        ),
        "home at the end of the warm-up": _homes(clients["start_setting"]),
    }
    return found


def group_outcomes(window: Window) -> dict[tuple[str, str, str], float]:
    """Return the outcomes that are measured by group, by (grouping, group, outcome name).

    Every group also has ``client_years``, the time that its outcomes rest on.
    """
    measured = [outcome for outcome in OUTCOMES.values() if outcome.by_group]
    results: dict[tuple[str, str, str], float] = {}
    for grouping, group_of in groupings(window.clients).items():
        for group in np.unique(group_of):
            part = window.only(group_of == group)
            results[grouping, str(group), "client_years"] = part.client_years
            for outcome in measured:
                results[grouping, str(group), outcome.name] = outcome.measure(part)
    return results


def fates(window: Window) -> Fates:
    """Return how each client fared in the window."""
    days = window.presence(window.start, window.end)
    hard = np.zeros(len(days))
    for spells in (
        window.spells("transitions", "phase", _BAD_PHASES),
        window.spells("moves", "setting", _HOMELESS),
    ):
        np.add.at(hard, spells.client, spells.end - spells.begin)
    return Fates(np.asarray(window.clients["key"]).astype(str), days, hard, groupings(window.clients))


def _homes(settings: Any) -> NDArray[np.str_]:
    words = [
        SETTINGS[int(setting)] if np.isfinite(setting) and setting >= 0 else ""
        for setting in np.asarray(settings, dtype=float)
    ]
    return np.array([_HOMES.get(word, _LATER) for word in words])
