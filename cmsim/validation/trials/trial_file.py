"""Trials, and other descriptions, from TOML files: the bundled ones by name, one's own by path."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cmsim.core.errors import CmsimError, nearest
from cmsim.core.parameters import Section
from cmsim.scenario.library import SUFFIX
from cmsim.scenario.loader import read_toml
from cmsim.validation.trials.trial_design import Trial

Described = TypeVar("Described", bound=Section)


def trial_names() -> tuple[str, ...]:
    """Return the names of the bundled trials, in order."""
    folder = files("cmsim.validation.trials") / "studies"
    return tuple(sorted(file.name.removesuffix(SUFFIX) for file in folder.iterdir() if file.name.endswith(SUFFIX)))


def load_trial(name_or_path: str | Path) -> Trial:
    """Return a trial.

    Args:
        name_or_path: a bundled name, or the path of a ``.toml`` file.

    Raises:
        CmsimError: there is no such trial, or its file cannot be used; a line for every mistake.
    """
    given = str(name_or_path)
    if given.endswith(SUFFIX) or isinstance(name_or_path, Path):
        path = Path(name_or_path)
        return read_description(Trial, path, given, name=path.stem)
    if given not in trial_names():
        raise CmsimError(
            f'trial "{given}": no such trial{nearest(given, trial_names())}; there are: {", ".join(trial_names())}'
        )
    file = files("cmsim.validation.trials") / "studies" / f"{given}{SUFFIX}"
    return read_description(Trial, file, f"{given}{SUFFIX} (bundled)", name=given)


def read_description(kind: type[Described], file: Traversable, where: str, **further: object) -> Described:
    """Return what a TOML file describes: a trial or a calibration.

    Args:
        kind: the section that it describes.
        file: of at most 1 MiB, in UTF-8.
        where: what messages call it.
        further: fields that are not in the file.

    Raises:
        CmsimError: it cannot be read; or a line for every mistake.
    """
    try:
        return kind.model_validate({**read_toml(file, where), **further})
    except ValidationError as error:
        lines = [_explain(kind, where, detail) for detail in error.errors(include_url=False)]
        raise CmsimError("\n".join(lines)) from None


def _explain(kind: type[BaseModel], where: str, detail: ErrorDetails) -> str:
    key = ".".join(str(step) for step in detail["loc"])
    said = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        known = _section_of(kind, str(detail["loc"][0])).model_fields
        said = f"unknown key{nearest(str(detail['loc'][-1]), known)}"
    return f"{where}: {f'{key}: ' if key else ''}{said}"


def _section_of(kind: type[BaseModel], key: str) -> type[BaseModel]:
    """Return the section that stands under a key, alone or in several; the whole if there is none."""
    field = kind.model_fields.get(key)
    held = () if field is None else (*get_args(field.annotation), field.annotation)
    return next((each for each in held if isinstance(each, type) and issubclass(each, BaseModel)), kind)
