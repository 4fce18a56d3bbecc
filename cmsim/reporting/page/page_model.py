"""What stands on the page, made from a results folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from cmsim.core.parameters import Evidence
from cmsim.core.version import __version__
from cmsim.experiments.caveats import MUST_NOT, PURPOSE, SAFETY, STANDING
from cmsim.experiments.individual_effects import MATTERS_DAYS
from cmsim.experiments.study.study_analysis import Answers
from cmsim.experiments.study.study_result import Study
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.page.checklists import odd, stress
from cmsim.reporting.page.results_reader import Folder
from cmsim.reporting.page.sensitivity_section import HangsOn, hangs_on
from cmsim.reporting.page.study_section import option_rows, swept
from cmsim.reporting.page.summary_section import Line, answer, lines, service_names
from cmsim.reporting.page.svg_charts import courses, interval_bar
from cmsim.reporting.parameter_table import source_text
from cmsim.reporting.terminal_tables import number
from cmsim.scenario.nested_settings import show
from cmsim.scenario.setting_details import about

_REACH = 6.0
"""Multiples of the smallest difference that matters that a bar shows at most."""
_COUNTLESS = 1_000.0
"""From here on a ratio of variances says only that hardly anything differs."""


@dataclass(frozen=True)
class Row:
    """A line of a table with the bar that is drawn beside it."""

    line: Line
    bar: Markup


@dataclass(frozen=True)
class Group:
    """How a group of clients fares."""

    grouping: str
    name: str
    clients: str
    change: str
    interval: str
    better: str
    worse: str
    reading: str
    bar: Markup


@dataclass(frozen=True)
class Part:
    """What the page says of one comparison, or of the one scenario that was run."""

    first: str
    other: str
    answer: list[str]
    service: list[Row]
    rest: list[Row]
    groups: list[Group]
    outcomes_by_group: list[tuple[str, str, str, str]]
    reach: float


def content(folder: Folder) -> dict[str, Any]:
    """Return everything that the template prints."""
    scenarios = folder.scenarios
    return {
        **_common(folder),
        "title": _title(folder),
        "compared": folder.command == "compare",
        "swept": None,
        "question": [each["purpose"] for each in scenarios if each["purpose"]],
        "set_for_all": _set_for_all(scenarios),
        "differences": _differences(scenarios),
        "parts": _parts(folder),
        "pictures": courses(folder.tables["weeks"], scenarios[0]["settings"]["world.warm_up_days"]),
        "spread": _spread(folder),
        "replications": folder.replications,
        "pairing": _pairing(folder),
        "hangs_on": [hangs_on(each) for each in folder.sensitivity],
        "notes": folder.manifest.get("notes", []),
    }


def _common(folder: Folder) -> dict[str, Any]:
    """Return what the template prints alike of any results: assumptions, methods, limits, inputs."""
    scenarios = folder.scenarios
    settings = scenarios[0]["settings"]
    numbers = _numbers(settings)
    facts = [each for each in numbers if each[1].status != "choice"]
    assumed = sum(evidence.status == "assumption" for _, evidence, _ in facts)
    return {
        "scenarios": scenarios,
        "names": [each["name"] for each in scenarios],
        "statuses": Counter(evidence.status for _, evidence, _ in facts).most_common(),
        "facts": len(facts),
        "unread": sum(not evidence.verified and evidence.source != "assumption" for _, evidence, _ in facts),
        "numbers": [(key, f"{value:g}", evidence, source_text(evidence)) for key, evidence, value in numbers],
        "outside": [
            (key, f"{value:g}", evidence)
            for key, evidence, value in numbers
            if not evidence.low <= value <= evidence.high
        ],
        "definitions": [each for name, each in OUTCOMES.items() if name in _shown(folder)],
        "purpose": PURPOSE,
        "standing": STANDING,
        "safety": SAFETY,
        "must_not": MUST_NOT,
        "matters_days": f"{MATTERS_DAYS:.0f}",
        "stress": stress(folder, len(facts), assumed),
        "odd": odd(folder),
        "manifest": folder.manifest,
        "reader": __version__,
        "days": settings["run.days"],
        "warm_up": settings["world.warm_up_days"],
        "clients": settings["world.population.clients"],
    }


def study_content(folder: Folder, study: Study) -> dict[str, Any]:
    """Return everything that the template prints of a study."""
    found = swept(study)
    answers: Answers = found["answers"]
    first = answers.comparator.name
    parts = [
        replace(_part_of(option_rows(answers, option), first, option.name, len(answers.replications)), groups=[])
        for option in found["told"]
    ]
    if not answers.others:
        parts = [_part_of(answers.levels, first, "", len(answers.replications))]
    folder.tables["outcomes"] = answers.differences if answers.others else answers.levels
    return {
        **_common(folder),
        "title": study.plan.title or study.plan.question or folder.path.name,
        "compared": bool(answers.others),
        "swept": found,
        "question": found["question"],
        "set_for_all": "",
        "differences": [],
        "parts": parts,
        "pictures": found["pictures"],
        "spread": [],
        "replications": len(answers.replications),
        "pairing": _pairing(folder) if answers.others else "",
        "hangs_on": [*found["hangs_on"], *map(hangs_on, folder.sensitivity)],
        "notes": found["notes"],
    }


def _title(folder: Folder) -> str:
    titles = [_short_title(each) for each in folder.scenarios]
    if folder.command == "run":
        return titles[0]
    return f"{titles[0]}, or {' or '.join(titles[1:])}?"


def _short_title(scenario: dict[str, Any]) -> str:
    """Return a title without the settings that a command line added to it."""
    words, found, settings = (scenario["title"] or scenario["name"]).partition(", with ")
    return words if found and " = " in settings else words + found + settings


def _set_for_all(scenarios: list[dict[str, Any]]) -> str:
    """Return the settings that a command line changed in all scenarios alike."""
    added = {each["title"].partition(", with ")[2] for each in scenarios}
    return added.pop() if len(added) == 1 and " = " in next(iter(added)) else ""


def _shown(folder: Folder) -> list[str]:
    return list(dict.fromkeys(folder.tables["outcomes"]["outcome"]))


def _parts(folder: Folder) -> list[Part]:
    table = folder.tables["outcomes"]
    first = folder.scenarios[0]["name"]
    if folder.command == "run":
        return [_part(folder, table, first, "")]
    return [
        _part(folder, table[table["scenario"] == each["name"]], first, each["name"]) for each in folder.scenarios[1:]
    ]


def _part(folder: Folder, rows: pd.DataFrame, first: str, other: str) -> Part:
    part = _part_of(rows, first, other, folder.replications)
    if not other:
        return part
    groups, by_group = _groups(folder.tables["individual_effects"], other), _beyond(folder.tables["groups"], other)
    return replace(part, groups=groups, outcomes_by_group=by_group)


def _part_of(rows: pd.DataFrame, first: str, other: str, replications: int) -> Part:
    service = service_names(rows)
    main = [name for name in rows["outcome"] if name in OUTCOMES and OUTCOMES[name].main and name not in service]
    undefined = rows["verdict"] == "not defined" if "verdict" in rows else rows["n"] == 0
    left_out = set(rows.loc[undefined, "outcome"])
    service, main = ([name for name in names if name not in left_out] for names in (service, main))
    told = lines(rows, [*service, *main])
    finite = [abs(x) for line in told for x in (line.low, line.high) if np.isfinite(x)]
    reach = min(_REACH, max([1.5, *finite]))
    drawn = [Row(line, interval_bar(line.centre, line.low, line.high, reach, placebo=line.placebo)) for line in told]
    said = answer(rows, first, other, replications) if other else []
    return Part(first, other, said, drawn[: len(service)], drawn[len(service) :], [], [], reach)


def _groups(individual_effects: pd.DataFrame, other: str) -> list[Group]:
    rows = individual_effects[individual_effects["scenario"] == other]
    ends = rows[["low", "high"]].abs().to_numpy(dtype=float)
    extent = max(1.0, float(np.nanmax(ends, initial=1.0)))
    found = []
    for row in rows.to_dict("records"):
        change, low, high = row["hard_days"], row["low"], row["high"]
        beyond = bool(row.get("beyond_placebo", low > 0 or high < 0))
        reading = "not distinguishable from chance"
        if beyond and (low > 0 or high < 0):
            reading = "gains" if change < 0 else "loses"
        twin = row.get("placebo_hard_days", np.nan)
        found.append(
            Group(
                row["grouping"],
                row["group"],
                f"{row['clients']:.0f}",
                number(change, 1, sign=True),
                f"{number(low, 1, sign=True)} to {number(high, 1, sign=True)}",
                _beside(row, "better"),
                _beside(row, "worse"),
                reading,
                interval_bar(change, low, high, extent, band=0.0, placebo=twin),
            )
        )
    return found


def _beside(row: dict[Any, Any], name: str) -> str:
    twin = row.get(f"placebo_{name}", np.nan)
    return f"{row[name]:.0%}" + (f" (twin {twin:.0%})" if np.isfinite(twin) else "")


def _beyond(groups: pd.DataFrame, other: str) -> list[tuple[str, str, str, str]]:
    """Return group, outcome, change and reading where it matters and is clear of the placebo twin."""
    rows = groups[groups["scenario"] == other]
    if "beyond_placebo" in rows:
        rows = rows[rows["beyond_placebo"].astype(bool)]
    rows = rows[rows["verdict"].isin(["better", "worse"]) & (rows["size"] == "matters")]
    return [
        (
            f"{row['grouping']}: {row['group']}",
            line.label,
            f"{line.change} {line.unit} ({line.interval})",
            row["verdict"],
        )
        for row in rows.to_dict("records")
        for line in lines(pd.DataFrame([row]), [row["outcome"]])
    ]


def _spread(folder: Folder) -> list[dict[str, Any]]:
    """Return what the means hide: what half of the clients, the top tenth and others have."""
    table = folder.tables.get("distributions")
    if table is None:
        return []
    found = []
    keys = ["scenario", "spread", "label", "unit"] if "scenario" in table else ["spread", "label", "unit"]
    table = table.assign(at=table["at"].astype(str))
    columns = ["a", "b"] if "a" in table else ["mean"]
    units = table[table["at"] == "0.5"].set_index([k for k in keys if k != "unit"])["unit"]
    for key, rows in table.groupby([k for k in keys if k != "unit"], sort=False):
        by = rows.set_index("at")
        cells = []
        for at in ("0.1", "0.5", "0.9", "0.99"):
            cells.append(" / ".join(number(float(by.loc[at, c]), 1) for c in columns) if at in by.index else "")
        top = " / ".join(f"{by.loc['top tenth', c]:.0%}" for c in columns if np.isfinite(by.loc["top tenth", c]))
        label = rows["label"].iloc[0]
        found.append(
            {
                "scenario": key[0] if "scenario" in keys else "",
                "label": label,
                "unit": units.loc[key],
                "cells": cells,
                "top": top,
            }
        )
    return found


def _pairing(folder: Folder) -> str:
    if folder.command == "run":
        return ""
    rows = folder.tables["outcomes"]
    known = pd.to_numeric(rows.loc[rows["main"].astype(bool), "variance_reduction"], errors="coerce")
    known = known[np.isfinite(known)]
    if not len(known):
        return ""
    most = f"{known.max():.1f}" if known.max() < _COUNTLESS else f"more than {_COUNTLESS:,.0f}"
    return (
        f"Same people and same luck in all scenarios: over the main outcomes that took {known.median():.1f} "
        f"times fewer replications than independent runs would (median; from {known.min():.1f} to {most})."
    )


def _differences(scenarios: list[dict[str, Any]]) -> list[tuple[str, list[str], str, str]]:
    settings = [each["settings"] for each in scenarios]
    keys = dict.fromkeys(key for each in settings for key in each)
    found = []
    for key in keys:
        values = [each.get(key) for each in settings]
        if any(value != values[0] for value in values):
            known = next((a for a in (about(key, each) for each in settings) if a.allowed), about(key, settings[0]))
            shown = ["\N{EN DASH}" if value is None else show(value).strip('"') for value in values]
            found.append((key, shown, known.unit, known.meaning))
    return found


def _numbers(settings: dict[str, Any]) -> list[tuple[str, Evidence, float]]:
    found = []
    for key, value in settings.items():
        if key.startswith("world."):
            known = about(key, settings)
            if known.evidence is not None and isinstance(value, (int, float)):
                found.append((key, known.evidence, float(value)))
    return found


__all__ = ["Group", "HangsOn", "Part", "Row", "content"]
