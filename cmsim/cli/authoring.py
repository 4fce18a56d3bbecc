"""``check`` and ``scenarios``: what there is to run, and whether it can be."""

from __future__ import annotations

from rich.markup import escape

from cmsim.cli.application import app
from cmsim.cli.options import ScenarioName, Settings, chosen_scenario
from cmsim.cli.printing import standard_output
from cmsim.scenario import load_scenario
from cmsim.scenario.library import bundled_names


@app.command()
def check(scenario: ScenarioName, settings: Settings = None) -> None:
    """Check a scenario, print what it resolves to, and warn about implausible values."""
    from cmsim.evidence import parameters
    from cmsim.experiment.notes import caseload_note
    from cmsim.scenario.limits import check_size, expected_bytes

    chosen = chosen_scenario(scenario, None, None, settings)
    check_size(chosen)
    console = standard_output()
    console.print(f"[bold]{escape(chosen.name)}[/]: {escape(chosen.title)}")
    if chosen.purpose:
        console.print(escape(chosen.purpose))
    if chosen.chain:
        console.print(f"Based on {' -> '.join(map(escape, chosen.chain))}.")
    console.print(
        f"{chosen.world.warm_up_days} days of warm-up and {chosen.run.days} days that count, "
        f"seed {chosen.run.seed}; at most {expected_bytes(chosen) / 1e6:.0f} MB of memory a run."
    )
    days = ", ".join(str(day) for day, _ in chosen.timeline())
    console.print(f"The service in force begins or changes on day {days}.")
    console.print(escape(caseload_note(chosen)))
    console.print("\nAll settings that differ from the defaults:\n")
    print(chosen.to_toml())
    sections = {"world": chosen.world, "baseline": chosen.baseline, "service": chosen.service}
    found = [number for name, section in sections.items() for number in parameters(section, name)]
    outside = [each for each in found if not each.evidence.low <= each.value <= each.evidence.high]
    for each in outside:
        evidence = each.evidence
        console.print(
            f"[yellow]Warning:[/] {each.key} = {each.value:g} lies outside its plausible range, "
            f"{evidence.low:g} to {evidence.high:g} {evidence.unit}."
        )
    if not outside:
        console.print("All values lie within their plausible ranges.")


@app.command()
def scenarios() -> None:
    """List the bundled scenarios."""
    console = standard_output()
    for name in bundled_names():
        found = load_scenario(name)
        console.print(f"[bold]{escape(name)}[/]: {escape(found.title)}. {escape(found.purpose)}")
