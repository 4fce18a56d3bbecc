"""Repeat the results that lie beside this file, and say whether they are the same: python3 repeat.py.

Needs Python alone. Where another version of anything is installed than made the results, an environment of its own
is made beside this file, which needs a network.
"""

import os
import subprocess
import sys
import venv
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = "requirements.txt"


def is_installed(requirement: str) -> bool:
    """Return whether a library is installed in the version that is stated, as ``name==version``."""
    name, _, stated = requirement.partition("==")
    try:
        return version(name) == stated
    except PackageNotFoundError:
        return False


def python_with_libraries() -> str:
    """Return a Python that has every library as stated: this one, or that of an environment made beside this file."""
    lines = (HERE / PINS).read_text(encoding="utf-8").splitlines()
    if all(map(is_installed, lines)):
        return sys.executable
    place = HERE / "environment"
    python = str(place / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    print(f"Installing what made the results into {place} ...", flush=True)
    venv.create(place, with_pip=True, clear=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "--find-links", HERE, "-r", HERE / PINS], check=True)
    return python


def main() -> int:
    """Repeat the results; returns 0 if they are the same, 1 if not."""
    code = [str(HERE / "code"), os.environ.get("PYTHONPATH", "")]
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, code))}
    try:
        command = [python_with_libraries(), "-m", "cmsim", "rerun", str(HERE / "results")]
    except subprocess.CalledProcessError as error:
        print(f"pip could not install {PINS} for Python {sys.version.split()[0]}; README.md says which")
        return error.returncode
    return subprocess.run(command, env=surroundings, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
