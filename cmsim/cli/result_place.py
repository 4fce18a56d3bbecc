"""Where a command writes its results: a place of their own, and never over others without a word."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import typer
from rich.table import Table

from cmsim.cli.application import Invocation
from cmsim.cli.console import show_results, standard_output
from cmsim.reporting.result_origin import Origin
from cmsim.reporting.saved_results import Saved
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble

_HOME = Path("results")
_LETTERS, _CODE_LETTERS = 110, 8
"""Of the name of a folder: what was done, and the code of the inputs."""


@dataclass(frozen=True)
class ResultPlace:
    """Where results are written.

    Attributes:
        path: their folder.
        runs: the folder of a study of their runs, which more points or replications are added to.
        origin: what they are made from.
        saved: what is there already of the same inputs, complete; ``None`` if there is anything to do.
    """

    path: Path
    runs: Path
    origin: Origin
    saved: Saved | None = None

    def show_saved(self, tables: Iterable[Table] | None = None) -> None:
        """Say that nothing is run again, and print tables, if any, and notes that are saved."""
        assert self.saved is not None
        done = f"The same inputs gave the results in {self.path} already ({self.saved.when}, UTC)"
        standard_output().print(f"{done}: nothing is run again. With --replace it is.", markup=False, soft_wrap=True)
        if tables is not None:
            show_results(self.path, tables, self.saved.notes)


def choose_place(context: typer.Context, what: str, inputs: Sequence[object], out: Path | None) -> ResultPlace:
    """Return where the results of a command go: as asked, or a new folder under results/.

    Args:
        context: of the command.
        what: the beginning of the name of a new folder; a code of the inputs follows.
        inputs: all that the command read, resolved.
        out: as asked.

    Raises:
        CmsimError: other results are there or other files, or nothing can be written there.
    """
    from cmsim.reporting.result_folder import check_destination
    from cmsim.reporting.result_origin import make_origin
    from cmsim.reporting.saved_results import read_saved

    invocation: Invocation = context.obj
    origin = make_origin(invocation.words, context.params, inputs, invocation.files)
    name = re.sub(r"[^\w.-]+", "_", what)[:_LETTERS]
    beside = out or _HOME / f"{name}-{origin.runs_key[:_CODE_LETTERS]}"
    runs = beside.parent / f"{beside.name}-runs"  # a path such as . has no name to change
    for path in [out] if out else numbered(_HOME / f"{name}-{origin.key[:_CODE_LETTERS]}"):
        saved = read_saved(path)
        if saved is not None and saved.key == origin.key and not origin.replace:
            faults = saved.faults(path, thorough=True)
            if not faults:
                return ResultPlace(path, runs, origin, saved)
            standard_output().print(
                f"{path} holds results of the same inputs, but {faults}.", markup=False, soft_wrap=True
            )
        if out is not None or origin.replace or not path.exists():
            break
    return ResultPlace(check_destination(path, origin), runs, origin)


def numbered(path: Path) -> Iterator[Path]:
    """Yield a path, then the same with -2, -3 and so on after its name."""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.name}-{number}")


def place_for(
    context: typer.Context, command: str, chosen: Sequence[Scenario], out: Path | None, ensemble: Ensemble | None = None
) -> ResultPlace:
    """Return where results about scenarios, under parameter sets if any, go, see :func:`choose_place`."""
    from cmsim.experiments.study.run_key import settings_digest
    from cmsim.reporting.result_folder import describe_scenario

    what = "-".join([command, *(each.name for each in chosen)])
    inputs: list[object] = [(describe_scenario(each), settings_digest(each).hex()) for each in chosen]
    inputs += [ensemble.hash] if ensemble else []
    return choose_place(context, what, inputs, out)
