"""``report``: one page of results to pass on."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.console import standard_output


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results of cmsim run, compare or sweep.")],
    more: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="DIR", help="Results of cmsim sensitivity to include; repeatable."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; by default report.html in DIR.")] = None,
) -> None:
    """Write results as one HTML page: question, answer, figures, uncertainty, limits, inputs."""
    from cmsim.reporting.page import write_page

    path = write_page(directory, more=tuple(more or ()), out=out)
    standard_output().print(f"Written: {escape(str(path))}. It opens in any browser, without a network.")
