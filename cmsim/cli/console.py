"""What commands print: results, progress on a terminal, and what was saved when they are stopped."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from cmsim.cli.surroundings import print_error
from cmsim.core.errors import CmsimError

_PIPED_WIDTH = 160
_STOPS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
"""Signals that ask to stop, as far as this system has them."""


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


def write_text(path: Path, text: str) -> None:
    """Write a text file that a command was asked for.

    Raises:
        CmsimError: it cannot be written.
    """
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise CmsimError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None


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
    """When stopped, by Ctrl-C or a signal, say whether results were saved, and end with status 130."""
    before = _written(place)
    with _stopping(lambda: f"results saved in {place}" if _written(place) != before else "nothing was written"):
        yield


@contextmanager
def stopping_safely(how: str) -> Iterator[None]:
    """When stopped, by Ctrl-C or a signal, say which command resumes, and end with status 130."""
    with _stopping(lambda: f"all complete runs are saved. To resume: {how}"):
        yield


@contextmanager
def _stopping(saved: Callable[[], str]) -> Iterator[None]:
    from cmsim.experiments.signals import interrupt

    # not by way of SIGINT, which is ignored in what a script starts in the background
    before = {each: signal.getsignal(each) for each in _STOPS}
    heeded = [each for each in _STOPS if before[each] != signal.SIG_IGN]  # nohup has one ignored
    for each in heeded:
        signal.signal(each, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        print_error(f"stopped; {saved()}", above="\n")  # a terminal shows ^C
        raise typer.Exit(130) from None
    finally:
        for each in heeded:
            signal.signal(each, before[each])


def _written(place: Path) -> tuple[int, int] | None:
    try:
        found = (place / "manifest.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
