"""The application that commands are added to, and its exit status.

0 complete, 2 a mistake of the user (one message, no traceback), 1 a defect, 130 stopped by Ctrl-C.
"""

import sys
import warnings
from typing import Annotated, TextIO

import typer

from cmsim.cli.surroundings import print_error, surroundings
from cmsim.core.errors import CmsimError
from cmsim.core.former_names import FormerNameWarning, rename_flags
from cmsim.core.version import __version__

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Simulate a community mental health service and compare policies for it. Start with: cmsim scenarios, then "
    "cmsim compare usual_care small_caseload.",
)


def _version(asked: bool) -> None:
    if asked:
        print(f"cmsim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; never returns."""
    shown = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, FormerNameWarning):
            print(f"cmsim: note: {message}", file=sys.stderr)
        else:
            shown(message, category, filename, lineno, file, line)

    try:
        with surroundings(), warnings.catch_warnings():
            warnings.simplefilter("always", FormerNameWarning)
            warnings.showwarning = show
            app(args=rename_flags(sys.argv[1:]))
    except CmsimError as error:
        print_error(str(error))
        sys.exit(2)
