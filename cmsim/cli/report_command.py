"""``report``: one page to hand to a colleague."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.console import standard_output


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="What cmsim run or compare wrote.")],
    more: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="DIR", help="What cmsim sensitivity wrote about it; repeatable."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file; by default report.html in DIR.")] = None,
) -> None:
    """Make one self-contained HTML page of results: question, answer, figures, how sure, limits, inputs."""
    from cmsim.reporting.page import write_page

    path = write_page(directory, more=tuple(more or ()), out=out)
    standard_output().print(f"Written: {escape(str(path))}. It needs no network, opens in any browser, and prints.")
