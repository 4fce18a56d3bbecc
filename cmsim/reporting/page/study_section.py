"""What the page says of a study: its options under many parameter sets, and what every factor does."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from cmsim.core.numeric import Floats
from cmsim.experiments.caveats import standing_notes
from cmsim.experiments.study.factors import Factor
from cmsim.experiments.study.study_analysis import SCENARIO, Answers, Option, short, shown
from cmsim.outcomes import OUTCOMES, Outcome
from cmsim.reporting.outcome_lines import UNCLEAR, Line, Row, lines, observed_lines, places
from cmsim.reporting.page.sensitivity_section import Analysis
from cmsim.reporting.page.summary_section import describe_outcomes, service_names
from cmsim.reporting.page.svg_charts import by_value, effect_bars
from cmsim.reporting.wording import changes, counted, listed, lower, number, percent, span

_DESCRIBED = 5
"""Options that the page describes one by one."""
_LISTED = 60
"""Options that it lists."""
_VALUES = 8
"""Values of a factor that it lists."""
_NAMED = 3
_PICTURES = 6


class GroupRow(NamedTuple):
    """What a group of clients gains and loses under an option, in expectation."""

    grouping: str
    name: str
    years: str
    gains: str
    losses: str
    reading: str


class Effect(NamedTuple):
    """What a factor does to an outcome, and whether that is clear of stochastic variation."""

    factor: str
    role: str
    way: str
    amount: str
    clear: bool


def study_content(answers: Answers) -> dict[str, Any]:
    """Return what the template prints of a study in place of what it prints of a comparison."""
    study, first, replications = answers.study, answers.comparator.name, len(answers.replications)
    described = answers.others[:_DESCRIBED]
    parts = [describe_outcomes(_option_rows(answers, each), first, each.name, replications) for each in described]
    main = [name for name in answers.outcomes if OUTCOMES[name].main]
    effects = answers.effects[answers.effects["outcome"].isin(main)]
    names = [name for name in service_names(answers.levels) if OUTCOMES[name].better][:_PICTURES]
    first_lines = lines(answers.levels, names)
    swept = {
        "factors": [_factor(answers, factor) for factor in study.factors],
        "runs": f"{study.plan.runs:,}",
        "options": len(answers.options),
        "draws": answers.draws,
        "not_described": len(answers.others) - len(described),
        "without_pair": len(answers.options) - 1 - len(answers.others),
        "answer": _answer(answers, effects),
        "heads": [(line.label, line.unit, line.a) for line in first_lines],
        "rows": [(each.name, _cells(answers, each, first_lines, names)) for each in answers.others[:_LISTED]],
        "left_out": max(0, len(answers.others) - _LISTED),
        "unclear": UNCLEAR,
        "groups": {option.name: _groups(answers, option) for option in described},
        "effects": _effect_table(effects),
    }
    return {
        "outcomes": answers.differences if answers.others else answers.levels,
        "title": study.plan.title or study.plan.question or study.directory.name,
        "swept": swept,
        "question": [study.plan.question] if study.plan.question else [],
        "parts": parts or [describe_outcomes(answers.levels, first, "", replications)],
        "pictures": [*_effect_pictures(effects), *_lever_pictures(answers, names)],
        "analyses": [found for option in described if (found := _by_parameter_set(answers, option, main))],
        "observed": observed_lines(answers.observed) if len(answers.observed) else [],
        "observed_of": answers.observed["scenario"].iloc[0] if len(answers.observed) else "",
        "notes": _notes(answers),
    }


def _factor(answers: Answers, factor: Factor) -> tuple[str, str, str]:
    keys = "" if factor.keys == (factor.name,) else f" ({', '.join(factor.keys)})"
    values = list(dict.fromkeys(shown(value) for value in answers.study.cells[factor.name]))
    said = ", ".join(values[:_VALUES]) + (f" ... ({len(values)} values)" if len(values) > _VALUES else "")
    if factor.low is not None and factor.high is not None:
        said = f"{factor.low:g} to {factor.high:g}"
    return factor.name + keys, factor.role, said


# -- the answer


def _answer(answers: Answers, effects: pd.DataFrame) -> list[str]:
    """Return the answer in sentences: what the levers do, in the mean over parameter sets."""
    moves = _strongest(effects[effects["role"].isin(["lever", SCENARIO])])
    sentences = []
    for _, rows in moves[moves["times"] >= 1.0].groupby(["factor", "start", "end"], sort=False):
        said: dict[str, list[str]] = {verb: [] for verb in ("improves", "worsens", "raises", "lowers")}
        for row in rows.to_dict("records"):
            said[_verb(row)].append(f"{lower(OUTCOMES[row['outcome']].label)} ({_amount(row)})")
        factor, start, end = rows.iloc[0][["factor", "start", "end"]]
        subject = end if factor == SCENARIO else f"{short(factor)} {end}"
        sentences.append(f"{subject[:1].upper()}{subject[1:]} instead of {start} {changes(said)}.")
    levers = [each for each in answers.terms if each.role != "uncertainty"]
    if not levers:
        return [_without_levers(effects)]
    if answers.effects.empty:
        sentences = ["There are fewer cells than it takes to separate the effects of the levers."]
    elif not sentences:
        sentences = ["Nothing that planners could choose here is shown to make a difference large enough to act on."]
    if answers.draws > 1:
        sentences.append(f"These are means over {answers.draws} parameter sets; how far they differ stands below.")
    return sentences


def _without_levers(effects: pd.DataFrame) -> str:
    strongest = _strongest(effects).drop_duplicates("factor")
    if strongest.empty:
        return "The study has no levers, and none of its uncertainties is shown to move a main outcome."
    said = [
        f"{short(row['factor'])} ({lower(OUTCOMES[row['outcome']].label)} {_amount(row)} from {row['start']} to "
        f"{row['end']})"
        for row in strongest.head(_NAMED).to_dict("records")
    ]
    return f"The study has no levers; of its uncertainties, {listed(said)} move outcomes most."


def _strongest(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the clear effects with ``times``, their size in smallest important differences, the largest first."""
    clear = effects[effects["clear"].astype(bool)]
    matters = clear["outcome"].map(lambda name: OUTCOMES[name].matters).astype(float)
    times = (clear["effect"].astype(float) / matters).abs()
    return clear.assign(times=times).sort_values("times", ascending=False, kind="stable")


