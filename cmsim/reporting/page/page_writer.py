"""The page rendered and put in its place."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import jinja2
import pandas as pd

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.durable_files import write_durably
from cmsim.reporting.page.brief_section import brief_content
from cmsim.reporting.page.checklists import NOT_STATED
from cmsim.reporting.page.page_model import page_content
from cmsim.reporting.page.results_reader import Folder, read_folder
from cmsim.reporting.page.svg_charts import interval_bar
from cmsim.reporting.result_folder import manifest_text
from cmsim.reporting.saved_results import MANIFEST

PAGE, BRIEF, WORKBOOK = "report.html", "brief.html", "tables.xlsx"
_SHEET_NAME = 31
"""Letters that Excel allows a sheet."""


def write_page(directory: str | Path, *, more: Iterable[str | Path] = (), out: str | Path | None = None) -> Path:
    """Write one self-contained HTML page about the results in a folder, with all that a reader may want to know.

    Args:
        directory: what ``cmsim run``, ``compare``, ``sweep`` or ``fit`` wrote.
        more: what ``cmsim sensitivity`` wrote about them; folders inside ``directory`` are found.
        out: the file; by default ``report.html`` in the folder, where an earlier one is replaced.

    Returns:
        the file.

    Raises:
        CmsimError: the folder is not there, unfinished or foreign, or the file cannot be written; the message
            says what to do.
    """
    folder = read_folder(directory, more, ("run", "compare", "fit"))
    template = "fit.html.jinja" if folder.command == "fit" else "page.html.jinja"
    return _write(folder, PAGE, out, _render(template, page_content(folder) | {"not_stated": NOT_STATED}))


def write_brief(directory: str | Path, *, outcomes: Sequence[str] = (), out: str | Path | None = None) -> Path:
    """Write one printed page for a board: options as rows, a few outcomes, money a year, who gains, how sure.

    Args:
        directory: what ``cmsim run`` or ``cmsim compare`` wrote.
        outcomes: names of at most five outcomes; if none are given, usual ones.
        out: the file; by default ``brief.html`` in the folder, where an earlier one is replaced.

    Returns:
        the file.

    Raises:
        CmsimError: as :func:`write_page`, and for an outcome that the results do not hold.
    """
    folder = read_folder(directory)
    return _write(folder, BRIEF, out, _render("brief.html.jinja", brief_content(folder, outcomes)))


def write_workbook(directory: str | Path, *, out: str | Path | None = None) -> Path:
    """Write the tables of results as an Excel workbook, a sheet a table; the first says what each column means.

    Args:
        directory: what ``cmsim run`` or ``cmsim compare`` wrote.
        out: the file; by default ``tables.xlsx`` in the folder, where an earlier one is replaced.

    Returns:
        the file.

    Raises:
        CmsimError: as :func:`write_page`.
    """
    folder = read_folder(directory)
    if not folder.tables:
        raise CmsimError(f"{folder.path}: given a study; allowed for --xlsx: results of run or compare")
    written = io.BytesIO()
    with pd.ExcelWriter(written, engine="openpyxl") as book:
        for name in sorted(folder.tables, key="definitions".__ne__):
            folder.tables[name].to_excel(book, sheet_name=name[:_SHEET_NAME], index=False, freeze_panes=(1, 1))
        for sheet in book.book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    # text stays text, whatever it begins with
                    cell.data_type = "s" if cell.data_type == "f" else cell.data_type
    return _write(folder, WORKBOOK, out, written.getvalue())


def _write(folder: Folder, name: str, out: str | Path | None, content: bytes) -> Path:
    """Write a file into the folder of results, to which it then belongs, or elsewhere."""
    path = Path(out) if out is not None else folder.path / name
    if path.is_dir() or (out is not None and path.exists()):
        raise CmsimError(f"{path} exists already; name another file")
    write_durably(path, content)
    if out is None and name not in folder.manifest.get("files", [name]):
        # so that the results can be replaced as a whole
        listed = {**folder.manifest, "files": sorted([*folder.manifest["files"], name])}
        write_durably(folder.path / MANIFEST, manifest_text(listed).encode())
    return path


def _render(template: str, content: Mapping[str, object]) -> bytes:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cmsim.reporting.page", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**content, interval_bar=interval_bar).encode()
