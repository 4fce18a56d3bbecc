"""Record what the contrasts of the claims show: python tools/record_claims.py [NAME ...] [--check] [--questions].

Each result is data, docs/data/claims/NAME.json or, with --questions, docs/data/questions/NAME.json; docs/claims.md,
docs/questions.md and docs/data/claims_open.txt are made from them. The first draw of each contrast is run anew: a
result that it confirms is left as it is, the others are recorded. Pairs of runs are kept under results/claims: stopped
and started again, the command goes on where it was.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

from joblib import Parallel, delayed
from practice_questions import ANSWERS, CLAIM_RESULTS, own_contrasts

from cmsim.core.errors import CmsimError, nearest
from cmsim.scenario.parameter_sets import Ensemble, load_ensemble
from cmsim.validation.claims import (
    Contrast,
    ContrastResult,
    collect_contrasts,
    collect_statuses,
    find_differences,
    list_open_claims,
    load_test_modules,
    record_contrast,
)

DOCS = Path(__file__).parents[1] / "docs"
TESTS = DOCS.parent / "tests" / "claims"
OPEN = DOCS / "data" / "claims_open.txt"


def check(contrast: Contrast, results: Path, ensemble: Ensemble | None) -> list[str]:
    """Return why the result of a contrast has to be recorded; empty if its first draw confirms it."""
    try:
        return find_differences(contrast, ContrastResult.load(results, contrast.name), ensemble)
    except CmsimError as error:
        return [str(error)]


def choose(names: list[str], questions: bool) -> list[tuple[Contrast, Path]]:
    """Return the contrasts of some names, each with the folder of its result.

    Args:
        names: of contrasts of claims and of questions.
        questions: if no name is given, whether all of the questions are meant, or all of the claims.

    Raises:
        CmsimError: no contrast has such a name.
    """
    claims, asked = collect_contrasts(TESTS), own_contrasts()
    known = claims | asked
    for name in names:
        if name not in known:
            raise CmsimError(f'unknown contrast "{name}"{nearest(name, known)}; there are: {", ".join(known)}')
    chosen = names or (asked if questions else claims)
    return [(known[name], ANSWERS if name in asked else CLAIM_RESULTS) for name in chosen]


def print_progress(done: int, total: int) -> None:
    """Print how many runs are done, on one line."""
    print(f"\r  {done} of {total} runs", end="\n" if done == total else "", file=sys.stderr, flush=True)


def renew_documents() -> None:
    """Make docs/claims.md, docs/questions.md and docs/data/claims_open.txt from the tests and the results."""
    statuses = collect_statuses(load_test_modules(TESTS))
    OPEN.write_text("".join(f"{key}\n" for key in list_open_claims(statuses, CLAIM_RESULTS)), encoding="utf-8")
    runpy.run_path(str(Path(__file__).with_name("generate.py")), run_name="__main__")


def run(given: argparse.Namespace) -> int:
    """Do what is asked for; return 1 if a result is not confirmed and not recorded either."""
    ensemble, chosen = load_ensemble(given.ensemble), choose(given.names, given.questions)
    if given.anew or given.draws:
        stale = chosen
    else:
        found = Parallel(n_jobs=given.workers or -1)(delayed(check)(*each, ensemble) for each in chosen)
        for (contrast, _), differences in zip(chosen, found, strict=True):
            print(f"{contrast.name}: {'; '.join(differences) or 'confirmed'}")
        stale = [each for each, differences in zip(chosen, found, strict=True) if differences]
    years = sum(contrast.client_years * (given.draws or contrast.draws) for contrast, _ in stale)
    print(f"{len(stale)} of {len(chosen)} to record, {years:,.0f} client-years")
    if given.check:
        return 1 if stale else 0
    for contrast, results in stale:
        print(contrast.name, file=sys.stderr)
        result = record_contrast(
            contrast, given.store, ensemble=ensemble, draws=given.draws, workers=given.workers, progress=print_progress
        )
        print(result.save(given.store / "first_look" if given.draws else results))
    if not given.draws:
        renew_documents()
    return 0


def main() -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="contrasts; all of the claims if none is named")
    parser.add_argument("--questions", action="store_true", help="all of the questions of practitioners instead")
    parser.add_argument("--check", action="store_true", help="say which results the first draw confirms, and stop")
    parser.add_argument("--anew", action="store_true", help="record also results that are confirmed")
    parser.add_argument("--draws", type=int, help="a first look: so many draws, written beside the pairs of runs")
    parser.add_argument("--workers", type=int, help="processes; all cores by default")
    parser.add_argument("--ensemble", type=Path, help="file of a calibrated ensemble; the bundled one by default")
    parser.add_argument("--store", type=Path, default=Path("results") / "claims", help="folder of the pairs of runs")
    try:
        return run(parser.parse_args())
    except CmsimError as error:
        print(f"record_claims: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; finished runs are kept: the same command goes on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
