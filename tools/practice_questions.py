"""Questions that practitioners ask: what is expected for which reason, how the model is asked, what it answers.

``docs/data/questions/questions.toml`` holds them, written before the calibration whose parameter sets answer them. A
question is a contrast of its own, or one of the claims'. ``record_claims.py`` records both, and ``generate.py`` makes
``docs/questions.md`` of questions and results.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Literal, Self, get_args

from jinja2 import Environment
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cmsim.core.references import SOURCES
from cmsim.outcomes import find
from cmsim.scenario.parameter_sets import Ensemble, load_ensemble
from cmsim.validation.claims import CLAIMS, Contrast, ContrastResult, Finding, Measure, collect_contrasts, stated_by

ROOT = Path(__file__).parents[1]
CLAIM_RESULTS = ROOT / "docs" / "data" / "claims"
ANSWERS = ROOT / "docs" / "data" / "questions"

Direction = Literal["higher", "lower", "little"]
SIGNS: dict[Direction, int] = {"higher": 1, "lower": -1, "little": 0}
Verdict = Literal["does not agree", "not recorded yet", "not clear", "agrees"]
"""What becomes of an expectation; a question has the first of them that one of its outcomes has."""


class Question(BaseModel):
    """One question.

    Attributes:
        subject: the part of the page in which it stands.
        asks: the question, in a practitioner's words.
        known: what evidence or experts say.
        sources: their keys; none for practice wisdom.
        expected: the direction of each outcome looked at.
        contrast: the name of the contrast of the claims that asks the same; empty where it is a contrast of its own.
        a: settings of one side; a section may be the name of a practice model.
        b: settings of the other.
        base: settings of both.
        scenario: the bundled scenario that both are based on.
        clients: at the start.
        warm_up: days of warm-up.
        days: days after it.
        why: the mechanism behind an answer that does not agree.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str = Field(min_length=1)
    asks: str = Field(min_length=1)
    known: str = Field(min_length=1)
    sources: tuple[str, ...] = ()
    expected: dict[str, Direction] = Field(min_length=1)
    contrast: str = ""
    a: dict[str, object] = {}
    b: dict[str, object] = {}
    base: dict[str, object] = {}
    scenario: str = "usual_care"
    clients: int = Field(150, ge=150, le=300)
    warm_up: int = 90
    days: int = 730
    why: str = ""

    def ask(self, name: str) -> Contrast:
        """Return the contrast that a question of its own is, under a name."""
        return Contrast(
            name,
            self.asks,
            a=_lay(self.a),
            b=_lay(self.b),
            base=_lay(self.base),
            measures=[Measure(outcome, SIGNS[direction]) for outcome, direction in self.expected.items()],
            scenario=self.scenario,
            clients=self.clients,
            warm_up=self.warm_up,
            days=self.days,
            draws=40,
        )


class Questions(BaseModel):
    """All questions by name, and the sources that stand nowhere else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: dict[str, str]
    questions: dict[str, Question]

    @model_validator(mode="after")
    def _has_every_source(self) -> Self:
        used = {key for question in self.questions.values() for key in question.sources}
        if unknown := used - {*CLAIMS, *SOURCES, *self.sources}:
            raise ValueError(f"no source is called {', '.join(sorted(unknown))}")
        if unused := self.sources.keys() - used:
            raise ValueError(f"no question names the source {', '.join(sorted(unused))}")
        return self

    def cite(self, key: str) -> str:
        """Return a source as the page names it."""
        if key in CLAIMS:
            return f"claim {key}"
        if key in self.sources:
            return self.sources[key]
        return SOURCES[key].citation + ("" if SOURCES[key].read else " (unverified)")


@cache
def load_questions() -> Questions:
    """Return the questions.

    Raises:
        pydantic.ValidationError: the file has mistakes.
    """
    return Questions.model_validate(tomllib.loads((ANSWERS / "questions.toml").read_text(encoding="utf-8")))


def own_contrasts() -> dict[str, Contrast]:
    """Return the contrasts of the questions that the claims do not ask, by name."""
    return {name: each.ask(name) for name, each in load_questions().questions.items() if not each.contrast}


def _lay(settings: Mapping[str, object]) -> dict[str, object]:
    """Return settings with what a practice model states, but for its posts, where a section is named by it."""
    laid: dict[str, object] = {}
    for key, value in settings.items():
        if key not in ("baseline", "service"):
            laid[key] = value
            continue
        for stated, inner in stated_by(str(value), "service").items():
            if stated != "service.staff.case_managers":
                laid[key + stated.removeprefix("service")] = inner
    return laid


def is_of(result: ContrastResult, contrast: Contrast, ensemble: Ensemble | None) -> bool:
    """Return whether a result was recorded of a contrast as it is now, under the present parameter sets."""
    asked = {
        "scenario": contrast.scenario,
        "clients": contrast.clients,
        "warm_up_days": contrast.warm_up,
        "days": contrast.days,
        "base": contrast.base,
        "a": contrast.a,
        "b": contrast.b,
        "ensemble": None if ensemble is None else ensemble.hash,
        "drawn_parameters": len(contrast.draw_parameters(ensemble)[0]),
    }
    signs = {measure.name: measure.sign for measure in contrast.measures}
    return signs == {finding.measure: finding.sign for finding in result.findings} and all(
        json.dumps(value, sort_keys=True) == json.dumps(result.manifest.get(key), sort_keys=True)
        for key, value in asked.items()
    )


def judge(expected: Direction, finding: Finding, matters: float) -> Verdict:
    """Return whether a finding agrees with what is expected.

    Args:
        expected: of the difference of the second side from the first.
        finding: with the 95% interval of that difference.
        matters: the smallest important difference. A direction needs an interval clear of 0 that reaches it; little
            needs one within it, either way.
    """
    low, high = finding.low, finding.high
    if expected == "lower":
        low, high = -high, -low
    if expected == "little":
        outside, inside = max(low, -high) > matters, max(-low, high) <= matters
    else:
        outside, inside = high < matters, high >= matters and low > 0.0
    return "does not agree" if outside else "agrees" if inside else "not clear"


@cache
def asked_contrasts() -> dict[str, Contrast]:
    """Return the contrast by which each question is asked, by name of the question."""
    claims = collect_contrasts(ROOT / "tests" / "claims")
    return {
        name: claims[each.contrast] if each.contrast else each.ask(name)
        for name, each in load_questions().questions.items()
    }


@cache
def load_answers() -> dict[str, ContrastResult]:
    """Return the recorded results of the questions as they are asked now, by name of the question."""
    ensemble, own, found = load_ensemble(), own_contrasts(), dict[str, ContrastResult]()
    for name, contrast in asked_contrasts().items():
        folder = ANSWERS if name in own else CLAIM_RESULTS
        if (folder / f"{contrast.name}.json").exists():
            result = ContrastResult.load(folder, contrast.name)
            if is_of(result, contrast, ensemble):
                found[name] = result
    return found


# -- the page --------------------------------------------------------------------------------------------

PAGE = """\
{% for subject, asked in subjects %}
## {{ subject }}

