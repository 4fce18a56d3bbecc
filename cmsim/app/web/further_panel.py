"""The part of a panel that asks for further runs of a comparison, and tells what they gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from nicegui import ui

from cmsim.app.session.run_differences import MATTERS_DAYS
from cmsim.app.web.page_elements import heading
from cmsim.app.web.page_session import Room

if TYPE_CHECKING:
    from cmsim.app.session.further_runs import Finding, Results

_LOOK = 0.5
"""Seconds after which it is looked again how far further runs are."""

_NOTHING = 0.0005
"""Differences nearer to zero are told as none, in whatever unit of a plot or an outcome."""


def further_box(room: Room, outcomes: Sequence[str] = ()) -> None:
    """Build the part; it follows how far the further runs are, and whether what they are of has changed.

    Args:
        room: of the page.
        outcomes: names of the outcomes that are told besides the plots; without, those of every comparison.
    """
    body = ui.element("div")
    shown: list[object] = [None]

    def look() -> None:
        further, results = room.session.further, room.session.further_results
        is_running = further is not None and further.is_running
        now = (further, is_running, results, tuple(room.plots), room.shows_bands)
        if now == shown[0]:
            return
        if shown[0] is not None:
            room.refresh()  # the bands in the plots
        shown[0] = now
        body.clear()
        with body:
            _show(room, outcomes, results)

    look()
    ui.timer(_LOOK, look)


def _show(room: Room, outcomes: Sequence[str], results: Results | None) -> None:
    session, further = room.session, room.session.further
    heading("Is it chance? More runs like this")
    if further is not None and further.is_running:
        label, bar = ui.label(), ui.linear_progress(show_value=False).props("size=14px rounded instant-feedback")
        label.bind_text_from(further, "done", lambda done: f"Simulated in the background: {done} of {further.total}")
        bar.props('aria-label="progress of the further runs"')
        bar.bind_value_from(further, "done", lambda done: done / further.total)
        ui.label("You can play on. The more the play needs, the longer this takes.").classes("small")
        ui.button("Cancel", on_click=session.cancel_further).props("dense no-caps outline")
        return
    if results is not None:
        _tell(room, results, outcomes)
    elif further is not None and further.error:
        ui.label(f"The further runs ended with an error: {further.error}").classes("small")
    elif further is not None and further.results is not None:
        ui.label(
            f"The further runs up to day {further.compared.day} are outdated: what is compared has changed since."
        ).classes("small")
    else:
        ui.label(
            "One pair of runs is one example. 20 more pairs, and a placebo run with each, under the same policies "
            "and changes but with other people and other chance events, show what is usual."
        ).classes("small")

    async def ask() -> None:
        await room.do(session.ask_further)

    ui.button("20 more like this", icon="library_add", on_click=ask).props("no-caps")


def _tell(room: Room, results: Results, outcomes: Sequence[str]) -> None:
    from cmsim.app.session.further_runs import OUTCOMES

    compared, n = results.compared, len(results.runs) - 1
    ui.label(f"Days {compared.since} to {compared.day}, with the changes made up to then. {n} further runs.").classes(
        "small"
    )
    for finding in (*results.of_outcomes(outcomes or OUTCOMES), *results.of_plots(room.plots)):
        with ui.element("div").classes("box verdict further"):
            ui.label(f"{finding.label} ({finding.unit})").classes("control-name")
            for line in told(finding):
                ui.label(line)
    people = results.people()
    better, worse = ([float(np.mean(people[side][k])) for side in ("b", "p")] for k in (0, 1))
    ui.label(
        f"In a further run, on average {better[0]:.1f} people have at least {MATTERS_DAYS} fewer hard days in B than "
        f"in A, and {worse[0]:.1f} at least {MATTERS_DAYS} more. By chance alone (placebo run): {better[1]:.1f} and "
        f"{worse[1]:.1f}."
    ).classes("box")
    ui.label(
        "By chance alone: the placebo run minus run A, in 90% of the further runs. The 95% interval is for the mean "
        "difference under this model; it says nothing about whether the model is right. Of twenty such intervals one "
        "leaves out zero by chance."
    ).classes("small")
    ui.switch("Show the further runs in the plots").bind_value(room, "shows_bands")


def told(finding: Finding) -> list[str]:
    """Return what is said of one comparison, in sentences."""
    here, further = finding.here, finding.further
    found, n = further.difference, further.difference.n
    if not n or not np.isfinite(here):
        return ["Not defined in these runs."]
    way = "higher" if here > 0 else "lower"
    this = f"In this run B is {_size(here)} {way}." if here else "In this run B and A are the same."
    also = f"B is {way} too" if here else "They are the same"
    lines = [f"{this} {also} in {finding.same_way} of {n} further runs."]
    clear = "This is more than chance." if found.excludes_zero() else "This could be chance."
    if found.low == found.high == 0.0:
        return [*lines, "B never differs from A."]
    lines.append(
        f"Mean difference {_signed(found.mean)} (95% interval {_signed(found.low)} to {_signed(found.high)}). {clear}"
    )
    low, high = finding.chance
    if np.isfinite(low):
        lines.append(f"By chance alone: {_signed(low)} to {_signed(high)}.")
    return lines


def _size(value: float) -> str:
    return f"{abs(value):.3g}" if abs(value) >= _NOTHING else "less than 0.001"


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−") if abs(value) >= _NOTHING else "0.000"
