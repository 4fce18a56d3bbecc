"""The key to the picture: every mark as a small drawing, with its name and what it means."""

from typing import NamedTuple

from nicegui import ui

from cmsim.app.web.page_elements import large_dialog, tag


class Mark(NamedTuple):
    """One mark: a drawing in a square of 16, its name and meaning, and whether it always stands below the picture."""

    drawing: str
    name: str
    meaning: str
    always: bool = True


_SIGNS = '<path d="M8 2 14.5 13.5H1.5Z" fill="#E69F00" stroke="#7a5200"/>'
_DISC = '<circle cx="8" cy="8" r="6" fill="#c7cdd4" stroke="#1d2733" stroke-width="2.5"/>'
_HOUSE = '<path d="M8 2 13.5 7V14H2.5V7Z" {}/>'
_LINE = '<path d="M0 8H16" stroke="{}" stroke-width="{}" stroke-dasharray="{}"/>'
_NUMBER = '<text x="8" y="11" text-anchor="middle" font-size="8" font-weight="700" fill="{}">25</text>'

MARKS = (
    Mark('<circle cx="8" cy="8" r="5.5" fill="#56B4E9" stroke="#1f6a9a"/>', "stable", "A client who is well."),
    Mark(_SIGNS, "first signs", "A client with first signs of a relapse."),
    Mark(f'{_SIGNS}<circle cx="8" cy="10" r="2.2" fill="#1d2733"/>', "noticed",
         "A dark spot: somebody has noticed the first signs, or the acute illness.", always=False),
    Mark('<path d="M8 1 15 8 8 15 1 8Z" fill="#D55E00" stroke="#8f3d00"/>', "acutely ill",
         "A client who is acutely ill and not in hospital."),
    Mark('<path d="M2.5 2.5H13.5V13.5H2.5Z" fill="#0072B2" stroke="#004f7c"/>', "in hospital",
         "A client in hospital. White squares on the ward are free beds, grey ones are taken by other people."),
    Mark(f"{_DISC}{_NUMBER.format('#000')}", "case manager",
         "The number is the caseload. The dark ring fills up as the caseload nears its target."),
    Mark(f'{_DISC}<path d="M8 2A6 6 0 0 1 14 8" fill="none" stroke="#D55E00" stroke-width="3"/>', "over target",
         "An orange ring: more clients than the target caseload, by as much of the ring as is orange.", always=False),
    Mark(f'<circle cx="8" cy="8" r="7" fill="#37424e"/>{_NUMBER.format("#fff")}', "exhausted",
         "The darker the disc, the more emotionally exhausted the case manager.", always=False),
    Mark('<circle cx="8" cy="8" r="6" fill="#fff" stroke="#5f6b77" stroke-dasharray="3 2"/>', "vacant post",
         "Nobody holds this post; its clients wait or are covered by colleagues.", always=False),
    Mark('<path d="M0 4H16V12H0Z" fill="#a84900"/>', "leaving", "This case manager has given notice.", always=False),
    Mark(_HOUSE.format('fill="#fff" stroke="#5f6b77"'), "family", "A client's family."),
    Mark(_HOUSE.format('fill="#CC79A7" stroke="#7d2f5e"'), "critical family",
         "A family in which the client meets much criticism."),
    Mark('<path d="M6.5 3H9.5V6.5H13V9.5H9.5V13H6.5V9.5H3V6.5H6.5Z" fill="#009E73"/>', "shared friend",
         "A friend, neighbour or relative whom several clients know."),
    Mark(_LINE.format("#0072B2", 3, "none"), "contact", "A contact of today that was held, face to face."),
    Mark(_LINE.format("#0072B2", 1.3, "none"), "by phone",
         "A thin line: a contact by phone, or with others about the client.", always=False),
    Mark(_LINE.format("#D55E00", 3, "3 2"), "not kept",
         "A contact of today that did not happen: nobody came, it was declined, or there was no time."),
    Mark(_LINE.format("#76828d", 1, "none"), "thin grey line",
         "From client to case manager, and between people who know each other.", always=False),
    Mark('<path d="M8 1 15 8 8 15 1 8Z" fill="#1d2733"/>', "psychiatrist", "A psychiatrist.", always=False),
    Mark('<path d="M0 6H16V10H0Z" fill="#e6eaee" stroke="#76828d" stroke-width=".5"/><path d="M0 6H9V10H0Z" '
         'fill="#009E73"/>', "agency",
         "Agencies along the top, such as housing. The bar shows the share of places taken; orange when full. "
         "+40 means that 40 people wait for a place.", always=False),
    Mark('<circle cx="8" cy="8" r="6" fill="none" stroke="#000" stroke-width="2"/>', "selected",
         "A black ring: who is shown under Person. Green rings: clients tied to that person.", always=False),
)  # fmt: skip


def picture_key() -> None:
    """Show the marks that are needed most, and what opens all of them."""
    with ui.element("div").classes("legend"):
        for mark in MARKS:
            if mark.always:
                with ui.element("span").classes("legend-item"):
                    _draw(mark)
                    ui.label(mark.name)
        with ui.element("button").props("type=button").classes("plain-button").on("click", show_key):
            ui.label("Full key").classes("inline")


def show_key() -> None:
    """Open the whole key."""
    with large_dialog("Key to the picture"), ui.element("dl").classes("key"):
        for mark in MARKS:
            with ui.element("dt"):
                _draw(mark)
                ui.label(mark.name).classes("inline")
            tag("dd", mark.meaning)


def _draw(mark: Mark) -> None:
    ui.html(f'<svg viewBox="0 0 16 16" aria-hidden="true">{mark.drawing}</svg>', sanitize=False).classes("mark")
