"""The application that commands are added to, and its exit status.

0 complete, 2 a mistake of the user (one message, no traceback), 1 a defect, 130 stopped by Ctrl-C.
"""

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from cmsim.cli.command_table import COMMANDS
from cmsim.cli.surroundings import print_error, surroundings
from cmsim.core.errors import CmsimError, nearest
from cmsim.core.former_names import FormerNameWarning, rename_flags
from cmsim.core.version import __version__

ENSEMBLE, BUNDLED = "--ensemble", "bundled"
"""A flag that may stand alone, and what it then asks for."""

_MEANT = {
    **dict.fromkeys(("simulate", "execute"), "run"),
    **dict.fromkeys(("optimise", "optimize", "search"), "find"),
    **dict.fromkeys(("explain", "sources", "parameters"), "evidence"),
    **dict.fromkeys(("list", "ls"), "scenarios"),
    "validate": "check",
    **dict.fromkeys(("--reps", "--runs", "-n"), "--replications"),
    **dict.fromkeys(("--jobs", "--cores", "--threads", "--processes", "-j"), "--workers"),
    **dict.fromkeys(("--output", "--dir", "--directory", "--folder", "-o"), "--out"),
    **dict.fromkeys(("--force", "--overwrite"), "--replace"),
}
"""Commands and flags by what other programs call them."""


@dataclass(frozen=True)
class Invocation:
    """One use of the command line: its words, and the files that were read for it so far."""

    words: Sequence[str]
    files: dict[Path, bytes] = field(default_factory=dict)


class _Group(TyperGroup):
    """The commands, which know the words that they were called with: results keep them.

    A command is loaded when it is asked for, and only listed where all are shown.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._loaded, self._lists = self.commands, False
        self.commands = {name: TyperCommand(name, help=COMMANDS[name].summary) for name in COMMANDS}

    def main(self, args: Sequence[str] | None = None, *more: Any, **named: Any) -> Any:
        words = sys.argv[1:] if args is None else list(args)
        return super().main(_with_ensemble(words), *more, obj=Invocation(words), **named)

    def get_command(self, context: Any, name: str) -> Any:
        if self._lists or name not in COMMANDS:
            return self.commands.get(name)
        import_module(f"cmsim.cli.{COMMANDS[name].module}")
        complete = get_command(app)
        return complete._loaded[name] if isinstance(complete, _Group) else None

    def format_help(self, context: Any, formatter: Any) -> None:
        self._lists = True
        try:
            super().format_help(context, formatter)
        finally:
            self._lists = False

    def resolve_command(self, context: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and self.get_command(context, args[0]) is None:
            known = self.list_commands(context)
            hint = nearest(_MEANT.get(args[0].lower(), args[0]), known)
            raise CmsimError(f'command: given "{args[0]}"; allowed: {", ".join(known)}{hint}')
        return super().resolve_command(context, args)

    def invoke(self, context: Any) -> Any:
        try:
            return super().invoke(context)
        except Exception as error:
            asked, at = getattr(error, "option_name", ""), getattr(error, "ctx", None)
            if type(error).__name__ != "NoSuchOption" or at is None:  # typer may bring a click of its own
                raise
            hint = nearest(_MEANT.get(asked, asked), [flag for each in at.command.params for flag in each.opts])
            known = f"allowed: what {at.command_path} --help lists"
            raise CmsimError(f"{at.command_path}: given {asked}, no such option; {known}{hint}") from None


def _with_ensemble(words: Sequence[str]) -> list[str]:
    """Return words of a command line in which ``--ensemble`` without a file behind it asks for the bundled one."""
    return [
        f"{word}={BUNDLED}" if word == ENSEMBLE and not _is_ensemble(after) else word
        for word, after in pairwise([*words, ""])
    ]


def _is_ensemble(word: str) -> bool:
    """Return whether a word names a file of parameter sets: by its ending, or as JSON, which no scenario is."""
    try:
        return word.endswith(".json") or (bool(word) and Path(word).read_bytes()[:9].lstrip().startswith(b"{"))
    except (OSError, ValueError):
        return False


app = typer.Typer(
    cls=_Group,
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
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    from cmsim.scenario.text_file import collecting_files

    context.with_resource(collecting_files(context.obj.files))


def main() -> None:
    """Run the command line; never returns."""
    shown = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *more: Any, **named: Any) -> None:
        if issubclass(category, FormerNameWarning):
            print(f"cmsim: note: {message}", file=sys.stderr)
        else:
            shown(message, category, *more, **named)

    try:
        with surroundings(), warnings.catch_warnings():
            warnings.simplefilter("always", FormerNameWarning)
            warnings.showwarning = show
            app(args=rename_flags(sys.argv[1:]))
    except CmsimError as error:
        print_error(str(error))
        sys.exit(2)
