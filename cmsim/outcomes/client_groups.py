"""Groups of clients, and the outcomes measured for each: who gains and who loses.

Groups rest on what a person brings or where the person was at the end of the warm-up, never on what a policy
did later, so that a person belongs to the same group under policies that part there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cmsim.outcomes.analysis_window import Window
from cmsim.outcomes.registry import outcomes_of
from cmsim.schema.codes import HOMELESS, Phase, Setting

if TYPE_CHECKING:
    import pandas as pd

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
_BAD_PHASES = (Phase.ACUTE, Phase.INPATIENT)


@dataclass(frozen=True, slots=True)
class ClientDays:
    """How each client fared in the window of one run, to be paired with the same client under another policy.

    Attributes:
        key: the client's key, shape (clients,).
        days: days with the service in the window.
        hard_days: of these, days acutely ill, in hospital, or without a home; a day that is two of these
            counts twice.
        groupings: the groups of the clients, by what they are grouped by.
    """

    key: NDArray[np.str_]
    days: NDArray[np.float64]
    hard_days: NDArray[np.float64]
    groupings: Mapping[str, pd.Categorical[str]]


def groupings(clients: Mapping[str, Any]) -> dict[str, pd.Categorical[str]]:
    """Return each way of grouping clients, from the client columns of a run."""
    import pandas as pd  # half a second, for which the app's first picture does not wait

    words = {
        "everybody": np.full(len(clients["joined_day"]), "all clients"),
        "diagnosis": np.asarray(clients["diagnosis"]).astype(str),
        "substance use": np.where(
            np.asarray(clients["substance_use"], dtype=bool), "substance use", "no substance use"
        ),
        "home at the end of the warm-up": _homes(clients["start_setting"]),
        "capability": _thirds(clients["start_capability_mean"]),
    }
    return {grouping: pd.Categorical(word) for grouping, word in words.items()}


def group_outcomes(window: Window) -> dict[tuple[str, str], dict[str, float]]:
    """Return the outcomes that are measured by group, by (grouping, group) and outcome name.

    Every group also has ``client_years``, the time that its outcomes rest on. A grouping that puts everybody
    into one group is left out.
    """
    measured = [outcome for outcome in outcomes_of(window.spec) if outcome.by_group]
    results: dict[tuple[str, str], dict[str, float]] = {}
    for name, grouping in groupings(window.clients).items():
        for group in grouping.categories if len(grouping.categories) > 1 else ():
            part = window.only(np.asarray(grouping == group))
            found = {outcome.name: outcome.value_in(part) for outcome in measured}
            results[name, group] = {"client_years": part.client_years, **found}
    return results


def client_days(window: Window) -> ClientDays:
    """Return how each client fared in the window."""
    days = window.presence(window.start, window.end)
    hard = np.zeros(len(days))
    for spells in (window.spells("transitions", "phase", _BAD_PHASES), window.spells("moves", "setting", HOMELESS)):
        np.add.at(hard, spells.client, spells.end - spells.begin)
    keys = np.asarray(window.clients["key"]).astype(str)
    return ClientDays(keys, days, hard, groupings(window.clients))


def _homes(settings: ArrayLike) -> NDArray[np.str_]:
    codes = np.nan_to_num(np.asarray(settings, dtype=float), nan=-1.0)
    return np.array([_HOMES[Setting(int(code)).label] if code >= 0 else _LATER for code in codes], dtype=str)


def _thirds(values: ArrayLike) -> NDArray[np.str_]:
    """Return the third of clients that each belongs to, by a value at the end of the warm-up."""
    held = np.asarray(values, dtype=float)
    known = np.isfinite(held)
    cuts = np.quantile(held[known], (1 / 3, 2 / 3)) if known.any() else (0.0, 0.0)
    words = np.array(("least able third", "middle third", "most able third"))
    return np.where(known, words[np.searchsorted(cuts, np.where(known, held, 0.0))], _LATER)
