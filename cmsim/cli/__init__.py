"""The command line: parse, call, print. A module a group of commands; ``main`` is the entry point.

A further group is one more file and one more import here, in the order in which the help lists them.
"""

from cmsim.cli import (  # isort: skip # noqa: F401
    runs,
    sensitivity,
    report,
    studies,
    story,
    trials,
    calibration,
    authoring,
    evidence,
    teaching,
)
from cmsim.cli.application import app, main

__all__ = ["app", "main"]
