"""``import``: an agency's own list of referrals and counts become a scenario."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.console import standard_output

_ABOUT = """Your agency as it is, written by cmsim import from {files}.
Each number stands below its source and what it takes for granted. All else is as in {base}, and so assumed.
What differs from what you know: change it here. Then: {{check}}"""


@app.command("import")
def import_agency(
    referrals: Annotated[
        str,
        typer.Argument(
            metavar="REFERRALS",
            help="CSV or Excel file, a row a client: client and worker (codes, no names), referred, last_contact, "
            "contacts, admissions, bed_days in the last 12 months, group, closed. Or example_referrals.csv, bundled.",
        ),
    ],
    counts: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="CSV or Excel file of monthly counts, a row a month. Or the bundled example_counts.csv.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Scenario file to write; never over another file.")] = Path(
        "my_agency.toml"
    ),
    staff_list: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV or Excel file of the posts, as in cmsim new: role, hours_a_week or fte."
        ),
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="Day on which the list was made; by default its latest date."
        ),
    ] = None,
    dates: Annotated[
        Literal["day-first", "month-first"] | None,
        typer.Option(help="Order of day and month, where no date in the file shows it."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD=GROUP",
            help='What a word in the column group means: schizophrenia, bipolar or other, such as "Team A=other"; '
            "repeatable.",
        ),
    ] = None,
    based_on: Annotated[
        str, typer.Option("--based-on", metavar="X", help="Scenario that holds for all that the files do not say.")
    ] = "usual_care",
) -> None:
    """Write a scenario of your agency from its referrals and counts, each number with its source.

    No personal data is read or kept: codes stand for people, and columns of names, birth dates or text are refused.
    """
    from cmsim.outcomes import outcomes_of
    from cmsim.reporting.terminal_tables import estimate_table
    from cmsim.scenario import load_scenario
    from cmsim.scenario.agency_estimates import agency_lines, estimate_agency
    from cmsim.scenario.count_table import read_counts
    from cmsim.scenario.library import example_file
    from cmsim.scenario.referral_list import parse_groups, read_referrals
    from cmsim.scenario.scenario_template import write_agency
    from cmsim.scenario.staff_list import read_staff

    base = load_scenario(based_on)
    found = read_referrals(example_file(referrals), day.date() if day else None, dates, parse_groups(group or []))
    shares = {outcome.name: outcome.is_share for outcome in outcomes_of(base)}
    counted = read_counts(example_file(counts), shares) if counts else None
    posts, why = read_staff(staff_list, base.baseline.staff) if staff_list else ({}, "")
    estimates, left_open = estimate_agency(found, counted, posts, why)
    files = " and ".join(each.name for each in (found, counted) if each)
    about = _ABOUT.format(files=files, base=based_on)
    stated = {each.key.removeprefix("agency.staff."): each.value for each in estimates}
    path = write_agency(out, based_on, lambda _: agency_lines(estimates), about, stated)
    console = standard_output()
    console.print(estimate_table(estimates, f"{files}: {len(found.rows)} rows, on {found.day}"))
    for note in (*found.notes, *left_open):
        console.print(f"\N{BULLET} {escape(note)}")
    console.print(
        f"Written: {escape(str(path))}, each number below its source. Next: cmsim check {escape(str(path))}, then "
        f"cmsim run {escape(str(path))}, which shows what was observed beside the model's."
    )
