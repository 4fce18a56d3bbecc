"""The application that commands are added to, and its exit status.

0 done, 2 a mistake of the user (one message, no traceback), 1 a defect, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cmsim.core.errors import CmsimError
from cmsim.core.version import __version__

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Compare policies for a community mental health system on the same people and the same luck.",
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
    try:
        app()
    except CmsimError as error:
        print(f"cmsim: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe went away; keep Python from failing once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
