"""Tables for the terminal, in the units of the service: the main outcomes first, everything on request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, log10
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from cmsim.core.parameters import Parameter
from cmsim.experiments.individual_effects import MATTERS_DAYS
from cmsim.outcomes import OUTCOMES, Outcome
from cmsim.reporting.sensitivity_report import SHOWN, subject
from cmsim.scenario.nested_settings import show
from cmsim.scenario.setting_details import about

if TYPE_CHECKING:
    from cmsim.experiments.comparison import Comparison
    from cmsim.experiments.parameter_uncertainty import Uncertainty
    from cmsim.experiments.repetition import Repeated
    from cmsim.experiments.sensitivity_analysis import Sensitivity
    from cmsim.scenario import Scenario

_COLOURS = {"better": "green", "worse": "red", "higher": "cyan", "lower": "cyan"}
_NONE = "\N{EN DASH}"


def number(value: float, places: int, *, sign: bool = False) -> str:
    """Return a number with some decimal places; a dash where it is not defined.

    >>> number(1234.5, 0), number(0.1234, 2, sign=True), number(float("nan"), 1), number(-0.004, 2)
    ('1,234', '+0.12', '–', '0.00')
    """
    if not np.isfinite(value):
        return "\N{INFINITY}" if value == np.inf else _NONE
    return f"{value:{'+' if sign else ''}z,.{places}f}"


def places(outcome: Outcome) -> int:
    """Return the decimal places that show a tenth of the smallest difference that matters.

    >>> places(OUTCOMES["crises"]), places(OUTCOMES["relapse"]), places(OUTCOMES["minutes_monitoring"])
    (2, 1, 0)
    """
    return max(0, ceil(-log10(outcome.shown(outcome.matters) / 10)))


def repeated_table(repeated: Repeated, *, everything: bool = False) -> Table:
    """Return the outcomes of one scenario with their intervals."""
    table = outlined(_title([repeated.scenario.name], repeated.replications))
    table.add_column("Outcome")
    for heading in ("Mean", "95% interval (chance only)", "SD between single replications"):
        table.add_column(heading, justify="right")
    table.add_column("Unit")
    for row in repeated.table.to_dict("records"):
        outcome = OUTCOMES[row["outcome"]]
        if outcome.main or everything:
            mean, low, high, sd = (outcome.shown(row[name]) for name in ("mean", "low", "high", "sd"))
            shown = places(outcome)
            within = span(low, high, shown, sign=False)
            table.add_row(outcome.label, number(mean, shown), within, number(sd, shown), outcome.shown_unit)
    return table


def comparison_tables(comparison: Comparison, *, everything: bool = False) -> list[Table]:
    """Return for each scenario the outcomes compared with the first, then who gains and loses."""
    first, *others = (scenario.name for scenario in comparison.scenarios)
    tables = []
    for other in others:
        tables.append(_differences(comparison, first, other, everything=everything))
        tables.append(_individual_effects(comparison, first, other))
    return tables


def _differences(comparison: Comparison, first: str, other: str, *, everything: bool) -> Table:
    table = outlined(
        _title([first, other], comparison.replications),
        "Better in: share of single replications in which it does better; beneath, how much the placebo twin "
        "differs in a single pair (SD). Pairing: variance reduction by common random numbers; below 1 it "
        "cost precision.",
    )
    table.add_column("Outcome\n[dim]unit[/]", min_width=24)
    for name in (first, other):
        table.add_column(escape(name).replace("_", "_\n"), justify="right")
    table.add_column("Difference\n(95%, chance only)", justify="right", no_wrap=True)
    table.add_column("Reading", min_width=19)
    table.add_column("Better in\nplacebo SD", justify="right")
    table.add_column("Pairing", justify="right")
    for row in comparison.table[comparison.table["scenario"] == other].to_dict("records"):
        outcome = OUTCOMES[row["outcome"]]
        if outcome.main or everything:
            table.add_row(*_difference_cells(row, outcome))
    return table


def _difference_cells(row: dict[Any, Any], outcome: Outcome) -> tuple[str, ...]:
    a, b, difference, low, high = (outcome.shown(row[name]) for name in ("a", "b", "difference", "low", "high"))
    shown, better = places(outcome), row["b_better"]
    share = f"{better:.0%}" if np.isfinite(better) else _NONE
    return (
        f"{outcome.label}\n[dim]{outcome.shown_unit}[/]",
        number(a, shown),
        number(b, shown),
        f"{number(difference, shown, sign=True)}\n{span(low, high, shown, sign=True)}",
        _reading(row),
        f"{share}\n{number(outcome.shown(row.get('placebo_sd', np.nan)), shown)}",
        _times(row["variance_reduction"]),
    )


def _reading(row: dict[Any, Any]) -> str:
    verdict, small = row["verdict"], row["size"] == "too small to matter"
    if verdict == "not distinguishable":
        return "no difference that\nmatters" if small else f"not distinguishable\nwith n={row['n']}"
    colour = _COLOURS.get(verdict)
    said = f"[{colour}]{verdict}[/]" if colour else verdict
    if verdict == "identical":
        return said
    return f"{said},\ntoo small to matter" if small else said


def _individual_effects(comparison: Comparison, first: str, other: str) -> Table:
    table = outlined(
        f"Who gains and who loses: {other} against {first}",
        f"Hard days: acutely ill, in hospital or without a home. Better or worse: by {MATTERS_DAYS:.0f} days "
        "or more over the whole time, in single pairs of replications; in brackets the placebo twin, where only "
        "chance differs.",
    )
    table.add_column("By")
    table.add_column("Group")
    for heading in ("Clients", "Change in hard days\na client (95%)", "Fare better", "Fare worse"):
        table.add_column(heading, justify="right")
    previous = ""
    for row in comparison.individual_effects[comparison.individual_effects["scenario"] == other].to_dict("records"):
        grouping = row["grouping"]
        if previous not in ("", grouping):
            table.add_section()
        change = f"{number(row['hard_days'], 1, sign=True)} {span(row['low'], row['high'], 1, sign=True)}"
        shares = [_share_beside(row, name) for name in ("better", "worse")]
        heading = "" if grouping == previous else escape(grouping)
        table.add_row(heading, escape(row["group"]), f"{row['clients']:.0f}", change, *shares)
        previous = grouping
    return table


def _share_beside(row: dict[Any, Any], name: str) -> str:
    twin = row.get(f"placebo_{name}", np.nan)
    return f"{row[name]:.0%}" + (f" ({twin:.0%})" if np.isfinite(twin) else "")


def sensitivity_table(found: Sensitivity) -> Table:
    """Return the strongest factors of each outcome for the terminal."""
    morris = found.method == "morris"
    heading = "Effect over the range\n(95%)" if morris else "Total share of variance\n(95%)"
    table = outlined(
        f"Sensitivity analysis of {subject((found.scenario, found.versus))}",
        "Clear: stands above the dummy factor, which changes nothing of substance.",
    )
    for column in ("Outcome", "Factor"):
        table.add_column(column)
    for column in (heading, "Dummy", "Clear"):
        table.add_column(column, justify="right")
    table.add_column("Unit")
    for name, rows in found.table.groupby("outcome", sort=False):
        outcome = OUTCOMES[str(name)]
        shown = places(outcome) if morris else 2
        for i, row in enumerate(rows[rows["factor"] != "dummy"].head(SHOWN).to_dict("records")):
            keys = ("effect", "effect_error", "floor") if morris else ("total", "total_error", "floor")
            value, error, floor = (outcome.shown(row[key]) if morris else row[key] for key in keys)
            table.add_row(
                "" if i else outcome.label,
                escape(str(row["factor"])),
                f"{number(value, shown)} ± {number(error, shown)}",
                number(floor, shown),
                "yes" if row["clear"] else "no",
                outcome.shown_unit if morris else "share",
            )
    return table


def uncertainty_table(found: Uncertainty) -> Table:
    """Return stochastic variation and parameter uncertainty of each outcome for the terminal."""
    table = outlined(
        f"Parameter uncertainty of {subject((found.scenario, found.versus))}",
        "Uncertainty share: part of the variance of a single run that is due to uncertain parameters; the rest is "
        "stochastic variation between replications.",
    )
    table.add_column("Outcome")
    for column in ("Mean\n(95%)", "95% of parameter\ndraws", "SD between\nreplications", "Uncertainty share\n(95%)"):
        table.add_column(column, justify="right")
    if found.versus is not None:
        table.add_column("Better in\ndraws", justify="right")
    table.add_column("Unit")
    sign = found.versus is not None
    for row in found.table.to_dict("records"):
        outcome = OUTCOMES[row["outcome"]]
        shown = places(outcome)
        mean, low, high, first, last, sd = (
            outcome.shown(row[key]) for key in ("mean", "low", "high", "expected_low", "expected_high", "stochastic_sd")
        )
        cells = [
            outcome.label,
            f"{number(mean, shown, sign=sign)}\n{span(low, high, shown, sign=sign)}",
            span(first, last, shown, sign=sign),
            number(sd, shown),
            f"{number(row['share'], 2)}\n{span(row['share_low'], row['share_high'], 2, sign=False)}",
        ]
        if found.versus is not None:
            better = row["better"]
            cells.append(f"{better:.0%}" if np.isfinite(better) else "\N{EN DASH}")
        table.add_row(*cells, outcome.shown_unit)
    return table


def difference_table(first: Scenario, second: Scenario, differences: Sequence[tuple[str, Any, Any]]) -> Table:
    """Return the settings in which two scenarios differ, with units and meaning.

    Args:
        first: one scenario.
        second: the other.
        differences: key, value there and value here, as :meth:`Scenario.differences` gives them.
    """
    table = outlined(f"{second.name} against {first.name}: {len(differences)} settings differ")
    table.add_column("Setting", overflow="fold")
    for name in (first.name, second.name):
        table.add_column(escape(name), justify="right", overflow="fold")
    table.add_column("Unit")
    table.add_column("Meaning")
    settings = (first.flat(), second.flat())
    for key, mine, theirs in differences:
        found = next(filter(lambda each: each.allowed, (about(key, each) for each in settings)), None)
        unit, meaning = (found.unit, found.meaning) if found else ("", "")
        values = [_NONE if value is None else escape(show(value).strip('"')) for value in (mine, theirs)]
        table.add_row(escape(key), *values, escape(unit), escape(meaning))
    return table


def parameter_table(shown: Sequence[Parameter], sources: Iterable[str]) -> Table:
    """Return parameters with value, unit, range, source and status.

    Args:
        shown: the parameters.
        sources: what to print as the source of each.
    """
    table = outlined()
    table.add_column("Parameter", overflow="fold")
    for heading in ("Value", "Plausible range"):
        table.add_column(heading, justify="right")
    for heading in ("Unit", "Status", "Source", "Meaning"):
        table.add_column(heading)
    for parameter, source in zip(shown, sources, strict=True):
        evidence = parameter.evidence
        table.add_row(
            escape(parameter.key),
            "open" if parameter.value is None else f"{parameter.value:g}",
            f"{evidence.low:g} to {evidence.high:g}",
            evidence.unit,
            evidence.status,
            escape(source),
            escape(evidence.note),
        )
    return table


def outlined(title: str | None = None, caption: str | None = None) -> Table:
    """Return an empty table in the style of all tables."""
    return Table(
        title=escape(title) if title else None,
        caption=caption,
        title_justify="left",
        caption_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )


def _title(names: Sequence[str], replications: int) -> str:
    counted = "1 replication" if replications == 1 else f"{replications} replications"
    return f"{' against '.join(reversed(names))}, {counted}{' each' if len(names) > 1 else ''}"


def _times(ratio: float) -> str:
    return _NONE if np.isnan(ratio) else f"x{number(ratio, 1)}"


def span(low: float, high: float, shown: int, *, sign: bool) -> str:
    """Return the two ends of an interval in brackets; a dash where there is none."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return f"({_NONE})"
    return f"({number(low, shown, sign=sign)} to {number(high, shown, sign=sign)})"
