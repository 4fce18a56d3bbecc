"""What experiments share: a study that goes on where it stopped, pairs with intervals, a page of results.

Nothing that a run could change is written by hand in a page: the texts beside this file are templates, and
all they say of results is filled in from tables.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from scipy import stats

import cmsim
from cmsim.experiments.caveats import STANDING
from cmsim.experiments.statistics import holm
from cmsim.scenario.parameter_sets import bundled_ensemble
from cmsim.validation.claims.parameter_draws import draw_parameter_sets
from cmsim.validation.trials.trial_effects import value_of

SAMPLES = 2000
FEW = 5
"""Replications, or parameter draws, below which nothing is said to be clear."""
HERE, OUT = Path(__file__).parent, Path("results")
SMALL = 10_000
"""Days times clients below which starting other processes takes longer than the runs."""

Arms = Mapping[str, Mapping[str, Any]]


def run_study(
    name: str,
    scenarios: Sequence[str],
    arms: Arms,
    *,
    replications: int,
    days: int,
    clients: int,
    draws: int = 0,
    outcomes: Sequence[str] | str = "all",
    settings: Mapping[str, Any] | None = None,
    run: Callable[..., Any] | None = None,
) -> cmsim.Study:
    """Live through a study under ``results/NAME``, or through what is missing of it.

    Args:
        name: of its folder.
        scenarios: bundled names.
        arms: settings of the service by name of the arm; those that an arm leaves out stay as they are.
        replications: replications of each cell.
        days: after the warm-up, which is a year, or as many days where those are fewer.
        clients: at the start.
        draws: parameter draws, each a whole set of the calibrated ensemble, and with the assumptions that no
            target constrains drawn from their ranges; 0 for the world as declared.
        outcomes: kept of a run.
        settings: laid over all scenarios.
        run: a run function of the experiment's own.
    """
    keys = list(dict.fromkeys(key for arm in arms.values() for key in arm))
    part = {"run.days": days, "world.population.clients": clients, "world.warm_up_days": min(365, days)}
    study: dict[str, Any] = {
        "title": name,
        "scenarios": tuple(scenarios),
        "replications": replications,
        "settings": {**part, **(settings or {})},
        "keep": {"outcomes": outcomes if isinstance(outcomes, str) else tuple(outcomes), "spreads": False},
        "design": {},
    }
    study["keep"]["groups"] = draws == 0
    if keys:
        study["levers"] = {key: {} for key in keys}
        rows = tuple({key: arm.get(key, {}) for key in keys} for arm in arms.values())
        study["design"]["levers"] = {"kind": "list", "rows": rows}
    if draws:
        worlds = draw_parameter_sets(cmsim.load_scenario(scenarios[0]), (), draws, ensemble=bundled_ensemble())
        study["uncertainties"] = {key: {} for key in worlds[0]}
        study["design"]["uncertainties"] = {"kind": "list", "rows": worlds}
    small = days * clients < SMALL
    done = cmsim.sweep(study, OUT / name, run=run, workers=1 if small else None, retry=True)
    if len(done.failures):
        raise SystemExit(f"{name}: {len(done.failures)} runs failed; see {done.directory}")
    return done


def runs_of(study: cmsim.Study, arms: Arms, table: str = "runs") -> pd.DataFrame:
    """Return a table of a study with a column that names the arm."""
    rows: pd.DataFrame = getattr(study, table)
    return rows.assign(arm=rows["choice"].map(dict(enumerate(arms))))


def differences(
    runs: pd.DataFrame, outcomes: Sequence[str], against: Any, arms: Sequence[Any], by: Sequence[str] = ()
) -> pd.DataFrame:
    """Return paired differences of every arm from one, in the order of ``arms``, with 95% intervals.

    Pairs share draw and replication. Over several draws the unit is the draw: ``low`` and ``high`` are then
    where the differences of the middle 95% of draws lie, with stochastic variation. ``clear``: a difference that holds
    with Holm's correction for the number of arms, outcome by outcome; over draws, that zero lies outside.
    """
    rows = []
    for place, part in runs.groupby(list(by)) if by else [((), runs)]:
        wide = part.set_index(["arm", "draw", "replication"])[list(outcomes)]
        base = wide.loc[against]
        for arm in (arm for arm in arms if arm != against):
            for outcome in outcomes:
                pairs = (wide.loc[arm][outcome] - base[outcome]).dropna()
                named = dict(zip(by, place, strict=True)) | {"arm": arm, "outcome": outcome}
                found = {"a": base[outcome].mean(), "b": wide.loc[arm][outcome].mean()}
                rows.append(named | found | _interval(pairs))
    table = pd.DataFrame(rows)
    places = table.groupby([*by, "outcome"])["p"]
    enough = table["n"] >= FEW
    tested = places.transform(lambda p: holm(p.to_list())) < 0.05
    outside = (table["low"] > 0) | (table["high"] < 0)
    return table.assign(clear=enough & np.where(table["p"].isna(), outside, tested)).drop(columns="p")


def _interval(pairs: pd.Series) -> dict[str, float]:
    by_draw = pairs.groupby("draw").mean()
    if len(by_draw) > 1:
        low, high = np.quantile(by_draw, (0.025, 0.975))
        ends = {"low": low, "high": high, "share_up": float((by_draw > 0).mean())}
        return {"difference": by_draw.mean(), **ends, "n": len(by_draw), "p": math.nan}
    half, p = math.nan, 1.0
    if len(pairs) > 1:
        error = float(pairs.std() / math.sqrt(len(pairs)))
        half = float(stats.t.ppf(0.975, len(pairs) - 1) * error)
        p = float(2 * stats.t.sf(abs(pairs.mean()) / error, len(pairs) - 1)) if error else 1.0
    mean = pairs.mean()
    return {"difference": mean, "low": mean - half, "high": mean + half, "n": len(pairs), "p": p}


def number(value: float, signed: bool = True) -> str:
    """Return a number with about three figures."""
    sign = "+" if signed and value > 0 else ""
    if not math.isfinite(value):
        return "–"
    value += 0.0  # no negative nought
    return f"{sign}{value:,.0f}" if abs(value) >= 100 else f"{sign}{value:.3g}"


def cell(row: Any) -> str:
    """Return a difference with its interval; bold where it is clear."""
    text = f"{number(row.difference)} ({number(row.low)} to {number(row.high)})"
    return f"**{text}**" if row.clear else text


def grid(table: pd.DataFrame, rows: Sequence[str], columns: str = "outcome") -> str:
    """Return a Markdown table of differences, one line an arm, one column an outcome."""
    heads = list(dict.fromkeys(table[columns]))
    lines = [[*rows, *heads], ["---"] * (len(rows) + len(heads))]
    for place, part in table.groupby(list(rows), sort=False):
        cells = {getattr(row, columns): cell(row) for row in part.itertuples()}
        lines.append([*(f"`{word}`" for word in place), *(cells.get(head, "–") for head in heads)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def told(table: pd.DataFrame, by: Sequence[str] = ("arm",)) -> str:
    """Return a list, one line an arm: what is clearly more, what clearly less, and what cannot be told."""
    if table["n"].max() < FEW:
        return f"Nothing yet: {table['n'].max()} replications are too few to tell anything apart."
    lines = []
    for place, part in table.groupby(list(by), sort=False):
        up, down = (part[part["clear"] & (sign * part["difference"] > 0)] for sign in (1, -1))
        said = [
            f"{word}: " + ", ".join(f"{row.outcome} {number(row.difference)}" for row in some.itertuples())
            for word, some in (("more", up), ("less", down))
            if len(some)
        ]
        open_ = [row.outcome for row in part.itertuples() if not row.clear]
        said += [f"not distinguishable: {', '.join(open_)}"] if open_ else []
        lines.append(f"- **{', '.join(map(str, place))}**: " + "; ".join(said) + ".")
    return "\n".join(lines)


def worth_from(table: pd.DataFrame, gain: str, cost: str, by: Sequence[str]) -> str:
    """Return a Markdown table: from what worth of one more of ``gain`` each arm pays, by mean differences."""
    lines = [[*by, gain, cost, "pays"], ["---"] * (len(by) + 3)]
    for place, part in table.groupby(list(by), sort=False):
        found = part.set_index("outcome")["difference"]
        more, costs = float(found[gain]), float(found[cost])
        if more == 0.0 or (more > 0) != (costs > 0):
            said = "at any worth" if more >= 0 and costs <= 0 else "at none"
        else:
            said = f"{'from' if more > 0 else 'up to'} {costs / more:,.0f} for one"
        lines.append([*(f"`{word}`" for word in place), number(more), number(costs), said])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def centred(runs: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return by arm, in order, what an outcome is against the mean of all arms of the same replication.

    Against one arm, that arm's own noise would stand in all differences and make a peak or a dip of it.

    Returns:
        a row an arm, with ``mean`` and ``half``, the half-width of its 95% interval.
    """
    curves = runs.pivot_table(index=["draw", "replication"], columns="arm", values=outcome)
    off = curves.sub(curves.mean(axis=1), axis=0)
    half = stats.t.ppf(0.975, max(len(off) - 1, 1)) * off.std().fillna(0.0) / math.sqrt(len(off))
    return pd.DataFrame({"mean": off.mean(), "half": half}).sort_index()


