"""Facilitator's cases."""

from nicegui import ui
from cmsim.app.room import Room


def cases_panel(room: Room) -> None:
    """Build."""
    ui.label("soon")
