"""The page rendered and put in its place."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2

from cmsim.core.errors import CmsimError
from cmsim.reporting.page.checklists import NOT_STATED
from cmsim.reporting.page.page_model import content, study_content
from cmsim.reporting.page.results_reader import Folder, analyses, is_study, read_folder
from cmsim.reporting.page.study_section import study_folder
from cmsim.reporting.result_folder import MANIFEST

PAGE = "report.html"
_TEMPLATE = "page.html.jinja"


def write_page(directory: str | Path, *, more: tuple[str | Path, ...] = (), out: str | Path | None = None) -> Path:
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
    swept = is_study(Path(directory))
    if swept:
        folder, study = study_folder(Path(directory))
        folder = replace(folder, sensitivity=analyses(folder.path, more))
        page = render(study_content(folder, study))
    else:
        folder = read_folder(directory, more)
        page = render(content(folder))
    path = Path(out) if out is not None else folder.path / PAGE
    if path.is_dir() or (out is not None and path.exists()):
        raise CmsimError(f"{path} exists already; name another file")
    try:
        _put(path, page)
        if out is None and not swept:
            _list_in_manifest(folder)
    except OSError as error:
        raise CmsimError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
    return path


def render(values: Mapping[str, Any]) -> str:
    """Return the page as text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cmsim.reporting.page", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(_TEMPLATE).render(**values, not_stated=NOT_STATED)


def _list_in_manifest(folder: Folder) -> None:
    """Say in the manifest that the page belongs to the results, so that they can be replaced as a whole."""
    if PAGE not in folder.manifest["files"]:
        described = {**folder.manifest, "files": sorted([*folder.manifest["files"], PAGE])}
        text = json.dumps(described, indent=2, ensure_ascii=False, allow_nan=False)
        _put(folder.path / MANIFEST, text + "\n")


def _put(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
