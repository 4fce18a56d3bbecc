"""The answer of one comparison in sentences and lines, in the units of the service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cmsim.outcomes import OUTCOMES
from cmsim.reporting.outcome_lines import GroupLine, Line, group_lines, lines
from cmsim.reporting.wording import changes, counted, listed, lower

_SERVICE = (
    "recorded_contacts client_contacts unseen_30 handovers bed_days crises homeless_days waiting staff_hours"
).split()
"""Outcomes in the units a service counts in, shown first; costs follow where they are present."""
_REACH = 6.0
"""Multiples of the smallest important difference that a bar shows at most."""


@dataclass(frozen=True)
class Part:
    """What the page says of one comparison, or of the one scenario that was run.

    Attributes:
        other: what is compared with the first; empty for one scenario.
        service: outcomes in the units of the service; the other main ones are the ``rest``.
        reach: multiples of the smallest important difference that half a bar stands for.
        groups: individual-level effects; half a bar of theirs stands for ``extent`` days.
        by_group: group, outcome, change and reading where it matters and is clear of the placebo run.
    """

    first: str
    other: str
    answer: Sequence[str]
    service: Sequence[Line]
    rest: Sequence[Line]
    reach: float
    groups: Sequence[GroupLine] = ()
    extent: float = 1.0
    by_group: Sequence[tuple[str, str, str, str]] = ()


def scenario_title(scenario: Mapping[str, Any]) -> str:
    """Return the title of a scenario without the settings that a command line added to it."""
    title = str(scenario["title"] or scenario["name"])
    words, _, settings = title.partition(", with ")
    return words if " = " in settings else title


def service_names(frame: pd.DataFrame) -> list[str]:
    """Return the outcomes in service units that a table holds, costs included."""
    known = [name for name in dict.fromkeys(frame["outcome"]) if name in OUTCOMES]
    costs = [name for name in known if OUTCOMES[name].is_money and OUTCOMES[name].main]
    return [name for name in (*_SERVICE, *costs) if name in known]


def describe_outcomes(rows: pd.DataFrame, first: str, other: str, replications: int) -> Part:
    """Return what the outcomes of a scenario show, alone or in comparison with the first."""
    undefined = rows["verdict"] == "not defined" if "verdict" in rows else rows["n"] == 0
    defined = rows[~undefined]
    names = service_names(defined)
    main = [name for name in defined["outcome"] if name in OUTCOMES and OUTCOMES[name].main and name not in names]
    service, rest = lines(defined, names), lines(defined, main)
    ends = [abs(end) for line in (*service, *rest) for end in (line.low, line.high) if np.isfinite(end)]
    said = answer(rows, first, other, replications) if other else []
    return Part(first, other, said, service, rest, reach=min(_REACH, max([1.5, *ends])))


def add_groups(part: Part, effects: pd.DataFrame, groups: pd.DataFrame) -> Part:
    """Return what the page says of a comparison, with the groups of clients that gain and lose."""
    by_group = group_lines(effects, part.other)
    ends = [abs(end) for line in by_group for end in (line.low, line.high) if np.isfinite(end)]
    rows = groups[(groups["scenario"] == part.other) & groups["verdict"].isin(["better", "worse"])]
    rows = rows[rows["size"] == "matters"]
    if "beyond_placebo" in rows:
        rows = rows[rows["beyond_placebo"].astype(bool)]
    clear = [
        (f"{name}: {group}", line.label, f"{line.change} {line.unit} ({line.interval})", line.reading)
        for (name, group), found in rows.groupby(["grouping", "group"], sort=False)
        for line in lines(found)
    ]
    return replace(part, groups=by_group, extent=max([1.0, *ends]), by_group=clear)


def answer(rows: pd.DataFrame, first: str, other: str, replications: int) -> list[str]:
    """Return the answer of one comparison: what changes, what does not, what remains open.

    The outcomes that are named are the main ones, by how many times the smallest important difference they change.
    """
    main = rows[rows["main"].astype(bool) & rows["outcome"].isin(list(OUTCOMES))]
    times = (main["difference"] / main["matters"]).abs()
    main = main.loc[times.sort_values(ascending=False, kind="stable").index]
    small, verdicts = main["size"] == "too small to matter", main["verdict"]
    moved = {"improves": ["better"], "worsens": ["worse"], "raises": ["higher"], "lowers": ["lower"]}
    found = changes({verb: _changes(main[~small & verdicts.isin(words)]) for verb, words in moved.items()})
    unchanged = f"{other} instead of {first} is not shown to make a difference large enough to act on."
    sentences = [f"{other} instead of {first} {found}." if found else unchanged]
    each = counted(replications, "replication")
    for said, chosen in (
        ("No difference large enough to act on", small),
        (f"Unclear, more runs needed than {each} each", (verdicts == "not distinguishable") & ~small),
        ("Not defined in these scenarios", verdicts == "not defined"),
    ):
        if chosen.any():
            sentences.append(f"{said}: {listed([lower(OUTCOMES[name].label) for name in main['outcome'][chosen]])}.")
    return sentences


def _changes(rows: pd.DataFrame) -> list[str]:
    return [
        f"{lower(line.label)} ({line.b} instead of {line.a}{',' if ',' in line.unit else ''} {line.unit})"
        for line in lines(rows)
    ]