def _verb(row: Row) -> str:
    better = OUTCOMES[row["outcome"]].better
    if better is None:
        return "raises" if row["effect"] > 0 else "lowers"
    return "improves" if (row["effect"] > 0) == (better == "higher") else "worsens"


def _amount(row: Row) -> str:
    outcome = OUTCOMES[row["outcome"]]
    return f"{_signed(outcome, row['effect'])} {outcome.shown_unit}"


def _signed(outcome: Outcome, value: float) -> str:
    return number(outcome.shown(value), places(outcome), sign=True)


# -- options


def _option_rows(answers: Answers, option: Option) -> pd.DataFrame:
    return answers.differences[answers.differences["option"] == option.name]


def _cells(answers: Answers, option: Option, heads: list[Line], names: list[str]) -> list[Line | None]:
    by_label = {line.label: line for line in lines(_option_rows(answers, option), names)}
    return [by_label.get(head.label) for head in heads]


def _groups(answers: Answers, option: Option) -> list[GroupRow]:
    if answers.groups.empty:
        return []
    table = answers.groups[answers.groups["option"] == option.name]
    readings = {(True, False): "gains", (False, True): "loses", (True, True): "gains and loses"}
    found = []
    for _, rows in table.groupby(["grouping", "group"], sort=False):
        clear = rows[(rows["p_holm"] < 0.05) & (rows["size"] != "too small to matter")]
        gains, losses = (
            "; ".join(
                f"{lower(line.label)} {line.change} {line.unit} ({line.interval})"
                for line in lines(clear[clear["verdict"] == verdict])
            )
            for verdict in ("better", "worse")
        )
        reading = readings.get((bool(gains), bool(losses)), UNCLEAR)
        grouping, group, years = rows.iloc[0][["grouping", "group", "client_years"]]
        found.append(GroupRow(grouping, group, f"{years:.0f}", gains, losses, reading))
    return found


# -- sensitivity analysis


def _effect_table(effects: pd.DataFrame) -> list[tuple[str, str, str, list[Effect]]]:
    found = []
    for name, rows in effects.groupby("outcome", sort=False):
        outcome = OUTCOMES[str(name)]
        scale, shown_places = outcome.shown(1.0), places(outcome)
        order = rows["effect"].abs().sort_values(ascending=False, kind="stable").index
        found_effects = [
            Effect(
                short(row["factor"]),
                row["role"],
                f"{row['start']} \N{RIGHTWARDS ARROW} {row['end']}",
                f"{_signed(outcome, row['effect'])} "
                f"({span(row['low'] * scale, row['high'] * scale, shown_places, sign=True)})",
                bool(row["clear"]),
            )
            for row in rows.loc[order].to_dict("records")
        ]
        found.append((outcome.label, outcome.shown_unit, percent(rows["explained"].iloc[0]), found_effects))
    return found


