"""What is counted: every outcome once, with name, unit, definition, direction and what difference matters."""

from cmsim.outcomes import (  # isort: skip # noqa: F401  in the order of tables
    illness_outcomes,
    hospital_use,
    care_relationship,
    daily_living,
    capability_outcomes,
    community_life,
    contact_outcomes,
    workforce_outcomes,
    costs,
    societal_value,
    concentration,
    agency_counts,
)
from cmsim.outcomes.analysis_window import Window
from cmsim.outcomes.client_groups import ClientDays, client_days, group_outcomes, groupings
from cmsim.outcomes.concentration import QUANTILES, SPREADS, Spread, spreads
from cmsim.outcomes.registry import OUTCOMES, Outcome, find, outcomes_of
from cmsim.outcomes.time_courses import SERIES, Series, weekly

__all__ = [
    "OUTCOMES",
    "QUANTILES",
    "SERIES",
    "SPREADS",
    "ClientDays",
    "Outcome",
    "Series",
    "Spread",
    "Window",
    "client_days",
    "find",
    "group_outcomes",
    "groupings",
    "measure",
    "outcomes_of",
    "spreads",
    "weekly",
]


def measure(window: Window) -> dict[str, float]:
    """Return every outcome of a window's scenario by name; nan where there is nothing to count over."""
    return {outcome.name: outcome.value_in(window) for outcome in outcomes_of(window.spec)}
