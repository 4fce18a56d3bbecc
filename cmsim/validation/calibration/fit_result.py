"""What came of a fit to an agency's figures: what was moved, what is reached, and what is not, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from cmsim.core.numeric import Floats
from cmsim.experiments.caveats import standing_notes
from cmsim.experiments.observed_figures import set_beside
from cmsim.experiments.presented_result import PresentedResult
from cmsim.experiments.repetition import about_outcome
from cmsim.outcomes import find
from cmsim.reporting.outcome_lines import places
from cmsim.reporting.wording import counted, listed, lower, number
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.calibration import HistoryMatch, tabulate_identifiability
from cmsim.validation.calibration.moved_parameters import Move

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

    from cmsim.reporting.result_origin import Origin

REACHED, AS_IT_WAS = "reached", "agreed before"
ENSEMBLE_FILE, SCENARIO_FILE = "ensemble.json", "fitted.toml"
MOST_SETS = 24
"""Accepted sets that the file holds: a search among options runs each option twice under every one."""
_EDGE = 0.1
"""Share of a range that counts as its end."""
_CHANCE = 0.01
"""Probability of a slope by chance, over all that were moved, above which a parameter is not shown to move a figure."""
_FEW = 5
_ROUNDING = 1e-9
"""Share of a figure up to which it is the same in all sets."""


def apart(found: HistoryMatch) -> Floats:
    """Return how far each set is from each figure, in standard deviations, shape (sets, figures); inf if undefined."""
    wanted = found.plan.wanted()
    centre, sd = np.array([w.centre for w in wanted]), np.array([w.sd for w in wanted])
    own = np.abs(found.evaluation.estimates - centre) / np.maximum(sd, 1e-9)
    return np.where(np.isfinite(own), own, np.inf)


def judged_figures(own: Floats, cutoff: float) -> NDArray[np.bool_]:
    """Return by which figures sets are accepted: those that a set reaches, as far as sets reach them together.

    Where no set reaches all, the figure is set aside without which most sets are accepted, and so on.

    Args:
        own: how far each set is from each figure, shape (sets, figures).
        cutoff: from which it is too far.

    >>> judged_figures(np.array([[1.0, 9.0, 1.0], [9.0, 8.0, 2.0], [1.0, 7.0, 4.0]]), 3.0).tolist()
    [True, False, True]
    """
    judged: NDArray[np.bool_] = own.min(axis=0) <= cutoff
    while judged.any() and not (own[:, judged] <= cutoff).all(axis=1).any():
        without = {int(i): own[:, judged & (np.arange(len(judged)) != i)] for i in np.flatnonzero(judged)}

        def merit(i: int) -> tuple[int, float]:
            rest = without[i].max(axis=1)  # noqa: B023
            return int((rest <= cutoff).sum()), -float(rest.min())

        judged[max(without, key=merit)] = False
    return judged


@dataclass(frozen=True, repr=False)
class AgencyFit(PresentedResult):
    """A fit of few parameters to the figures that an agency observed.

    Attributes:
        scenario: with the figures.
        days: after the warm-up, of each run.
        moves: what was moved.
        base: each figure in replications of the scenario as it is.
        first: history matching over all that was moved.
        match: where settings were moved beside facts, the same again with these held at the best; else ``first``.
        fixed: these settings.
        origin: the parameter sets that what is not moved was taken from.
    """

    scenario: Scenario
    days: int
    moves: tuple[Move, ...]
    base: Mapping[str, Floats]
    first: HistoryMatch
    match: HistoryMatch
    fixed: Mapping[str, float]
    origin: Ensemble | None

    def _summary(self) -> str:
        return f"{self.scenario.name}, {counted(len(self.accepted), 'parameter set')} accepted of {self._run}"

    @property
    def _run(self) -> int:
        return len(self.match.implausibility)

    @property
    def accepted(self) -> NDArray[np.int64]:
        """The sets of the match that agree with all figures but those set aside, the nearest first."""
        return self.match.accepted

    @property
    def _best(self) -> int:
        """The set shown as the one after the fit: accepted, or the nearest if none is."""
        if len(self.accepted):
            return int(self.accepted[0])
        return int(np.argmin(np.minimum(apart(self.match), 1e9).sum(axis=1)))

    @cached_property
    def after(self) -> dict[str, float | int]:
        """What each parameter is in the set that comes nearest of those accepted, by dotted key."""
        keys = [each.key for each in self.match.plan.space()]
        found = dict(zip(keys, self.match.evaluation.points[self._best].tolist(), strict=True)) | dict(self.fixed)
        return {each.key: each.setting(found[each.key]) for each in self.moves}

    @cached_property
    def moved(self) -> pd.DataFrame:
        """One row a parameter: ``parameter, unit, place, low, high`` (moved within), ``before, after``.

        ``place`` is ``parameter set`` or ``scenario``. ``kept_low, kept_high`` hold the accepted sets, ``left`` is that
        share of the range, ``main_target`` the figure that a move through the range changes most, of those that it is
        shown to change (empty if none), by ``standardised_slope`` times the width within which it would agree half as
        closely; ``confounded_with`` and ``correlation`` say with which parameter accepted values go together.
        """
        kept = tabulate_identifiability(self.match).set_index("parameter")
        wanted = self.first.plan.wanted()
        found = [_effects(self.first, place) for place in range(len(wanted))]
        slopes = np.array([effect / each.width for (effect, _), each in zip(found, wanted, strict=True)])
        slopes[~np.array([_is_shown(p_value) for _, p_value in found])] = 0.0
        rows = []
        for column, row in enumerate(tabulate_identifiability(self.first).to_dict("records")):
            move = next(each for each in self.moves if each.key == row["parameter"])
            value = self.after[move.key]
            if move.key in kept.index:
                row |= kept.loc[move.key, ["kept_low", "kept_high", "left", "confounded_with", "correlation"]].to_dict()
            else:
                row |= {"kept_low": value, "kept_high": value, "left": 0.0, "confounded_with": "", "correlation": 0.0}
            where = {"unit": move.unit, "place": "parameter set" if move.is_fact else "scenario"}
            main = int(np.abs(slopes[:, column]).argmax())
            slope = float(slopes[main, column])
            row |= {"main_target": wanted[main].key if slope else "", "standardised_slope": slope or np.nan}
            rows.append({"parameter": move.key, **where, "before": move.before, "after": value} | row)
        return pd.DataFrame(rows)

    @cached_property
    def figures(self) -> pd.DataFrame:
        """One row a figure of ``[observed]``: as observed, before and after the fit, and what became of it.

        Columns: ``outcome, label, unit, main``; ``observed`` with its range; ``agrees_low, agrees_high``, within which
        a set agrees; ``before``, the mean of the scenario as it is; ``after``, the mean of accepted sets, with the
        lowest and the highest of them; ``nearest``, the value nearest to the figure of all sets; ``reading`` and
        ``why``.
        """
        names = [w.key for w in self.match.plan.wanted()]
        rows = []
        for name, figure in self.scenario.observed:
            beside = set_beside(figure, find(name), self.base[name])
            row: dict[str, object] = dict(about_outcome(find(name), self.scenario))
            row |= {key: beside[key] for key in ("observed", "observed_low", "observed_high", "observed_n")}
            row |= {"before": beside["mean"]}
            rows.append(row | (self._after(name, names.index(name)) if name in names else self._undefined()))
        return pd.DataFrame(rows)

    def _undefined(self) -> dict[str, object]:
        empty = dict.fromkeys(("agrees_low", "agrees_high", "after", "after_low", "after_high", "nearest"), np.nan)
        return {**empty, "reading": "not defined", "why": f"not in runs of {self.days} days: longer runs (--days)"}

    def _after(self, name: str, place: int) -> dict[str, object]:
        wanted, cutoff = self.match.plan.wanted()[place], self.match.plan.cutoff
        estimates, own = self._all
        values = self.match.evaluation.estimates[self.accepted if len(self.accepted) else [self._best], place]
        known = values[np.isfinite(values)]
        ends = (known.mean(), known.min(), known.max()) if len(known) else (np.nan, np.nan, np.nan)
        least = 0.0 if self.base[name].min() >= 0.0 else -np.inf
        most = 1.0 if find(name).is_share else np.inf
        row = {
            "agrees_low": max(wanted.centre - cutoff * wanted.sd, least),
            "agrees_high": min(wanted.centre + cutoff * wanted.sd, most),
            **dict(zip(("after", "after_low", "after_high"), ends, strict=True)),
            "nearest": estimates[np.argmin(own[:, place]), place],
        }
        if len(self.accepted) and self._judged[place]:
            was = abs(float(np.nanmean(self.base[name])) - wanted.centre) <= wanted.sd
            return row | {"reading": AS_IT_WAS if was else REACHED, "why": ""}
        return row | {"reading": "not reached", "why": self._why(place)}

    @property
    def _judged(self) -> NDArray[np.bool_]:
        return judged_figures(apart(self.match), self.match.plan.cutoff)

    @property
    def _all(self) -> tuple[Floats, Floats]:
        """Estimates of all sets that were run with all parameters moved, and how far they are from the figures."""
        return self.first.evaluation.estimates, apart(self.first)

    def _why(self, place: int) -> str:
        """Return why a figure is not reached."""
        wanted, cutoff = self.first.plan.wanted(), self.first.plan.cutoff
        space, (estimates, own) = self.first.plan.space(), self._all
        effect, p_value = _effects(self.first, place)
        if not _is_shown(p_value).any():
            return "no parameter that was moved is shown to move it"
        if own[:, place].min() <= cutoff:
            others = np.where(np.arange(len(wanted)) == place, -np.inf, own[own[:, place] <= cutoff].min(axis=0))
            other = int(np.argmax(others))
            agreeing = np.flatnonzero(own[:, place] <= cutoff)
            best = agreeing[np.argmin(own[agreeing, other])]
            return (
                f"pulls another way than {lower(find(wanted[other].key).label)}: where this agrees, that is "
                f"{_shown(wanted[other].key, estimates[best, other])} at best"
            )
        best, strongest = int(np.argmin(own[:, place])), int(np.argmax(np.abs(effect) * _is_shown(p_value)))
        fitted = space[strongest]
        at = (self.first.evaluation.points[best, strongest] - fitted.low) / (fitted.high - fitted.low)
        said = f"at best {_shown(wanted[place].key, estimates[best, place])}"
        if not _EDGE < at < 1.0 - _EDGE:
            end, value = ("upper", fitted.high) if at > 0.5 else ("lower", fitted.low)
            return f"{said}, with {fitted.key} at the {end} end of its range ({value:g})"
        return f"{said}; {fitted.key} moves it most, and not far enough"

    @cached_property
    def ensemble(self) -> Ensemble | None:
        """Accepted parameter sets, at most 24 of them; ``None`` if there are none, or only settings were moved."""
        facts = {each.key for each in self.moves if each.is_fact}
        if not facts or not len(self.accepted):
            return None
        # evenly over the accepted sets from the nearest to the farthest, so that they do not seem surer than they are
        few = self.accepted[np.unique(np.linspace(0, len(self.accepted) - 1, MOST_SETS).astype(np.int64))]
        is_kept = np.isin(np.arange(self._run), few)
        chosen = replace(self.match, implausibility=np.where(is_kept, self.match.implausibility, np.inf))
        found, origin = chosen.make_ensemble(), self.origin
        sets = (
            (dict(origin.of(number)) if origin else {}) | {key: value for key, value in each.items() if key in facts}
            for number, each in zip(chosen.accepted.tolist(), found.sets, strict=True)
        )
        about = {
            "agency": self.scenario.name,
            "accepted": len(self.accepted),
            "scenario": self.scenario.digest(),
            "observed": {name: figure.stated() for name, figure in self.scenario.observed},
            "set_aside": self.figures.loc[~self.figures["reading"].isin([REACHED, AS_IT_WAS]), "outcome"].tolist(),
            "settings": dict(self.fixed),
            "based_on": origin.hash if origin else "",
        }
        return replace(found, sets=tuple(sets), manifest={**found.manifest, **about})

    @cached_property
    def fitted(self) -> Scenario | None:
        """The scenario with the settings that were moved; ``None`` if only facts that it does not state were."""
        settings = {each.key: self.after[each.key] for each in self.moves if not each.is_fact}
        if not settings or not len(self.accepted):
            return None
        return self.scenario.replace({"name": f"{self.scenario.name}_fitted", "title": self.scenario.title, **settings})

    def terminal_tables(self, *, everything: bool = False) -> list[Table]:
        """Return the tables for a terminal: what was moved, and the figures before and after."""
        from cmsim.reporting.terminal_tables import fit_tables

        return fit_tables(self.moved, self.figures, self.scenario.name)

    @property
    def notes(self) -> list[str]:
        """Caveats of the results."""
        plan, accepted = self.match.plan, len(self.accepted)
        aside = self.figures.loc[self.figures["reading"] == "not reached", "label"].map(lower).tolist()
        notes = [
            f"{accepted} of {self._run} parameter sets agree with all figures"
            f"{' but those not reached' if aside else ''}, each to within {plan.cutoff:g} standard deviations. These "
            "cover the range stated, the course of a single run, few replications, and what the model gets wrong "
            "however it is fitted."
        ]
        if not accepted:
            notes.append(
                "No parameter set agrees with any figure, so there is no ensemble; after the fit is the nearest set. "
                "Move other parameters (--move), or ask which mechanism of your agency the model lacks."
            )
        elif aside:
            notes.append(f"Set aside, since not reached: {listed(aside)}. The parameter sets say nothing of it.")
        if 0 < accepted < _FEW:
            notes.append(f"Fewer than {_FEW} sets are accepted: more (--sets) show better what the figures leave open.")
        if self.origin is not None:
            bent = [each.key for each in self.moves if each.key in self.origin.keys]
            notes.append(
                f"What is calibrated to published figures is as in the {len(self.origin)} calibrated sets, one with "
                "each set that was run. Whether those figures are still met with what was moved here was not looked at."
                + (f" Moved although calibrated: {listed(bent)}." if bent else "")
            )
        if self.fixed:
            held = listed([f"{key} = {value:g}" for key, value in self.fixed.items()])
            notes.append(f"{held} stands in {SCENARIO_FILE}; the parameter sets fit together with it alone.")
        money = any(find(name).is_money for name, _ in self.scenario.observed)
        return [*notes, *standing_notes(self.scenario, costs=money)]

    def plot(self) -> Figure:
        """Return a figure: each observed figure with the model before and after."""
        from cmsim.reporting.fit_figure import fit_figure

        return fit_figure(self.figures, self.scenario.title)

    def save(self, directory: str | Path, origin: Origin | None = None) -> Path:
        """Write tables, figure, manifest, the parameter sets and the fitted scenario, if any; whole or not at all.

        Args:
            directory: the folder to write.
            origin: what they were made from, if a command made them.

        Raises:
            CmsimError: the directory holds something that is not to be replaced, or cannot be written.
        """
        from cmsim.reporting.result_contents import definition_table, described
        from cmsim.reporting.result_folder import Results, manifest, write_results
        from cmsim.results.data_frames import Sheet

        texts = {} if self.ensemble is None else {ENSEMBLE_FILE: self.ensemble.to_json()}
        texts |= {} if self.fitted is None else {SCENARIO_FILE: self.fitted.to_toml()}
        tables = {"moved": self.moved, "figures": self.figures, "definitions": definition_table()}
        sheets = [*described(tables), Sheet("sets", "one row a parameter set that was run", self.match.table)]
        more = {"plan": self.match.plan.model_dump(mode="json"), "days": self.days}
        more |= {} if self.ensemble is None else {"ensemble": self.ensemble.hash}
        about = manifest("fit", [self.scenario], range(len(next(iter(self.base.values())))), more)
        return write_results(
            directory, Results(about, sheets, {"figure": self.plot()}, self.notes, texts, origin=origin)
        )


def _effects(found: HistoryMatch, place: int) -> tuple[Floats, Floats]:
    """Return what a move through each range does to a figure, and the probability of so much by chance alone."""
    space, points = found.plan.space(), found.evaluation.points
    low, high = np.array([each.low for each in space]), np.array([each.high for each in space])
    values = found.evaluation.estimates[:, place]
    known = np.isfinite(values)
    design = np.column_stack([np.ones(len(points)), (points - low) / (high - low)])[known]
    free = int(known.sum()) - design.shape[1]
    if free < 1 or np.ptp(values[known]) <= _ROUNDING * np.abs(values[known]).max():
        return np.zeros(len(space)), np.ones(len(space))
    effects, *_ = np.linalg.lstsq(design, values[known], rcond=None)
    rest = values[known] - design @ effects
    errors = np.sqrt(np.diag(np.linalg.pinv(design.T @ design)) * (rest @ rest) / free)
    times = np.abs(effects) / np.maximum(errors, 1e-300)
    return effects[1:], np.asarray(2.0 * student.sf(times, free))[1:]


def _is_shown(p_value: Floats) -> NDArray[np.bool_]:
    """Return which of the parameters moved are shown to move a figure."""
    return np.asarray(p_value * len(p_value) <= _CHANCE)


def _shown(name: str, value: float) -> str:
    outcome = find(name)
    return f"{number(outcome.shown(value), places(outcome))}{' %' if outcome.is_share else ''}"
