"""``story``: one client's life told, alone or under two policies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar
from cmsim.cli.options import Days, ScenarioName, Seed, Settings, chosen_scenario
from cmsim.core.errors import CmsimError


@app.command()
def story(
    scenario: ScenarioName,
    client: Annotated[
        str | None,
        typer.Option(help="A client's key, such as c0042; the client with the fullest life by default."),
    ] = None,
    versus: Annotated[
        str | None, typer.Option(metavar="SCENARIO", help="Tell the same person's life under this one too.")
    ] = None,
    replication: Annotated[int, typer.Option(min=0, help="Which history.")] = 0,
    days: Days = None,
    seed: Seed = None,
    from_day: Annotated[
        int | None, typer.Option(min=0, help="First day told; the end of the warm-up by default.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A text file to write the story to as well.")] = None,
    settings: Settings = None,
) -> None:
    """Tell one client's life: what happened and why, who knew, who acted, how late."""
    from cmsim.reporting.story import life_text, pair_text, tell, tell_pair, who_to_tell
    from cmsim.results.simulation import simulate
    from cmsim.scenario.size_limits import check_size

    if out is not None and (out.exists() or not out.parent.is_dir()):
        there = "there is such a file already" if out.exists() else f"there is no folder {out.parent}"
        raise CmsimError(f"--out: given {out}: {there}; allowed: a new file in a folder that exists")
    chosen = chosen_scenario(scenario, days, seed, settings)
    check_size(chosen)
    if versus is None:
        with progress_bar(f"Living through {chosen.name}", "days") as told:
            run = simulate(chosen, replication, progress=told)
        begin = chosen.world.warm_up_days if from_day is None else from_day
        text = life_text(tell(run, client or who_to_tell(run), from_day=begin))
    else:
        other = chosen_scenario(versus, days, seed, settings)
        check_size(other)
        with progress_bar(f"Living through {chosen.name}, {other.name} and a placebo twin", "runs") as told:
            pair = tell_pair(chosen, other, client, replication=replication, from_day=from_day, progress=told)
        text = pair_text(pair)
    print(text)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
