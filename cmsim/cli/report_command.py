"""``report``: one page of results to pass on."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.console import standard_output
from cmsim.core.errors import CmsimError


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results of cmsim run, compare, sweep or fit.")],
    more: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="DIR", help="Results of cmsim sensitivity or find to include; repeatable."),
    ] = None,
    brief: Annotated[
        bool, typer.Option("--brief", help="One printed page for a board: options, a few outcomes, money, who gains.")
    ] = False,
    outcome: Annotated[
        list[str] | None, typer.Option(help="An outcome of the brief; repeatable, at most five.")
    ] = None,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="The tables as an Excel workbook, a sheet a table.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="File to write; by default report.html, brief.html or tables.xlsx in DIR.")
    ] = None,
) -> None:
    """Write results as one HTML page: question, answer, figures, uncertainty, limits, inputs.

    With --brief as one page to print, from any browser as PDF too; with --xlsx as a workbook.
    """
    from cmsim.reporting.page import write_brief, write_page, write_workbook

    if brief and xlsx:
        raise CmsimError("--brief and --xlsx: given both; allowed: one of them")
    if outcome and not brief:
        raise CmsimError("--outcome: given without --brief; the whole report has all outcomes")
    if more and (brief or xlsx):
        raise CmsimError("--with: given for a brief or a workbook; allowed: the whole report")
    if xlsx:
        path = write_workbook(directory, out=out)
        standard_output().print(f"Written: {escape(str(path))}.")
        return
    path = (
        write_brief(directory, outcomes=outcome or (), out=out)
        if brief
        else write_page(directory, more=tuple(more or ()), out=out)
    )
    standard_output().print(f"Written: {escape(str(path))}. It opens in any browser, without a network.")
