"""Tasks: ``nox`` runs the default suite, ``nox -s lint`` another session, ``nox -s all`` everything.

Each session makes an environment of its own and keeps it; ``nox --no-venv -s lint`` uses the one that nox runs in.
"""

from __future__ import annotations

import sys

import nox

nox.options.sessions = ["tests"]
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"

SUITES = ("slow", "system", "claims")
"""Markers of the tests that the default suite leaves out."""


def run_python(session: nox.Session, *words: str, extras: str = "test") -> None:
    """Run Python in the session's environment, installed first with some extras unless it is the current one."""
    if session.venv_backend == "none":
        session.run(sys.executable, *words, external=True)
    else:
        session.install("-q", "-c", "constraints.txt", "-e", f".[{extras}]")
        session.run("python", *words)


def run_suite(session: nox.Session, name: str, extras: str = "test") -> None:
    """Run the tests of a marker; the package has none of them, and reading it for examples takes long."""
    run_python(session, "-m", "pytest", "-m", name, *(session.posargs or ["tests"]), extras=extras)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the default suite: what a contributor runs before every commit."""
    run_python(session, "-m", "pytest", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that need long or many simulations."""
    run_suite(session, "slow")


@nox.session
def system(session: nox.Session) -> None:
    """Run the tests of whole programs: a browser, killed processes, executors."""
    run_suite(session, "system")


@nox.session
def claims(session: nox.Session) -> None:
    """Run the tests of the sources' claims; a recorded result has to be confirmed by its first draw."""
    run_suite(session, "claims")


@nox.session
def readers(session: nox.Session) -> None:
    """Read event logs with the tools that they are for, which are large and take minutes to install."""
    tests = ("tests/test_event_log_tools.py", "tests/test_examples.py")
    run_python(session, "-m", "pytest", *tests, *session.posargs, extras="test,event-logs")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, the direction of imports, the words of the texts and how the package is built."""
    run_python(session, "-m", "ruff", "check", ".")
    run_python(session, "-m", "ruff", "format", "--check", ".")
    run_python(session, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    run_python(session, "tools/words.py", "--check")
    run_python(session, "tools/structure.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    run_python(session, "-m", "mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Check that generated tables, links, commands and examples of the documents are true."""
    run_python(session, "tools/generate.py", "--check")
    examples = ("tests/test_documents.py", "tests/test_worked_example.py")
    run_python(session, "-m", "pytest", "-n", "0", *examples, *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Build the documents as a site in build/site; needs the extra docs, which the current environment may not have."""
    session.env["NO_MKDOCS_2_WARNING"] = "1"
    run_python(session, "-m", "mkdocs", "build", "--strict", "--quiet", *session.posargs, extras="docs")


@nox.session
def notebooks(session: nox.Session) -> None:
    """Run the tutorials, and keep what they gave in them."""
    run_python(session, "tools/notebooks.py", *session.posargs, extras="docs")


@nox.session(name="all")
def everything(session: nox.Session) -> None:
    """Run every suite and every check."""
    for name in ("tests", *SUITES, "lint", "types", "docs"):
        session.notify(name)
