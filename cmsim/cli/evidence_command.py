"""``evidence``: every parameter of the model with its source."""

from typing import Annotated

import typer

from cmsim.cli.application import app
from cmsim.cli.console import standard_output


@app.command()
def evidence(
    key: Annotated[
        str | None,
        typer.Argument(help="A parameter, the first parts of its key, such as illness, or words it is about: burnout."),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="Show the values of this scenario, with what its extensions add; by default the defaults."),
    ] = None,
) -> None:
    """List parameters with value, unit, plausible range, source and status."""
    from cmsim.reporting.parameter_table import find_parameters, status_counts
    from cmsim.reporting.terminal_tables import parameter_table
    from cmsim.scenario import load_scenario
    from cmsim.scenario.parameter_sets import bundled_ensemble

    shown = find_parameters(key, load_scenario(scenario) if scenario else None)
    console = standard_output()
    console.print(parameter_table(shown))
    console.print(f"{len(shown)} parameters: {status_counts(shown)}.")
    ensemble = bundled_ensemble()
    for each in shown:
        if ensemble is not None and each.key in ensemble.keys:
            low, high = ensemble.spread(each.key)
            console.print(f"{each.key} is {low:.3g} to {high:.3g} in the calibrated sets (cmsim docs calibration).")
