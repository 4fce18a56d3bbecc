"""The scenarios that come with cmsim."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from cmsim.core.version import PACKAGE

SUFFIX = ".toml"
USUAL_PRICES = "prices_us"
"""The set of prices that commands take where no scenario states a price."""


def _folder() -> Traversable | None:
    """Return the folder of bundled scenarios: inside an installed package, or beside it in a checkout."""
    installed = files("cmsim") / "bundled"
    checkout = Path(__file__).resolve().parents[2] / "scenarios"
    return next((folder for folder in (installed, checkout) if folder.is_dir()), None)


def bundled() -> dict[str, Traversable]:
    """Return the files of the bundled scenarios by name, in order of the names."""
    folder = _folder()
    found = folder.iterdir() if folder else ()
    return {
        file.name.removesuffix(SUFFIX): file
        for file in sorted(found, key=lambda file: file.name)
        if file.name.endswith(SUFFIX) and file.is_file()
    }


def example_file(name: str) -> str:
    """Return the path of a bundled example file, such as ``example_referrals.csv``; other names as they are."""
    folder = _folder()
    found = folder / "examples" / name if folder and re.fullmatch(r"example_\w+\.csv", name) else None
    return str(found) if found and found.is_file() and not Path(name).exists() else name


def bundled_names() -> tuple[str, ...]:
    """Return the names of the bundled scenarios, in order."""
    return tuple(bundled())


def is_bundled(file: Path) -> bool:
    """Return whether a file comes with cmsim."""
    return file.is_relative_to(PACKAGE) or file in bundled().values()
