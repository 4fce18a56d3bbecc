"""The controls: the scenario's own settings in plain words, each with its definition and its evidence."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from cmsim.app.session.descriptions import counted
from cmsim.components import ALL
from cmsim.core.docstrings import docstring
from cmsim.core.parameters import Evidence, evidence_of, parameters
from cmsim.reporting.parameter_table import source_text
from cmsim.scenario.consistency import CASELOAD_TIMES
from cmsim.scenario.library import bundled
from cmsim.scenario.nested_settings import RULE, Table, as_table
from cmsim.scenario.scenario import Scenario
from cmsim.scenario.service import Service
from cmsim.scenario.setting_types import Place
from cmsim.submodels.feedback_loops import Loops

Sort = Literal["number", "rule", "word", "switch", "words"]


@dataclass(frozen=True, slots=True)
class Option:
    """One word that may be chosen, with what it means."""

    word: str
    label: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One control.

    Attributes:
        key: dotted, below ``service`` (or the whole key of a fact of the world).
        label: as people say it.
        sort: number, rule (a policy by name), word (one of some), switch (on or off), words (any of some).
        value: now.
        meaning: the definition.
        unit: of a number.
        low, high: the plausible range of a number.
        limits: what is allowed of a number.
        whole: whether a number is whole.
        options: of a rule, a word or words.
        evidence: where value and range come from, in a sentence.
    """

    key: str
    label: str
    sort: Sort
    value: Any
    meaning: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    limits: tuple[float, float] = (0.0, 0.0)
    whole: bool = False
    options: tuple[Option, ...] = ()
    evidence: str = ""


GROUPS: dict[str, dict[str, str]] = {
    "Caseload and posts": {
        "caseload.size": "Target caseload",
        "caseload.closure": "When caseload changes",
        "staff.case_managers": "Posts of case managers",
        "caseload.stretch": "Extra caseload when covering for a colleague",
        "caseload.assignment": "Who takes the next client",
        "caseload.weighting": "Weighting of clients",
        "caseload.sharing": "Own clients or shared by the team",
        "allocation": "Who is seen first",
    },
    "Adjusting support": {
        "titration": "How support is set",
        "titration.pace": "How fast support is adjusted",
        "titration.level": "Fixed level of support",
        "titration.floor": "Minimum support",
        "titration.ceiling": "Maximum support",
        "titration.unwell": "Support while known to be unwell",
        "titration.high": "Support at the start",
        "titration.low": "Support at the end",
        "titration.days": "Days to step down",
        "contact.most_visits": "Visits in 4 weeks at full support",
        "contact.in_vivo": "Visits made where the client lives",
    },
    "Staff retention and turnover": {
        "turnover.supervision_hours": "Supervision for each worker",
        "turnover.pay": "Pay compared with the market (1 = same)",
        "turnover.notice_days": "Notice period",
        "turnover.handover": "Handover",
        "turnover.vacancy": "While a post is vacant",
        "staff.team_minutes": "Meetings and administration",
        "staff.overtime_minutes": "Overtime allowed to finish a visit",
    },
    "Practice model": {
        "practice.components": "Components of case management",
        "referral_help": "Help with a referral",
        "contact.family_days": "Days between contacts with a family",
        "family_work.consultation": "Family consultation",
        "family_work.group": "Family psychoeducation group",
        "family_work.respite_hours": "Respite for families",
    },
    "Crisis cover and hospital": {
        "crisis.first": "Who is called first in a crisis",
        "crisis.teams": "Crisis teams",
        "crisis.closes": "Crisis service closes at",
        "crisis.weekends": "Crisis service at weekends",
        "hospital.beds": "Hospital beds, shared with others",
        "hospital.use": "Threshold for admission",
        "contact.follow_up_days": "First visit after discharge within",
    },
}
"""The controls that are shown first, by group; what a rule does not have is left out."""
_LABELS = {key: label for group in GROUPS.values() for key, label in group.items()}

