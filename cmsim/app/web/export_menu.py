"""What can be taken out of the app as files: plots, their values, the picture, a film of it."""

import re
from collections.abc import Awaitable, Callable

from nicegui import ui

from cmsim.app.session.series_file import to_csv
from cmsim.app.web import interface_text
from cmsim.app.web.page_elements import large_dialog
from cmsim.app.web.page_session import Room

FILM_SECONDS = 20
_PATIENCE = 30.0
"""Seconds that a browser may take to make a file."""


def show_export(room: Room) -> None:
    """Open the menu."""
    if room.sitting:
        return
    session, theatre = room.session, room.theatre
    name = re.sub(r"[^\w-]+", "_", session.scenario.name)
    stem = f"{name}_day_{session.day}"
    note = interface_text.NOT_FOR

    async def made(method: str, *args: object) -> None:
        """Let the page make a file; say why if it cannot."""
        try:
            trouble = await theatre.run_method(method, *args, timeout=_PATIENCE)
        except TimeoutError:
            trouble = "The page is too busy to make the file; pause, then try again."
        if trouble:
            ui.notify(trouble, type="warning", multi_line=True, timeout=8000, close_button="Close")

    async def series() -> None:
        found = await room.do(session.series)
        if found is not None:
            ui.download.content(
                to_csv(found, session.scenario.world.warm_up_days - 30), f"{stem}_series.csv", "text/csv"
            )

    choices: dict[str, tuple[str, str, Callable[[], Awaitable[None]]]] = {
        "Plots as PNG": ("image", "An image for slides.", lambda: made("exportPlots", "png", f"{stem}_plots", note)),
        "Plots as SVG": (
            "timeline",
            "A drawing that can be enlarged and edited.",
            lambda: made("exportPlots", "svg", f"{stem}_plots", note),
        ),
        "Series as CSV": ("table_view", "All time courses, a row a day, for a spreadsheet.", series),
        "Picture as PNG": ("photo_camera", "As it is now.", lambda: made("exportPicture", f"{stem}_picture", note)),
        f"Record {FILM_SECONDS} seconds as WebM": (
            "videocam",
            "A film of the picture, saved after that time or when you press Stop. Press Play to see something move.",
            lambda: made("record", f"{stem}_picture", note, FILM_SECONDS),
        ),
    }
    with large_dialog("Export") as (dialog, _):
        ui.label("Files are made on this machine, and go nowhere else.")
        for label, (icon, about, make) in choices.items():

            async def chosen(make: Callable[[], Awaitable[None]] = make) -> None:
                dialog.close()
                with theatre:  # the dialog is gone once it is closed
                    await make()

            with ui.row().classes("row"):
                ui.button(label, icon=icon, on_click=chosen).props("no-caps outline")
                ui.label(about)
        ui.label(f"{note} {interface_text.ONE_LIFE}").classes("small")
