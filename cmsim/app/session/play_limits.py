"""What a scenario may be in the app: of a size that can be drawn."""

from cmsim.app.session.replay import MOST_DAYS
from cmsim.core.errors import CmsimError
from cmsim.scenario import Scenario
from cmsim.scenario.nested_settings import as_table, flatten
from cmsim.scenario.service import AgencyPlaces

MOST_CLIENTS = 1000
"""Clients that the app draws; a community with more is refused here (and run on the command line)."""
MOST = {
    "staff.case_managers": 300,
    "staff.psychiatrists": 100,
    "crisis.teams": 100,
    "hospital.beds": 2_000,
    **dict.fromkeys((f"agencies.{name}" for name in AgencyPlaces.model_fields), 5_000),
}
"""The most of each that the app simulates; the command line takes more."""


def check_playable(scenario: Scenario) -> Scenario:
    """Return a scenario that the app can show.

    Raises:
        CmsimError: it has too many clients, too long a warm-up, or too much of something.
    """
    limits = [
        ("world.population.clients", scenario.world.population.clients, MOST_CLIENTS),
        ("world.warm_up_days", scenario.world.warm_up_days, MOST_DAYS),
        ("run.days", scenario.run.days, MOST_DAYS),
    ]
    for _, service in scenario.timeline():
        given = dict(flatten(as_table(service)))
        limits += [(f"service.{key}", given[key], most) for key, most in MOST.items()]
    for key, value, most in limits:
        if value > most:
            raise CmsimError(
                f"{scenario.where}: {key}: given {value}; allowed in the app: up to {most} (cmsim run takes more)"
            )
    return scenario
