"""the role-play: a learner decides a week for one case manager, with only what the worker knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nicegui import ui

from cmsim.app.session.descriptions import PHASE_WORDS, counted
from cmsim.app.session.replay import HOW, MINUTES
from cmsim.app.session.week_plan import DOSES, NOTHING, USUAL_MINUTES, DeskWeek, Plan, Surprise, surprises
from cmsim.app.web import interface_text
from cmsim.app.web.page_session import Room
from cmsim.schema.codes import Phase

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
_SUPPORT = dict(zip(DOSES, ("very little", "little", "some", "much", "very much"), strict=True))
_BRIEF = ("by phone", "psychiatrist")
"""Contacts that are planned as short as can be, unless it is said otherwise."""
_HEADS = (
    "client",
    "seems to need",
    "how well known",
    "last met",
    "what you know",
    "support",
    "this week",
    "day",
    "minutes",
    "twice",
)
_TRUTH_HEADS = (
    "client",
    "you believed",
    "true need",
    "true state on Monday",
    "state on Sunday",
    "your contacts",
    "the rules' contacts",
    "support: you / rules",
)


def role_play_panel(room: Room) -> None:
    """Build the panel."""
    ui.label("Role-play: the case manager's week").classes("heading")
    ui.label(
        "Take over one case manager for a week at a time. You see what the worker knows, not the truth: "
        "how much support somebody seems to need, when you last met, what you were told. The picture is "
        "covered meanwhile. Run A follows your decisions; in run B the agency's rules decide on the same "
        "people with the same random numbers. After each week you see what was true."
    ).classes("box")
    with ui.row().classes("row"):
        post = ui.select({}, label="case manager").props("dense outlined").style("min-width: 170px").mark("post")
        ui.button("Start the role-play", icon="chair", on_click=lambda: take()).props("no-caps").mark("take-chair")
    done = ui.element("div").mark("weeks")

    def offer() -> None:
        size = len(room.workers)
        names = {n: f"w{n + 1:02d} ({room.workers[n][1]} clients)" for n in range(size) if room.workers[n][3] == 1}
        chosen = post.value if post.value in names else next(iter(names), None)
        post.set_options(names, value=chosen)

    async def take() -> None:
        if post.value is None:
            ui.notify("Nobody is in post.", type="negative")
            return
        done.clear()
        desk = await room.sit(int(post.value))
        if desk is None:
            return
        with done:
            _week(room, desk, done)

    room.on_opened(offer)
    room.on_paused(offer)


def _week(room: Room, desk: dict[str, Any], done: ui.element) -> None:
    """Open the desk for one week."""
    week = DeskWeek(desk)
    rows: dict[str, _Row] = {}

    async def leave() -> None:
        dialog.close()
        await room.uncover()

    def plan_due() -> None:
        for key, day, how in week.due():
            rows[key].sets(day, how)

    async def live() -> None:
        after = await room.do(room.session.decide, week.planned(), week.doses)
        if after is None:
            return
        with done:
            _truth(room, desk, after, done)
        dialog.close()

    with ui.dialog(value=True).props("persistent") as dialog, ui.card().classes("wide-card desk-card"):
        dialog.on("hide", dialog.delete)
        with ui.row().classes("row desk-head"):
            ui.label(f"The desk of {desk['worker']}, week from {interface_text.date(desk['day'])}").classes("heading")
            ui.space()
            due = ui.button("Plan what is due", icon="event_available", on_click=plan_due)
            due.props("outline no-caps").mark("plan-due")
            due.tooltip("Enters every visit and call that falls due this week, day after day")
            ui.button("Leave the role-play", on_click=leave).props("flat no-caps")
            lives = ui.button("Run this week", icon="play_arrow", on_click=live)
            lives.props("no-caps").mark("run-week")
        load = ui.row().classes("row").mark("load")
        ui.label(
            f"Time for contacts, travel and writing up: {desk['minutes_a_day']} minutes a day. Crises come "
            "first and take time as they come; what does not fit into a day is left undone. 'Seems to "
            "need' is your belief, from 0 to 1; it may be wrong, most of all for people you hardly know. "
            "'Support' is how much help you mean to give: the agency's rules turn it into visits, here you "
            "do."
        ).classes("small")
        with ui.element("div").classes("desk-scroll"), ui.element("table").classes("desk"):
            _heads(_HEADS)
            for one in desk["clients"]:
                key = one["key"]
                rows[key] = _Row(one, week.plans[key], week.days, lambda: _show_load(load, desk, week))
        _show_load(load, desk, week)


def _heads(heads: Iterable[str]) -> None:
    with ui.element("tr"):
        for head in heads:
            with ui.element("th"):
                ui.label(head)


def _show_load(load: ui.element, desk: dict[str, Any], week: DeskWeek) -> None:
    """Show how full the days are."""
    load.clear()
    with load:
        for day, minutes in enumerate(week.minutes()):
            share, off = minutes / max(desk["minutes_a_day"], 1), day in desk["away"]
            with ui.element("div").classes("day-load"):
                said = "away" if off else f"{minutes:.0f} min"
                ui.label(f"{_DAYS[day]}: {said}").classes("control-name")
                bar = ui.linear_progress(min(share, 1.0), show_value=False)
                bar.props(f"size=10px color={'negative' if share > 1 or (off and share) else 'primary'}")


class _Row:
    """One client at the desk: what the worker knows, and what the learner plans.

    Args:
        one: what is known.
        plan: set by what is chosen here.
        days: on which the worker is there.
        changed: called when the days have become fuller or emptier.
    """

    def __init__(self, one: dict[str, Any], plan: Plan, days: list[int], changed: Callable[[], None]) -> None:
        self._plan, self._changed = plan, changed
        with ui.element("tr").classes("desk-row"):
            self._shows(one)
            with ui.element("td"):
                dose = ui.select(_SUPPORT, value=plan.dose, on_change=lambda e: self._set("dose", e.value))
                dose.props("dense borderless options-dense").classes("cell")
            with ui.element("td"):
                choices = [NOTHING, *(how for how in HOW if how != "family" or one["family"])]
                self._how = ui.select(choices, value=plan.how, on_change=self._chosen)
                self._how.props(f'dense borderless options-dense aria-label="how to meet {one["key"]}"')
                self._how.classes("cell").mark("how")
            with ui.element("td"):
                names = {day: _DAYS[day] for day in days}
                self._day = ui.select(names, value=plan.day if days else None)
                self._day.on_value_change(lambda event: self._set("day", event.value))
                self._day.props("dense borderless options-dense").classes("cell")
            with ui.element("td"):
                self._minutes = ui.select(list(MINUTES), value=plan.minutes)
                self._minutes.on_value_change(lambda event: self._set("minutes", event.value))
                self._minutes.props("dense borderless options-dense").classes("cell")
            with ui.element("td"):
                again = ui.checkbox("", value=False, on_change=lambda event: self._set("again", event.value))
                again.props(f'dense aria-label="twice this week: {one["key"]}"')

    def sets(self, day: int, how: str) -> None:
        """Plan a contact."""
        self._day.set_value(day)
        self._how.set_value(how)

    def _set(self, what: str, value: Any) -> None:
        setattr(self._plan, what, value)
        self._changed()

    def _chosen(self, event: Any) -> None:
        plan, brief = self._plan, event.value in _BRIEF
        plan.how = event.value
        if brief != (plan.minutes <= MINUTES[0]) and plan.minutes in (MINUTES[0], USUAL_MINUTES):
            self._minutes.set_value(MINUTES[0] if brief else USUAL_MINUTES)
        self._changed()

    @staticmethod
    def _shows(one: dict[str, Any]) -> None:
        with ui.element("td"):
            ui.label(one["key"]).classes("term")
            ui.label(one["home"]).classes("small")
        with ui.element("td"):
            ui.linear_progress(one["believed_need"], show_value=False).props("size=10px").style("width: 84px")
            ui.label(f"{one['believed_need']:.2f}").classes("small")
        with ui.element("td"):
            ui.label(_known(one["knowledge"]))
        with ui.element("td"):
            ui.label("today" if one["not_seen_days"] < 1 else f"{_days(one['not_seen_days'])} ago")
        with ui.element("td"):
            ui.label(_told(one)).classes("small")


def _told(one: dict[str, Any]) -> str:
    said = []
    if one["known_inside"]:
        said.append("in hospital")
    elif one["known_unwell"]:
        said.append("known to be unwell")
    if one["since_discharge"] is not None:
        said.append(f"left hospital {_days(one['since_discharge'])} ago")
    if one["with_me_days"] < 60:
        said.append(f"new to you (since {_days(one['with_me_days'])})")
    due = one["due"].get("visit")
    if due is not None:
        late = f"visit {_days(-due)} overdue" if due < 0 else f"visit due in {_days(due)}"
        said.append("visit due today" if due == 0 else late)
    return "; ".join(said)


def _days(days: int) -> str:
    return counted(days, "day")


def _known(knowledge: float) -> str:
    return (
        "hardly" if knowledge < 0.25 else "a little" if knowledge < 0.5 else "well" if knowledge < 0.75 else "very well"
    )


def _truth(room: Room, desk: dict[str, Any], after: dict[str, Any], done: ui.element) -> None:
    """Show what was true, and what the agency's rules did on the same people."""
    found, summary = surprises(desk, after)
    following = after["desk"]

    def onward() -> None:
        with done:
            _week(room, following, done)
        dialog.close()

    async def leave() -> None:
        dialog.close()
        await room.uncover()

    with done:
        ui.label(f"Week from day {desk['day']}: {summary}").classes("box")
    with ui.dialog(value=True).props("persistent") as dialog, ui.card().classes("wide-card desk-card").mark("truth"):
        dialog.on("hide", dialog.delete)
        with ui.row().classes("row desk-head"):
            ui.label("What was true, and what the agency's rules did").classes("heading")
            ui.space()
            ui.button("Leave the role-play", on_click=leave).props("flat no-caps").mark("leave-chair")
            if following is not None:
                ui.button("Next week", icon="skip_next", on_click=onward).props("no-caps").mark("next-week")
        ui.label(summary).classes("box reveal")
        ui.label("Where belief and truth were furthest apart stands first.").classes("small")
        with ui.element("div").classes("desk-scroll"), ui.element("table").classes("desk"):
            _heads(_TRUTH_HEADS)
            for each in found:
                _truth_row(each)
        ui.label(interface_text.ONE_LIFE).classes("small")