{% for each in asked %}
### {{ each.number }}. {{ each.question.asks }}

{{ each.question.known }}
{%- if each.cited %} *{{ each.cited | join("; ") }}.*{% else %} *No source: practice wisdom, an assumption.*{% endif %}


{{ each.how }}

| outcome | expected | matters from | on one side | change (95% interval) | |
| --- | --- | --- | --- | --- | --- |
{% for row in each.rows %}
| {{ row | join(" | ") }} |
{% endfor %}

{% if each.question.why %}
{{ each.question.why }}

{% endif %}
{% endfor %}
{% endfor %}
"""


def question_answers() -> str:
    """Return every question with what is known, what is expected, and the model's answer."""
    asked, contrasts, held = load_questions(), asked_contrasts(), load_answers()
    pages = [
        {
            "number": number,
            "question": question,
            "cited": [asked.cite(key) for key in question.sources],
            "how": _tell_sides(question, contrasts[name]),
            "rows": _rows(question, held.get(name)),
        }
        for number, (name, question) in enumerate(asked.questions.items(), 1)
    ]
    subjects = groupby(pages, key=lambda each: each["question"].subject)
    page = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False).from_string(PAGE)
    return page.render(subjects=[(subject, list(each)) for subject, each in subjects]).strip()


def question_overview() -> str:
    """Return how many questions have which answer, and a table of all."""
    held, lines, found = load_answers(), [], Counter[str]()
    for number, (name, question) in enumerate(load_questions().questions.items(), 1):
        verdicts = [row[-1] for row in _rows(question, held.get(name))]
        verdict = next(each for each in get_args(Verdict) if each in verdicts)
        found[verdict] += 1
        agreeing = f"{verdicts.count('agrees')} of {len(verdicts)}" if name in held else ""
        lines.append(f"| {number} | {question.asks} | {verdict} | {agreeing} |")
    told = ", ".join(f"{each} {found[each]}" for each in reversed(get_args(Verdict)))
    head = "| | question | answer | outcomes that agree |\n| --- | --- | --- | --- |"
    return "\n".join((f"{found.total()} questions: {told}.\n", head, *lines))


def _tell_sides(question: Question, contrast: Contrast) -> str:
    """Return how the model is asked, in a line."""
    if question.contrast:
        return f"*Asked* by the contrast `{contrast.name}` of [the claims](claims.md): {contrast.question}"

    def tell(settings: Mapping[str, object]) -> str:
        said = ", ".join(f"`{key} = {json.dumps(value)}`" for key, value in settings.items())
        return said or "as it is"

    shared = f", with {tell(question.base)}" if question.base else ""
    return (
        f"*Asked* of {question.clients} clients of `{question.scenario}`{shared}, over {question.days} days after "
        f"{question.warm_up} of warm-up. One side: {tell(question.a)}. The other: {tell(question.b)}."
    )


def _rows(question: Question, result: ContrastResult | None) -> list[tuple[str, ...]]:
    """Return a row for each outcome; the last cell is its verdict."""
    rows = []
    for name, expected in question.expected.items():
        outcome, before, change, verdict = find(name), "", "", "not recorded yet"
        if result is not None:
            finding = result[name]
            before = f"{finding.mean_a:.3g}"
            change = f"{finding.difference:+.3g} ({finding.low:.3g} to {finding.high:.3g})"
            verdict = judge(expected, finding, outcome.matters)
        rows.append((f"{outcome.label}, {outcome.unit}", expected, f"{outcome.matters:g}", before, change, verdict))
    return rows
