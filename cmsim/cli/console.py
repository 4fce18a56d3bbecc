"""What commands print: tables, progress on a terminal, and where results are saved."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_PIPED_WIDTH = 160


def standard_output() -> Console:
    """Return standard output, wide where it is not a terminal so that tables in files do not wrap."""
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    return console


@contextmanager
def progress_bar(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error; nothing where that is not a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def stopping_cleanly(place: Path) -> Iterator[None]:
    """On Ctrl-C say whether results were saved, and end with status 130."""
    before = _written(place)
    try:
        yield
    except KeyboardInterrupt:
        saved = _written(place) != before
        print(f"\ncmsim: stopped; {f'results saved in {place}' if saved else 'nothing was written'}", file=sys.stderr)
        raise typer.Exit(130) from None


@contextmanager
def stopping_safely(how: str) -> Iterator[None]:
    """On Ctrl-C or SIGTERM stop, say how to resume, and end with status 130.

    Args:
        how: the command that resumes.
    """
    from cmsim.experiments.signals import interrupt

    # not by way of SIGINT, which is ignored in what a script starts in the background
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        print(f"\ncmsim: stopped; all complete runs are saved. To resume: {how}", file=sys.stderr)
        raise typer.Exit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _written(place: Path) -> tuple[int, int] | None:
    try:
        found = (place / "manifest.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def say_notes(console: Console, notes: Sequence[str]) -> None:
    """Print the caveats of a result; the last one, the limits of use, in bold."""
    for note in notes:
        console.print(f"\N{BULLET} {escape(note)}", style="dim" if note != notes[-1] else "bold")


def say_where(console: Console, place: Path, everything: bool) -> None:
    """Print where the results are saved, and that there are more outcomes than shown."""
    console.print(f"\nSaved in {escape(str(place))}: figure.png, tables and README.txt.")
    if not everything:
        console.print("Main outcomes only; --all shows every outcome, and outcomes.csv holds them.")
