"""Run experiments, put their pages under docs and their data under docs/data.

python tools/experiment.py [NAME[=SIZES] ...] [--small].

Each is a script of ``experiments/`` that writes ``results/NAME.md`` and ``results/NAME/``; both are copied to
``docs/experiments``. Sizes are what the script takes, instead of those that it states: caseload_size=5,365 is
5 replications of a year. Stopped, it goes on where it was; results of another version of the model are put
aside. About 100 minutes for all on two cores at 250 client-years a second and core; ``--small`` a tenth of
that.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from cmsim.experiments.study.run_key import model_version

DOCS = Path(__file__).parents[1] / "docs"
SCRIPTS = DOCS.parent / "experiments"
SMALL: dict[str, tuple[int, ...]] = {
    "caseload_size": (2, 365),
    "support_titration": (5, 365),
    "turnover": (5, 365),
    "practice_models": (3, 365),
    "resignation_cascade": (15,),
    "support_sweeps": (2, 180),
    "contact_frequency": (2, 365),
    "conversion": (2,),
    "parameter_screening": (2,),
}
"""Arguments of a first look; without, each runs at the size that it states."""
KEPT = ("*.csv", "*.png", "manifest.json")


def list_pages() -> None:
    """Write the list of all pages."""
    folder = DOCS / "experiments"
    pages = sorted(page for page in folder.glob("*.md") if page.name != "README.md")
    titles = [page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in pages]
    lines = [f"- [{title}]({page.name})" for title, page in zip(titles, pages, strict=True)]
    text = "# Experiments\n\nOne question each, on the public names.\n\n"
    (folder / "README.md").write_text(text + "\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Run what is asked for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("names", nargs="*", metavar="NAME[=SIZES]", help=", ".join(SMALL))
    words.add_argument("--small", action="store_true", help="a first look instead of the full size")
    given = words.parse_args()
    results = Path("results") / f"experiments-{model_version()['code'][:12]}"
    results.mkdir(parents=True, exist_ok=True)
    for each in given.names or SMALL:
        name, _, stated = each.partition("=")
        size = stated.split(",") if stated else SMALL[name] if given.small else ()
        subprocess.run([sys.executable, SCRIPTS / f"{name}.py", *map(str, size)], cwd=results, check=True)
        made = results / "results"
        page = (made / f"{name}.md").read_text(encoding="utf-8").replace(f"]({name}/", f"](../data/experiments/{name}/")
        (DOCS / "experiments" / f"{name}.md").write_text(page, encoding="utf-8")
        data = DOCS / "data" / "experiments" / name
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        for pattern in KEPT:
            for file in (made / name).glob(pattern):
                shutil.copy(file, data)
        list_pages()


if __name__ == "__main__":
    main()
