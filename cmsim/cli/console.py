"""What commands print: results, progress on a terminal, and what was saved when they are stopped."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

_PIPED_WIDTH = 160


def standard_output() -> Console:
    """Return standard output, wide where it is not a terminal so that tables in files do not wrap."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPED_WIDTH
    return console


def show_results(place: Path, tables: Iterable[Table], notes: Sequence[str]) -> None:
    """Print tables, the caveats (the last one, the limits of use, in bold), and where results are saved."""
    console = standard_output()
    for table in tables:
        console.print(table)
        console.print()
    for note in notes:
        console.print(f"\N{BULLET} {escape(note)}", style="dim" if note != notes[-1] else "bold")
    console.print(f"\nSaved in {escape(str(place))}: figure.png, tables and README.txt.")


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
    """On Ctrl-C or SIGTERM say whether results were saved, and end with status 130."""
    before = _written(place)
    with _stopping(lambda: f"results saved in {place}" if _written(place) != before else "nothing was written"):
        yield


@contextmanager
def stopping_safely(how: str) -> Iterator[None]:
    """On Ctrl-C or SIGTERM say which command resumes, and end with status 130."""
    with _stopping(lambda: f"all complete runs are saved. To resume: {how}"):
        yield


@contextmanager
def _stopping(saved: Callable[[], str]) -> Iterator[None]:
    from cmsim.experiments.signals import interrupt

    # not by way of SIGINT, which is ignored in what a script starts in the background
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        print(f"\ncmsim: stopped; {saved()}", file=sys.stderr)
        raise typer.Exit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _written(place: Path) -> tuple[int, int] | None:
    try:
        found = (place / "manifest.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