def optimum(runs: pd.DataFrame, outcomes: Sequence[str], by: Sequence[str]) -> str:
    """Return a Markdown table: which arm (a number) has most of an outcome, with an interval.

    The interval is where the best arm lies in 95% of samples of replications, drawn with replacement, all arms
    of a replication together.
    """
    lines = [[*by, "outcome", "optimum", "95% of samples"], ["---"] * (len(by) + 3)]
    for place, part in runs.groupby(list(by)):
        for outcome in outcomes:
            curves = part.pivot_table(index=["draw", "replication"], columns="arm", values=outcome)
            arms, values = curves.columns.to_numpy(dtype=float), curves.to_numpy()
            drawn = stats.randint.rvs(0, len(values), size=(SAMPLES, len(values)), random_state=1)
            best = arms[values[drawn].mean(axis=1).argmax(axis=1)]
            low, high = np.quantile(best, (0.025, 0.975), method="nearest")
            top = arms[values.mean(axis=0).argmax()]
            ends = {arms[0]: "lower", arms[-1]: "upper"}
            said = f"{top:g}"
            if top in ends:
                said = f"none inside the range: highest at its {ends[top]} end, {top:g}"
            within = f"{low:g} to {high:g}" if len(values) >= FEW else f"{len(values)} replications: too few"
            lines.append([*(f"`{word}`" for word in place), f"`{outcome}`", said, within])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def clustered(runs: pd.DataFrame) -> dict[str, float]:
    """Return further exits for one, with a 95% interval over replications, whose pairs hang together.

    Args:
        runs: with columns ``pairs``, ``exits``, ``changed``, ``again`` and what the agency is like, a row a
            replication.
    """
    pairs, exits = runs["pairs"].to_numpy(dtype=float), runs["exits"].to_numpy(dtype=float)
    found = {"replications": len(runs), "pairs": int(pairs.sum()), "changed": int(runs["changed"].sum())}
    mean = float(exits.sum() / pairs.sum()) if pairs.sum() else math.nan
    half = math.nan
    if len(runs) > 1 and pairs.sum():
        off = exits - mean * pairs  # the ratio of two means, by its linear form
        half = float(stats.t.ppf(0.975, len(runs) - 1) * off.std(ddof=1) / math.sqrt(len(runs)) / pairs.mean())
    about = {name: runs[name].mean() for name in ("turnover", "vacancies", "exhausted")}
    about = {"same post": float(runs["again"].sum() / pairs.sum()) if pairs.sum() else math.nan, **about}
    return found | {"further": mean, "low": mean - half, "high": mean + half} | about


