"""The page rendered and put in its place."""

from collections.abc import Iterable
from pathlib import Path

import jinja2

from cmsim.core.errors import CmsimError
from cmsim.experiments.study.durable_files import write_durably
from cmsim.reporting.page.checklists import NOT_STATED
from cmsim.reporting.page.page_model import page_content
from cmsim.reporting.page.results_reader import Folder, read_folder
from cmsim.reporting.page.svg_charts import interval_bar
from cmsim.reporting.result_folder import manifest_text
from cmsim.reporting.saved_results import MANIFEST

PAGE = "report.html"
_TEMPLATE = "page.html.jinja"


def write_page(directory: str | Path, *, more: Iterable[str | Path] = (), out: str | Path | None = None) -> Path:
    """Write one self-contained HTML page about the results in a folder.

    Args:
        directory: what ``cmsim run``, ``cmsim compare`` or ``cmsim sweep`` wrote.
        more: what ``cmsim sensitivity`` wrote about them; folders inside ``directory`` are found.
        out: the file; by default ``report.html`` in the folder, where an earlier one is replaced.

    Returns:
        the file.

    Raises:
        CmsimError: the folder is not there, unfinished or foreign, or the file cannot be written; the message
            says what to do.
    """
    folder = read_folder(directory, more)
    path = Path(out) if out is not None else folder.path / PAGE
    if path.is_dir() or (out is not None and path.exists()):
        raise CmsimError(f"{path} exists already; name another file")
    write_durably(path, _render(folder).encode())
    if out is None and PAGE not in folder.manifest.get("files", [PAGE]):
        # the page belongs to the results, so that they can be replaced as a whole
        listed = {**folder.manifest, "files": sorted([*folder.manifest["files"], PAGE])}
        write_durably(folder.path / MANIFEST, manifest_text(listed).encode())
    return path


def _render(folder: Folder) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cmsim.reporting.page", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template(_TEMPLATE)
    return template.render(**page_content(folder), not_stated=NOT_STATED, interval_bar=interval_bar)