def _by_parameter_set(answers: Answers, option: Option, main: list[str]) -> Analysis | None:
    """Return what an option does under each parameter set; None where there is one, or one replication."""
    rows: list[tuple[str, ...]] = []
    said: dict[str, list[str]] = {
        "The same direction is expected under all of them": [],
        "It differs between parameter sets": [],
        "Unclear, may be chance": [],
    }
    firm, differs, unknown = said.values()
    verdicts = _option_rows(answers, option).set_index("outcome")["verdict"]
    for name in main:
        outcome, verdict = OUTCOMES[name], verdicts[name]
        found, draws = answers.decompose(option, name)
        expected = outcome.shown(1.0) * found.expectations
        if not len(expected) or verdict == "identical":
            continue
        moved = [
            f"{short(row['factor'])} ({_signed(outcome, row['effect'])})"
            for row in sorted(answers.moved_by(option, name), key=lambda row: -abs(row["effect"]))
            if row["clear"]
        ]
        better = _count_better(expected, outcome)
        if verdict == "not distinguishable" and not moved:
            # expectations are shrunk toward a mean that may as well be zero: that they agree says nothing
            better = None
            unknown.append(lower(outcome.label))
        elif better is not None:
            (firm if better in (0, len(draws)) else differs).append(lower(outcome.label))
        shown_places = places(outcome)
        rows.append(
            (
                outcome.label,
                f"{number(float(expected.mean()), shown_places, sign=True)} {outcome.shown_unit}",
                span(float(expected.min()), float(expected.max()), shown_places, sign=True),
                percent(found.share),
                "\N{EN DASH}" if better is None else f"{better} of {len(draws)}",
                ", ".join(moved[:_NAMED]) or "nothing shown",
            )
        )
    if not rows:
        return None
    words = [f"{len(option.cells)} parameter sets, with common random numbers."]
    words += [f"{what}: {listed(labels)}." for what, labels in said.items() if labels]
    head = (
        "Outcome",
        "Difference, mean over parameter sets",
        "Expected under single sets",
        "Variance due to parameters",
        "Better under",
        "Moved by (over its range)",
    )
    heading = f"By parameter set: {option.name} against {answers.comparator.name}"
    return Analysis(heading, " ".join(words), head, rows)


def _count_better(differences: Floats, outcome: Outcome) -> int | None:
    if outcome.better is None:
        return None
    return int(np.sum(differences > 0 if outcome.better == "higher" else differences < 0))


# -- pictures and notes


def _effect_pictures(effects: pd.DataFrame) -> list[tuple[str, Markup]]:
    return [
        effect_bars(effects[effects["outcome"] == name], OUTCOMES[name], short)
        for name in service_names(effects)[:_PICTURES]
    ]


def _lever_pictures(answers: Answers, names: list[str]) -> list[tuple[str, Markup]]:
    """Return how outcomes go with the lever that has most values, a thin line a parameter set."""
    cells = answers.study.cells
    levers = [name for name in answers.study.levers if cells[name].nunique() > 1]
    if not levers:
        return []
    lever = max(levers, key=lambda name: cells[name].nunique())
    return [by_value(cells, lever, short(lever), answers.values(name), OUTCOMES[name]) for name in names]


def _notes(answers: Answers) -> list[str]:
    replications, failed = counted(len(answers.replications), "replication"), answers.study.status().failed
    notes = [
        f"Intervals (95%) cover stochastic variation only, from {replications} that are the same in all "
        "cells, for the choices and parameter sets that were tried: not what others would show."
    ]
    if failed:
        said = ", ".join(f"{count:,} {name}" for name, count in sorted(failed.items()))
        notes.append(f"Runs without results, left out with their pairs: {said}.")
    if len(answers.others) > 1:
        notes.append(
            f"Verdicts are corrected for comparing {len(answers.others)} options with "
            f"{answers.comparator.name} (Holm), outcome by outcome; those of groups for all groups and "
            "outcomes of an option."
        )
    notes.append(
        "A study has no placebo run, so that pure noise shows in the intervals only. "
        "cmsim compare runs one for two scenarios."
    )
    if answers.effects.empty and answers.terms:
        notes.append("There are fewer cells than it takes to separate the effects of the factors: add draws.")
    return [*notes, *standing_notes(next(iter(answers.study.scenarios.values())))]
