"""What a scenario says: facts nobody controls, what planners choose, and the files that state them."""

from cmsim.scenario.library import bundled_names
from cmsim.scenario.loader import ScenarioLike, load_scenario, parse_setting
from cmsim.scenario.scenario import Scenario

__all__ = ["Scenario", "ScenarioLike", "bundled_names", "load_scenario", "parse_setting"]
