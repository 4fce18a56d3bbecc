"""Chair."""

from nicegui import ui
from cmsim.app.room import Room


def chair_panel(room: Room) -> None:
    """Build."""
    ui.label("soon")
