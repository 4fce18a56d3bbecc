"""``trial list`` and ``trial run``: published studies as virtual trials."""

from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Column, Table

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, show_results, standard_output, stopping_cleanly
from cmsim.cli.options import Out, Replace, Workers
from cmsim.cli.result_place import choose_place

group = typer.Typer(help="Reproduce published studies as virtual trials.", no_args_is_help=True)
app.add_typer(group, name="trial")


@group.command("list")
def list_trials() -> None:
    """List the bundled trials with their questions."""
    from cmsim.validation.trials import load_trial, trial_names

    console = standard_output()
    for name in trial_names():
        trial = load_trial(name)
        console.print(f"[bold]{escape(name)}[/]: {escape(trial.title)}. {escape(trial.question)}")


@group.command("run")
def run_one(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A bundled trial or a .toml file.")],
    replications: Annotated[
        int | None, typer.Option(help="Number of replications; by default as in the trial.")
    ] = None,
    precise: Annotated[
        bool, typer.Option("--precise", help="Add replications until every target is precise enough for a verdict.")
    ] = False,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Use the default parameters in place of the calibrated parameter sets.")
    ] = False,
    persons: Annotated[
        Literal["csv", "parquet"] | None,
        typer.Option("--persons", help="Also write one row a person and arm, as csv or parquet."),
    ] = None,
    workers: Workers = None,
    out: Out = None,
    replace: Replace = False,
) -> None:
    """Run a trial: published and simulated results side by side, with verdicts and a figure."""
    from cmsim.scenario.parameter_sets import bundled_ensemble
    from cmsim.validation.trials import load_trial, run_trial

    trial = load_trial(name)
    ensemble = None if defaults else bundled_ensemble()
    place = choose_place(context, f"trial-{trial.name}", [trial.model_dump_json(), ensemble and ensemble.hash], out)
    if place.saved is not None:
        place.show_saved(())
        return
    with stopping_cleanly(place.path):
        with progress_bar(f"Running the trial {trial.name}", "replications") as tell:
            result = run_trial(
                trial,
                replications=replications,
                ensemble=ensemble,
                workers=workers,
                progress=tell,
                until_precise=precise,
                persons=persons is not None,
            )
        result.save(place.path, persons or "csv", place.origin)
    console = standard_output()
    console.print(f"[bold]{escape(trial.title)}[/]\n{escape(trial.about)}\n")
    numbers = (Column(head, justify="right") for head in ("Published", "Band", "Simulated", "MC error", "n"))
    at_size = Column("At the study's size", justify="right")
    table = Table("Target", "Effect", *numbers, "Verdict", at_size, box=None, pad_edge=False)
    for each in result.targets:
        target = each.target
        published = "" if target.published is None else f"{target.published:.3g}"
        if target.interval is not None:
            published += f" ({target.interval[0]:.3g} to {target.interval[1]:.3g})"
        if target.status == "recalled":
            published += " unverified"
        table.add_row(
            escape(target.label),
            target.effect,
            published,
            f"{target.band[0]:.3g} to {target.band[1]:.3g}",
            f"{each.estimate:.3g}",
            f"{each.error:.2g}",
            " / ".join(f"{count:,}" for count in each.people),
            each.verdict,
            "" if each.inside != each.inside else f"{100 * each.inside:.0f}% inside",
        )
    show_results(place.path, [table], result.notes)
