"""What stands on the one-page brief: the options as rows, a few outcomes of the reader's choice, money, who gains."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cmsim.core.errors import CmsimError, nearest
from cmsim.experiments.caveats import SAFETY
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.outcome_lines import Line, group_lines, lines
from cmsim.reporting.page.results_reader import Folder
from cmsim.reporting.page.summary_section import scenario_title
from cmsim.reporting.wording import counted, listed, percent

USUAL = ("recorded_contacts", "unseen_30", "bed_days", "crises", "homeless_days")
"""Outcomes of a brief for which none are named."""
MOST = 5
"""Outcomes that fit on a page beside money."""
_MONEY = ("agency_budget", "cost_year")
"""Money a year: what the agency pays, and what all payers do."""
_NAMED = 3
"""Groups that are named, of those that gain or lose."""
_REACH = 4.0
"""Multiples of the smallest important difference that half a bar stands for."""


def brief_content(folder: Folder, outcomes: Sequence[str] = ()) -> dict[str, Any]:
    """Return everything that the template of the brief prints.

    Args:
        folder: results of ``run`` or ``compare``.
        outcomes: names of at most five outcomes; those of ``USUAL`` if empty.

    Raises:
        CmsimError: a study, more than five outcomes, or one that the results do not hold.
    """
    if folder.answers is not None:
        raise CmsimError(f"{folder.path}: given a study; allowed for --brief: results of run or compare")
    first, *others = folder.scenarios
    table = folder.tables["outcomes"]
    names = [*_chosen(table, outcomes), *(name for name in _MONEY if _is_defined(table, name))]
    titles = {each["name"]: scenario_title(each) for each in folder.scenarios}
    of = {each["name"]: table[table["scenario"] == each["name"]] if others else table for each in (others or [first])}
    by_option = {name: lines(rows, names) for name, rows in of.items()}
    options = [(titles[first["name"]], next(iter(by_option.values())))]
    compared = [(titles[name], found) for name, found in by_option.items()] if others else []
    return {
        "title": f"{titles[first['name']]}, or {' or '.join(titles[each['name']] for each in others)}?"
        if others
        else titles[first["name"]],
        "question": list(dict.fromkeys(each["purpose"] for each in folder.scenarios if each["purpose"])),
        "base": options[0],
        "others": compared,
        "has_money": names[-1] in _MONEY,
        "who": [(titles[name], _who(folder.tables["individual_effects"], name)) for name in of] if others else [],
        "sure": _sure(folder, compared),
        "chart": [
            (line.label, [(title, found[place]) for title, found in compared])
            for place, line in enumerate(options[0][1])
        ],
        "extent": _REACH,
        "safety": SAFETY,
        "manifest": folder.manifest,
        "clients": folder.settings["world.population.clients"],
        "days": folder.settings["run.days"],
    }


def _chosen(table: pd.DataFrame, outcomes: Sequence[str]) -> list[str]:
    known = [name for name in dict.fromkeys(table["outcome"]) if name in OUTCOMES]
    for name in outcomes:
        if name not in known:
            raise CmsimError(f'--outcome: given "{name}"{nearest(name, known)}; allowed: {", ".join(known)}')
    if len(outcomes) > MOST:
        raise CmsimError(f"--outcome: given {len(outcomes)}; allowed: at most {MOST}, which is what fits on a page")
    return list(dict.fromkeys(outcomes)) or [name for name in USUAL if _is_defined(table, name)]


def _is_defined(table: pd.DataFrame, name: str) -> bool:
    rows = table[table["outcome"] == name]
    return bool(len(rows)) and bool(rows["a" if "a" in table else "mean"].notna().all())


def _who(effects: pd.DataFrame, scenario: str) -> str:
    """Return who gains and who loses, and how many in single pairs of runs, in a sentence or two."""
    everybody, *groups = group_lines(effects, scenario)
    row = effects[effects["scenario"] == scenario].iloc[0]
    said = [f"{percent(row['better'])} of clients have fewer bad days and {percent(row['worse'])} more"]
    if "placebo_better" in row:
        said[0] += f"; by chance alone it would be {percent(row['placebo_better'])} and {percent(row['placebo_worse'])}"
    said[0] += f". A client on average: {everybody.change} such days ({everybody.interval})."
    for reading, word in (("gains", "gain"), ("loses", "lose")):
        clear = {each.name: each for each in groups if each.reading == reading}  # some groupings share a group
        most = sorted(clear.values(), key=lambda each: -abs(each.centre))
        found = [f"{each.name} ({each.grouping}, {each.change} days)" for each in most[:_NAMED]]
        if len(most) > _NAMED:
            found.append(counted(len(most) - _NAMED, "other group"))
        if found:
            said.append(f"Groups that clearly {word}, the most first: {listed(found)}.")
    return " ".join(said)


def _sure(folder: Folder, compared: Sequence[tuple[str, Sequence[Line]]]) -> str:
    """Return in a sentence how sure all this is."""
    sets = ", each under another calibrated parameter set" if "ensemble" in folder.manifest else ""
    runs = f"{counted(folder.replications, 'replication')} of each option{sets}"
    if not compared:
        return f"Means of {runs}, with 95% intervals."
    shown = [line for _, found in compared for line in found]
    clear = sum(line.low > 0 or line.high < 0 for line in shown)
    return (
        f"{runs}, with the same people and common random numbers: {clear} of {len(shown)} differences are clearly not "
        "chance (95% intervals, not corrected for how many are shown); how far the model is like your agency, no "
        "interval says."
    )
