"""Standard caveats of a result: uncertainty, what was compared, what is missing, limits of use."""

from collections.abc import Sequence

from cmsim.core.parameters import parameters
from cmsim.experiments.statistics import LEVEL
from cmsim.outcomes import OUTCOMES
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble, bundled_ensemble

PURPOSE = (
    "To compare what planners of a community mental health system can choose (caseloads, how support is "
    "titrated, what is done when a worker leaves, who answers a crisis, how readily a hospital admits) on "
    "the same simulated population with common random numbers."
)
MUST_NOT = (
    "It must not decide on anybody's treatment, benefits, housing or detention, rate a worker or an agency, "
    "or stand in for asking the people concerned. A single simulated course of events is an illustration, not "
    "a forecast."
)
SAFETY = "A planning and teaching model; never advice about a real person."


def _standing() -> str:
    """Return how far the model is calibrated."""
    ensemble = bundled_ensemble()
    if ensemble is None:
        return "Provisional: the model has not been calibrated."
    return (
        f"{len(ensemble.keys)} parameters of the model are calibrated to published studies, which do not rule out "
        f"{len(ensemble)} parameter sets ({ensemble.hash[:8]}); cmsim docs validation says what it misses."
    )


STANDING = _standing()
"""How far the model is calibrated."""

FEW = 20
"""Replications below which a warning is due that intervals of skewed outcomes are too short."""
_CLOSURES = {
    "staff_fixed": "posts stay as they are and people wait for a worker; those who wait are included in all results",
    "clients_fixed": "posts follow the number of clients, and so do paid hours",
}


def run_notes(scenario: Scenario, replications: int, ensemble: Ensemble | None = None) -> list[str]:
    """Return what has to be said beside the outcomes of one scenario."""
    return [_intervals(replications, ensemble), caseload_note(scenario), *standing_notes(scenario)]


def comparison_notes(
    scenarios: Sequence[Scenario], replications: int, *, placebo_differs: int | None, ensemble: Ensemble | None = None
) -> list[str]:
    """Return what has to be said beside a comparison of scenarios with the first one.

    The placebo run, if there is one, came to differ at all in so many replications.
    """
    first = scenarios[0]
    notes = [_intervals(replications, ensemble)]
    notes += [caseload_note(scenario) for scenario in scenarios]
    notes += [parting_note(first, other) for other in scenarios[1:]]
    if placebo_differs is not None:
        notes.append(
            f"The placebo run (A/A control) is {first.name} again with one visit a week a minute longer. It came to "
            f"differ in {placebo_differs} of {replications} replications. Its differences are pure noise, so a single "
            "pair of replications proves nothing."
        )
    if len(scenarios) > 2:
        notes.append(
            f"Verdicts are corrected for comparing {len(scenarios) - 1} scenarios with {first.name} (Holm), "
            "outcome by outcome; the intervals shown are those of each comparison alone."
        )
    expected = len(OUTCOMES) * (1 - LEVEL)
    notes.append(
        f"With {len(OUTCOMES)} outcomes, about {expected:.0f} look different by chance alone; the main "
        "ones were chosen beforehand. Smallest important differences are assumptions: set your own with --matters."
    )
    return notes + standing_notes(first)


def _intervals(replications: int, ensemble: Ensemble | None = None) -> str:
    counted = "1 replication" if replications == 1 else f"{replications} replications"
    few = (
        f" With fewer than {FEW} replications, those of rare events in small groups cover less often "
        "(cmsim docs coverage)."
    )
    if ensemble is not None:
        agency = ensemble.manifest.get("agency")
        figures = f"what {agency} observed does" if agency else "published figures do"
        return (
            f"Intervals ({LEVEL:.0%}) cover stochastic variation and parameter uncertainty: each of "
            f"{counted} was run under one of {len(ensemble)} parameter sets that {figures} "
            f"not rule out ({ensemble.hash[:8]}). Assumptions that no figure constrains are not covered."
            f"{few if 1 < replications < FEW else ''}"
        )
    return (
        f"Intervals ({LEVEL:.0%}) cover stochastic variation only, from {counted} under one parameter "
        f"set: not the uncertainty of the model's assumptions.{few if 1 < replications < FEW else ''}"
    )


def caseload_note(scenario: Scenario) -> str:
    """Return size, start and closure of a scenario's caseload policy in a sentence."""
    policy = scenario.service.caseload
    start = "from day 0"
    if policy.start == "from_day":
        day = scenario.world.warm_up_days if policy.from_day is None else policy.from_day
        start = f"from day {day}"
    if scenario.service.caseload == scenario.baseline.caseload:
        start = "as in its warm-up"
    closure = f"{policy.closure}: {_CLOSURES[policy.closure]}"
    return f"{scenario.name}: caseload of {policy.size} clients a worker, {start}; {closure}."


def parting_note(first: Scenario, other: Scenario) -> str:
    """Return in a sentence the first day on which two scenarios differ."""
    day = first.first_difference_day(other)
    if day is None:
        return f"{first.name} and {other.name} do not differ in anything that affects a run."
    warm_up = first.world.warm_up_days
    if day == warm_up:
        return f"{first.name} and {other.name} are identical until day {day}, the end of the warm-up."
    if day == 0:
        return f"{first.name} and {other.name} differ from day 0 on, warm-up included."
    return f"{first.name} and {other.name} are identical until day {day}; the warm-up ends on day {warm_up}."


def standing_notes(scenario: Scenario, *, costs: bool = True) -> list[str]:
    """Return the caveats of any result: calibration, at which prices costs are if it has any, limits of use."""
    declared = [parameter.evidence for parameter in parameters(scenario.world)]
    facts = [evidence for evidence in declared if evidence.status != "choice"]
    assumed = sum(evidence.status == "assumption" for evidence in facts)
    notes = [
        f"{STANDING} {assumed} of {len(facts)} facts about the world are expert assumptions, not data (cmsim evidence)."
    ]
    return [*notes, *([_price_note(scenario)] if costs else []), SAFETY]


def _price_note(scenario: Scenario) -> str:
    prices = scenario.world.prices
    told = f"Costs in {prices.currency} of {prices.price_year}"
    if prices.source:
        told += f", at the prices of {prices.source}: your own belong in world.prices"
    if prices.missing():
        missing = ", ".join(prices.missing())
        told += f". No price is stated, and so no cost is calculated, for: {missing} (prices_us lies over any scenario)"
    return f"{told}."


def sensitivity_notes(scenario: Scenario, versus: Scenario | None, how: str) -> list[str]:
    """Return the caveats of a sensitivity analysis, beginning with its method in a sentence or two."""
    notes = [how]
    if versus is not None:
        notes.append(
            f"The result is {versus.name} minus {scenario.name}, with common random numbers; parameters in "
            "which the two differ are not varied."
        )
    notes.append(
        "Only parameters are varied, independently, over ranges that are mostly assumptions. What the model "
        "leaves out, or gets wrong in its structure, is not covered."
    )
    return [*notes, *standing_notes(scenario)]
