"""Results with all that another machine needs to have them again: ``cmsim bundle``."""

import base64
import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from packaging.requirements import Requirement

from cmsim.core.errors import CmsimError
from cmsim.core.extension import installed_extensions
from cmsim.core.version import PACKAGE, __version__
from cmsim.experiments.caveats import SAFETY
from cmsim.experiments.study.run_key import model_version, outside_modules
from cmsim.experiments.study.study_folder import check_version
from cmsim.experiments.study.study_result import load_study
from cmsim.reporting import bundle_repetition
from cmsim.reporting.page.results_reader import is_study, read_manifest
from cmsim.reporting.result_repetition import differing_versions, repeated_words
from cmsim.reporting.saved_results import MANIFEST
from cmsim.scenario.library import SHIPPED, shipped
from cmsim.scenario.nested_settings import EXTENSIONS

ANONYMOUS = "anonymous"
_RESULTS, _CODE, _SCENARIOS, _COMMAND, _PINS = "results", "code", "scenarios", "repeat.py", bundle_repetition.PINS
_EXTRAS = "calibration,dask,sensitivity"
"""Of the package, with which commands compute; those that are not installed were not needed."""
_CACHES = shutil.ignore_patterns("__pycache__", "*.pyc")


@dataclass(frozen=True)
class _Contents:
    """What a bundle is made of.

    Attributes:
        files: names in the folder of results, or in that of a study.
        title: what it is, in a line.
        command: the words that made it.
        written: day on which the results were made.
        python: version of Python then.
        scenarios: scenario files by name, based on no other.
        modules: packages and modules from outside whose rules, extensions or measures were used.
        references: extensions by the names that scenarios use.
    """

    files: Sequence[str]
    title: str
    command: str
    written: str
    python: str
    scenarios: Mapping[str, str]
    modules: frozenset[str]
    references: frozenset[str]


def bundle(directory: str | Path, out: str | Path | None = None, authors: Sequence[str] = ()) -> Path:
    """Write results with all that another machine needs to repeat them: scenarios, code, versions, words.

    There, ``python3 repeat.py`` in the folder repeats them and says whether all tables, or runs, are the same.

    Args:
        directory: results of any command, or a finished study.
        out: new folder; by default the directory with ``-bundle`` after its name.
        authors: who made the results, as they are to be cited.

    Returns:
        The new folder.

    Raises:
        CmsimError: an author has no name; the results cannot be repeated, are damaged, or were made by another version
            of cmsim or of what it computes with than is installed; or the folder exists.
    """
    if not all(each.strip() for each in authors):
        raise CmsimError('--author: given ""; allowed: a name, or no --author, which cites the results as anonymous')
    folder = Path(directory)
    place = Path(out) if out else folder.resolve().with_name(f"{folder.resolve().name}-bundle")
    if place.exists():
        raise CmsimError(f"--out: given {place}, which exists; allowed: a new folder")
    contents = _study_contents(folder) if is_study(folder) else _contents(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place.parent, prefix=f".{place.name[:50]}.writing-") as made:
        fresh = Path(made, "whole")
        _fill(fresh, folder, contents, authors or (ANONYMOUS,))
        fresh.rename(place)
    return place


def _contents(folder: Path) -> _Contents:
    saved, _ = repeated_words(folder)
    again = f"make the results again, with cmsim rerun {folder}, and bundle those"
    if faults := saved.faults(folder, thorough=True):
        raise CmsimError(f"In {folder}, {faults}; {again}")
    if others := differing_versions(saved.model, model_version()):
        raise CmsimError(f"{folder}: {'; '.join(others)}; install what made it, or {again}")
    told = read_manifest(folder)
    settings = [each["settings"] for each in told["scenarios"]]
    names = ", ".join(each.name for each in saved.scenarios)
    return _Contents(
        saved.files,
        f"Results of cmsim {saved.command}: {names}",
        " ".join(["cmsim", *saved.command_line]),
        saved.written[:10],
        told["python"],
        {each["name"]: each["toml"] for each in told["scenarios"]},
        frozenset(module for each in settings for module in outside_modules(each))
        | {name.partition(":")[0] for name in told.get("measures", ())},
        frozenset(name for each in settings for name in each.get(EXTENSIONS, ())),
    )


