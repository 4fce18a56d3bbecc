"""The tables of results, with the meaning of every column."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

import pandas as pd

from cmsim.experiments.individual_effects import MATTERS_DAYS
from cmsim.experiments.parameter_distributions import Uncertain
from cmsim.outcomes import OUTCOMES, SERIES
from cmsim.results.data_frames import Sheet

Columns = Mapping[str, tuple[str, str]]
"""Unit and meaning of each column."""

_UNIT = "the outcome's unit"
_ABOUT = {
    "scenario": ("name", "the scenario; compared with the first one"),
    "outcome": ("name", "as in definitions.csv"),
    "label": ("text", "the outcome as people say it"),
    "unit": ("text", "a share runs from 0 to 1"),
    "main": ("true or false", "one of the outcomes shown first"),
}
_OBSERVED_VALUE = {"observed": (_UNIT, "the agency's own figure, of [observed] in its scenario")}
_INTERVAL = {
    "low": (_UNIT, "lower end of the 95% interval; covers stochastic variation only"),
    "high": (_UNIT, "upper end"),
    "n": ("replications", "in which it is defined"),
}
_OUTCOMES = {
    **_ABOUT,
    "a": (_UNIT, "mean of the first scenario"),
    "b": (_UNIT, "mean of this scenario"),
    "difference": (_UNIT, "b minus a, paired by replication"),
    **_INTERVAL,
    "verdict": ("word", "what the interval of the difference shows"),
    "matters": (_UNIT, "smallest difference that matters; an assumption"),
    "size": ("words", "how the interval stands to the smallest difference that matters"),
    "p_holm": ("probability", "of no difference, corrected for the number of scenarios (Holm); the verdict follows it"),
    "joint_low": (_UNIT, "lower end of the interval that holds for all scenarios together (Bonferroni)"),
    "joint_high": (_UNIT, "upper end"),
    "b_better": ("share", "of single replications in which b does better; ties count half"),
    "variance_reduction": ("ratio", "(var a + var b) / var(b - a); below 1 pairing cost precision"),
    "placebo": (_UNIT, "difference of the placebo run (a with one visit a week a minute longer) from a"),
    "placebo_low": (_UNIT, "lower end of its interval"),
    "placebo_high": (_UNIT, "upper end of its interval"),
    "placebo_sd": (_UNIT, "standard deviation of that difference between single pairs"),
    "mean": (_UNIT, "of one scenario, over replications"),
    "sd": (_UNIT, "between replications"),
    "single_low": (_UNIT, "5% of single replications lie below; empty with fewer than 20"),
    "single_high": (_UNIT, "5% of single replications lie above"),
    **_OBSERVED_VALUE,
}
_OBSERVED = {
    **_ABOUT,
    **_OBSERVED_VALUE,
    "observed_low": (_UNIT, "lower end of its range; of a share counted of n by default the 95% Wilson interval"),
    "observed_high": (_UNIT, "upper end"),
    "observed_n": ("count", "of what it was counted"),
    "mean": (_UNIT, "of the model, over replications"),
    **_INTERVAL,
    "run_low": (_UNIT, "lower end of the interval in which 95% of single replications are expected"),
    "run_high": (_UNIT, "upper end"),
    "reading": ("words", "whether it lies within the interval, within what single replications show, or beyond"),
}
_GROUP = {
    "grouping": ("text", "what clients are grouped by"),
    "group": ("text", "the group"),
    "client_years": ("years", "of the group in the first scenario, mean of a replication"),
    "beyond_placebo": ("true or false", "the interval of the difference does not overlap that of the placebo run"),
}
_SPREAD = {
    "spread": ("name", "what is looked at client by client, per year with the service"),
    "at": ("quantile", "over clients; top tenth: share of the total that the tenth with most have"),
}
_EFFECTS = {
    **_GROUP,
    "clients": ("clients", "with the service in both replications, mean of a replication"),
    "better": ("share", f"of clients with at least {MATTERS_DAYS:.0f} fewer hard days than under the first scenario"),
    "worse": ("share", f"of clients with at least {MATTERS_DAYS:.0f} more hard days"),
    "placebo_better": ("share", "the same in the placebo run, where only stochastic variation differs"),
    "placebo_worse": ("share", "the same in the placebo run"),
    "hard_days": ("days a client over the window", "mean change; acutely ill, in hospital or without a home"),
    "low": ("days", "lower end of its 95% interval; covers stochastic variation only"),
    "high": ("days", "upper end"),
    "placebo_hard_days": ("days", "the same change in the placebo run"),
}
_MEASURED = {name: (outcome.unit, outcome.label) for name, outcome in OUTCOMES.items()}
_REPLICATIONS = {
    "scenario": ("name", "the scenario"),
    "replication": ("number", "number of the random streams"),
    "digest": ("text", "a code of all its rows; equal for equal replications"),
    **_MEASURED,
}
_WEEKS = {
    "scenario": ("name", "the scenario"),
    "week": ("weeks", "since day 0; the warm-up is included"),
    **{
        f"{name}{end}": (series.unit, f"{series.label}; {what} over days and replications")
        for name, series in SERIES.items()
        for end, what in (("", "mean"), ("_low", "lower end of its 95% interval"), ("_high", "upper end"))
    },
}
_DEFINITIONS = {
    "outcome": ("name", "the outcome"),
    "label": ("text", "as people say it"),
    "unit": ("text", "a share runs from 0 to 1"),
    "better": ("lower or higher", "which direction is better; empty where that depends"),
    "matters": (_UNIT, "smallest difference that matters; an assumption"),
    "definition": ("text", "what is counted, over what, and what is left out"),
}
_FACTORS = {
    "key": ("key", "the parameter"),
    "factor": ("name", "the factor it belongs to"),
    "value": ("its unit", "in the scenario"),
    "low": ("its unit", "lower end of its range"),
    "high": ("its unit", "upper end"),
    "shape": ("name", "of the distribution it was given"),
    "status": ("word", "published, derived, fitted, assumption or choice"),
    "unit": ("text", "of the parameter"),
}
_SENSITIVITY = {
    **_ABOUT,
    "factor": ("name", "what was varied; dummy: nothing but one visit a week a minute longer"),
    "numbers": ("count", "of parameters varied together"),
    "effect": (_UNIT, "mean absolute change over the whole range (mu*)"),
    "effect_error": (_UNIT, "half-width of its 95% interval (bootstrap over trajectories)"),
    "sigma": (_UNIT, "spread of the change: interaction or curvature; by parameter only"),
    "first": ("share of variance", "that the factor alone explains"),
    "first_error": ("share of variance", "half-width of its 95% interval"),
    "total": ("share of variance", "that it takes part in, interactions included"),
    "total_error": ("share of variance", "half-width of its 95% interval"),
    "floor": ("as effect or total", "of the dummy factor: the noise threshold"),
    "clear": ("true or false", "its interval stands above the dummy's"),
}
_UNCERTAINTY = {
    **_ABOUT,
    "mean": (_UNIT, "over draws and replications"),
    "low": (_UNIT, "lower end of its 95% interval: stochastic variation and parameter uncertainty"),
    "high": (_UNIT, "upper end"),
    "expected_low": (
        _UNIT,
        "lower end of the expectations under 95% of plausible parameter draws, doubt about their mean included",
    ),
    "expected_high": (_UNIT, "upper end of these expectations"),
    "stochastic_sd": (_UNIT, "standard deviation between single replications of one parameter draw"),
    "parameter_sd": (_UNIT, "standard deviation between expectations of parameter draws"),
    "share": ("share of variance", "of a single run that is due to parameter uncertainty"),
    "share_low": ("share of variance", "lower end of its 95% interval"),
    "share_high": ("share of variance", "upper end"),
    "better": ("probability", "that the second scenario is expected to do better, over parameter draws"),
    "better_matters": ("probability", "better by at least the smallest difference that matters"),
    "worse_matters": ("probability", "worse by at least that"),
    "draws": ("draws", "used"),
}
_INFLUENCE = {
    "outcome": _ABOUT["outcome"],
    "key": ("key", "the parameter drawn"),
    "correlation": ("-1 to 1", "Spearman, with the mean of the draw's replications"),
    "p_holm": ("probability", "of none, corrected for all parameters of the outcome (Holm)"),
}
_OPTIONS = {
    "option": ("name", "the option"),
    "status": (
        "words",
        "best, tied (with the best in every run), in it to the end, beaten (by another) or over a limit",
    ),
    "after": ("replications", "by which it was dropped; empty if it was not"),
    "by": ("name", "the option that beats it, or that it is tied with"),
    "limit": ("name", "the outcome of which it does not keep the limit"),
    "replications": ("count", "run of it"),
    "objective": ("its unit", "mean of what is to be low or high; objective_unit in manifest.json"),
    "difference": ("its unit", "from the best option, paired by replication"),
    "low": ("its unit", "lower end of its 95% interval; of this difference alone"),
    "high": ("its unit", "upper end"),
    "chance_best": ("probability", "that it is the best that keeps all limits"),
    "chance_keeps": ("probability", "that it keeps all limits"),
    "cost_more": ("currency per client-year", "cost to all payers less that of the first option"),
    "effect_more": ("unit of the effect", "by which it is better than the first option; effect in manifest.json"),
    "cost_per_effect": ("currency", "cost_more / effect_more; empty unless more is bought for more"),
    "against_first": ("words", "effect and cost compared with the first option"),
    "frontier": ("true or false", "no other option is as good along both axes of the trade-off and better along one"),
    **_MEASURED,
}
_ACCEPTABILITY = {
    "worth": ("currency", "of one unit of the effect; effect in manifest.json"),
    "option": ("name", "the option"),
    "chance_best": ("probability", "that its net benefit is highest of those that keep the limits"),
    "expected_best": ("true or false", "its expected net benefit is highest"),
}
_INFORMATION = {
    "parameter": ("name", "the parameter learnt, or those of a section, or all"),
    "parameters": ("count", "learnt together"),
    "sets": ("count", "parameter sets that it rests on"),
    "value": (
        "objective_unit in manifest.json",
        "expected from learning it before the choice; empty with too few sets",
    ),
    "error": ("as value", "its standard error; empty if the value is not told from nothing"),
    "a_year": ("as value, a year of the agency", "the same for all clients; empty unless by client-year"),
    "a_year_error": ("as a_year", "its standard error"),
    "at_most": ("as value", "if all that differs between sets were the parameters' doing; of all, or without an error"),
}

_MOVED = {
    "parameter": ("key", "what was moved"),
    "unit": ("text", "of the parameter"),
    "place": ("word", "where it belongs: the parameter sets of ensemble.json, or the scenario fitted.toml"),
    "before": ("its unit", "in the scenario"),
    "after": ("its unit", "in the accepted set that comes nearest"),
    "low": ("its unit", "lower end of the range within which it was moved"),
    "high": ("its unit", "upper end"),
    "kept_low": ("its unit", "lowest value of the accepted sets"),
    "kept_high": ("its unit", "highest"),
    "left": ("share", "of the range that the accepted sets reach over"),
    "main_target": (
        "name",
        "the figure that a move through the range changes most, of those it is shown to change; else empty",
    ),
    "standardised_slope": ("ratio", "that change, in four standard deviations of the figure"),
    "confounded_with": ("key", "the parameter with which accepted values go together most"),
    "correlation": ("-1 to 1", "with it, over accepted sets"),
}
_FIGURES = {
    **_OBSERVED,
    "agrees_low": (_UNIT, "lowest value that counts as agreement: three standard deviations below"),
    "agrees_high": (_UNIT, "highest"),
    "before": (_UNIT, "mean of the scenario as it is"),
    "after": (_UNIT, "mean of the accepted sets; of the nearest set if none is accepted"),
    "after_low": (_UNIT, "lowest of them"),
    "after_high": (_UNIT, "highest"),
    "nearest": (_UNIT, "the value nearest to the figure, of all sets that were run"),
    "reading": ("words", "agreed before (within one standard deviation), reached, not reached or not defined"),
    "why": ("words", "why it is not reached"),
}

_TABLES: Mapping[str, tuple[str, Columns]] = {
    "outcomes": ("one row an outcome and scenario", _OUTCOMES),
    "groups": ("one row a group and outcome", {**_OUTCOMES, **_GROUP}),
    "individual_effects": ("one row a group: individual-level effects", {**_ABOUT, **_EFFECTS}),
    "distributions": ("one row a spread over clients and quantile", {**_OUTCOMES, **_SPREAD}),
    "options": ("one row an option, the best first", _OPTIONS),
    "acceptability": ("one row a worth and option: the cost-effectiveness acceptability curve", _ACCEPTABILITY),
    "information": ("one row a parameter or group: the value of learning it", _INFORMATION),
    "replications": ("one row a run", _REPLICATIONS),
    "observed": ("one row a figure of the agency's own, beside the model's", _OBSERVED),
    "moved": ("one row a parameter that was moved to fit the agency's figures", _MOVED),
    "figures": ("one row a figure of the agency's own, before and after the fit", _FIGURES),
    "weeks": ("one row a scenario and week: time courses over all replications", _WEEKS),
    "definitions": ("one row an outcome: what it means", _DEFINITIONS),
    "sensitivity": ("one row an outcome and factor, the strongest first", _SENSITIVITY),
    "factors": ("one row a parameter that was varied", _FACTORS),
    "uncertainty": ("one row an outcome: variation and uncertainty", _UNCERTAINTY),
    "influence": ("one row an outcome and parameter", _INFLUENCE),
    "answers": ("one row a run", {"draw": ("number", "its parameter draw"), **_MEASURED}),
}
"""What one row is, and unit and meaning of the columns, of each table of results."""


def described(tables: Mapping[str, pd.DataFrame]) -> list[Sheet]:
    """Return tables of results, each under its name, with what one row is and the meaning of every column."""
    return [Sheet(name, _TABLES[name][0], table, _TABLES[name][1]) for name, table in tables.items()]


def definition_table() -> pd.DataFrame:
    """Return what each outcome means, one row an outcome."""
    return pd.DataFrame(
        {"outcome": each.name, **{name: getattr(each, name) or "" for name in _DEFINITIONS if name != "outcome"}}
        for each in OUTCOMES.values()
    )


def factor_table(varied: Iterable[tuple[Uncertain, str]]) -> pd.DataFrame:
    """Return parameters that were varied with the factor that each belongs to, one row a parameter."""
    return pd.DataFrame([{**asdict(each), "factor": factor} for each, factor in varied])[list(_FACTORS)]
