"""Record what the contrasts of the claims show: python tools/record_claims.py [NAME ...] [--plan].

Each result is data, docs/data/claims/NAME.json; docs/claims.md and docs/data/claims_open.txt are made from them. Runs
go into ledgers under results/claims as they finish: stopped and started again, the command goes on where it
was. A contrast with a result of this model, these draws and this ensemble is left as it is. After a change of
code that leaves all replications as they were, --same lives the first draw of each and takes over what it finds
equal. The bundled
ensemble of parameter sets is used if there is one; another with --ensemble.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import time
from pathlib import Path

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.run_key import model_version
from cmsim.validation.claims import modules_in, stands, still_open
from cmsim.validation.claims.parameter_draws import chosen_ensemble
from cmsim.validation.claims.recording import Orders, Recording
from cmsim.validation.claims.recording_plan import Plan, make_plan, take_over

DOCS = Path(__file__).parents[1] / "docs"
TESTS = DOCS.parent / "tests" / "claims"
RESULTS = DOCS / "data" / "claims"
OPEN = DOCS / "data" / "claims_open.txt"
EVERY = 20.0
"""Seconds between two words on how far it is."""


def told_plan(plan: Plan, speed: float, workers: int) -> str:
    """Return a plan as a table: what is lived, and what is saved by living what is shared once."""
    lines = [f"{len(plan.current)} contrasts have a result of this model: {', '.join(plan.current) or 'none'}"]
    for family in plan.wanted:
        draws, town = plan.draws(family), family.arms[0]
        lines.append(
            f"{family.client_years * draws:9,.0f} client-years  {draws} draws of {len(family.arms)} arms, "
            f"{town.world.population.clients} clients, {town.total_days} days; "
            f"{family.apart * draws:,.0f} apart: {', '.join(each.name for each in family.contrasts)}"
        )
    hours = plan.client_years / speed / 3600.0
    lines.append(
        f"{plan.client_years:9,.0f} client-years in all ({plan.apart:,.0f} if nothing were shared): "
        f"{hours:.2f} core-hours at {speed:g} client-years/s, {hours / workers:.2f} hours on {workers} cores"
    )
    return "\n".join(lines)


class Word:
    """Says how far it is, and how long it will take."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def __call__(self, done: float, lived: float, all_of_it: float) -> None:
        """Say it, if the last word was a while ago."""
        now = time.monotonic()
        if now - self._last < EVERY and done < all_of_it:
            return
        self._last = now
        speed = lived / max(now - self._began, 1e-9)
        left = (all_of_it - done) / max(speed, 1e-9) / 60.0
        print(
            f"{done:,.0f} of {all_of_it:,.0f} client-years, {speed:.0f} a second, {left:.0f} minutes left",
            file=sys.stderr,
            flush=True,
        )


def renew_documents() -> None:
    """Make docs/claims.md and docs/data/claims_open.txt from the tests and the results."""
    held = stands(modules_in(TESTS))
    OPEN.write_text("".join(f"{key}\n" for key in still_open(held, RESULTS)), encoding="utf-8")
    runpy.run_path(str(Path(__file__).with_name("generate.py")), run_name="__main__")


def main() -> int:
    """Record what is asked for; 0 if all of it went well."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("names", nargs="*", metavar="NAME", help="contrasts; all if none is named")
    words.add_argument("--plan", action="store_true", help="say what would be lived, and stop")
    words.add_argument("--workers", type=int, default=2, help="processes")
    words.add_argument("--ensemble", type=Path, help="file of a calibrated ensemble")
    words.add_argument("--store", type=Path, default=Path("results") / "claims", help="folder of the ledgers")
    words.add_argument("--speed", type=float, default=250.0, help="client-years a second and core, for --plan")
    words.add_argument("--draws", type=int, help="a first look: so many draws, written beside the ledgers")
    words.add_argument("--anew", action="store_true", help="make also the results that are of this model")
    words.add_argument(
        "--same", action="store_true", help="take over results of other code whose first draw it gives again"
    )
    given = words.parse_args()
    if given.same:
        given.draws = 1
    try:
        look = given.draws is not None
        results = given.store / "first_look" if look else RESULTS
        ensemble = chosen_ensemble(given.ensemble)
        names = given.names
        if given.same:
            names = [
                contrast.name
                for family in make_plan(TESTS, RESULTS, ensemble, names).wanted
                for contrast in family.contrasts
            ]
            if not names:
                print("all contrasts have a result of this model")
                return 0
        plan = make_plan(TESTS, results, ensemble, names, given.anew or look, given.draws)
        print(told_plan(plan, given.speed, given.workers))
        if given.plan:
            return 0
        orders = Orders(TESTS.resolve(), given.store.resolve(), given.ensemble, model_version())
        recording = Recording(plan, orders, results, Word())
        recording.run(given.workers)
    except CmsimError as error:
        print(f"record_claims: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; what was lived is kept: the same command goes on", file=sys.stderr)
        return 130
    if given.same:
        taken = take_over(names, TESTS, RESULTS, results, ensemble)
        left = ", ".join(sorted(set(names) - set(taken)))
        print(f"{len(taken)} results stand; to be recorded anew: {left or 'none'}")
    if not look or given.same:
        renew_documents()
    print(f"{len(recording.saved)} results written to {results}")
    for error in recording.errors:
        print(f"went wrong: {error}", file=sys.stderr)
    return 1 if recording.errors else 0


if __name__ == "__main__":
    sys.exit(main())
