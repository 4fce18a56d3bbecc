"""Arguments and options of several commands, and the scenarios and folders that they stand for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cmsim.cli.application import BUNDLED, ENSEMBLE
from cmsim.core.errors import CmsimError, nearest
from cmsim.scenario import Scenario

if TYPE_CHECKING:
    from cmsim.scenario.parameter_sets import Ensemble


def check_workers(workers: int | None) -> int | None:
    """Return a number of processes if it is one.

    Raises:
        CmsimError: it is below 1.
    """
    if workers is not None and workers < 1:
        raise CmsimError(f"workers: given {workers}; allowed: 1 and up")
    return workers


NO_PRICES = "none"
"""What leaves prices as scenarios state them."""
LARGEST = 2**31 - 1
"""The largest number of a replication."""
ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="A bundled name or a .toml file.")]
Replications = Annotated[int, typer.Option(help="Number of replications of each scenario.")]
Days = Annotated[int | None, typer.Option(help="Days after the warm-up; by default as in the scenario.")]
Seed = Annotated[int | None, typer.Option(help="Seed of all random streams; by default as in the scenario.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the results; by default a new one under results/.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Replace other results in that folder; run again what was run already.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a setting, such as agency.staff.case_managers=8 (from day 0) or service.caseload.size=20 (after "
        "the warm-up); repeatable.",
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Show every outcome, not only the main ones.")]
Workers = Annotated[
    int | None, typer.Option(callback=check_workers, help="Number of processes; by default one for each core.")
]
EngineName = Annotated[
    str | None,
    typer.Option("--engine", help="Where runs are done: local (processes of this machine), in-process or dask."),
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Address of a dask scheduler, such as tcp://host:8786.")
]
PrecisionAsked = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        metavar="WHAT",
        help="Add replications until the half-width of each 95% interval is at most this: 5% (of the mean), matters "
        "(the smallest important difference), or for one outcome crises=0.1, crises=5%, crises=matters; repeatable.",
    ),
]
MaxReplications = Annotated[int, typer.Option(help="Maximum number of replications, with --precision.")]
Matters = Annotated[
    list[str] | None,
    typer.Option(
        metavar="OUTCOME=VALUE",
        help="Your smallest important difference in an outcome, in its unit (a share: 0 to 1); repeatable.",
    ),
]

EnsembleAsked = Annotated[
    str | None,
    typer.Option(
        ENSEMBLE,
        metavar="[FILE.json]",
        help="Run each replication under one of the parameter sets that figures did not rule out, all in turn: the "
        "bundled ones, or those of a file that cmsim fit or calibrate wrote.",
    ),
]
PriceSet = Annotated[
    str | None,
    typer.Option(
        "--prices",
        metavar="SET",
        help="Prices to lay over all scenarios: prices_us, prices_england, a .toml file, or none. By default prices_us "
        "where no scenario states a price.",
    ),
]


def chosen_ensemble(asked: str | None) -> "Ensemble | None":
    """Return the parameter sets asked for: none, the bundled ones or those of a file.

    Raises:
        CmsimError: the file cannot be used.
    """
    from cmsim.scenario.parameter_sets import load_ensemble

    return None if asked is None else load_ensemble(None if asked == BUNDLED else asked)


def parse_matters(texts: Sequence[str] | None) -> dict[str, float]:
    """Return the smallest important differences stated on the command line, by outcome.

    Raises:
        CmsimError: one is not an outcome with a number.
    """
    found = {}
    for text in texts or ():
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise CmsimError(f"--matters: given {text!r}; allowed: OUTCOME=VALUE, such as crises=0.2") from None
    return found


def chosen_scenario(
    name: str, days: int | None = None, seed: int | None = None, settings: Sequence[str] | None = None
) -> Scenario:
    """Return a scenario with the settings of the command line, under its own name."""
    from cmsim.scenario import load_scenario, parse_setting

    found = load_scenario(name)
    changed = dict(parse_setting(text) for text in settings or ())
    changed |= {key: value for key, value in (("run.days", days), ("run.seed", seed)) if value is not None}
    return found.replace({"name": found.name, **changed}) if changed else found


def chosen_scenarios(
    names: Sequence[str], days: int | None, seed: int | None, settings: Sequence[str] | None
) -> list[Scenario]:
    """Return scenarios as :func:`chosen_scenario` does; a ``.csv`` or ``.xlsx`` adds its rows, based on the first.

    ``options.csv:five_posts`` adds one row.

    Raises:
        CmsimError: the first is a table, whose rows then have no base, or there is no such row.
    """
    from cmsim.scenario.scenario_table import load_scenarios
    from cmsim.scenario.table_file import TABLE_SUFFIXES, parted_row

    found: list[Scenario] = []
    for name in names:
        table, row = parted_row(name)
        if not table.endswith(TABLE_SUFFIXES):
            found.append(chosen_scenario(name, days, seed, settings))
        elif found:
            rows = {each.name: each for each in load_scenarios(table, found[0])}
            if row is not None and row not in rows:
                raise CmsimError(f'{table}: given row "{row}"{nearest(row, rows)}; allowed: {", ".join(rows)}')
            found += rows.values() if row is None else [rows[row]]
        else:
            raise CmsimError(f"{name}: given first; allowed: a scenario, from which the rows of a table differ")
    return found


def at_prices(chosen: Sequence[Scenario], asked: str | None) -> list[Scenario]:
    """Return scenarios at the prices asked for; by default at the usual ones where none of them states a price.

    Raises:
        CmsimError: there is no such set, or it sets no price.
    """
    over = prices_over(chosen, asked)
    return [each.replace({"name": each.name, "title": each.title, **over}) if over else each for each in chosen]


def prices_over(chosen: Sequence[Scenario], asked: str | None) -> dict[str, object]:
    """Return the settings that lay prices over scenarios, by dotted key; none where they keep their own.

    Raises:
        CmsimError: there is no such set, or it sets no price.
    """
    from cmsim.scenario import load_scenario
    from cmsim.scenario.library import PRICE_SETS, SUFFIX, USUAL_PRICES, bundled_names
    from cmsim.scenario.nested_settings import as_table, beyond
    from cmsim.submodels.prices import Prices

    if asked == NO_PRICES or (asked is None and not all(each.world.prices.is_open() for each in chosen)):
        return {}
    sets = [*(name for name in bundled_names() if name.startswith(PRICE_SETS)), NO_PRICES]
    if asked and not asked.endswith(SUFFIX) and not {*asked.split("+")} <= {*bundled_names()}:
        hint = nearest(asked, sets)
        raise CmsimError(f'--prices: given "{asked}"; allowed: {", ".join(sets)} or a .toml file{hint}')
    found = load_scenario(asked or USUAL_PRICES).world.prices
    if found.is_open():
        raise CmsimError(f"--prices: given {asked}, which sets no price; allowed: {', '.join(sets)} or a .toml file")
    named = {"currency": found.currency, "price_year": found.price_year, "source": found.source}
    stated = named | beyond(as_table(found), as_table(Prices()))
    return {f"world.prices.{name}": value for name, value in stated.items()}
