"""Recording: a contrast is run under its draws, and its result is checked by running the first draw again.

Each draw has a replication of its own, so that people and chance vary with the parameters. What is stopped goes on:
pairs of runs that the store holds are not run again. A contrast that is clear after some draws is run no further. A
recorded result stands while the present code gives its first draw again, in the digits that are kept. So a change that
leaves results alone keeps all of them, and any other makes the tests that rest on them fail.
"""

import hashlib
import inspect
import math
import platform
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.run_key import model_version
from cmsim.results.progress import Progress
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.claims.claim_register import load_test_modules
from cmsim.validation.claims.contrast import Contrast
from cmsim.validation.claims.contrast_result import ContrastResult
from cmsim.validation.claims.parameter_draws import ParameterSet
from cmsim.validation.finished_rows import FinishedRows, Row

CLEAR_AFTER = 20
"""Draws after which a contrast is run no further if all of it is clear; looked at again after each of ``LOOKS``."""
LOOKS = (CLEAR_AFTER, 30, 40)
TOLERANCE = 1e-5
"""Relative, of a value that is kept in six digits and may differ in its last bits between machines."""


def collect_contrasts(tests: Path) -> dict[str, Contrast]:
    """Return the contrasts that the test modules of a folder define, by name.

    Raises:
        CmsimError: two different ones have the same name.
    """
    found: dict[str, Contrast] = {}
    for module in load_test_modules(tests):
        for each in _contrasts_in(list(vars(module).values())):
            if found.setdefault(each.name, each) is not each:
                raise CmsimError(f'two contrasts are called "{each.name}"')
    return found


def _contrasts_in(thing: object) -> Iterator[Contrast]:
    if isinstance(thing, Contrast):
        yield thing
    elif isinstance(thing, list | tuple):
        for each in thing:
            yield from _contrasts_in(each)
    elif isinstance(thing, dict):
        yield from _contrasts_in(list(thing.values()))


def find_differences(contrast: Contrast, recorded: ContrastResult, ensemble: Ensemble | None = None) -> list[str]:
    """Return where a recorded result is not what the present code gives: empty while the result stands.

    The measures with their signs and the number of draws are compared with the contrast, and the values of
    the first draw with two full runs of today.

    Args:
        contrast: as it is defined now.
        recorded: its recorded result.
        ensemble: calibrated sets of the fitted parameters; None for none.
    """
    stated = {measure.name: measure.sign for measure in contrast.measures}
    if stated != {finding.measure: finding.sign for finding in recorded.findings}:
        return ["recorded with other measures"]
    draws = contrast.draw_parameters(ensemble)
    allowed = {len(draws)} | (set(LOOKS) if all(each.is_clear for each in recorded.findings) else set())
    if any(len(values) not in allowed for arms in recorded.values.values() for values in arms):
        return [f"recorded with other than {len(draws)} draws"]
    pair = contrast.simulate_pair(contrast.make_possible(draws[0]))
    return [
        f"{measure.name}, arm {arm}: {now:.6g}, recorded {then:.6g}"
        for place, measure in enumerate(contrast.measures)
        for arm, now, then in zip("ab", pair[:, place], recorded.pairs(measure.name)[:, 0], strict=True)
        if not (math.isclose(now, then, rel_tol=TOLERANCE, abs_tol=1e-9) or (math.isnan(now) and math.isnan(then)))
    ]


def record_contrast(
    contrast: Contrast,
    store: Path,
    *,
    ensemble: Ensemble | None = None,
    draws: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ContrastResult:
    """Run a contrast under its draws and return its result.

    Args:
        contrast: what to compare.
        store: folder of the pairs of runs; what is stopped goes on from there.
        ensemble: calibrated sets of the fitted parameters; None for none.
        draws: only the first so many, for a first look; all if ``None``.
        workers: processes; all cores if ``None``.
        progress: told the draws done and those in all.

    Raises:
        CmsimError: a run failed, or the store cannot be written.
        KeyboardInterrupt: stopped; the same call goes on.
    """
    drawn = contrast.draw_parameters(ensemble)[:draws]
    possible = [contrast.make_possible(each) for each in drawn]
    moved = sum(a is not b for a, b in zip(drawn, possible, strict=True))
    held = FinishedRows(
        store / f"{contrast.name}.jsonl", [_digest_code(contrast), *(arm.digest() for arm in contrast.arms())]
    )

    def run_pair(asked: tuple[int, ParameterSet]) -> Row:
        draw, parameters = asked
        try:
            return contrast.simulate_pair(parameters, draw).tolist()
        except Exception as error:
            raise CmsimError(f"{contrast.name}, draw {draw}: {type(error).__name__}: {error}") from error

    asked = list(enumerate(possible))
    for count in dict.fromkeys(min(each, len(drawn)) for each in (*LOOKS, len(drawn))):
        rows = held.compute(run_pair, asked[:count], workers=workers, progress=progress)
        values = np.array(rows, dtype=float).swapaxes(0, 1)
        result = ContrastResult.of(contrast, values, _describe(contrast, drawn[:count], moved, ensemble))
        if all(finding.is_clear for finding in result.findings):
            break
    return result


def _digest_code(contrast: Contrast) -> str:
    """Return a digest of the source text of the model and of the files that define the measures."""
    files = {inspect.getfile(measure.of) for measure in contrast.measures if measure.of is not None}
    text = "\0".join([model_version()["code"], *(Path(file).read_text(encoding="utf-8") for file in sorted(files))])
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _describe(
    contrast: Contrast, drawn: list[ParameterSet], moved: int, ensemble: Ensemble | None
) -> dict[str, object]:
    """Return what is needed to repeat a result."""
    return {
        **model_version(),
        "python": platform.python_version(),
        "draws": len(drawn),
        "draws_moved": moved,
        "drawn_parameters": len(drawn[0]),
        "ensemble": None if ensemble is None else ensemble.hash,
        "clients": contrast.clients,
        "warm_up_days": contrast.warm_up,
        "days": contrast.days,
        "scenario": contrast.scenario,
        "base": dict(contrast.base),
        "a": dict(contrast.a),
        "b": dict(contrast.b),
        "scenario_digests": [arm.digest() for arm in contrast.arms()],
    }
