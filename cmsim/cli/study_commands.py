"""Studies: ``sweep`` does their runs; ``study status | resume | merge`` report, resume and merge."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, standard_output, stopping_safely
from cmsim.cli.options import EngineName, PriceSet, Scheduler, Settings, Workers, prices_over
from cmsim.core.errors import CmsimError
from cmsim.experiments.study.study_folder import Status
from cmsim.experiments.study.study_result import Study

study_app = typer.Typer(no_args_is_help=True, help="Report how far a study is, resume it, merge its runs.")
app.add_typer(study_app, name="study")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the study.")]
ShardText = Annotated[str | None, typer.Option("--shard", metavar="K/N", help="Do only part K of N, for job arrays.")]
Retry = Annotated[bool, typer.Option("--retry", help="Also retry runs that failed before.")]


@app.command()
def sweep(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Study file (.toml).")],
    out: Annotated[Path | None, typer.Option(help="Folder for the study; by default results/NAME.")] = None,
    workers: Workers = None,
    engine: EngineName = None,
    scheduler: Scheduler = None,
    shard: ShardText = None,
    retry: Retry = False,
    replications: Annotated[
        int | None, typer.Option(help="Number of replications; by default as in the study file.")
    ] = None,
    settings: Settings = None,
    prices: PriceSet = None,
    check: Annotated[bool, typer.Option("--check", help="Only check the file and print what would be run.")] = False,
) -> None:
    """Run a study: every combination of its policies, parameter draws and replications.

    Complete runs are never repeated: the same command does what is missing.
    """
    from cmsim.experiments.study.plan_builder import study_scenarios
    from cmsim.experiments.study.study_file import read_study
    from cmsim.experiments.study.study_sweep import default_folder
    from cmsim.experiments.study.study_sweep import sweep as sweep_study
    from cmsim.scenario import parse_setting

    changed = dict(parse_setting(text) for text in settings or ())
    scenarios = study_scenarios(*read_study(study, replications, changed))
    changed = prices_over(list(scenarios.values()), prices) | changed
    if check:
        _say_plan(study, replications, changed)
        return
    part = _shard(shard)
    directory = out or default_folder(study)
    with stopping_safely(f"cmsim study resume {directory}"), progress_bar(f"Runs of {study.stem}", "") as tell:
        done = sweep_study(
            study,
            directory,
            replications=replications,
            settings=changed,
            workers=workers,
            engine=engine,
            scheduler=scheduler,
            shard=part,
            retry=retry,
            planning=tell,
            progress=tell,
        )
    _say_end(done, part)


@study_app.command()
def resume(
    directory: Directory,
    workers: Workers = None,
    engine: EngineName = None,
    scheduler: Scheduler = None,
    shard: ShardText = None,
    retry: Retry = False,
) -> None:
    """Do the missing runs of a study; complete ones are never repeated."""
    from cmsim.experiments.study.study_sweep import resume as resume_study

    part = _shard(shard)
    with stopping_safely(f"cmsim study resume {directory}"), progress_bar(f"Runs of {directory.name}", "") as tell:
        done = resume_study(
            directory, workers=workers, engine=engine, scheduler=scheduler, shard=part, retry=retry, progress=tell
        )
    _say_end(done, part)


@study_app.command()
def status(
    directory: Directory,
    thorough: Annotated[bool, typer.Option("--thorough", help="Also read every file to its end.")] = False,
) -> None:
    """Report how many runs of a study are complete, failed and missing; also while it runs."""
    from cmsim.experiments.study.study_result import load_study

    study = load_study(directory)
    _say_status(standard_output(), study, study.status(thorough=thorough))


@study_app.command()
def merge(
    directory: Directory,
    others: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[OTHER ...]", help="Folders with shards of the study, which are imported first."),
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Merge even if runs are missing.")] = False,
) -> None:
    """Merge the runs of a study into runs.parquet and the tables beside it."""
    from cmsim.experiments.study.study_result import load_study

    paths = load_study(directory).merge(others or (), partial=partial)
    standard_output().print(f"Written: {', '.join(escape(str(path)) for path in paths)}.")


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    k, of = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= k <= of:
        raise CmsimError(f'--shard: given "{text}"; allowed: K/N with K from 1 to N, such as 3/10')
    return k, of


def _say_plan(path: Path, replications: int | None, settings: Mapping[str, object]) -> None:
    from cmsim.experiments.study.plan_builder import make_plan
    from cmsim.experiments.study.study_file import read_study

    plan = make_plan(*read_study(path, replications, settings))
    console = standard_output()
    console.print(f"[bold]{escape(plan.title or path.stem)}[/]: {escape(plan.question)}".rstrip(": "))
    for factor in plan.factors:
        values = ", ".join(str(value) for value in factor.values)
        if not factor.values and factor.low is not None:
            values = f"{factor.low:g} to {factor.high:g}"
        console.print(f"{factor.role} {escape(factor.name)}: {escape(values or 'as listed')}")
    console.print(
        f"{len(plan.scenarios)} scenario(s), {plan.cells.num_rows:,} cells of scenario, choice and draw, "
        f"{plan.replications} replications each: {plan.runs:,} runs."
    )


def _say_end(study: Study, shard: tuple[int, int] | None) -> None:
    console = standard_output()
    status = study.status()
    _say_status(console, study, status)
    if shard is not None and not status.finished:
        console.print(
            f"Shard {shard[0]}/{shard[1]} is complete. When all are: cmsim study merge {escape(str(study.directory))}"
        )


def _say_status(console: Console, study: Study, status: Status) -> None:
    place = escape(str(study.directory))
    console.print(f"[bold]{escape(study.title)}[/]: {status.complete:,} of {status.planned:,} runs are complete.")
    for name, count in sorted(status.failed.items()):
        console.print(f"[yellow]{count:,} without a result: {name}[/]; Study.failures lists them, --retry tries again.")
    for damage in status.damaged:
        console.print(f"[red]Damaged:[/] {escape(damage)}.")
    if status.beyond:
        console.print(f"{status.beyond:,} saved runs are of an earlier design: they are kept, and not in the tables.")
    if status.unchecked:
        console.print(f"{status.unchecked:,} event logs have no checksum: their size and ends are as saved.")
    if not status.finished:
        console.print(f"{status.missing:,} are missing. To run them: cmsim study resume {place}")
    elif status.merged:
        console.print(f"Merged: {place}/runs.parquet and the tables beside it.")
    else:
        console.print(f"Not merged yet. To merge: cmsim study merge {place}")
