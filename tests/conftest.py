"""Suites of tests, and what is compiled once for all of them."""

from __future__ import annotations

import os
import signal
import sys

import hypothesis
import pytest

# how long an example takes says more of what else the machine does than of the code
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

collect_ignore = ["extension_package"]
"""Its own test imports it, as pip would have installed it; collected too, its purposes would be declared twice."""

SUITES = ("slow", "system", "claims")
"""Markers of the suites that run when asked for, as ``pytest -m slow``, or when a file is named; others are default."""


def pytest_configure(config):
    """Choose the suite, let Ctrl-C through, compile once for all processes that run tests.

    A shell that starts the tests in the background lets them, and the programs that they start, ignore SIGINT.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # there is a process of tests for each core already: a pool of its own only where a test asks for one
    os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")
    # processes that run tests choose for themselves: they are told the command line, not what became of it
    if not config.option.markexpr and not any(".py" in word for word in config.args):
        config.option.markexpr = " and ".join(f"not {name}" for name in SUITES)
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    from cmsim.experiments.shared_compilation import compile_once

    compile_once()


def pytest_collection_modifyitems(items):
    """Refuse a test that stands in two suites: each runs once, in the default suite or in one of the others."""
    for item in items:
        suites = [name for name in SUITES if item.get_closest_marker(name)]
        if len(suites) > 1:
            raise pytest.UsageError(f"{item.nodeid} stands in the suites {' and '.join(suites)}")


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Run a command in an empty folder; returns exit status, standard output and standard error."""
    from cmsim.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "150")

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["cmsim", *words])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return call
