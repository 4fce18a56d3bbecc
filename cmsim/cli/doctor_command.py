"""``doctor``: whether the rows of results agree with each other."""

from pathlib import Path
from typing import Annotated

import typer

from cmsim.cli.application import app


@app.command()
def doctor(directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results of cmsim run or compare.")]) -> None:
    """Check that the rows of results agree: one place a person, minutes, caseloads, stays, days and costs that add up.

    Prints a line for each row that does not agree with others, and then ends with status 1.
    """
    from cmsim.reporting.page.results_reader import read_record
    from cmsim.results.invariants import INVARIANTS, examine

    found = examine(read_record(directory))
    for name, findings in found.items():
        for each in findings:
            # the first line of the file has the names of the columns
            print(f"{each.table}.csv, line {each.row + 2}: {each.wrong}. What holds: {INVARIANTS[name].holds}")
    wrong = {name: len(findings) for name, findings in found.items() if findings}
    print(f"{len(found)} invariants checked: {sum(wrong.values())} rows break {len(wrong)} of them.")
    if wrong:
        raise typer.Exit(1)
