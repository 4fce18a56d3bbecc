"""Tables for the terminal, in the units of the service: the main outcomes first, everything on request."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from cmsim.core.parameters import Parameter
from cmsim.core.presentation import html_table
from cmsim.core.simtime import MONTHS_PER_YEAR, YEAR_DAYS
from cmsim.experiments.caseload_limit import PERIOD, Assignment, Served, Workload
from cmsim.experiments.individual_effects import MATTERS_DAYS
from cmsim.outcomes import OUTCOMES
from cmsim.reporting.fit_lines import figure_lines, moved_lines
from cmsim.reporting.outcome_lines import (
    Line,
    factor_lines,
    group_lines,
    information_rows,
    lines,
    observed_lines,
    places,
    uncertainty_rows,
)
from cmsim.reporting.parameter_table import source_text
from cmsim.reporting.result_list import Entry
from cmsim.reporting.sensitivity_figures import SHOWN
from cmsim.reporting.setting_differences import setting_differences
from cmsim.reporting.wording import DASH, counted, number, percent, span
from cmsim.scenario import Scenario
from cmsim.scenario.agency_estimates import Estimate

_SIDE_BY_SIDE = 7
"""Options whose outcomes stand side by side, those likeliest to be best."""
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
    with_observed = "observed" in outcomes
    table = _outlined(title, "Outcome", *map(_right, numbers), "Unit", *([_right("Observed")] if with_observed else []))
    for line in lines(_chosen(outcomes, everything)):
        observed = [line.observed] if with_observed else []
        table.add_row(line.label, line.a, f"({line.interval})", line.sd, escape(line.unit), *observed)
    return [table]


def observed_tables(rows: pd.DataFrame, name: str) -> list[Table]:
    """Return the table of what an agency observed beside the model's; none where nothing is observed."""
    if rows.empty:
        return []
    table = _outlined(
        f"Observed, beside what the model shows for {name}",
        Column("Outcome\n[dim]unit[/]", min_width=24),
        *map(_right, ("Observed\n(range)", "of n", "Model's mean\n(95%, chance only)", "95% of single runs")),
        "Reading",
        caption="An agency's year is one course of events, as a single run is: a figure within what single runs show "
        "does not contradict the model. The range of a share counted of n is that of a proportion (95%).",
    )
    for line in observed_lines(rows):
        table.add_row(
            f"{line.label}\n[dim]{escape(line.unit)}[/]",
            line.observed + (f"\n({line.observed_range})" if line.observed_range != DASH else ""),
            line.n,
            f"{line.mean}\n({line.interval})",
            line.runs,
            f"[{'green' if line.agrees else 'yellow'}]{line.reading}[/]",
        )
    return [table]


def fit_tables(moved: pd.DataFrame, figures: pd.DataFrame, name: str) -> list[Table]:
    """Return what was moved to fit an agency's figures, and the figures before and after."""
    table = _outlined(
        f"Moved to fit {name}",
        Column("Parameter\n[dim]unit[/]", overflow="fold"),
        *map(_right, ("Before", "Nearest set", "Accepted sets", "Moved within", "Range left")),
        Column("Bears most on", min_width=16),
    )
    for each in moved_lines(moved):
        name_and_unit = f"{escape(each.parameter)}\n[dim]{escape(each.unit)}[/]"
        table.add_row(name_and_unit, each.before, each.after, each.kept, each.range, each.left, each.bears_on)
    beside = _outlined(
        f"Observed figures of {name}, before and after the fit",
        Column("Outcome\n[dim]unit[/]", min_width=24),
        *map(_right, ("Observed", "Counts as agreement", "Before", "After\n(accepted sets)")),
        Column("Reading", min_width=24),
    )
    for line in figure_lines(figures):
        reading = f"{line.reading}: {line.why}" if line.why else line.reading
        beside.add_row(
            f"{line.label}\n[dim]{escape(line.unit)}[/]",
            line.observed,
            line.agrees,
            line.before,
            f"{line.after}\n({line.after_range or DASH})",
            f"[{'green' if line.agreed else 'yellow'}]{escape(reading)}[/]",
        )
    return [table, beside]


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
            line.a + (f"\n[dim]observed {line.observed}[/]" if line.observed else ""),
            line.b,
            f"{line.change}\n({line.interval})",
            _coloured(line),
            f"{percent(better)}\n{line.sd}",
            DASH if pd.isna(pairing) else f"x{number(pairing, 1)}",
        )
    return table


