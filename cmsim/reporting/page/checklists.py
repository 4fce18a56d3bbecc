"""The items that STRESS and ODD ask of a report, filled from the code; what the code does not say is blank.

STRESS: Monks and others (2019), Journal of Simulation 13, for agents and discrete events. ODD: Grimm and
others (2020), Journal of Artificial Societies and Social Simulation 23(2) 7.
"""

import inspect
import pkgutil
import re
from importlib import import_module
from types import ModuleType

from cmsim import submodels
from cmsim.components import ALL
from cmsim.core import random_streams
from cmsim.core.docstrings import docstring
from cmsim.core.references import SOURCES
from cmsim.experiments.caveats import PURPOSE
from cmsim.model import agents
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.page.results_reader import Folder
from cmsim.schema.tables import KINDS

Item = tuple[str, str, str]
"""Number, what is asked, and what is stated; empty where nothing is."""

NOT_STATED = "Not stated."
_ACCESS = "With the package cmsim; licence MIT."


def stress(folder: Folder, facts: int, assumed: int) -> list[Item]:
    """Return the STRESS items of results that rest on some numbers about the world, of which some are assumed."""
    settings, manifest = folder.settings, folder.manifest
    libraries = ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items())
    main = [outcome.label.lower() for outcome in OUTCOMES.values() if outcome.main]
    policies = {key: value for key, value in settings.items() if re.fullmatch(r"service\..*\.rule", key)}
    chosen = "; ".join(f"{key.removesuffix('.rule')}: {value}" for key, value in policies.items())
    return [
        ("1.1", "Purpose of the model", PURPOSE),
        ("1.2", "Model outputs", f"{len(OUTCOMES)} outcomes, defined in the results; shown first: {', '.join(main)}."),
        ("1.3", "Experimentation aims", " ".join(each["purpose"] for each in folder.scenarios if each["purpose"])),
        ("2.1", "Base model overview diagram", ""),
        ("2.2", "Base model logic", "The order of a day: " + "; ".join(order_of_the_day()) + "."),
        ("2.3", "Scenario logic", "See what differs, at the top of this page."),
        ("2.4", "Algorithms", f"Policies chosen in {folder.scenarios[0]['name']}: {chosen}."),
        ("2.5", "Components", _agents()),
        ("3.1", "Data sources", f"{len(SOURCES)} published sources, named with each number; no data about persons."),
        ("3.2", "Pre-processing", ""),
        ("3.3", "Input parameters", f"{facts} numbers about the world and all choices; listed on this page."),
        ("3.4", "Assumptions", f"{assumed} of {facts} numbers are assumptions; listed on this page."),
        ("4.1", "Initialisation", _initialisation(folder)),
        ("4.2", "Run length", f"{settings['run.days']} days after the warm-up; outcomes count these days only."),
        ("4.3", "Estimation approach", _estimation(folder)),
        ("5.1", "Software", f"cmsim {manifest['cmsim']}, Python {manifest['python']}; {libraries}."),
        ("5.2", "Random sampling", " ".join(docstring(random_streams).split("\n\n")[1].split())),
        ("5.3", "Model execution", "SimPy runs each day minute by minute; slow state advances once a day."),
        ("5.4", "System specification", f"{manifest['platform']}. Run time: {NOT_STATED.lower()}"),
        ("6.1", "Code access", f"{_ACCESS} An archived version with an identifier: {NOT_STATED.lower()}"),
    ]


def odd(folder: Folder) -> list[Item]:
    """Return the ODD items."""
    choices, chances = [f"{name}.{method}" for name, method in decisions()], len(random_streams.PURPOSES)
    rules = [module.__name__.split(".")[-1].replace("_", " ") for module in _submodels()]
    return [
        ("1", "Purpose and patterns", PURPOSE),
        ("2", "Entities, state variables, scales", f"{_agents()} Minutes within a day, days for slow state."),
        ("3", "Process overview and scheduling", "; ".join(order_of_the_day()) + "."),
        ("4.1", "Basic principles", f"Pure rules about {', '.join(rules)}."),
        ("4.2", "Emergence", ""),
        ("4.3", "Adaptation", f"Decisions, each with an alternative: {', '.join(choices)}."),
        ("4.4", "Objectives", ""),
        ("4.5", "Learning", ""),
        ("4.6", "Prediction", ""),
        ("4.7", "Sensing", _first_sentence(import_module("cmsim.submodels.need_belief"))),
        ("4.8", "Interaction", f"{len(ALL)} components of case management."),
        ("4.9", "Stochasticity", f"{chances} kinds of decision by chance; {_first_sentence(random_streams)}"),
        ("4.10", "Collectives", ""),
        ("4.11", "Observation", f"{len(KINDS)} kinds of fact are recorded as they happen; {len(OUTCOMES)} outcomes."),
        ("5", "Initialisation", _initialisation(folder)),
        ("6", "Input data", "None: nothing is read while it runs."),
        ("7", "Submodels", " ".join(map(_first_sentence, _submodels()))),
    ]


def order_of_the_day() -> list[str]:
    """Return the numbered comments of ``Community.step``."""
    from cmsim.model.community import Community

    return re.findall(r"#\s*(\d\. .+)", inspect.getsource(Community.step))


def decisions() -> list[tuple[str, str]]:
    """Return what agents decide: kind of agent and method."""
    found = []
    for name in agents.__all__:
        for method, function in vars(getattr(agents, name)).items():
            if inspect.isfunction(function) and re.match(r"(Decide|Choose)\b", docstring(function)):
                found.append((name, method))
    return found


def _agents() -> str:
    return " ".join(f"{name}: {_first_sentence(getattr(agents, name))}" for name in agents.__all__)


def _submodels() -> list[ModuleType]:
    return [import_module(f"cmsim.submodels.{found.name}") for found in pkgutil.iter_modules(submodels.__path__)]


def _initialisation(folder: Folder) -> str:
    clients, days = folder.settings["world.population.clients"], folder.settings["world.warm_up_days"]
    return f"{clients} clients, many of them ill for years, then {days} days of warm-up under the baseline service."


def _estimation(folder: Folder) -> str:
    paired = "" if folder.command == "run" else ", paired by replication on common random numbers"
    each = "cell (scenario, choice and draw)" if folder.command == "sweep" else "scenario"
    return f"{folder.replications} replications of each {each}; 95% intervals{paired}."


def _first_sentence(thing: ModuleType | type) -> str:
    text = " ".join(docstring(thing).split("\n\n")[0].split())
    return text if text.endswith(".") else f"{text}."
