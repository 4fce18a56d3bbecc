"""``caseload``: how many clients a case manager can have, worked out at once, beside what the model simulates."""

from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import progress_bar, standard_output
from cmsim.cli.options import ScenarioName, Seed, Settings, Workers, chosen_scenario
from cmsim.core.errors import CmsimError
from cmsim.core.simtime import WEEK_DAYS, YEAR_DAYS

_OPEN = 10_000.0


@app.command()
def caseload(
    scenario: ScenarioName = "usual_care",
    hours: Annotated[float | None, typer.Option(help="Paid hours a week of a case manager.")] = None,
    away: Annotated[float | None, typer.Option(help="Share of them on leave, in training or sick, 0 to 1.")] = None,
    meetings: Annotated[
        float | None, typer.Option(help="Hours a week of meetings, administration and supervision.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Minutes of a visit.")] = None,
    travel: Annotated[float | None, typer.Option(help="Minutes of travel for a visit, on average.")] = None,
    paperwork: Annotated[
        float | None, typer.Option(help="Minutes of writing up, and of calls between visits, for a visit.")
    ] = None,
    visits: Annotated[
        float | None, typer.Option(help="Visits wanted of a client in 28 days; by default at a dose of 0.5.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Clients of a case manager.")] = None,
    wait: Annotated[float, typer.Option(help="Days that a visit which is due may wait, on average.")] = 1.0,
    case_managers: Annotated[int | None, typer.Option(help="How many case managers there are.")] = None,
    referrals: Annotated[float | None, typer.Option(help="New referrals a week.")] = None,
    until_closing: Annotated[
        float | None,
        typer.Option(help="Visits after which a client is closed, on average: also works out the wait for a place."),
    ] = None,
    replications: Annotated[
        int, typer.Option(help="Also simulate the scenario, in so many replications; 2 and up give an interval.")
    ] = 0,
    settings: Settings = None,
    seed: Seed = None,
    workers: Workers = None,
) -> None:
    """Work out at once how many clients a case manager can have.

    A time budget and a queue of clients who come back, from the settings of a scenario or from your own figures. With
    --replications the scenario is simulated too, and stands beside it.
    """
    from cmsim.experiments.caseload_limit import assign, changed, serve, workload_of
    from cmsim.experiments.caveats import SAFETY
    from cmsim.reporting.terminal_tables import caseload_table

    chosen = chosen_scenario(scenario, seed=seed, settings=settings)
    own = {"hours": hours, "away": away, "meetings": meetings, "minutes": minutes, "travel": travel}
    own |= {"paperwork": paperwork, "visits": visits}
    counts = {"size": size, "case-managers": case_managers, "referrals": referrals, "until-closing": until_closing}
    _check({**own, **counts, "wait": wait}, replications)
    for name in ("case-managers", "referrals"):
        if counts[name] is not None and until_closing is None:
            raise CmsimError(f"--{name}: given without --until-closing, which the wait for a case manager needs")
    mine = [f"--{name}" for name, value in {**own, **counts}.items() if value is not None and name != "until-closing"]
    if replications and mine:
        raise CmsimError(
            f"--replications: given with {', '.join(mine)}; allowed: a scenario alone, since the simulation knows only "
            "its settings, which --set changes for both"
        )
    load = changed(workload_of(chosen), **own)
    if not load.client_hours:
        raise CmsimError(
            f"no time is left for clients: given {load.hours:g} paid hours a week, {load.meetings:g} of meetings and "
            f"{load.away:.0%} away; allowed: fewer --meetings than --hours, and --away below 1"
        )
    clients = chosen.service.caseload.size if size is None else size
    served = serve(load)
    staff = chosen.service.staff.case_managers if case_managers is None else case_managers
    people_there = chosen.world.population
    coming = people_there.referrals * people_there.clients * WEEK_DAYS / YEAR_DAYS if referrals is None else referrals
    places = None if until_closing is None else assign(served, staff, clients, coming, until_closing)
    simulated = None
    if replications:
        from cmsim.experiments.repetition import repeat

        with progress_bar(f"Running {chosen.name}", "runs") as tell:
            simulated = repeat(chosen, replications=replications, workers=workers, progress=tell).table
    console = standard_output()
    console.print(caseload_table(load, served, clients, wait, places, coming, simulated))
    if simulated is not None:
        for line in _DIFFERENCES:
            console.print(f"• {line}", markup=False)
    console.print(SAFETY, markup=False)


_DIFFERENCES = (
    "Contacts: the calculator gives every client the same visits and calls, all of them kept; in the simulation they "
    "follow need, people do not come, and crises, wards, families and agencies take time too.",
    "Caseload: the calculator has every post filled and every caseload full; the simulation has vacancies, new workers "
    "and clients who leave.",
    "Wait: the calculator serves who is due in turn; the simulation goes by need, so that it makes some wait longer "
    "and drops contacts that are long overdue.",
)


def _check(stated: dict[str, float | int | None], replications: int) -> None:
    least = {"minutes": 1.0, "visits": 0.01, "size": 1, "case-managers": 1, "until-closing": 0.01}
    most = {"hours": 168.0, "away": 1.0, "meetings": 168.0, "size": 500, "case-managers": 1000}
    for name, value in stated.items():
        low, high = least.get(name, 0.0), most.get(name, _OPEN)
        if value is not None and not low <= value <= high:
            raise CmsimError(f"--{name}: given {value:g}; allowed: {low:g} to {high:,.10g}")
    if not 0 <= replications <= 1000:
        raise CmsimError(f"--replications: given {replications}; allowed: 0 to 1000")
