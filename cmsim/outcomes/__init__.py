"""What is counted: every outcome once, with name, unit, definition, direction and what difference matters."""

from cmsim.outcomes import illness, hospital, relation, living, growth  # isort: skip # noqa: F401  in the order of tables
from cmsim.outcomes import around, contacts, staff, money, in_need, distribution  # isort: skip # noqa: F401
from cmsim.outcomes.declare import OUTCOMES, Outcome, find
from cmsim.outcomes.distribution import QUANTILES, SPREADS, Spread, spreads
from cmsim.outcomes.groups import Fates, fates, group_outcomes, groupings
from cmsim.outcomes.series import SERIES, Series, weekly
from cmsim.outcomes.window import Window

__all__ = [
    "OUTCOMES",
    "QUANTILES",
    "SERIES",
    "SPREADS",
    "Fates",
    "Outcome",
    "Series",
    "Spread",
    "Window",
    "fates",
    "find",
    "group_outcomes",
    "groupings",
    "measure",
    "spreads",
    "weekly",
]


def measure(window: Window) -> dict[str, float]:
    """Return every outcome of a window by name; nan where there is nothing to count over."""
    return {name: declared.measure(window) for name, declared in OUTCOMES.items()}