def _study_contents(folder: Path) -> _Contents:
    study = load_study(folder)
    study.require_finished()
    check_version(folder, study.manifest)
    if "run" in study.plan.version:
        raise CmsimError(f"{folder} is a study of a function of its own, which no command repeats")
    settings = [each.flat() for each in study.scenarios.values()]
    settings += [{key: value} for each in study.factors for key in each.keys for value in each.values]
    return _Contents(
        [each.name for each in folder.iterdir() if not each.name.startswith(".")],
        f"A study with cmsim: {study.title}",
        f"cmsim sweep {study.manifest['file']}",
        study.manifest["written"][:10],
        study.manifest["python"],
        study.plan.texts,
        frozenset(module for each in settings for module in outside_modules(each)),
        frozenset(name for each in study.scenarios.values() for name in each.extensions),
    )


def _fill(fresh: Path, folder: Path, contents: _Contents, authors: Sequence[str]) -> None:
    for name in contents.files:
        source, copy = folder / name, fresh / _RESULTS / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copyfile(source, copy)
    for name, text in contents.scenarios.items():
        _write(fresh / _SCENARIOS / f"{name}.toml", text)
    needs = list(_copy_code(fresh / _CODE, contents))
    shutil.copyfile(Path(bundle_repetition.__file__), fresh / _COMMAND)
    _write_wheel(fresh)
    pins = _pins([f"cmsim[{_EXTRAS}]", *needs])
    _write(fresh / _PINS, "".join(f"{name}=={pins[name]}\n" for name in sorted(pins)))
    _write(fresh / "README.md", _readme(contents))
    _write(fresh / "CITATION.cff", _citation(contents, authors))
    _write(fresh / ".zenodo.json", json.dumps(_zenodo(contents, authors), indent=2, ensure_ascii=False) + "\n")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _copy_code(place: Path, contents: _Contents) -> Iterator[str]:
    """Copy packages and modules from outside; yields what the distributions that they belong to require."""
    declared = (installed_extensions().get(each, each) for each in contents.references)
    tops = {name.partition(":")[0].partition(".")[0] for name in (*contents.modules, *declared)} - {PACKAGE.name}
    owners = metadata.packages_distributions()
    for top in sorted(tops):
        module = import_module(top)
        place.mkdir(parents=True, exist_ok=True)
        for folder in getattr(module, "__path__", ()):
            shutil.copytree(folder, place / top, ignore=_CACHES, dirs_exist_ok=True)
        if not hasattr(module, "__path__") and module.__file__:
            shutil.copyfile(module.__file__, place / Path(module.__file__).name)
        for owner in map(metadata.distribution, owners.get(top, ())):
            # so that an extension is found by the name of its entry point, as where it was installed
            for name in ("METADATA", "entry_points.txt"):
                _write(place / f"{top}-{owner.version}.dist-info" / name, owner.read_text(name) or "")
            yield from owner.requires or ()


