"""What a room would see in each facilitator's case: python tools/cases.py [CASE ...] [--write].

Runs A and B of each case in several replications and prints for each thing that the guide says is to be
seen in which of them it is. With ``--write`` the counts go into ``cmsim/app/session/cases/replications.toml``, from
which the app tells them, and a case whose replication does not show everything is given the first one that does.
Run it after every change of the model's results; it takes some minutes. Exit status 1: a case has no replication
that shows everything, so that its guide has to be rewritten.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import tomlkit
from joblib import Parallel, delayed

import cmsim
from cmsim.app.session.teaching_cases import CASE_NAMES, REPLICATIONS, Case, load_case, since
from cmsim.outcomes import find
from cmsim.scenario import Scenario

FOLDER = Path(__file__).parents[1] / "cmsim" / "app" / "session" / "cases"
SIDES = ("a", "b")

Outcomes = dict[str, float]


def outcomes_of(scenario: Scenario, replication: int, parted: int, names: Sequence[str]) -> Outcomes:
    """Return some outcomes of one run from the first day of difference on."""
    found = since(cmsim.simulate(scenario, replication), parted)
    return {name: float(found[name]) for name in names}


def run_cases(cases: Sequence[Case], replications: int, workers: int) -> dict[str, list[tuple[Outcomes, Outcomes]]]:
    """Return outcomes of runs A and B by case, one pair a replication; shared days are simulated once."""
    names = sorted({sight.outcome for case in cases for sight in case.sights})
    runs: dict[tuple[str, int, int], Scenario] = {}
    wanted: dict[str, list[tuple[tuple[str, int, int], ...]]] = {}
    for case in cases:
        parted = case.parted_day()
        scenarios = [case.to_live(side) for side in SIDES]
        alike = [each.replace({"name": "x", "title": "x", "purpose": "x"}).to_toml() for each in scenarios]
        for replication in range(replications):
            keys = tuple((text, replication, parted) for text in alike)
            runs.update(zip(keys, scenarios, strict=True))
            wanted.setdefault(case.name, []).append(keys)
    found = dict(
        zip(
            runs,
            Parallel(n_jobs=workers, verbose=5 if sys.stderr.isatty() else 0)(
                delayed(outcomes_of)(scenario, key[1], key[2], names) for key, scenario in runs.items()
            ),
            strict=True,
        )
    )
    return {name: [(found[one], found[other]) for one, other in pairs] for name, pairs in wanted.items()}


def told(case: Case, pairs: Sequence[tuple[Outcomes, Outcomes]]) -> list[list[bool]]:
    """Return for each replication and each sight whether it is as the guide says."""
    return [[sight.found(a[sight.outcome], b[sight.outcome]) == sight.expect for sight in case.sights]
            for a, b in pairs]  # fmt: skip


def report(case: Case, pairs: Sequence[tuple[Outcomes, Outcomes]]) -> list[int]:
    """Print what each replication shows of a case; return the replications that show everything."""
    seen = told(case, pairs)
    print(f"\n{case.title} ({case.name}, replication {case.replication} is shown)")
    for n, sight in enumerate(case.sights):
        outcome = find(sight.outcome)
        values = []
        for (a, b), row in zip(pairs, seen, strict=True):
            one, other = (outcome.shown(side[sight.outcome]) for side in (a, b))
            values.append(f"{one:.3g}/{other:.3g}{'' if row[n] else ' ✗'}")
        least = f"{outcome.shown(sight.least):.3g} {outcome.shown_unit}"
        print(f"  {sum(row[n] for row in seen)} of {len(pairs)}  {sight.outcome} {sight.expect}, least {least}")
        print(f"           A/B: {'  '.join(values)}")
    whole = [replication for replication, row in enumerate(seen) if all(row)]
    print(f"  everything is seen in replications: {', '.join(map(str, whole)) or 'none'}")
    return whole


def choose(case: Case, whole: Sequence[int]) -> int:
    """Write into a case which replication is shown: the one so far, or the first that shows everything."""
    if case.replication in whole or not whole:
        return case.replication
    file = FOLDER / f"{case.name}.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"(?m)^replication = \d+$", f"replication = {whole[0]}", text), encoding="utf-8")
    print(f"  replication {whole[0]} is shown from now on")
    return whole[0]


def write(counted: dict[str, dict[str, object]]) -> None:
    """Bring the counts of some cases up to date."""
    file = FOLDER / REPLICATIONS
    known = tomlkit.parse(file.read_text(encoding="utf-8")).unwrap() if file.is_file() else {}
    table = tomlkit.document()
    table.add(tomlkit.comment("Made from runs by: python tools/cases.py --write"))
    for name in CASE_NAMES:
        if name in counted or name in known:
            table[name] = counted.get(name, known.get(name))
    file.write_text(tomlkit.dumps(table), encoding="utf-8")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    asks = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asks.add_argument("cases", nargs="*", metavar="CASE", help=f"all of them without: {', '.join(CASE_NAMES)}")
    asks.add_argument("--replications", type=int, default=8, help="replications 0 and up (8)")
    asks.add_argument("--workers", type=int, default=-1, help="processes; as many as cores without")
    asks.add_argument("--write", action="store_true", help="keep the counts, and choose a replication that shows all")
    given = asks.parse_args(words)
    cases = [load_case(name) for name in given.cases or CASE_NAMES]
    found = run_cases(cases, given.replications, given.workers)
    counted: dict[str, dict[str, object]] = {}
    lost = []
    for case in cases:
        pairs = found[case.name]
        whole = report(case, pairs)
        if not whole:
            lost.append(case.title)
        if given.write:
            a, b = pairs[min(choose(case, whole), len(pairs) - 1)]
            seen = told(case, pairs)
            names = [sight.outcome for sight in case.sights]
            counted[case.name] = {
                "count": len(pairs),
                "seen": {name: sum(row[n] for row in seen) for n, name in enumerate(names)},
                "a": {name: a[name] for name in names},
                "b": {name: b[name] for name in names},
            }
    if given.write:
        write(counted)
    if lost:
        print(f"\nNo replication shows all that the guide says, so rewrite it: {', '.join(lost)}")
    return 1 if lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
