"""A tour of the page in about a minute: what it points at, and what it says there."""

from nicegui.element import Element

_STEPS = (
    (".play", "Play", "Start and stop the days, go on by a day or a week, and change the pace. The menu takes back "
     "a change, or goes to another day."),
    (".stages", "The picture", "Discs are case managers, small marks around them their clients. Click anybody to read "
     "who it is and what happened. Lines that light up are today's contacts."),
    (".legend", "The key", "What the marks mean. Full key explains every one of them."),
    (".plots", "The plots", "What changes over time. Point at a line to read day and value. Other plots can be chosen "
     "under Now."),
    (".tabs .q-tab:nth-child(3)", "Settings", "Change the policy of the agency from today on, and read the evidence "
     "behind each setting. Save and open files here."),
    (".tabs .q-tab:nth-child(4)", "Compare", "Two policies on the same people with the same chance events, side by "
     "side."),
    (".tabs .q-tab:nth-child(5)", "Cases", "Prepared lessons: a story, your prediction, a run, what it showed, "
     "a script for whoever leads, and pages to print."),
    ("[aria-label=help]", "Help", "Shortcuts and a glossary. The i beside it opens the welcome page, and this tour "
     "again."),
)  # fmt: skip
"""A part of the page as a CSS selector, a title, and what is said of it."""


class Tour(Element, component="tour.js"):
    """The tour; its method ``start`` begins it, and Escape ends it at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self._props["steps"] = [{"target": target, "title": title, "text": text} for target, title, text in _STEPS]