_LOOPS = "world.loops."
LOOP_PARTS = {
    "burnout_turnover": "workforce",
    "family_burden": "family",
    "network_growth": "network",
    "homelessness_trap": "housing",
    "bed_pressure": "hospital",
    "alliance_disclosure": "relationship",
    "coercion_distrust": "relationship",
    "information_dosing": "medication",
    "crisis_crowd_out": "crisis",
    "titration_balance": "belief",
    "dependency_trap": "growth",
    "graduated_autonomy": "growth",
    "pendulum": "pendulum",
    "whom_workers_see": "belief",
}
"""The part of the world whose numbers a mechanism works with most."""
_COUNTED = {
    "published": "published",
    "derived": "derived from published figures",
    "fitted": "fitted",
    "assumption": "assumption",
    "choice": "choice",
}
_STATUS = {
    "published": "published value",
    "derived": "derived from published figures",
    "fitted": "fitted to published figures",
    "assumption": "an assumption of the model",
    "choice": "a choice of the service",
}


def bundled_titles() -> dict[str, str]:
    """Return the titles of the bundled scenarios by name, without those that are only a set of prices."""
    titles = {name: str(tomllib.loads(file.read_text(encoding="utf-8"))["title"]) for name, file in bundled().items()}
    return {name: title for name, title in titles.items() if not name.startswith("prices_")}


def controls(scenario: Scenario, day: int) -> dict[str, list[Setting]]:
    """Return the controls by group with the values in force on a day."""
    found = every(scenario, day)
    return {
        title: [replace(found[key], label=label) for key, label in group.items() if key in found]
        for title, group in GROUPS.items()
    }


def every(scenario: Scenario, day: int) -> dict[str, Setting]:
    """Return every setting of the service that can be changed, by key, in order of declaration."""
    places = _places(as_table(scenario.service_on(day)), Place((Service,)))
    found = (_setting(key, place, value) for key, place, value in places)
    return {setting.key: setting for setting in found if setting is not None}


def loops(scenario: Scenario) -> list[Setting]:
    """Return the mechanism switches: a feedback loop each, which is cut where it is off."""
    switches = scenario.world.loops
    return [
        Setting(
            f"{_LOOPS}{name}",
            name.replace("_", " "),
            "switch",
            getattr(switches, name),
            (field.description or "")[:1].upper() + (field.description or "")[1:],
            evidence=_loop_evidence(scenario, name),
        )
        for name, field in Loops.model_fields.items()
    ]


def _counted(n: int, status: str) -> str:
    return counted(n, _COUNTED[status]) if status in ("assumption", "choice") else f"{n} {_COUNTED[status]}"


def _loop_evidence(scenario: Scenario, loop: str) -> str:
    """Return where the numbers of a mechanism come from, counted over the part of the world it works in."""
    said = ["the mechanism follows clinical writing on case management (cmsim docs claims)"]
    part = LOOP_PARTS.get(loop)
    if part is not None:
        count = Counter(each.evidence.status for each in parameters(getattr(scenario.world, part)))
        numbers = ", ".join(_counted(n, status) for status, n in sorted(count.items()))
        said.append(f"of the numbers it works with, {numbers} (cmsim evidence world.{part})")
    return "; ".join(said)


def policies_in_words(policies: Iterable[tuple[str, object, object]]) -> str:
    """Return in what two policies differ, with settings called as in the app.

    >>> policies_in_words([("hospital.beds", 42, 22), ("family_work.group", False, True)])
    'Hospital beds, shared with others: 42 and 22; Family psychoeducation group: off and on'
    """
    return "; ".join(f"{label_of(key)}: {in_words(mine)} and {in_words(theirs)}" for key, mine, theirs in policies)


def label_of(key: str) -> str:
    """Return what a setting is called."""
    if key.startswith(_LOOPS):
        return f"Mechanism {_plain(key.removeprefix(_LOOPS))}"
    return _LABELS.get(key.removesuffix(".rule")) or _plain(key)


