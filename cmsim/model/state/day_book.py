"""Where the minutes of a case manager's working day went."""

from dataclasses import dataclass


@dataclass(slots=True)
class DayBook:
    """Where the minutes of a working day went."""

    client: int = 0
    collateral: int = 0
    travel: int = 0
    notes: int = 0
    team: int = 0
    supervision: int = 0
    office: int = 0
    along: int = 0
    overtime: int = 0
    recorded: int = 0
    crises: int = 0
