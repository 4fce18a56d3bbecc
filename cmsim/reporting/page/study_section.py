"""What stands on the page of a study: its options in many worlds, and what every factor does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from cmsim.core.errors import CmsimError
from cmsim.experiments.caveats import standing_notes
from cmsim.experiments.study.run_store import COMPLETE
from cmsim.experiments.study.study_analysis import SCENARIO, Answers, Option, short, shown
from cmsim.experiments.study.study_result import Study, load_study
from cmsim.outcomes import OUTCOMES, Outcome
from cmsim.reporting.page.results_reader import Folder
from cmsim.reporting.page.sensitivity_section import HangsOn
from cmsim.reporting.page.summary_section import Line, joined, lines, lower, service_names
from cmsim.reporting.page.svg_charts import by_value, effect_bars
from cmsim.reporting.result_folder import FORMAT
from cmsim.reporting.terminal_tables import number, places

TOLD = 5
"""Options that the page tells in full."""
LISTED = 60
"""Options that it lists."""
_NAMED = 3
_PICTURES = 6


@dataclass(frozen=True)
class Varied:
    """A factor as the page shows it."""

    name: str
    role: str
    said: str


@dataclass(frozen=True)
class GroupRow:
    """How a group of clients fares under an option, in expectation."""

    grouping: str
    name: str
    years: str
    gains: str
    losses: str
    reading: str


def study_folder(directory: Path) -> tuple[Folder, Study]:
    """Return a merged study as a folder of results, and the study.

    Raises:
        CmsimError: it is not finished, or not of the usual outcomes; the message says what to do.
    """
    study = load_study(directory)
    study.require_finished()
    if study.plan.analysis:
        raise CmsimError(
            f"{directory} holds the runs of cmsim sensitivity; allowed: its results beside a comparison, "
            "cmsim report COMPARISON --with RESULTS"
        )
    if "run" in study.plan.version:
        raise CmsimError(
            f"{directory} holds what a function of its own returned, whose units cmsim does not know; "
            "allowed: a study of the usual outcomes. Its tables: cmsim.load_study(...).runs"
        )
    if not (study.runs["status"] == COMPLETE).any():
        raise CmsimError(f"{directory}: no run has results; cmsim study resume {directory} --retry")
    found, plan = study.manifest, study.plan
    described = {
        "format": FORMAT,
        "command": "sweep",
        "written": found["written"],
        "cmsim": found["model"]["cmsim"],
        "python": found["python"],
        "platform": found["platform"],
        "libraries": {name: version for name, version in found["model"].items() if name not in ("cmsim", "code")},
        "replications": list(range(plan.first, plan.first + plan.replications)),
        "scenarios": [
            {
                "name": name,
                "title": scenario.title,
                "purpose": scenario.purpose,
                "seed": scenario.run.seed,
                "digest": scenario.digest(),
                "settings": scenario.flat(),
            }
            for name, scenario in plan.scenarios.items()
        ],
    }
    return Folder(directory, described, {}), study


def swept(study: Study) -> dict[str, Any]:
    """Return what the template prints of a study beside what it prints of any results."""
    answers = Answers(study)
    told = answers.others[:TOLD]
    factors = [_varied(answers, name) for name in _factors(answers)]
    failed = study.status().failed
    main = [name for name in answers.outcomes if OUTCOMES[name].main]
    effects = answers.effects[answers.effects["outcome"].isin(main)]
    return {
        "answers": answers,
        "question": [study.plan.question] if study.plan.question else [],
        "factors": factors,
        "runs": f"{study.plan.runs:,}",
        "options": len(answers.options),
        "worlds": answers.draws,
        "told": told,
        "not_told": len(answers.others) - len(told),
        "without_pair": len(answers.options) - 1 - len(answers.others),
        "answer": _answer(answers, effects),
        "listed": _listed(answers),
        "groups": {option.name: _groups(answers, option) for option in told},
        "effects": _effect_table(effects),
        "hangs_on": [each for option in told if (each := _worlds(answers, option, main))],
        "pictures": [*_effect_pictures(effects), *_lever_pictures(answers)],
        "notes": [*_notes(answers, failed), *standing_notes(next(iter(study.scenarios.values())))],
    }


def _factors(answers: Answers) -> list[str]:
    return [factor.name for factor in answers.study.factors]


def _varied(answers: Answers, name: str) -> Varied:
    (factor,) = [each for each in answers.study.factors if each.name == name]
    keys = "" if factor.keys == (name,) else f" ({', '.join(factor.keys)})"
    if factor.low is not None and factor.high is not None:
        said = f"{factor.low:g} to {factor.high:g}"
    else:
        values = list(dict.fromkeys(shown(value) for value in answers.study.cells[name]))
        said = ", ".join(values[:8]) + (f" ... ({len(values)} values)" if len(values) > 8 else "")
    return Varied(name + keys, factor.role, said)


# -- the answer


def _answer(answers: Answers, effects: pd.DataFrame) -> list[str]:
    """Return the answer in sentences: what the levers do, then what of it is the same in all worlds."""
    worlds = f"{answers.draws} worlds" if answers.draws > 1 else "one world"
    sentences = []
    moves = effects[effects["role"].isin(["lever", SCENARIO]) & effects["clear"].astype(bool)].copy()
    moves["times"] = _times(moves)
    for (factor, start, end), rows in moves.groupby(["factor", "start", "end"], sort=False):
        strongest = rows.sort_values("times", ascending=False, kind="stable")
        strongest = strongest[strongest["times"] >= 1.0]
        parts = []
        for verb, direction in (("improves", 1), ("worsens", -1), ("changes", 0)):
            said = [
                f"{lower(OUTCOMES[row['outcome']].label)} ({_amount(row)})"
                for row in strongest.to_dict("records")
                if _direction(row) == direction
            ]
            rest = len(said) - _NAMED
            said = [*said[:_NAMED], f"{rest} more"] if rest > 0 else said
            if said:
                parts.append(f"{verb} {joined(said)}")
        if parts:
            subject = end if factor == SCENARIO else f"{short(str(factor))} {end}"
            sentences.append(f"{subject[:1].upper()}{subject[1:]} instead of {start} {'; it '.join(parts)}.")
    levers = [each for each in answers.terms if each.role != "uncertainty"]
    if levers and not len(answers.effects):
        sentences = ["There are fewer cells than it takes to tell what each lever does."]
    elif levers and not sentences:
        sentences = ["Nothing that planners could choose here is shown to change a main outcome by what matters."]
    if not levers:
        sentences = [_without_levers(effects)]
    elif answers.draws > 1:
        sentences.append(f"These are means over {worlds}; how far they differ from world to world stands below.")
    return sentences


def _without_levers(effects: pd.DataFrame) -> str:
    clear = effects[effects["clear"].astype(bool)].copy()
    clear["times"] = _times(clear)
    order = clear.groupby("factor", sort=False)["times"].max().sort_values(ascending=False, kind="stable")
    if order.empty:
        return "The study has no levers, and none of its uncertainties is shown to move a main outcome."
    said = []
    for factor in order.index[:_NAMED]:
        row = clear[clear["factor"] == factor].sort_values("times", ascending=False, kind="stable").iloc[0]
        label = lower(OUTCOMES[row["outcome"]].label)
        said.append(f"{short(str(factor))} ({label} {_amount(row)} from {row['start']} to {row['end']})")
    return f"The study has no levers; of what nobody knows, most is moved by {joined(said)}."


def _times(effects: pd.DataFrame) -> pd.Series[float]:
    matters = effects["outcome"].map(lambda name: OUTCOMES[name].matters)
    return (effects["effect"].astype(float) / matters.astype(float)).abs()


def _direction(row: dict[Any, Any]) -> int:
    better = OUTCOMES[row["outcome"]].better
    if better is None:
        return 0
    return 1 if (row["effect"] > 0) == (better == "higher") else -1


def _amount(row: Any) -> str:
    outcome = OUTCOMES[row["outcome"]]
    return f"{_signed(outcome, row['effect'])} {outcome.shown_unit}"


def _signed(outcome: Outcome, value: float) -> str:
    return number(outcome.shown(value), places(outcome), sign=True)


# -- options


def _listed(answers: Answers) -> dict[str, Any]:
    """Return a table of all options in outcomes of the service: mean of the first, then differences."""
    if not answers.others:
        return {}
    names = [name for name in service_names(answers.levels) if OUTCOMES[name].better][:_PICTURES]
    table = answers.differences
    rows = []
    for option in answers.others[:LISTED]:
        mine = table[table["option"] == option.name]
        told = {line.label: line for line in lines(mine, names)}
        cells: list[Line | None] = [told.get(OUTCOMES[name].label) for name in names]
        rows.append((option.name, cells))
    first = {line.label: line.a for line in lines(answers.levels, names)}
    heads = [(OUTCOMES[name].label, OUTCOMES[name].shown_unit, first[OUTCOMES[name].label]) for name in names]
    return {"heads": heads, "rows": rows, "left_out": max(0, len(answers.others) - LISTED)}


def option_rows(answers: Answers, option: Option) -> pd.DataFrame:
    """Return the differences of one option."""
    table = answers.differences
    return table[table["option"] == option.name]


def _groups(answers: Answers, option: Option) -> list[GroupRow]:
    if not len(answers.groups):
        return []
    table = answers.groups[answers.groups["option"] == option.name]
    found = []
    for (grouping, group), rows in table.groupby(["grouping", "group"], sort=False):
        clear = rows[(rows["p_holm"] < 0.05) & (rows["size"] != "too small to matter")]
        gains, losses = (
            [
                f"{lower(line.label)} {line.change} {line.unit} ({line.interval})"
                for line in lines(part, part["outcome"])
            ]
            for part in (clear[clear["verdict"] == "better"], clear[clear["verdict"] == "worse"])
        )
        reading = {(True, False): "gains", (False, True): "loses", (True, True): "gains and loses"}.get(
            (bool(gains), bool(losses)), "not distinguishable"
        )
        years = f"{rows['client_years'].iloc[0]:.0f}"
        found.append(GroupRow(str(grouping), str(group), years, "; ".join(gains), "; ".join(losses), reading))
    return found


# -- what it hangs on


def _effect_table(effects: pd.DataFrame) -> list[tuple[str, str, str, list[tuple[str, str, str, str, bool]]]]:
    """Return by outcome its label, unit, the share explained, and the effects in words, strongest first."""
    found = []
    for name, rows in effects.groupby("outcome", sort=False):
        outcome = OUTCOMES[str(name)]
        ordered = rows.assign(times=rows["effect"].abs()).sort_values("times", ascending=False, kind="stable")
        cells = [
            (
                short(row["factor"]),
                row["role"],
                f"{row['start']} \N{RIGHTWARDS ARROW} {row['end']}",
                f"{_signed(outcome, row['effect'])} ({_signed(outcome, row['low'])} to "
                f"{_signed(outcome, row['high'])})",
                bool(row["clear"]),
            )
            for row in ordered.to_dict("records")
        ]
        explained = rows["explained"].iloc[0]
        share = f"{explained:.0%}" if np.isfinite(explained) else "\N{EN DASH}"
        found.append((outcome.label, outcome.shown_unit, share, cells))
    return found


def _worlds(answers: Answers, option: Option, main: list[str]) -> HangsOn | None:
    """Return how an option fares from world to world; None where there is one world or one history."""
    rows: list[tuple[str, ...]] = []
    firm: list[str] = []
    differs: list[str] = []
    unknown: list[str] = []
    verdicts = option_rows(answers, option).set_index("outcome")["verdict"]
    for name in main:
        outcome = OUTCOMES[name]
        found, worlds = answers.decompose(option, name)
        if not len(found.expectations) or verdicts[name] == "identical":
            continue
        moved = [
            f"{short(row['factor'])} ({_signed(outcome, row['effect'])})"
            for row in sorted(answers.moved_by(option, name), key=lambda row: -abs(row["effect"]))
            if row["clear"]
        ]
        low, high = (_signed(outcome, float(end)) for end in (found.expectations.min(), found.expectations.max()))
        better = _better_in(found.expectations, outcome)
        if verdicts[name] == "not distinguishable" and not moved:
            # worlds are shrunk toward a mean that may as well be zero: what they all say says nothing
            better = None
            unknown.append(lower(outcome.label))
        elif better is not None:
            (firm if better in (0, len(worlds)) else differs).append(lower(outcome.label))
        rows.append(
            (
                outcome.label,
                f"{_signed(outcome, float(found.expectations.mean()))} {outcome.shown_unit}",
                f"{low} to {high}",
                f"{found.share:.0%}" if np.isfinite(found.share) else "\N{EN DASH}",
                "\N{EN DASH}" if better is None else f"{better} of {len(worlds)}",
                ", ".join(moved[:_NAMED]) or "nothing shown",
            )
        )
    if not rows:
        return None
    said = f"{len(option.cells)} worlds, lived through with the same luck."
    if firm:
        said += f" The same direction is expected in all of them: {joined(firm)}."
    if differs:
        said += f" It differs from world to world: {joined(differs)}."
    if unknown:
        said += f" Not told apart from chance: {joined(unknown)}."
    head = (
        "Outcome",
        "Difference, mean over worlds",
        "Expected in single worlds",
        "Variance that is the world, not chance",
        "Better in worlds",
        "Moved by (over its range)",
    )
    return HangsOn(f"From world to world: {option.name} against {answers.comparator.name}", said, head, rows, [])


def _better_in(worlds: Any, outcome: Outcome) -> int | None:
    if outcome.better is None:
        return None
    return int(np.sum(worlds > 0 if outcome.better == "higher" else worlds < 0))


# -- pictures


def _effect_pictures(effects: pd.DataFrame) -> list[tuple[str, Markup]]:
    found = []
    for name in service_names(effects)[:_PICTURES]:
        rows = effects[effects["outcome"] == name]
        if len(rows):
            found.append(effect_bars(rows, OUTCOMES[name], short))
    return found


def _lever_pictures(answers: Answers) -> list[tuple[str, Markup]]:
    """Return how the outcomes of the service go with the lever that has most values, world by world."""
    cells = answers.study.cells
    levers = [name for name in answers.study.levers if cells[name].nunique() > 1]
    if not levers:
        return []
    lever = max(levers, key=lambda name: cells[name].nunique())
    names = [name for name in service_names(answers.levels) if OUTCOMES[name].better][:_PICTURES]
    return [by_value(cells, lever, short(lever), answers.values(name), OUTCOMES[name]) for name in names]


def _notes(answers: Answers, failed: Any) -> list[str]:
    replications = len(answers.replications)
    notes = [
        f"Intervals (95%, Student) cover chance only, from {replications} "
        f"{'replication' if replications == 1 else 'replications'} that are the same in all cells, for the choices and "
        "worlds that were tried: not what other worlds would say."
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
        "A sweep has no placebo twin: what mere chaos does is in the intervals only. "
        "cmsim compare shows it for two scenarios."
    )
    if not len(answers.effects) and answers.terms:
        notes.append("There are fewer cells than it takes to part the effects of the factors: more draws.")
    return notes