def option_tables(
    options: pd.DataFrame, outcomes: pd.DataFrame, information: pd.DataFrame, about: Mapping[str, Any]
) -> list[Table]:
    """Return the options with what is known of each, their main outcomes side by side, and what learning is worth.

    Args:
        options: a row an option.
        outcomes: a row an option and outcome.
        information: a row a parameter or group; may be empty.
        about: what a manifest says of the goal.
    """
    objective, effect = OUTCOMES.get(about["objective_places"]), OUTCOMES[about["effect"]]
    shown, unit = (places(objective), about["objective_unit"]) if objective else (0, "")
    scale = 1.0 if objective is None else objective.shown(1.0)
    table = _outlined(
        f"Options: {about['sought']}",
        "Option",
        _right(f"{about['objective']}\n[dim]{escape(unit)}[/]"),
        _right("Difference from the best\n(95%, paired)"),
        *map(_right, ("Chance of\nbeing best", "Keeps\nlimits")),
        Column("What became of it", min_width=24),
        _right(f"Cost for one unit better\n[dim]{effect.label.lower()}[/]"),
        _right("Runs"),
        caption="Cost for one unit better: what all payers pay more than under the first option, for each unit.",
    )
    for row in options.astype({"by": object, "limit": object}).fillna({"by": "", "limit": ""}).to_dict("records"):
        ends = span(row["low"] * scale, row["high"] * scale, shown, sign=True)
        difference = number(row["difference"] * scale, shown, sign=True)
        difference += f" ({ends})" if row["low"] < row["high"] else ""
        ratio = row["cost_per_effect"]
        became = (
            f"{row['status']} {'with' if row['status'] == 'tied' else 'by'} {row['by']}" if row["by"] else row["status"]
        )
        became += f" ({OUTCOMES[row['limit']].label.lower()})" if row["limit"] else ""
        table.add_row(
            escape(row["option"]),
            number(row["objective"] * scale, shown),
            "" if row["status"] == "best" else difference,
            percent(row["chance_best"]),
            percent(row["chance_keeps"]),
            escape(became if pd.isna(row["after"]) else f"{became}, after {row['after']:.0f}"),
            escape(str(row["against_first"])) if pd.isna(ratio) else number(ratio, 0),
            f"{row['replications']:,}",
        )
    named = options["option"].head(_SIDE_BY_SIDE).tolist()
    beside = _outlined("Main outcomes", "Outcome", *(_right(escape(name)) for name in named), "Unit")
    rows = outcomes[(outcomes["scenario"] == named[0]) & outcomes["main"]]
    for name, line in zip(rows["outcome"], lines(rows), strict=True):
        shown = places(OUTCOMES[name])
        values = (number(OUTCOMES[name].shown(value), shown) for value in options[name].head(_SIDE_BY_SIDE))
        beside.add_row(line.label, *values, escape(line.unit))
    if information.empty:
        return [table, beside]
    head, learning = information_rows(information, about)
    learnt = _outlined("What learning a parameter before the choice is worth", head[0], *map(_right, head[1:]))
    for cells in learning:
        learnt.add_row(*map(escape, cells))
    return [table, beside, learnt]


def caseload_table(
    load: Workload,
    served: Served,
    size: int,
    wait: float,
    places: Assignment | None,
    referrals: float,
    simulated: pd.DataFrame | None,
) -> Table:
    """Return what a case manager can do by time budget and queue, beside what was simulated.

    Args:
        load: time and work.
        served: what clients get in caseloads of any size.
        size: the caseload looked at.
        wait: days that a visit which is due may wait, on average.
        places: how long referrals wait for a case manager; ``None`` if that is not asked.
        referrals: a week.
        simulated: outcomes of a scenario; ``None`` without a simulation.
    """
    head = ["Calculator"] + ["Simulated (95%)"] * (simulated is not None)
    table = _outlined("Caseload of a case manager", "", *map(_right, head), "Unit")
    known = {} if simulated is None else simulated.set_index("outcome").to_dict("index")

    def add(label: str, value: str, unit: str, outcome: str = "", scale: float = 1.0) -> None:
        row = known.get(outcome)
        beside = [] if simulated is None else [DASH]
        unit = unit if beside else unit.partition("; simulated")[0]
        if row is not None:
            mean, low, high = (row[name] * scale for name in ("mean", "low", "high"))
            beside = [number(mean, 1) + (f" ({span(low, high, 1)})" if low < high else "")]
        table.add_row(label, value, *beside, unit)

    add("Time for clients", number(load.client_hours, 1), f"hours a week, of {load.hours:g} paid")
    add("A visit with all that it takes", number(load.visit_minutes, 0), "minutes")
    add(
        "Caseload that takes all the time",
        number(load.budget_caseload, 1),
        f"clients, {load.visits:g} visits in 28 days",
    )
    add(
        f"Caseload in which a visit waits {wait:g} day{'s' * (wait != 1)}",
        number(served.most_within(wait), 0),
        "clients, at most",
    )
    add("[bold]Caseload looked at[/]", number(size, 0), "clients", "caseload")
    add("Time for clients that visits take", percent(served.used[size]), "")
    add("Wait of a visit that is due", number(served.wait[size], 1), "days, on average")
    visits = served.visits[size]
    add(f"Visits to a client, of {load.visits:g} wanted", number(visits / size, 1), "in 28 days")
    in_period = PERIOD / YEAR_DAYS
    contacts = visits * (1.0 + load.calls)
    if simulated is not None:
        unit = "in 28 days, visits and calls"
        add("Contacts with a client", number(contacts / size, 1), unit, "client_contacts", in_period)
    unit = "in 28 days; simulated: recorded contacts"
    add("Visits of a case manager", number(visits, 0), unit, "recorded_contacts", MONTHS_PER_YEAR * in_period)
    if places is not None:
        add(
            "Referrals that can be taken",
            number(places.most_referrals, 2),
            f"a week, at most; there are {referrals:.3g}",
        )
        if np.isnan(places.waits):
            add("Wait for a case manager", "no end", "more referrals than can be taken: the list grows for ever")
        else:
            add("Referrals that wait for a case manager", percent(places.waits), "")
            add("People who wait for a case manager", number(places.waiting, 1), "on average", "waiting")
            unit = "days; simulated: of those who got one"
            add("Wait for a case manager", number(places.days, 1), unit, "worker_wait")
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
    for outcome, floor, rows in factor_lines(factors, method):
        label, unit = outcome.label, outcome.shown_unit if morris else "share"
        for factor, amount, is_clear in rows[:SHOWN]:
            table.add_row(label, escape(factor), amount, floor, "yes" if is_clear else "no", unit)
            label = ""
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


def estimate_table(estimates: Sequence[Estimate], title: str) -> Table:
    """Return what was worked out of an agency's own data, with its source and what it takes for granted."""
    table = _outlined(title, "Setting", Column("Value", justify="right", overflow="fold"), "From", "Taken for granted")
    for each in estimates:
        table.add_row(*map(escape, (each.key, each.stated, each.source, each.assumed.removeprefix("Assumed: "))))
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