def ratio(effect: str, with_it: pd.Series, without: pd.Series) -> dict[str, float]:
    """Return a ratio of the mean risks of two sides, with a 95% interval (jackknife over replications).

    Args:
        effect: "risk ratio" or "odds ratio".
        with_it: the risk with the cause, a value a replication.
        without: the same replications without it.
    """
    pairs = np.column_stack([with_it, without]).astype(float)
    n = len(pairs)

    def log_of(rows: Any) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.log(value_of(effect, rows[:, 0], rows[:, 1])))

    middle, half = log_of(pairs), math.nan
    if n > 1:
        left_out = np.array([log_of(np.delete(pairs, row, axis=0)) for row in range(n)])
        error = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
        half = float(stats.t.ppf(0.975, n - 1)) * error
    return {"found": math.exp(middle), "low": math.exp(middle - half), "high": math.exp(middle + half)}


def markdown(table: pd.DataFrame) -> str:
    """Return any table in Markdown, numbers with three figures."""
    lines = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    for row in table.itertuples(index=False):
        lines.append([word if isinstance(word, str) else number(word, signed=False) for word in row])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def bars(table: pd.DataFrame, names: Sequence[str], label: str, path: Path) -> None:
    """Draw ``further`` with its interval, a row each."""
    figure, axis = plt.subplots(figsize=(7, 0.5 * len(table) + 1), layout="constrained")
    half = ((table["high"] - table["low"]) / 2).fillna(0.0)
    axis.errorbar(table["further"], range(len(table)), xerr=half, fmt="o", capsize=2)
    for at, style in ((0.0, "-"), (0.1, ":"), (0.5, "--")):
        axis.axvline(at, color="0.6", lw=0.8, ls=style)
    axis.set_yticks(range(len(table)), [", ".join(row) for row in table[list(names)].itertuples(index=False)])
    axis.set_xlabel(label)
    axis.invert_yaxis()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def forest(tables: Mapping[str, pd.DataFrame], outcomes: Sequence[str], path: Path) -> None:
    """Draw differences with intervals: a panel an outcome, a row an arm, a colour a table."""
    columns = min(len(outcomes), 4)
    lines = -(-len(outcomes) // columns)
    arms = list(dict.fromkeys(arm for table in tables.values() for arm in table["arm"]))
    size = (3.1 * columns + 1.6, lines * (1.1 + 0.3 * len(arms)))
    figure, axes = plt.subplots(lines, columns, figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axis, outcome in zip(axes.flat, outcomes, strict=False):
        for shift, (label, table) in enumerate(tables.items()):
            part = table[table["outcome"] == outcome].set_index("arm").reindex(arms)
            place = np.arange(len(arms)) + 0.22 * (shift - (len(tables) - 1) / 2)
            ends = [part["difference"] - part["low"], part["high"] - part["difference"]]
            thin = {"color": "0.6", "lw": 1} if label.startswith("spread") else {}
            axis.errorbar(
                part["difference"],
                place,
                xerr=np.clip(np.nan_to_num(ends), 0, None),
                fmt="o",
                ms=4,
                label=label,
                **thin,
            )
        axis.axvline(0.0, color="0.5", lw=0.8)
        about = cmsim.OUTCOMES[outcome]
        axis.set_title(about.label, fontsize=9)
        axis.set_xlabel(about.unit, fontsize=8)
        axis.tick_params(labelsize=8)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.set_yticks(range(len(arms)), [arm.replace("_", " ") for arm in arms])
    axes[0, 0].invert_yaxis()
    for axis in axes.flat[len(outcomes) :]:
        axis.set_axis_off()
    if len(tables) > 1:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def page(name: str, studies: Mapping[str, cmsim.Study], tables: Mapping[str, pd.DataFrame], **words: object) -> None:
    """Write ``results/NAME.md``, and tables and manifest under ``results/NAME``.

    Args:
        name: of the experiment and of its template.
        studies: by what the manifest calls them.
        tables: by file name.
        words: what the template asks for, besides how far the model is calibrated.
    """
    left_out = ("platform", "id", "scenarios", "factors", "file")
    ensemble = bundled_ensemble()
    told_of = {
        title: {key: value for key, value in study.manifest.items() if key not in left_out}
        | {"cells": study.cells.shape[0], "settings": {k: str(v) for k, v in _settings(study).items()}}
        for title, study in studies.items()
    }
    told_of["ensemble"] = {"hash": None if ensemble is None else ensemble.hash}
    written(name, tables, **words)
    (OUT / name / "manifest.json").write_text(json.dumps(told_of, indent=1) + "\n", encoding="utf-8")


def written(name: str, tables: Mapping[str, pd.DataFrame], **words: object) -> None:
    """Write ``results/NAME.md`` from its template, and tables under ``results/NAME``."""
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, table in tables.items():
        table.to_csv(folder / f"{file}.csv", index=False, float_format="%.6g")
    text = (HERE / f"{name}.md").read_text(encoding="utf-8").format(name=name, standing=STANDING, **words)
    (OUT / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def _settings(study: cmsim.Study) -> dict[str, object]:
    spec = next(iter(study.scenarios.values()))
    return {
        "scenarios": list(study.scenarios),
        "days": spec.run.days,
        "warm-up": spec.world.warm_up_days,
        "clients": spec.world.population.clients,
    }
