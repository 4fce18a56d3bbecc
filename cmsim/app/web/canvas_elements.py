"""The two parts of the page that draw by themselves, so that a frame is one small message."""

from __future__ import annotations

from typing import Any

from nicegui.awaitable_response import AwaitableResponse
from nicegui.element import Element

from cmsim.app.session.plot_series import PLOTS

_PATIENCE = 5.0
"""Seconds that a browser may take to answer before the play is paused."""


class Theatre(Element, component="theatre.js"):
    """The runs as pictures, with their time courses below.

    Args:
        preview: only to be looked at while there is nothing to play yet: no plots, no keys, nobody to click.
    """

    def __init__(self, preview: bool = False) -> None:
        super().__init__()
        self._props["plots"] = []
        self.classes("theatre-preview" if preview else "theatre-box")
        if preview:
            self.props("inert")

    def open(self, runs: dict[str, Any], options: dict[str, Any]) -> None:
        """Show the first pictures."""
        self.run_method("open", runs, options)

    def configure(self, options: dict[str, Any]) -> None:
        """Set titles, marks, plots, and what is drawn."""
        self.run_method("configure", options)

    def frame(self, runs: dict[str, Any]) -> AwaitableResponse:
        """Show a frame; awaited, it returns once the browser has taken it."""
        return self.run_method("frame", runs, timeout=_PATIENCE)

    def cover(self, text: str) -> None:
        """Forget and hide everything, and say why."""
        self.run_method("cover", text)

    def select(self, selected: dict[str, Any] | None) -> None:
        """Draw somebody's ties."""
        self.run_method("select", selected)


class Stream(Element, component="stream.js"):
    """What happens, the latest on top."""

    def add(self, things: list[dict[str, Any]]) -> None:
        """Tell some things."""
        self.run_method("add", things)

    def clear(self) -> None:  # type: ignore[override]
        """Forget what was told."""
        self.run_method("clear")

    def shows_contacts(self, shown: bool) -> None:
        """Tell of contacts too, or not."""
        self.run_method("contactsShown", shown)


def plot_options(names: list[str]) -> list[dict[str, Any]]:
    """Return how some plots are drawn."""
    shown = []
    for name in names:
        if name == DIFFERING["name"]:
            shown.append(DIFFERING)
        else:
            plot = PLOTS[name]
            shown.append({"name": name, "label": plot.label, "unit": plot.unit, "definition": plot.definition})
    return shown


DIFFERING = {
    "name": "differing",
    "label": "Lives that differ now",
    "unit": "clients",
    "definition": "Clients whose phase or place differs between the runs today; grey, dotted: run A "
    "and its placebo run, the same policy with one visit a week a minute longer.",
}
