"""The version of the package, and the folder that its source lies in."""

import importlib.metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
"""The folder of the package."""

try:
    __version__ = importlib.metadata.version("cmsim")
except importlib.metadata.PackageNotFoundError:
    __version__ = "0+source"
