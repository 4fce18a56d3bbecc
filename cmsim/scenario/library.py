"""The scenarios that come with cmsim."""

import re
from pathlib import Path

from cmsim.core.version import PACKAGE

SUFFIX = ".toml"
PRICE_SETS = "prices_"
"""How the names of scenarios begin that state prices alone."""
USUAL_PRICES = "prices_us"
"""The set of prices that commands take where no scenario states a price."""


SHIPPED = {"bundled": "**/*", "documents": "**/*.md"}
"""Folders in an installed package that lie beside it in a checkout, and which of their files they hold."""
_IN_CHECKOUT = {"bundled": "scenarios", "documents": "docs"}


def shipped(name: str) -> Path | None:
    """Return a folder that comes with the package: inside it where it is installed, beside it in a checkout."""
    return next((each for each in (PACKAGE / name, PACKAGE.parent / _IN_CHECKOUT[name]) if each.is_dir()), None)


def pages() -> dict[str, Path]:
    """Return the pages of the documents by name, those at the top first; a README is called as its folder."""
    found = shipped("documents")
    files = sorted(found.glob(SHIPPED["documents"]), key=lambda file: (len(file.parts), file)) if found else []
    named: dict[str, Path] = {}
    for file in files:
        named.setdefault(file.parent.name if file.stem == "README" else file.stem, file)
    return named


def bundled() -> dict[str, Path]:
    """Return the files of the bundled scenarios by name, in order of the names."""
    folder = shipped("bundled")
    found = folder.iterdir() if folder else ()
    return {
        file.name.removesuffix(SUFFIX): file
        for file in sorted(found, key=lambda file: file.name)
        if file.name.endswith(SUFFIX) and file.is_file()
    }


def example_file(name: str) -> str:
    """Return the path of a bundled example file, such as ``example_referrals.csv``; other names as they are."""
    folder = shipped("bundled")
    found = folder / "examples" / name if folder and re.fullmatch(r"example_\w+\.csv", name) else None
    return str(found) if found and found.is_file() and not Path(name).exists() else name


def bundled_names() -> tuple[str, ...]:
    """Return the names of the bundled scenarios, in order."""
    return tuple(bundled())


def is_bundled(file: Path) -> bool:
    """Return whether a file comes with cmsim."""
    return file.is_relative_to(PACKAGE) or file in bundled().values()
