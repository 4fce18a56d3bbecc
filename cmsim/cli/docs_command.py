"""``docs``: the pages that come with the package, for who has no copy of the repository."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from cmsim.cli.application import app
from cmsim.cli.console import standard_output
from cmsim.core.errors import CmsimError, nearest


@app.command()
def docs(page: Annotated[str, typer.Argument(help="Its name, such as calibration.")] = "") -> None:
    """Show a page of the documents, or list all of them where none is named."""
    from cmsim.scenario.library import pages

    known = pages()
    console = standard_output()
    if not page:
        width = max(map(len, known)) + 2
        for name, file in known.items():
            with file.open(encoding="utf-8") as opened:
                console.print(f"{name:{width}}{opened.readline().lstrip('# ').strip()}", markup=False)
        return
    name = Path(page).stem
    if name not in known:
        raise CmsimError(f'page: given "{page}"; allowed: {", ".join(known)}{nearest(name, known)}')
    text = known[name].read_text(encoding="utf-8")
    # for a reader at a terminal it is laid out, for another program it is the text itself
    console.print(Markdown(text) if console.is_terminal else text, markup=False, soft_wrap=not console.is_terminal)
