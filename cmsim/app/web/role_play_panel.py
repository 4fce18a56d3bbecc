"""The role-play: a learner decides a week for one case manager, with only what the worker knows."""

from collections.abc import Callable
from functools import partial
from typing import Any

from nicegui import ui

from cmsim.app.session.descriptions import PHASE_WORDS, counted
from cmsim.app.session.replay import HOW, MINUTES
from cmsim.app.session.week_plan import (
    DOSES,
    NOTHING,
    USUAL_MINUTES,
    Desk,
    DeskClient,
    DeskWeek,
    Made,
    Plan,
    Surprise,
    Truth,
    WeekResult,
    met_unwell,
    surprises,
)
from cmsim.app.web import interface_text
from cmsim.app.web.page_elements import heading, large_dialog, scrolling_table, table_row
from cmsim.app.web.page_session import Room
from cmsim.schema.codes import Phase

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
_SUPPORT = dict(zip(DOSES, ("very little", "little", "some", "much", "very much"), strict=True))
_KNOWN = ((0.25, "hardly"), (0.5, "a little"), (0.75, "well"), (2.0, "very well"))
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
    "second contact",
)


def role_play_panel(room: Room) -> None:
    """Build the panel."""
    heading("Role-play: the case manager's week")
    ui.label(
        "Run the caseload of one case manager for a week at a time. You see what the case manager knows: how much "
        "support somebody seems to need, when you last met, what you were told. The picture is covered meanwhile. "
        "Run A follows your decisions. In run B the agency's usual rules decide, for the same people with the same "
        "chance events. After each week you see what was true."
    ).classes("box")
    with ui.row().classes("row"):
        post = ui.select({}, label="case manager").props("dense outlined").style("min-width: 170px")
        ui.button("Start the role-play", icon="chair", on_click=lambda: take()).props("no-caps")
    done = ui.element("div")

    def offer() -> None:
        names = {n: f"w{n + 1:02d} ({each[1]:.0f} clients)" for n, each in enumerate(room.workers) if each[3] == 1}
        chosen = post.value if post.value in names else next(iter(names), None)
        post.set_options(names, value=chosen)

    async def take() -> None:
        if post.value is None:
            ui.notify("No case manager is in post, so there is no caseload to run.", type="negative")
            return
        done.clear()
        desk = await room.sit(int(post.value))
        if desk is None:
            return
        with done:
            _week(room, desk, done)

    room.opened.subscribe(offer)
    room.paused.subscribe(offer)


def _week(room: Room, desk: Desk, done: ui.element) -> None:
    """Open the desk for one week."""
    week = DeskWeek(desk)

    def plan_due() -> None:
        for key, day, how in week.due():
            plan = week.plans[key]
            plan.day, plan.how = day, how
            _set_usual_minutes(plan)  # before the next one is planned into the day that is least full

    async def run_week() -> None:
        after = await room.do(room.session.decide, week.planned(), week.doses)
        if after is None:
            return
        with done:
            _truth(room, desk, after, done)
        dialog.close()

    title = f"Caseload of {desk.worker}, week from {interface_text.date_of(desk.day)}"
    with large_dialog(title, persistent=True) as (dialog, head):
        with head:
            due = ui.button("Fill in what is due", icon="event_available", on_click=plan_due)
            due.props("outline no-caps")
            due.tooltip("Plans every visit and call that is due this week, on the days with most room")
            _leave_button(room, dialog)
            runs = ui.button("Run this week", icon="play_arrow", on_click=run_week)
            runs.props("no-caps")
        load = ui.row().classes("row")
        ui.label(
            f"You have {desk.minutes_a_day} minutes a day for contacts, travel and writing up. Crises come first and "
            "take time. What does not fit into a day is left undone. 'Seems to need' is your estimate, from 0 to 1; it "
            "may be wrong, most of all for people you hardly know. 'Support' is how much help you mean to give. "
            "Normally the agency's rules turn this into visits; here you plan them."
        ).classes("small")
        with scrolling_table():
            table_row(_HEADS, "th")
            for one in desk.clients:
                _row(one, week.plans[one.key], week.days, partial(_show_load, load, desk, week))
        _show_load(load, desk, week)


def _leave_button(room: Room, dialog: ui.dialog) -> None:
    async def leave() -> None:
        dialog.close()
        await room.uncover()

    ui.button("Leave the role-play", on_click=leave).props("flat no-caps")


def _show_load(load: ui.element, desk: Desk, week: DeskWeek) -> None:
    """Show how full the days are."""
    load.clear()
    with load:
        for day, minutes in enumerate(week.minutes()):
            share, off = minutes / max(desk.minutes_a_day, 1), day in desk.away
            with ui.element("div").classes("day-load"):
                said = "away" if off else f"{minutes:.0f} of {desk.minutes_a_day} min"
                ui.label(f"{_DAYS[day]}: {said}").classes("control-name")
                bar = ui.linear_progress(min(share, 1.0), show_value=False)
                bar.props["aria-label"] = f"how full {_DAYS[day]} is"
                bar.props(f"size=10px color={'negative' if share > 1 or (off and share) else 'primary'}")


