"""Results had again: the command that wrote them with the files that it read then, and what differs afterwards."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.study_result import Study
from cmsim.reporting.page.results_reader import read_manifest
from cmsim.reporting.result_origin import PLACE_FLAGS
from cmsim.reporting.saved_results import MANIFEST, Saved
from cmsim.reporting.wording import listed
from cmsim.scenario.table_file import parted_row
from cmsim.scenario.text_file import path_inside

_COMMANDS = ("run", "compare", "find", "fit", "sensitivity", "trial", "calibrate")
"""Commands that results may ask for: they write nothing but results."""


def repeated_words(directory: Path) -> tuple[Saved, list[str]]:
    """Return what is saved in a folder of results, and the command line that wrote it, with the files kept there.

    Raises:
        CmsimError: there are no results, or they do not say which command wrote them.
    """
    try:
        saved = Saved.model_validate(read_manifest(directory))
    except ValidationError:
        raise CmsimError(f"{directory}: its {MANIFEST} is damaged; run the command again") from None
    words = saved.command_line
    if not words:
        raise CmsimError(
            f"{directory} does not say which command wrote it: it was Python, or a version of cmsim that did not keep "
            f"it (it was {saved.cmsim}); allowed: results of {', '.join(_COMMANDS)}"
        )
    if words[0] not in _COMMANDS or any(word == "--" or word.startswith(PLACE_FLAGS) for word in words):
        raise CmsimError(f"{directory}: its command line is not one that cmsim keeps; run it by hand if you trust it")
    return saved, [_with_kept_file(word, saved, directory) for word in words]


def _with_kept_file(word: str, saved: Saved, directory: Path) -> str:
    """Return a word of a command line that names the file that is kept, if it names a file that was read."""
    flag, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    value, row = parted_row(value)
    place = saved.inputs.get(str(Path(value)))
    if place is None:
        return word
    told = f"{directory / MANIFEST}: inputs: given {place}"
    kept = path_inside(directory, place, told, "allowed: a file in the folder of the results")
    return f"{flag}{equals}{kept}" + ("" if row is None else f":{row}")


def find_differences(before: Saved, now: Saved) -> list[str]:
    """Return a line for each way in which results differ that should be the same; none if all tables are the same."""
    names = sorted(before.tables.keys() | now.tables.keys())
    differing = [name for name in names if before.tables.get(name) != now.tables.get(name)]
    if not differing:
        return []
    lines = [
        f"Not the same again: {listed(differing)}. The same: {len(names) - len(differing)} of {len(names)} tables."
    ]
    lines += [f"{each}." for each in differing_versions(before.model, now.model)]
    lines += [
        f"The code of {module}, which has rules of its own, is not as it was then."
        for module in sorted(before.rules)
        if now.rules.get(module) != before.rules[module]
    ]
    pairs = zip(before.scenarios, now.scenarios, strict=False)
    lines += [f"Scenario {mine.name} is not as it was then." for mine, theirs in pairs if mine != theirs]
    return lines


def differing_versions(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return words for each version, of the package, its code or a library, that is another now."""
    return [
        f"Another version of {name}: {before.get(name, 'none')} then, {now.get(name, 'none')} now"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def differing_runs(before: Study, now: Study) -> int:
    """Return how many runs of a study have another digest, or other words of what became of them."""
    columns = ["run_key", "status", "digest"]
    mine, theirs = (study.runs[columns].fillna("") for study in (before, now))
    return int((mine != theirs).any(axis=1).sum())
