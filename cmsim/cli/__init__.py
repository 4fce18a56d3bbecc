"""The command line: parse, call, print; one module for each group of commands, listed in ``command_table``.

``main`` is the entry point. A module is imported when one of its commands is asked for.
"""

from cmsim.cli.application import app, main

__all__ = ["app", "main"]
