"""``results``, ``rerun`` and ``bundle``: what results there are, and how to have them again."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, standard_output, stopping_safely
from cmsim.cli.result_place import numbered
from cmsim.core.errors import CmsimError


@app.command("results")
def list_all(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with results in it.")] = Path("results"),
) -> None:
    """List the results in a folder and below, the newest first: when, where, what, and whether complete."""
    from cmsim.reporting.result_list import leftovers, list_results
    from cmsim.reporting.terminal_tables import result_table

    found = list_results(directory)
    console = standard_output()
    console.print(result_table(found) if found else f"No results in {escape(str(directory))}.")
    for path in leftovers(directory):
        console.print(
            f"{path} was left by a command that was ended while it wrote; no command reads it.",
            markup=False,
            soft_wrap=True,
        )


@app.command()
def rerun(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results of any command, or a study.")],
    out: Annotated[
        Path | None, typer.Option(help="New folder for the results; by default DIR with -rerun after it.")
    ] = None,
) -> None:
    """Repeat the command that wrote results or a study, and say whether its tables or runs are the same again.

    Files that it read are taken as they were then. Ends with status 1 if a table differs, or one in DIR was changed.
    """
    from cmsim.reporting.page.results_reader import is_study
    from cmsim.reporting.result_repetition import find_differences, repeated_words
    from cmsim.reporting.saved_results import read_saved

    beside = directory.resolve()
    place = out or next(path for path in numbered(beside.with_name(f"{beside.name}-rerun")) if not path.exists())
    if place.exists():
        raise CmsimError(f"--out: given {place}, which exists; allowed: a new folder")
    if is_study(directory):
        _rerun_study(directory, place)
        return
    saved, words = repeated_words(directory)
    console = standard_output()
    if faults := saved.faults(directory, thorough=True):
        console.print(
            f"In {directory}, {faults}; tables are compared as they were when written.", markup=False, soft_wrap=True
        )
    if status := app([*words, "--out", str(place)], standalone_mode=False):
        raise typer.Exit(status)
    now = read_saved(place)
    if now is None:
        raise CmsimError(f"{place} holds no results; were they moved meanwhile?")
    differences = find_differences(saved, now)
    for line in differences:
        console.print(line, markup=False, soft_wrap=True)
    if not differences:
        when = "when written" if faults else f"in {directory}"
        console.print(
            f"All {len(now.tables)} tables are the same as {when}: digest {now.digest}.", markup=False, soft_wrap=True
        )
    if differences or faults:
        raise typer.Exit(1)


def _rerun_study(directory: Path, place: Path) -> None:
    from cmsim.experiments.study.study_folder import check_version, write_plan
    from cmsim.experiments.study.study_result import load_study
    from cmsim.experiments.study.study_sweep import resume
    from cmsim.reporting.result_repetition import differing_runs

    before = load_study(directory)
    before.require_finished()
    check_version(directory, before.manifest)
    write_plan(place, before.plan, before.manifest["file"])
    with stopping_safely(f"cmsim study resume {place}"), progress_bar(f"Runs of {directory.name}", "") as tell:
        now = resume(place, progress=tell)
    count, all_runs = differing_runs(before, now), len(before.runs)
    if count:
        print(f"{count:,} of {all_runs:,} runs are not the same as in {directory}; {place} has the new ones.")
        raise typer.Exit(1)
    print(f"All {all_runs:,} runs are the same as in {directory}, digest by digest; {place} has them.")


@app.command()
def bundle(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results of any command, or a finished study.")],
    out: Annotated[Path | None, typer.Option(help="New folder; by default DIR with -bundle after it.")] = None,
    author: Annotated[
        list[str] | None, typer.Option(help="Who made the results, as they are to be cited; repeatable.")
    ] = None,
) -> None:
    """Put results with all that another machine needs to repeat them into a folder to publish or pass on.

    It holds scenarios, the command, versions, cmsim itself, a README, and how to cite it. There, python3 repeat.py
    repeats everything and says whether it is the same.
    """
    from cmsim.reporting.result_bundle import bundle as write

    place = write(directory, out, author or ())
    standard_output().print(
        f"Written: {place}. To repeat it on another machine: python3 repeat.py in that folder.",
        markup=False,
        soft_wrap=True,
    )
