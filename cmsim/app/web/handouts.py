"""Pages to print about a teaching case: the facilitator's script, the learner's sheet, the debrief."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import jinja2
from nicegui import ui

from cmsim.app.session.notebook import Page
from cmsim.app.session.teaching_cases import Case
from cmsim.app.web import interface_text
from cmsim.core.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def _template() -> Template:
    loader = jinja2.PackageLoader("cmsim.app.web", ".")
    settings = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return settings.get_template("handout.html.jinja")


def script_page(case: Case, minutes: int) -> str:
    """Return the facilitator's script of a case, in the version of so many minutes, as an HTML page."""
    return _render(case, f"{case.title}: facilitator's script, {minutes} minutes", "script", steps=case.steps(minutes))


def sheet_page(case: Case) -> str:
    """Return the learner's sheet of a case as an HTML page: situation, questions, and room to write."""
    return _render(case, f"{case.title}: learner's sheet", "sheet")


def debrief_page(case: Case, page: Page) -> str:
    """Return the debrief of a case that was revealed as an HTML page.

    Args:
        case: the case.
        page: what was predicted, written and counted.
    """
    a, b, placebo = (page.outcomes[run] for run in ("a", "b", "p"))
    return _render(
        case,
        f"{case.title}: debrief",
        "debrief",
        page=page,
        judged=case.judge(page.prediction, a, b),
        figures=list(zip(case.verdicts(a, b), case.verdicts(a, placebo), strict=True)),
        counted=case.said_of_replications(page.outcomes),
        titles=[case.scenario("a").title, case.scenario("b").title],
    )


def _render(case: Case, title: str, kind: str, **content: object) -> str:
    shared = {"not_for": interface_text.NOT_FOR, "one_life": interface_text.ONE_LIFE, "version": __version__}
    return _template().render(case=case, title=title, kind=kind, **shared, **content)


def offer_page(what: str, make: Callable[[], str]) -> None:
    """Show buttons that open a page in a tab of its own, and download it."""

    def to_show() -> None:
        # the tab was opened by the click itself, since what comes later a browser may take for an advertisement
        ui.run_javascript(
            f"const page = new Blob([{json.dumps(make())}], {{type: 'text/html;charset=utf-8'}});"
            "if (window.cmsimTab) window.cmsimTab.location = URL.createObjectURL(page);"
        )

    def to_keep() -> None:
        content = make()
        title = re.search(r"<title>(.*)</title>", content)
        name = re.sub(r"\W+", "_", title[1] if title else what).strip("_").lower()
        ui.download.content(content, f"{name}.html", "text/html")

    with ui.row().classes("row"):
        ui.label(what.capitalize()).classes("control-name")
        opens = ui.button("Open", icon="print").props(f'dense no-caps flat aria-label="open {what}"')
        opens.on("click", js_handler="() => { window.cmsimTab = window.open('', '_blank'); }").on_click(to_show)
        keeps = ui.button("Download", icon="download", on_click=to_keep)
        keeps.props(f'dense no-caps flat aria-label="download {what}"')
