"""The two parts of the page that draw by themselves, so that a frame is one small message."""

from collections.abc import Iterable
from dataclasses import asdict

from nicegui.element import Element

from cmsim.app.session.plot_series import PLOTS, Plot


class Theatre(Element, component="theatre.js", esm={"cmsim-export": "export"}):
    """The runs as pictures, with their time courses below.

    Args:
        preview: only to be looked at while there is nothing to play yet: no plots, no keys, nobody to click.
    """

    def __init__(self, preview: bool = False) -> None:
        super().__init__()
        self.classes("theatre-preview" if preview else "theatre-box")
        if preview:
            self.props("inert")


class Stream(Element, component="stream.js"):
    """What happens, the latest on top."""


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