def _pins(requirements: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each library that is required, and of what these require in turn."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    left = list(requirements)
    while left:
        need = Requirement(left.pop())
        if str(need) in seen:
            continue
        seen.add(str(need))
        try:
            library = metadata.distribution(need.name)
        except metadata.PackageNotFoundError:
            continue  # of an extra that is not installed
        found[library.name] = library.version
        for text in library.requires or ():
            inner = Requirement(text)
            extras = {"", *need.extras}
            if inner.marker is None or any(inner.marker.evaluate({"extra": each}) for each in extras):
                inner.marker = None
                left.append(str(inner))
    return found


def _write_wheel(place: Path) -> None:
    """Write the package as it is installed, as a wheel that pip takes."""
    try:
        mine = metadata.distribution(PACKAGE.name)
    except metadata.PackageNotFoundError:
        raise CmsimError("cmsim is not installed here, only its source is found; pip install it to bundle") from None
    about = f"{PACKAGE.name}-{mine.version}.dist-info"
    parts = [(PACKAGE, PACKAGE.name, "**/*")]
    parts += [(found, f"{PACKAGE.name}/{name}", held) for name, held in SHIPPED.items() if (found := shipped(name))]
    content = {
        f"{inside}/{file.relative_to(folder).as_posix()}": file.read_bytes()
        for folder, inside, held in parts
        for file in sorted(folder.glob(held))
        if file.is_file() and "__pycache__" not in file.parts
    }
    told = {name: mine.read_text(name) for name in ("METADATA", "entry_points.txt", "licenses/LICENSE")}
    told["WHEEL"] = f"Wheel-Version: 1.0\nGenerator: cmsim {mine.version}\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content |= {f"{about}/{name}": text.encode() for name, text in told.items() if text}
    record = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(held).digest()).rstrip(b'=').decode()},{len(held)}\n"
        for name, held in content.items()
    ]
    content[f"{about}/RECORD"] = "".join([*record, f"{about}/RECORD,,\n"]).encode()
    with zipfile.ZipFile(place / f"{PACKAGE.name}-{mine.version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, held in content.items():
            wheel.writestr(name, held)


def _readme(contents: _Contents) -> str:
    code = f"- `{_CODE}/`: rules, extensions and measures that do not come with cmsim.\n"
    own = code if contents.modules or contents.references else ""
    return f"""# {contents.title}

Made on {contents.written} with cmsim {__version__} and Python {contents.python}. {SAFETY}

To repeat everything:

    python3 {_COMMAND}

It needs Python {".".join(contents.python.split(".")[:2])}, or another that `{_PINS}` can be installed for. Where these
versions are not there, it installs them from a network into a folder of its own. Then it repeats the command, and
says whether every table, or every run of a study, is the same: digests are compared. The exit status is 0 if so. If
anything differs or was changed since, it is another, and it says what. Processors of another family may compute other
last digits.

The command was:

    {contents.command}

- `{_RESULTS}/`: tables, figures, `{MANIFEST}` with every setting, seeds, replications and checksums, and the files that
  the command read.
- `{_SCENARIOS}/`: the scenarios, each in one file that is based on no other.
{own}- `{_PINS}`: the versions of all libraries.
- `cmsim-{__version__}-py3-none-any.whl`: cmsim itself.
- `CITATION.cff` and `.zenodo.json`: how to cite these results. Put your names there before you publish them.
"""


def _citation(contents: _Contents, authors: Sequence[str]) -> str:
    mine = metadata.metadata(PACKAGE.name)
    quoted = json.dumps  # of which YAML reads every string
    names = "".join(f"  - name: {quoted(each, ensure_ascii=False)}\n" for each in authors)
    return f"""cff-version: 1.2.0
message: If you use these results, please cite them, and cmsim with the version that made them.
type: dataset
title: {quoted(contents.title, ensure_ascii=False)}
date-released: {contents.written}
authors:
{names}references:
  - type: software
    title: {quoted(f"cmsim: {mine['Summary']}", ensure_ascii=False)}
    version: {__version__}
    authors:
      - name: {mine["Author"]}
"""


def _zenodo(contents: _Contents, authors: Sequence[str]) -> dict[str, Any]:
    return {
        "upload_type": "dataset",
        "title": contents.title,
        "description": f"By cmsim {__version__}: {contents.command}. README.md says how to repeat it. {SAFETY}",
        "creators": [{"name": each} for each in authors],
        "publication_date": contents.written,
        "keywords": metadata.metadata(PACKAGE.name)["Keywords"].split(","),
    }
