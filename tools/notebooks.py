"""Run the tutorials and keep what they gave in them: python tools/notebooks.py [NAME ...]."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIALS = Path(__file__).parents[1] / "docs" / "tutorials"


def run(path: Path) -> nbformat.NotebookNode:
    """Return a notebook with what its cells give now; the first that fails raises an error.

    What differs from run to run (times, warnings) is left out.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=900, resources={"metadata": {"path": path.parent}}, record_timing=False).execute()
    for each in notebook.cells:
        each.get("metadata", {}).pop("execution", None)
    return notebook


if __name__ == "__main__":
    names = sys.argv[1:] or [path.stem for path in sorted(TUTORIALS.glob("*.ipynb"))]
    for path in (TUTORIALS / f"{name}.ipynb" for name in names):
        nbformat.write(run(path), path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
