"""Recording: each contrast is run as a study, and its result is checked by running the first draw again.

A study has two scenarios, the arms, and a list of points, the draws. What is stopped goes on: runs that the
study folder holds are not run again. A recorded result stands while the present code gives its first draw
again, in the digits that are kept. So a change that leaves results alone keeps all of them, and any other
makes the tests that rest on them fail.
"""

import hashlib
import inspect
import math
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.run_key import model_version
from cmsim.experiments.study.study_result import Study
from cmsim.experiments.study.study_sweep import sweep
from cmsim.results.simulation import Progress, simulate
from cmsim.scenario import Scenario
from cmsim.scenario.parameter_sets import Ensemble
from cmsim.validation.claims.claim_register import load_test_modules
from cmsim.validation.claims.contrast import Contrast
from cmsim.validation.claims.contrast_result import ContrastResult
from cmsim.validation.claims.parameter_draws import ParameterSet

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
    if any(len(values) != len(draws) for arms in recorded.values.values() for values in arms):
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
        store: folder of the study folders; what is stopped goes on from there.
        ensemble: calibrated sets of the fitted parameters; None for none.
        draws: only the first so many, for a first look; all if ``None``.
        workers: processes; all cores if ``None``.
        progress: told the runs done and the runs in all.

    Raises:
        CmsimError: runs failed; the message names the first of them.
        KeyboardInterrupt: stopped; the same call goes on.
    """
    drawn = contrast.draw_parameters(ensemble)[:draws]
    possible = [contrast.make_possible(each) for each in drawn]
    study = _sweep_arms(contrast, possible, store, workers, progress)
    if len(study.failures):
        first = study.failures.sort_values(["draw", "scenario"]).iloc[0]
        raise CmsimError(f"{first['scenario']}, draw {first['draw']}: {first['status']}: {first['error']}")
    runs = study.runs.sort_values(["scenario", "draw"])
    values = runs[[measure.name for measure in contrast.measures]].to_numpy(dtype=float)
    moved = sum(a is not b for a, b in zip(drawn, possible, strict=True))
    return ContrastResult.of(contrast, values.reshape(2, len(drawn), -1), _describe(contrast, drawn, moved, ensemble))


def _sweep_arms(
    contrast: Contrast, draws: list[ParameterSet], store: Path, workers: int | None, progress: Progress | None
) -> Study:
    """Run both arms under some draws as a study; its folder belongs to this code and these measures."""

    def measure_run(scenario: Scenario, replication: int) -> Mapping[str, float]:
        names = (measure.name for measure in contrast.measures)
        return dict(zip(names, contrast.measure_run(simulate(scenario, replication)), strict=True))

    with TemporaryDirectory() as folder:
        files = []
        for arm in contrast.arms():
            files.append(f"{folder}/{arm.name}.toml")
            Path(files[-1]).write_text(arm.to_toml(), encoding="utf-8")
        stated = {
            "title": contrast.name,
            "question": contrast.question,
            "scenarios": files,
            "replications": 1,
            "uncertainties": {key: {} for key in draws[0]},
            "design": {"uncertainties": {"kind": "list", "rows": draws}},
        }
        place = store / f"{contrast.name}-{_digest_code(contrast)}"
        return sweep(stated, place, workers=workers, run=measure_run, progress=progress)


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
        "replications": 1,
        "clients": contrast.clients,
        "warm_up_days": contrast.warm_up,
        "days": contrast.days,
        "scenario": contrast.scenario,
        "base": dict(contrast.base),
        "a": dict(contrast.a),
        "b": dict(contrast.b),
        "scenario_digests": [arm.digest() for arm in contrast.arms()],
    }