def in_words(value: object) -> str:
    """Return the value of a setting as a room reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        return f"{len(value)} chosen"
    return f"{value:g}" if isinstance(value, float) else _named(str(value))


def _named(word: str) -> str:
    return _NAMES.get(word) or word.replace("_", " ")


def _places(table: Table, place: Place, above: str = "") -> Iterator[tuple[str, Place, object]]:
    """Yield key, place and value of each setting; a table in which a rule is chosen is one besides its settings."""
    for key, value in table.items():
        if key == RULE or (above == "caseload." and key in CASELOAD_TIMES):
            continue
        below = (place.under(table[RULE]) if RULE in table else place).step(key)
        if below is None:
            continue
        if below.rules or not isinstance(value, dict):
            yield f"{above}{key}", below, value
        if isinstance(value, dict):
            yield from _places(value, below, f"{above}{key}.")


def _setting(key: str, place: Place, value: Any) -> Setting | None:
    setting = Setting(key, _plain(key), "rule", value, evidence=_STATUS["choice"])
    evidence = evidence_of(place.field)
    if place.rules:
        meanings = {rule: _WORDS.get(rule) or " ".join(docstring(each).split()) for rule, each in place.rules.items()}
        rules = tuple(Option(rule, _named(rule), meaning) for rule, meaning in meanings.items())
        return replace(setting, value=value[RULE], meaning=meanings.get(value[RULE], ""), options=rules)
    if evidence:
        lowest, highest = evidence.allowed
        return replace(
            setting,
            sort="number",
            meaning=evidence.note,
            unit=evidence.unit,
            low=evidence.low,
            high=evidence.high,
            limits=(lowest, highest if highest < 1e9 else evidence.high * 10),
            whole=isinstance(value, int) and not isinstance(value, bool),
            evidence=_evidence(evidence),
        )
    if isinstance(value, bool):
        return replace(setting, sort="switch")
    if place.words and isinstance(value, str):
        options = tuple(Option(word, _named(word), _WORDS.get(word, "")) for word in place.words)
        return replace(setting, sort="word", meaning=_WORDS.get(value, ""), options=options)
    if key == "practice.components":
        about = "Which of the thirteen components case managers give time to; a practice model is a choice of them."
        options = tuple(Option(part.name, part.name, part.about) for part in ALL)
        return replace(setting, sort="words", value=list(value), meaning=about, options=options)
    return None


_WORDS = {
    "staff_fixed": "Posts stay as they are; people wait for a case manager.",
    "clients_fixed": "Posts follow the number of clients, with the hiring and handovers that takes.",
    "number only": "The client gets a number to call.",
    "agency prepared": "The case manager speaks to the agency beforehand.",
    "accompanied": "The case manager goes along.",
    "each_counts_one": "Every client takes up the same room in a caseload.",
    "need_first": "Clients known to be unwell or just discharged come first, then by need and waiting; contacts with "
    "families and others come last.",
    "fixed": "The same level of support for everybody at all times.",
    "responsive": "Support follows estimated need, gradually, within a minimum and maximum; it is raised when a client "
    "is unwell.",
}
_NAMES = {
    "staff_fixed": "keep the number of posts (people wait)",
    "clients_fixed": "keep the number of clients (hire or reduce)",
    "each_counts_one": "every client counts as 1",
    "least_loaded": "whoever has most room",
    "any_with_room": "anybody with room",
    "spare_the_exhausted": "room counts, exhausted workers are spared",
    "most_skilled": "the most skilled with room",
    "own_clients": "own clients",
    "shared_by_team": "shared by the team",
    "fixed": "the same for everybody",
    "responsive": "follows estimated need",
    "client_led": "follows the client's wish",
    "over_protective": "over-protective",
    "by_capability": "as much help as the person needs",
    "same_help": "the same help for everybody",
    "own_worker_first": "own case manager first",
    "service_first": "crisis service first",
    "own_then_team": "own case manager, then the team",
    "usual_threshold": "usual",
    "community_first": "high: community first",
    "hospital_first": "low: hospital first",
}
"""Names of rules and words where the plain one is not plain enough."""


def _evidence(evidence: Evidence) -> str:
    source = source_text(evidence)
    text = f"{_STATUS[evidence.status]}{f', {source}' if source else ''}"
    unit = "" if " to " in evidence.unit else f" {evidence.unit}"
    return f"{text}; plausible from {evidence.low:g} to {evidence.high:g}{unit}"


def _plain(key: str) -> str:
    return key.replace("_", " ").replace(".", ": ")
