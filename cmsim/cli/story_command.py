"""``story``: what happens to one client, under one policy or two."""

from pathlib import Path
from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, write_text
from cmsim.cli.options import LARGEST, Days, ScenarioName, Seed, Settings, chosen_scenario
from cmsim.core.errors import CmsimError


@app.command()
def story(
    scenario: ScenarioName,
    client: Annotated[
        str | None, typer.Option(help="Key of the client, such as c0042; by default the client with most events.")
    ] = None,
    versus: Annotated[
        str | None, typer.Option(metavar="SCENARIO", help="Second scenario, for the same client.")
    ] = None,
    replication: Annotated[int, typer.Option(min=0, max=LARGEST, help="Number of the replication.")] = 0,
    days: Days = None,
    seed: Seed = None,
    from_day: Annotated[
        int | None, typer.Option(min=0, help="First day of the story; by default the first day after the warm-up.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Text file to write the story to as well.")] = None,
    settings: Settings = None,
) -> None:
    """Tell what happens to one client, and why: events, causes, who knew, who acted and when.

    A single story is an illustration, not a forecast.
    """
    from cmsim.reporting.story import most_eventful_client, pair_text, story_text, tell_pair, tell_story
    from cmsim.results.simulation import simulate
    from cmsim.scenario.size_limits import check_size

    if out is not None and (out.exists() or not out.parent.is_dir()):
        there = "there is such a file already" if out.exists() else f"there is no folder {out.parent}"
        raise CmsimError(f"--out: given {out}: {there}; allowed: a new file in a folder that exists")
    chosen = chosen_scenario(scenario, days, seed, settings)
    if versus is None:
        with progress_bar(f"Running {chosen.name}", "days") as advance:
            run = simulate(chosen, replication, progress=advance)
        begin = chosen.world.warm_up_days if from_day is None else from_day
        text = story_text(tell_story(run, client or most_eventful_client(run), from_day=begin))
    else:
        other = chosen_scenario(versus, days, seed, settings)
        check_size(chosen)
        check_size(other)
        with progress_bar(f"Running {chosen.name}, {other.name} and the placebo run", "runs") as advance:
            pair = tell_pair(chosen, other, client, replication=replication, from_day=from_day, progress=advance)
        text = pair_text(pair)
    print(text)
    if out is not None:
        write_text(out, text)