def _row(one: DeskClient, plan: Plan, days: list[int], on_change: Callable[[], None]) -> None:
    """Show what is known of one client, and choices that set the plan; the days of the week may get fuller by them."""

    def choice(name: str, options: list[Any] | dict[Any, str], label: str) -> ui.select:
        with ui.element("td"):
            shown = ui.select(options, value=getattr(plan, name), on_change=on_change).bind_value(plan, name)
            return shown.props(f'dense borderless options-dense aria-label="{label}: {one.key}"').classes("cell")

    with ui.element("tr").classes("desk-row"):
        _known_cells(one)
        choice("dose", _SUPPORT, "support")
        hows = [NOTHING, *(how for how in HOW if how != "family" or one.family)]
        choice("how", hows, "contact this week").on_value_change(partial(_set_usual_minutes, plan))
        choice("day", {day: _DAYS[day] for day in days or [plan.day]}, "day")
        choice("minutes", list(MINUTES), "minutes")
        with ui.element("td"):
            again = ui.checkbox("", on_change=on_change).bind_value(plan, "again")
            again.props(f'dense aria-label="second contact this week: {one.key}"')


def _set_usual_minutes(plan: Plan) -> None:
    if plan.minutes in (MINUTES[0], USUAL_MINUTES):
        plan.minutes = MINUTES[0] if plan.how in _BRIEF else USUAL_MINUTES


def _known_cells(one: DeskClient) -> None:
    with ui.element("td"):
        ui.label(one.key).classes("term")
        ui.label(one.home).classes("small")
    with ui.element("td"):
        bar = ui.linear_progress(one.believed_need, show_value=False).props("size=10px").style("width: 84px")
        bar.props["aria-label"] = "believed need"
        ui.label(f"{one.believed_need:.2f}").classes("small")
    with ui.element("td"):
        ui.label(next(text for limit, text in _KNOWN if one.knowledge < limit))
    with ui.element("td"):
        ui.label("today" if one.not_seen_days < 1 else f"{_days(one.not_seen_days)} ago")
    with ui.element("td"):
        ui.label(_told(one)).classes("small")


def _told(one: DeskClient) -> str:
    said = []
    if one.known_inside:
        said.append("in hospital")
    elif one.known_unwell:
        said.append("known to be unwell")
    if one.since_discharge is not None:
        said.append(f"left hospital {_days(one.since_discharge)} ago")
    if one.with_me_days < 60:
        said.append(f"new to you (since {_days(one.with_me_days)})")
    due = one.due.get("visit")
    if due is not None:
        late = f"visit {_days(-due)} overdue" if due < 0 else f"visit due in {_days(due)}"
        said.append("visit due today" if due == 0 else late)
    return "; ".join(said)


def _days(days: int) -> str:
    return counted(days, "day")


def _truth(room: Room, desk: Desk, after: WeekResult, done: ui.element) -> None:
    """Show what was true, and what the agency's rules did on the same people."""
    found, summary = surprises(desk, after)
    room.met_unwell = met_unwell(found)
    following = after.desk

    def onward(following: Desk) -> None:
        with done:
            _week(room, following, done)
        dialog.close()

    with done:
        ui.label(f"Week from day {desk.day}: {summary}").classes("box")
    with large_dialog("What was true, and what the agency's rules did", persistent=True) as (dialog, head):
        with head:
            _leave_button(room, dialog)
            if following is not None:
                ui.button("Next week", icon="skip_next", on_click=partial(onward, following)).props("no-caps")
        ui.label(summary).classes("box reveal")
        ui.label("Sorted by how far your estimate was off.").classes("small")
        with scrolling_table():
            rows = [_truth_cells(each) for each in found]
            for heads in rows[:1]:
                table_row(heads, "th")
            for row in rows:
                table_row(row.values())
        ui.label(interface_text.ONE_LIFE).classes("small")


def _truth_cells(each: Surprise) -> dict[str, str]:
    """Return the cells of a row by the head of their column."""
    state, other = _state(each.now), _state(each.ruled)
    return {
        "client": each.one.key,
        "your estimate": f"{each.one.believed_need:.2f}",
        "true need": f"{each.was.need:.2f}",
        "true state on Monday": _state(each.was),
        "state on Sunday": state if state == other else f"{state} (under the rules: {other})",
        "your contacts": _contacts(each.mine),
        "the rules' contacts": _contacts(each.theirs),
        "support: you / rules": f"{each.now.dose:.2f} / {each.ruled.dose:.2f}",
    }


def _state(truth: Truth) -> str:
    is_noticed = truth.phase == Phase.PRODROMAL and truth.noticed
    return f"{PHASE_WORDS[truth.phase].removesuffix(' of a relapse')}{', noticed' if is_noticed else ''}"


def _contacts(contacts: list[Made]) -> str:
    said = []
    for each in contacts[:4]:
        day = _DAYS[each.day % 7] if each.day % 7 < 5 else "weekend"
        outcome = f"{each.minutes} min" if each.outcome == "held" else each.outcome
        said.append(f"{day} {each.kind}, {outcome}{', signs noticed' if each.noticed else ''}")
    return "; ".join(said) or "none"
