"""Tables for the terminal, in the units of the service: the main outcomes first, everything on request."""

from collections.abc import Sequence

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from cmsim.core.parameters import Parameter
from cmsim.core.presentation import html_table
from cmsim.experiments.individual_effects import MATTERS_DAYS
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.outcome_lines import Line, group_lines, lines, places, uncertainty_rows
from cmsim.reporting.parameter_table import source_text
from cmsim.reporting.result_list import Entry
from cmsim.reporting.sensitivity_figures import SHOWN
from cmsim.reporting.setting_differences import setting_differences
from cmsim.reporting.wording import DASH, counted, number, percent
from cmsim.scenario import Scenario

_COLOURS = {"good": "green", "bad": "red", "plain": "cyan"}


def html_of(table: Table) -> str:
    """Return a table for the terminal as HTML, for notebooks."""
    cells = [[Text.from_markup(str(cell)).plain for cell in column.cells] for column in table.columns]
    head = [Text.from_markup(str(column.header)).plain.replace("_\n", "_") for column in table.columns]
    right = [i for i, column in enumerate(table.columns) if column.justify == "right"]
    return html_table(head, zip(*cells, strict=True), str(table.title or ""), str(table.caption or ""), right)


def repeated_tables(outcomes: pd.DataFrame, name: str, replications: int, everything: bool) -> list[Table]:
    """Return the outcomes of one scenario with their intervals."""
    numbers = ("Mean", "95% interval (stochastic variation only)", "SD between single replications")
    title = f"{name}, {counted(replications, 'replication')}"
    table = _outlined(title, "Outcome", *map(_right, numbers), "Unit")
    for line in lines(_chosen(outcomes, everything)):
        table.add_row(line.label, line.a, f"({line.interval})", line.sd, escape(line.unit))
    return [table]


def comparison_tables(
    names: Sequence[str], outcomes: pd.DataFrame, effects: pd.DataFrame, replications: int, everything: bool
) -> list[Table]:
    """Return for each scenario the outcomes compared with the first, then who gains and loses."""
    first, *others = names
    tables = []
    for other in others:
        rows = _chosen(outcomes[outcomes["scenario"] == other], everything)
        tables.append(_differences(rows, first, other, replications))
        tables.append(_individual_effects(effects, first, other))
    return tables


def _differences(rows: pd.DataFrame, first: str, other: str, replications: int) -> Table:
    table = _outlined(
        f"{other} against {first}, {counted(replications, 'replication')} each",
        Column("Outcome\n[dim]unit[/]", min_width=24),
        *(_right(escape(name).replace("_", "_\n")) for name in (first, other)),
        Column("Difference\n(95%, chance only)", justify="right", no_wrap=True),
        Column("Reading", min_width=19),
        _right("Better in\nplacebo SD"),
        _right("Pairing"),
        caption="Better in: share of single replications in which it does better; beneath, how much the placebo run "
        "differs in a single pair (SD). Pairing: how many times as many unpaired runs would be as "
        "precise, by common random numbers; below 1 pairing cost precision.",
    )
    for line, better, pairing in zip(lines(rows), rows["b_better"], rows["variance_reduction"], strict=True):
        table.add_row(
            f"{line.label}\n[dim]{escape(line.unit)}[/]",
            line.a,
            line.b,
            f"{line.change}\n({line.interval})",
            _coloured(line),
            f"{percent(better)}\n{line.sd}",
            DASH if pd.isna(pairing) else f"x{number(pairing, 1)}",
        )
    return table


def _chosen(rows: pd.DataFrame, everything: bool) -> pd.DataFrame:
    return rows if everything else rows[rows["main"]]


def _coloured(line: Line) -> str:
    colour = _COLOURS.get(line.tone)
    return f"[{colour}]{line.reading}[/]" if colour else line.reading


def _individual_effects(effects: pd.DataFrame, first: str, other: str) -> Table:
    table = _outlined(
        f"Who gains and who loses: {other} against {first}",
        "By",
        "Group",
        *map(_right, ("Clients", "Change in hard days\na client (95%)", "Better off", "Worse off")),
        caption=f"Hard days: acutely ill, in hospital or without a home. Better or worse off: by {MATTERS_DAYS:.0f} "
        "days or more over the whole time, in single pairs of replications; in brackets the placebo run, where only "
        "stochastic variation differs.",
    )
    previous = ""
    for line in group_lines(effects, other):
        if previous not in ("", line.grouping):
            table.add_section()
        heading = "" if line.grouping == previous else escape(line.grouping)
        change = f"{line.change} ({line.interval})"
        table.add_row(heading, escape(line.name), line.clients, change, line.better, line.worse)
        previous = line.grouping
    return table


