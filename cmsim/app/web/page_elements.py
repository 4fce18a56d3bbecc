"""Small elements that several panels are built from."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nicegui import ui

_STYLE = Path(__file__).with_name("style.css")
_ANSWERS = 20.0
"""Seconds within which a page answers a question, on a machine that is busy."""
_WHO = """
try {
  const parts = Array.from({length: 4}, () => Math.random().toString(36).slice(2, 10));
  return localStorage.cmsim_browser ||= parts.join("-");
} catch { return ""; }
"""


def put_on_style() -> None:
    """Give the page the colours and letters of the app."""
    ui.add_css(_STYLE)
    ui.colors(primary="#0072B2", negative="#B03A00", positive="#00795a", accent="#E69F00", info="#005c91")


async def browser_key() -> str:
    """Return what a browser is known by from one page to the next; empty where it does not say."""
    try:
        return str(await ui.run_javascript(_WHO, timeout=_ANSWERS) or "")
    except TimeoutError:
        return ""


def tag(name: str, text: str) -> None:
    """Show text within an HTML element of this name."""
    with ui.element(name):
        ui.label(text).classes("inline")


def heading(text: str, level: int = 2) -> ui.label:
    """Show a heading, at a level of the page's outline: 1 for the page, 2 for a part of it."""
    return ui.label(text).classes("heading").props(f"role=heading aria-level={level}")


def table_row(cells: Iterable[str], cell: str = "td") -> None:
    """Show a row of a table."""
    with ui.element("tr"):
        for text in cells:
            with ui.element(cell):
                ui.label(text)


async def asked(question: str, yes: str, no: str) -> bool:
    """Ask a question and return whether it was answered with yes."""
    with ui.dialog(value=True).props("persistent") as dialog, ui.card():
        ui.label(question)
        with ui.row().classes("row"):
            ui.button(yes, on_click=lambda: dialog.submit(True)).props("no-caps")
            ui.button(no, on_click=lambda: dialog.submit(False)).props("no-caps outline autofocus")
    answer = await dialog
    dialog.delete()
    return bool(answer)


@contextmanager
def scrolling_table() -> Iterator[None]:
    """Show a table, for the rows built within, in a box that scrolls and is reached by keyboard."""
    box = ui.element("div").classes("desk-scroll").props('tabindex=0 role=region aria-label="table"')
    with box, ui.element("table").classes("desk"):
        yield


@contextmanager
def large_dialog(title: str, *, persistent: bool = False) -> Iterator[tuple[ui.dialog, ui.row]]:
    """Open a dialog that fills the page, and is deleted once it is closed; what is built within goes into it.

    Args:
        title: its heading.
        persistent: nothing closes it but what is built within.

    Yields:
        the dialog, and the row that begins with its heading.
    """
    with ui.dialog(value=True) as dialog, ui.card().classes(f"wide-card {'desk-card' if persistent else ''}"):
        dialog.on("hide", dialog.delete).props["aria-label"] = title
        with ui.row().classes("row desk-head") as head:
            heading(title)
            ui.space()
            if not persistent:
                ui.button("Close", on_click=dialog.close).props("flat no-caps")
        if persistent:
            dialog.props("persistent")
        yield dialog, head