def _truth_row(each: Surprise) -> None:
    texts = (
        each.one["key"],
        f"{each.one['believed_need']:.2f}",
        f"{each.was['need']:.2f}",
        _state(each.was),
        _both_states(each.now, each.ruled),
        _made(each.mine),
        _made(each.theirs),
        f"{each.now['dose']:.2f} / {each.ruled['dose']:.2f}",
    )
    with ui.element("tr"):
        for text in texts:
            with ui.element("td"):
                ui.label(text)


def _state(truth: dict[str, Any]) -> str:
    phase = PHASE_WORDS[Phase.of(truth["phase"])].removesuffix(" of a relapse")
    return f"{phase}{', noticed' if truth['phase'] == 'prodromal' and truth['noticed'] else ''}"


def _both_states(mine: dict[str, Any], ruled: dict[str, Any]) -> str:
    state, other = _state(mine), _state(ruled)
    return state if state == other else f"{state} (under the rules: {other})"


def _made(contacts: list[dict[str, Any]]) -> str:
    said = []
    for each in contacts[:4]:
        day = _DAYS[each["day"] % 7] if each["day"] % 7 < 5 else "weekend"
        outcome = f"{each['minutes']} min" if each["outcome"] == "held" else each["outcome"]
        said.append(f"{day} {each['kind']}, {outcome}{', signs noticed' if each['noticed'] else ''}")
    return "; ".join(said) or "none"
