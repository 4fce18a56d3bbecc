"""What the linked plots show: time courses of the community, each declared with unit and definition."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cmsim.core.ledger import Rows
from cmsim.outcomes.analysis_window import FOLLOWED
from cmsim.outcomes.time_courses import SERIES, by_day
from cmsim.schema.codes import AcuteAnswer, ContactOutcome, Counterpart, CrisisOutcome, HandoverKind, Phase

if TYPE_CHECKING:
    from cmsim.model.community import Community

FLOW_DAYS = 28
"""Days over which what happens is summed up, so that rare things make a line."""
FIRST = ("ill", "unseen_30", "caseload", "exhaustion", "crises", "handovers")
"""The plots that are shown without being asked for."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: name, label and unit as people say it, and what it shows in a sentence."""

    name: str
    label: str
    unit: str
    definition: str


_STOCKS = {
    "ill": "Clients who are acutely ill, in the community or in hospital, at the end of the day.",
    "unseen_30": "No face-to-face contact with anybody from the service for more than 30 days.",
    "homeless": "Clients on the street or in a shelter at the end of the day.",
    "caseload": "Clients of the agency for each case manager in post.",
    "waiting": "Clients who have no case manager and wait for one.",
    "exhaustion": "Emotional exhaustion of case managers, the mean of those in post; 27 and more counts as "
    "high on this scale (Maslach Burnout Inventory).",
}
_PLAIN = {
    "unseen_30": ("Not met for over 30 days", "% of clients"),
    "caseload": ("Clients per case manager", "clients"),
    "exhaustion": ("Emotional exhaustion", "Maslach, 0 to 54; 27+ is high"),
}
"""Label and unit of a time course where the room needs plainer ones than a report."""
_FLOWS = (
    (10, "contacts", "Contacts with clients", "Contacts with clients that were held, in person or by phone,"),
    (10, "about", "Contacts about clients", "Contacts with families, psychiatrists, hospital and agencies"),
    (100, "crises", "Crises", "Crises, whoever answered them,"),
    (100, "admissions", "Admissions", "Admissions to hospital"),
    (100, "handovers", "Changes of worker", "Clients who lost their case manager or were handed to another"),
    (100, "relapses", "Relapses", "Clients who fell acutely ill"),
)
"""Per how many clients, name, label and definition."""
_LEVELS = (
    ("alliance", "Alliance", "Alliance of those who have a case manager."),
    ("unmet_need", "Unmet need", "Need for support that nobody meets, over all areas of life."),
    ("excess", "Support beyond need", "Support beyond what is needed, which makes people dependent."),
    ("autonomy", "Autonomy", "Autonomy of all clients."),
    ("criticism", "Criticism in families", "Criticism of clients by families that take part."),
    ("burden", "Burden of families", "Burden of families that take part."),
)


def _stock(name: str) -> Plot:
    series = SERIES[name]
    label, unit = _PLAIN.get(name, (series.label, series.unit))
    return Plot(name, label, unit, _STOCKS.get(name, f"{series.label}, at the end of the day."))


PLOTS: dict[str, Plot] = {
    plot.name: plot
    for plot in (
        *map(_stock, SERIES),
        *(
            Plot(name, label, f"per {per} clients in {FLOW_DAYS} days", f"{text} in the last {FLOW_DAYS} days.")
            for per, name, label, text in _FLOWS
        ),
        *(Plot(name, label, "0 to 1, mean", text) for name, label, text in _LEVELS),
    )
}
"""All plots by name, in the order in which they are offered."""

READ = ("daily", "transitions", "contacts", "acute_care", "crises", "handovers")
"""The kinds of fact that the time courses are read from."""


class Courses:
    """The time courses of one run, a value a day, read from the ledger as it grows."""

    def __init__(self) -> None:
        self._past: dict[str, deque[float]] = {name: deque(maxlen=FLOW_DAYS) for _, name, *_ in _FLOWS}

    def day(self, c: Community, new: dict[str, Rows]) -> dict[str, float | None]:
        """Return the value of each plot on the day just simulated.

        Args:
            c: the community at the end of the day.
            new: rows of that day by kind of fact; those of :data:`READ` are needed.
        """
        today = new["daily"]
        transitions, contacts = new["transitions"], new["contacts"]
        held = contacts["outcome"] == ContactOutcome.HELD
        with_client = contacts["with"] == Counterpart.CLIENT
        relapses = (transitions["to"] == Phase.ACUTE) & (transitions["from"] != Phase.INPATIENT)
        seen_ill = (new["acute_care"]["answer"] == AcuteAnswer.ADMITTED).sum()
        counts: dict[str, float] = {
            "contacts": (held & with_client).sum(),
            "about": (held & ~with_client).sum(),
            "crises": len(new["crises"]),
            "admissions": (new["crises"]["outcome"] == CrisisOutcome.ADMITTED).sum() + seen_ill,
            "handovers": (new["handovers"]["how"] != HandoverKind.FIRST).sum(),
            "relapses": relapses.sum(),
        }
        values = {name: float(by_day(series, today)[-1]) for name, series in SERIES.items()}
        clients = float(sum(today[status][-1] for status in FOLLOWED))
        for per, name, *_ in _FLOWS:
            self._past[name].append(counts[name])
            values[name] = float(per * sum(self._past[name]) / clients) if clients else np.nan
        values |= _levels(c, today)
        return {name: round(value, 3) if np.isfinite(value) else None for name, value in values.items()}


def _levels(c: Community, today: Rows) -> dict[str, float]:
    people, n = c.people, c.people.known
    here = people.here[:n] > 0.0
    families = here & (people.has_family[:n] > 0.0)
    found = {name: float(today[name][-1]) for name in ("alliance", "unmet_need", "autonomy")}
    for name, rows in (("excess", here), ("criticism", families), ("burden", families)):
        found[name] = float(getattr(people, name)[:n][rows].mean()) if rows.any() else np.nan
    return found
