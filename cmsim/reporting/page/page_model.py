"""What stands on the page: one model for a run, a comparison and a study, made from their results."""

from collections import Counter
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from cmsim.core.version import __version__
from cmsim.experiments.caveats import MUST_NOT, PURPOSE, SAFETY, STANDING
from cmsim.experiments.individual_effects import MATTERS_DAYS
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.outcome_lines import observed_lines
from cmsim.reporting.page.checklists import odd, stress
from cmsim.reporting.page.fit_section import fit_content
from cmsim.reporting.page.results_reader import Folder
from cmsim.reporting.page.sensitivity_section import describe_analysis
from cmsim.reporting.page.study_section import study_content
from cmsim.reporting.page.summary_section import Part, add_groups, describe_outcomes, scenario_title
from cmsim.reporting.page.svg_charts import courses
from cmsim.reporting.parameter_table import source_text
from cmsim.reporting.setting_differences import setting_differences
from cmsim.reporting.wording import number, percent
from cmsim.scenario.setting_details import about, is_in_other_money

_COUNTLESS = 1_000.0
"""From here on a ratio of variances says only that hardly anything differs."""


def page_content(folder: Folder) -> dict[str, object]:
    """Return everything that the template prints."""
    if folder.command == "fit":
        return _common(folder, folder.tables["figures"]) | fit_content(folder)
    answers = folder.answers
    own = _content(folder) if answers is None else study_content(answers)
    outcomes = (
        folder.tables["outcomes"] if answers is None else answers.differences if answers.others else answers.levels
    )
    common = _common(folder, outcomes)
    analyses = [*own.pop("analyses", []), *map(describe_analysis, folder.sensitivity)]
    assumed = dict(common["statuses"]).get("assumption", 0)
    return {
        **common,
        **own,
        "analyses": analyses,
        "compared": bool(own["parts"][0].other),
        "pairing": _pairing(outcomes),
        "replications": folder.replications,
        "names": [each["name"] for each in folder.scenarios],
        "purpose": PURPOSE,
        "matters_days": f"{MATTERS_DAYS:.0f}",
        "stress": stress(folder, common["facts"], assumed),
        "odd": odd(folder),
    }


def _common(folder: Folder, outcomes: pd.DataFrame) -> dict[str, Any]:
    """Return what the page says of any results: inputs, definitions, assumptions and limits."""
    settings = folder.settings
    numbers = [
        (key, value, evidence)
        for key, value in settings.items()
        if key.startswith("world.")
        and isinstance(value, (int, float))
        and (evidence := about(key, settings).evidence) is not None
    ]
    facts = [evidence for _, _, evidence in numbers if evidence.status != "choice"]
    return {
        "scenarios": folder.scenarios,
        "statuses": Counter(evidence.status for evidence in facts).most_common(),
        "facts": len(facts),
        "unread": sum(not each.verified and each.source != "assumption" for each in facts),
        "numbers": [(key, f"{value:g}", each, source_text(each)) for key, value, each in numbers],
        "outside": [
            (key, f"{value:g}", each)
            for key, value, each in numbers
            if not (each.low <= value <= each.high or is_in_other_money(key, settings))
        ],
        "definitions": [each for name, each in OUTCOMES.items() if name in set(outcomes["outcome"])],
        "standing": STANDING,
        "safety": SAFETY,
        "must_not": MUST_NOT,
        "stress": [],
        "manifest": folder.manifest,
        "reader": __version__,
        "days": settings["run.days"],
        "warm_up": settings["world.warm_up_days"],
        "clients": settings["world.population.clients"],
    }


def _content(folder: Folder) -> dict[str, Any]:
    """Return what the template prints of a run or a comparison."""
    scenarios = folder.scenarios
    first, *others = (scenario_title(each) for each in scenarios)
    added = {each["title"].partition(", with ")[2] for each in scenarios}
    return {
        "outcomes": folder.tables["outcomes"],
        "title": f"{first}, or {' or '.join(others)}?" if others else first,
        "swept": None,
        "question": [each["purpose"] for each in scenarios if each["purpose"]],
        "set_for_all": text if len(added) == 1 and " = " in (text := added.pop()) else "",
        "differences": setting_differences([each["settings"] for each in scenarios]),
        "parts": _parts(folder),
        "pictures": courses(folder.tables["weeks"], folder.settings["world.warm_up_days"]),
        "observed": observed_lines(folder.tables["observed"]) if "observed" in folder.tables else [],
        "observed_of": scenarios[0]["name"],
        "spread": _spread(folder.tables["distributions"]) if "distributions" in folder.tables else [],
        "notes": folder.manifest.get("notes", []),
    }


def _parts(folder: Folder) -> list[Part]:
    tables, (first, *others) = folder.tables, [each["name"] for each in folder.scenarios]
    table = tables["outcomes"]
    if not others:
        return [describe_outcomes(table, first, "", folder.replications)]
    parts = [
        describe_outcomes(table[table["scenario"] == other], first, other, folder.replications) for other in others
    ]
    return [add_groups(part, tables["individual_effects"], tables["groups"]) for part in parts]


def _spread(table: pd.DataFrame) -> list[dict[Hashable, object]]:
    """Return what the means hide: what half of the clients, the top tenth and others have."""
    columns = ["a", "b"] if "a" in table else ["mean"]
    keys = ["scenario", "spread", "label"] if "scenario" in table else ["spread", "label"]
    found = []
    for _, rows in table.astype({"at": str}).groupby(keys, sort=False):
        means = rows.set_index("at")[columns].astype(float).to_dict("index")
        cells = [
            " / ".join(number(mean, 1) for mean in means[at].values()) if at in means else ""
            for at in ("0.1", "0.5", "0.9", "0.99")
        ]
        top = " / ".join(map(percent, means["top tenth"].values()))
        unit = rows["unit"][rows["at"] == "0.5"].iloc[0]
        found.append({**rows[keys].iloc[0].to_dict(), "unit": unit, "cells": cells, "top": top})
    return found


def _pairing(outcomes: pd.DataFrame) -> str:
    """Return what common random numbers gained over the main outcomes; empty for one scenario."""
    if "variance_reduction" not in outcomes:
        return ""
    known = pd.to_numeric(outcomes["variance_reduction"][outcomes["main"].astype(bool)], errors="coerce")
    known = known[np.isfinite(known)]
    if known.empty:
        return ""
    most = f"{known.max():.1f}" if known.max() < _COUNTLESS else f"more than {_COUNTLESS:,.0f}"
    return (
        "Same people and common random numbers in all scenarios: over the main outcomes that took "
        f"{known.median():.1f} times fewer replications than independent runs would (median; from "
        f"{known.min():.1f} to {most})."
    )