def sensitivity_tables(factors: pd.DataFrame, about: str, method: str) -> list[Table]:
    """Return the strongest factors of each outcome."""
    morris = method == "morris"
    strength = "effect" if morris else "total"
    table = _outlined(
        f"Sensitivity analysis of {about}",
        "Outcome",
        "Factor",
        _right("Effect over the range\n(95%)" if morris else "Total share of variance\n(95%)"),
        _right("Dummy"),
        _right("Clear"),
        "Unit",
        caption="Clear: stands above the dummy factor, which changes nothing of substance.",
    )
    for name, rows in factors.groupby("outcome", sort=False):
        outcome = OUTCOMES[str(name)]
        shown = places(outcome) if morris else 2
        for i, row in enumerate(rows[rows["factor"] != "dummy"].head(SHOWN).to_dict("records")):
            numbers = (row[key] for key in (strength, f"{strength}_error", "floor"))
            value, error, floor = (number(outcome.shown(each) if morris else each, shown) for each in numbers)
            table.add_row(
                "" if i else outcome.label,
                escape(str(row["factor"])),
                f"{value} ± {error}",
                floor,
                "yes" if row["clear"] else "no",
                outcome.shown_unit if morris else "share",
            )
    return [table]


def uncertainty_tables(outcomes: pd.DataFrame, about: str) -> list[Table]:
    """Return stochastic variation and parameter uncertainty of each outcome."""
    (first, *others), rows = uncertainty_rows(outcomes)
    table = _outlined(
        f"Parameter uncertainty of {about}",
        first,
        *map(_right, others),
        caption="The rest of the variance of a run is stochastic variation between replications.",
    )
    for cells in rows:
        table.add_row(*cells)
    return [table]


def result_table(entries: Sequence[Entry]) -> Table:
    """Return results in the order given, a row each."""
    columns = ("When (UTC)", Column("Folder", overflow="fold"), "Command", "Scenarios", _right("Replications"), "State")
    table = _outlined(None, *columns)
    for each in entries:
        count = DASH if each.replications is None else f"{each.replications:,}"
        cells = (each.when, str(each.path), each.command, ", ".join(each.scenarios), count, each.state)
        table.add_row(*map(escape, cells))
    return table


def difference_table(first: Scenario, second: Scenario) -> Table | None:
    """Return the settings in which two scenarios differ, with units and meaning; ``None`` if they do not."""
    found = setting_differences([first.flat(), second.flat()])
    if not found:
        return None
    table = _outlined(
        f"{second.name} against {first.name}: {len(found)} settings differ",
        Column("Setting", overflow="fold"),
        *(Column(escape(each.name), justify="right", overflow="fold") for each in (first, second)),
        "Unit",
        "Meaning",
    )
    for each in found:
        table.add_row(*map(escape, (each.key, *each.values, each.unit, each.meaning)))
    return table


def parameter_table(shown: Sequence[Parameter]) -> Table:
    """Return parameters with value, unit, range, source and status."""
    table = _outlined(
        None,
        Column("Parameter", overflow="fold"),
        *map(_right, ("Value", "Plausible range")),
        *("Unit", "Status", "Source", "Meaning"),
    )
    for parameter in shown:
        evidence = parameter.evidence
        table.add_row(
            escape(parameter.key),
            "open" if parameter.value is None else f"{parameter.value:g}",
            f"{evidence.low:g} to {evidence.high:g}",
            evidence.unit,
            evidence.status,
            escape(source_text(evidence)),
            escape(evidence.note),
        )
    return table


def _outlined(title: str | None, *columns: Column | str, caption: str | None = None) -> Table:
    """Return an empty table in the style of all tables."""
    return Table(
        *columns,
        title=escape(title) if title else None,
        caption=caption,
        title_justify="left",
        caption_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )


def _right(heading: str) -> Column:
    return Column(heading, justify="right")
