"""The two parts of the page that draw by themselves, so that a frame is one small message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from nicegui.element import Element

from cmsim.app.session.plot_series import PLOTS, Plot

if TYPE_CHECKING:
    from cmsim.app.session.snapshot import Picture


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

    def open(self, runs: Mapping[str, Picture], options: Mapping[str, object]) -> None:
        """Show the first pictures."""
        self.run_method("open", runs, options)

    def configure(self, options: Mapping[str, object]) -> None:
        """Set titles, marks, plots, and what is drawn."""
        self.run_method("configure", options)

    def select(self, selected: Mapping[str, object] | None) -> None:
        """Draw somebody's ties."""
        self.run_method("select", selected)


class Stream(Element, component="stream.js"):
    """What happens, the latest on top."""

    def clear(self) -> None:  # type: ignore[override]
        """Forget what was told."""
        self.run_method("clear")


DIFFERING = Plot(
    "differing",
    "Clients who differ now",
    "clients",
    "Clients whose phase or place differs between the runs today; grey, dotted: run A "
    "and its placebo run, the same policy with one visit a week a minute longer.",
)


def plot_options(names: Iterable[str]) -> list[dict[str, str]]:
    """Return how some plots are drawn."""
    return [asdict(DIFFERING if name == DIFFERING.name else PLOTS[name]) for name in names]
