"""The worker's chair: a learner decides a week for one case manager, with only what the worker knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nicegui import ui

from cmsim.app import words
from cmsim.app.room import Room
from cmsim.live.course import HOW, MINUTES, Planned
from cmsim.live.words import PHASE_WORDS, counted
from cmsim.record import PHASES

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
_SUPPORT = {0.1: "very little", 0.3: "little", 0.5: "some", 0.7: "much", 0.9: "very much"}
_NONE = "nothing"
_DUE = {"visit": "at home", "call": "by phone"}
"""What falls due, and how it is planned."""
_NEVER = 10**6
_USUAL = 45
_BRIEF = ("by phone", "psychiatrist")
"""Contacts that are planned as short as can be, unless it is said otherwise."""


@dataclass
class Plan:
    """What the learner has set for one client this week."""

    how: str = _NONE
    day: int = 0
    minutes: int = _USUAL
    again: bool = False
    dose: float = 0.3
    how_shown: Any = None
    day_shown: Any = None
    minutes_shown: Any = None


def chair_panel(room: Room) -> None:
    """Build the panel."""
    ui.label("Sit in a worker's chair").classes("heading")
    ui.label(
        "Take over one case manager for a week at a time. You see what the worker knows, not the truth: "
        "how much support somebody seems to need, when you last met, what you were told. The picture is "
        "covered meanwhile. World A lives your decisions; in world B the agency's rules decide on the same "
        "people with the same luck. After each week you see what was true."
    ).classes("box")
    with ui.row().classes("row"):
        post = (
            ui.select({}, label="case manager").props("dense outlined").style("min-width: 170px").mark("post")
        )
        ui.button("Take the chair", icon="chair", on_click=lambda: take()).props("no-caps").mark("take-chair")
    done = ui.element("div").mark("weeks")

    def offer() -> None:
        size = len(room.workers)
        names = {
            n: f"w{n + 1:02d} ({room.workers[n][1]} clients)" for n in range(size) if room.workers[n][3] == 1
        }
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
    plans = {one["key"]: Plan(dose=_nearest(one["dose"])) for one in desk["clients"]}
    days = [day for day in range(5) if day not in desk["away"]]
    for place, plan in enumerate(plans.values()):
        plan.day = days[place % len(days)] if days else 0
    with ui.dialog(value=True).props("persistent") as dialog, ui.card().classes("wide-card desk-card"):
        dialog.on("hide", dialog.delete)
        with ui.row().classes("row desk-head"):
            ui.label(f"The desk of {desk['worker']}, week from {words.date(desk['day'])}").classes("heading")
            ui.space()
            ui.button("Plan what is due", icon="event_available", on_click=lambda: plan_due()).props(
                "outline no-caps"
            ).mark("plan-due").tooltip("Enters every visit and call that falls due this week, day after day")
            ui.button("Leave the chair", on_click=lambda: leave()).props("flat no-caps")
            ui.button("Live this week", icon="play_arrow", on_click=lambda: live()).props("no-caps").mark(
                "live-week"
            )
        load = ui.row().classes("row").mark("load")
        ui.label(
            f"Time for contacts, travel and writing up: {desk['minutes_a_day']} minutes a day. Crises come "
            "first and take time as they come; what does not fit into a day is left undone. 'Seems to "
            "need' is your belief, from 0 to 1; it may be wrong, most of all for people you hardly know. "
            "'Support' is how much help you mean to give: the agency's rules turn it into visits, here you "
            "do."
        ).classes("small")
        with ui.element("div").classes("desk-scroll"), ui.element("table").classes("desk"):
            with ui.element("tr"):
                for head in (
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
                ):
                    with ui.element("th"):
                        ui.label(head)
            for one in desk["clients"]:
                _row(one, plans[one["key"]], days, lambda: show_load())

        async def leave() -> None:
            dialog.close()
            await room.uncover()

        def plan_due() -> None:
            for one in desk["clients"]:
                plan = plans[one["key"]]
                late = {how: one["due"].get(kind, _NEVER) for kind, how in _DUE.items()}
                how = min(late, key=lambda each: late[each])
                if plan.how != _NONE or late[how] >= len(_DAYS) or plan.how_shown is None or not days:
                    continue
                minutes = minutes_of_days()
                plan.day_shown.set_value(min(days, key=lambda day: (minutes[day], day)))
                plan.how_shown.set_value("on the ward" if one["known_inside"] else how)

        def planned() -> list[Planned]:
            found = []
            for key, plan in plans.items():
                if plan.how == _NONE:
                    continue
                found.append(Planned(key, plan.day, plan.how, plan.minutes))
                if plan.again:
                    later = [day for day in days if day > plan.day + 1] or [
                        day for day in days if day != plan.day
                    ]
                    if later:
                        found.append(Planned(key, later[0], plan.how, plan.minutes))
            return found

        travel = {one["key"]: one["travel"] for one in desk["clients"]}

        def minutes_of_days() -> list[float]:
            minutes = [0.0] * len(_DAYS)
            for each in planned():
                away = (
                    travel[each.client] if each.how == "at home" else 10 if each.how == "on the ward" else 0
                )
                minutes[each.weekday] += each.minutes * (1 + desk["notes_share"]) + away
            return minutes

        def show_load() -> None:
            load.clear()
            minutes = minutes_of_days()
            with load:
                for day, name in enumerate(_DAYS):
                    share = minutes[day] / max(desk["minutes_a_day"], 1)
                    with ui.element("div").classes("day-load"):
                        off = day in desk["away"]
                        said = "away" if off else f"{minutes[day]:.0f} min"
                        ui.label(f"{name}: {said}").classes("control-name")
                        bar = ui.linear_progress(min(share, 1.0), show_value=False)
                        bar.props(
                            f"size=10px color={'negative' if share > 1 or (off and share) else 'primary'}"
                        )

        show_load()

        async def live() -> None:
            doses = {key: plan.dose for key, plan in plans.items()}
            after = await room.do(room.session.decide, planned(), doses)
            if after is None:
                return
            with done:
                _truth(room, desk, after, done)
            dialog.close()


def _row(one: dict[str, Any], plan: Plan, days: list[int], changed: Any) -> None:
    with ui.element("tr").classes("desk-row"):
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
        with ui.element("td"):
            ui.select(
                _SUPPORT, value=plan.dose, on_change=lambda event: setattr(plan, "dose", event.value)
            ).props("dense borderless options-dense").classes("cell")
        with ui.element("td"):
            choices = [_NONE, *(how for how in HOW if how != "family" or one["family"])]

            def chosen(event: Any) -> None:
                plan.how = event.value
                brief = plan.how in _BRIEF
                if brief != (plan.minutes <= MINUTES[0]) and plan.minutes in (MINUTES[0], _USUAL):
                    plan.minutes_shown.set_value(MINUTES[0] if brief else _USUAL)
                changed()

            plan.how_shown = ui.select(choices, value=plan.how, on_change=chosen)
            plan.how_shown.props(f'dense borderless options-dense aria-label="how to meet {one["key"]}"')
            plan.how_shown.classes("cell").mark("how")
        with ui.element("td"):

            def moved(event: Any) -> None:
                plan.day = event.value
                changed()

            names = {day: _DAYS[day] for day in days}
            plan.day_shown = ui.select(names, value=plan.day if days else None, on_change=moved)
            plan.day_shown.props("dense borderless options-dense").classes("cell")
        with ui.element("td"):

            def longer(event: Any) -> None:
                plan.minutes = event.value
                changed()

            plan.minutes_shown = ui.select(list(MINUTES), value=plan.minutes, on_change=longer)
            plan.minutes_shown.props("dense borderless options-dense").classes("cell")
        with ui.element("td"):

            def twice(event: Any) -> None:
                plan.again = event.value
                changed()

            again = ui.checkbox("", value=False, on_change=twice)
            again.props(f'dense aria-label="twice this week: {one["key"]}"')


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
        "hardly"
        if knowledge < 0.25
        else "a little"
        if knowledge < 0.5
        else "well"
        if knowledge < 0.75
        else "very well"
    )


def _nearest(dose: float) -> float:
    return min(_SUPPORT, key=lambda level: abs(level - dose))


def _truth(room: Room, desk: dict[str, Any], after: dict[str, Any], done: ui.element) -> None:
    """Show what was true, and what the agency's rules did on the same people."""
    mine, rules = after["contacts"]["a"], after["contacts"]["b"]
    now, other, before = after["truth"]["a"], after["truth"]["b"], after["before"]
    lines = []
    for one in desk["clients"]:
        key = one["key"]
        was = before[key]
        if key not in now or key not in other:
            continue
        seen = [each for each in mine if each["client"] == key]
        theirs = [each for each in rules if each["client"] == key]
        lines.append((one, was, now[key], other[key], seen, theirs))
    lines.sort(key=lambda line: -_surprise(line[0], line[1]))
    held_a = sum(each["outcome"] == "held" for each in mine)
    held_b = sum(each["outcome"] == "held" for each in rules)
    missed = [
        line[0]["key"]
        for line in lines
        if line[1]["phase"] in ("prodromal", "acute") and not line[0]["known_unwell"]
    ]
    summary = (
        f"You held {held_a} contacts; the agency's rules {held_b} on the same caseload. "
        f"{counted(len(missed), 'person', 'people')} had signs of illness that you did not know of on Monday"
        f"{': ' + ', '.join(missed) if missed else ''}."
    )
    with done:
        ui.label(f"Week from day {desk['day']}: {summary}").classes("box")
    with (
        ui.dialog(value=True).props("persistent") as dialog,
        ui.card().classes("wide-card desk-card").mark("truth"),
    ):
        dialog.on("hide", dialog.delete)
        with ui.row().classes("row desk-head"):
            ui.label("What was true, and what the agency's rules did").classes("heading")
            ui.space()
            ui.button("Leave the chair", on_click=lambda: leave()).props("flat no-caps").mark("leave-chair")
            following = after["desk"]
            if following is not None:

                def onward() -> None:
                    with done:
                        _week(room, following, done)
                    dialog.close()

                ui.button("Next week", icon="skip_next", on_click=onward).props("no-caps").mark("next-week")

        async def leave() -> None:
            dialog.close()
            await room.uncover()

        ui.label(summary).classes("box reveal")
        ui.label("Where belief and truth were furthest apart stands first.").classes("small")
        with ui.element("div").classes("desk-scroll"), ui.element("table").classes("desk"):
            with ui.element("tr"):
                for head in (
                    "client",
                    "you believed",
                    "true need",
                    "true state on Monday",
                    "state on Sunday",
                    "your contacts",
                    "the rules' contacts",
                    "support: you / rules",
                ):
                    with ui.element("th"):
                        ui.label(head)
            for one, was, state, ruled, seen, theirs in lines:
                with ui.element("tr"):
                    for text in (
                        one["key"],
                        f"{one['believed_need']:.2f}",
                        f"{was['need']:.2f}",
                        _state(was),
                        _both_states(state, ruled),
                        _made(seen),
                        _made(theirs),
                        f"{state['dose']:.2f} / {ruled['dose']:.2f}",
                    ):
                        with ui.element("td"):
                            ui.label(text)
        ui.label(words.ONE_LIFE).classes("small")


def _surprise(one: dict[str, Any], was: dict[str, Any]) -> float:
    unknown = was["phase"] in ("prodromal", "acute") and not one["known_unwell"]
    return abs(one["believed_need"] - was["need"]) + 2.0 * unknown


def _state(truth: dict[str, Any]) -> str:
    phase = PHASE_WORDS[PHASES.index(truth["phase"])].removesuffix(" of a relapse")
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
