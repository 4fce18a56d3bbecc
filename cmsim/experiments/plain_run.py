"""One run as a plain function, for other tools to call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cmsim.results.simulation import simulate
from cmsim.scenario import Scenario, load_scenario


def run(scenario: Scenario | str, seed: int = 1, settings: Mapping[str, Any] | None = None) -> dict[str, float]:
    """Run a scenario once and return every outcome by name; nan where it is not defined.

    Runs with the same seed have common random numbers, whatever the settings.

    Args:
        scenario: a scenario, its bundled name, or the path of a ``.toml`` file.
        seed: the seed of all random streams.
        settings: what differs, by dotted key; NumPy numbers are welcome.

    Raises:
        CmsimError: the scenario, the seed or a setting cannot be used.
    """
    found = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    return simulate(found.replace({**(settings or {}), "run.seed": int(seed)})).outcomes()
