"""The panel of two runs side by side: opened, and whose runs differ, beside what a placebo run gives."""

from functools import partial

from nicegui import ui

from cmsim.app.session.descriptions import counted
from cmsim.app.session.run_differences import MATTERS_DAYS, Effects, tally
from cmsim.app.session.setting_controls import bundled_titles
from cmsim.app.web import interface_text
from cmsim.app.web.details_panel import both_runs
from cmsim.app.web.further_panel import further_box
from cmsim.app.web.page_elements import heading
from cmsim.app.web.page_session import Room
from cmsim.scenario import load_scenario

_SHOWN = 14


def comparison_panel(room: Room) -> None:
    """Build the panel; it counts anew whenever the play comes to rest."""
    body = ui.element("div")

    async def build() -> None:
        is_shown = room.session.is_comparing and not room.sitting
        effects = await room.do(room.session.measure_effects) if is_shown else None
        body.clear()
        with body:
            if room.sitting:
                ui.label("Differences between the runs are shown again when you leave the role-play.").classes("hint")
            elif effects is None:
                _offer(room)
            else:
                _show(room, effects)

    for event in (room.opened, room.paused, room.changed, room.covered):
        event.subscribe(build)


def _offer(room: Room) -> None:
    heading("Two policies, the same people, the same chance events")
    ui.label(
        "Run B begins as a copy of run A. Until something is changed in it the two are equal in every "
        "detail; then you see the differences grow. A placebo run goes beside them: the policy of run A with "
        "one visit a week a minute longer. It shows which differences are due to chance alone."
    ).classes("box")
    ui.button("Compare from today (t)", icon="call_split", on_click=lambda: room.open_comparison()).props("no-caps")
    ui.label("or compare with another scenario, from the day they first differ").classes("small")
    with ui.row().classes("row"):
        titles = bundled_titles()
        other = ui.select(titles, value=next(iter(titles)), label="run B").props("dense outlined")
        other.style("min-width: 190px")

        async def compare() -> None:
            scenario = await room.do(load_scenario, str(other.value))
            if scenario is not None:
                await room.open_comparison(scenario)

        ui.button("Open", on_click=compare).props("dense no-caps outline")


def _show(room: Room, effects: Effects) -> None:
    policy, placebo = tally(effects.policy), tally(effects.placebo)
    heading(f"Since day {effects.since}")
    with ui.element("div").classes("box tally"):
        ui.label(
            f"Of {counted(len(effects.policy), 'person', 'people')}, {policy.better} had at least {MATTERS_DAYS} fewer "
            f"hard days in run B, {policy.worse} had at least {MATTERS_DAYS} more. {policy.differ} are now in another "
            "state or with another case manager."
        )
        noise = "Only differences larger than this can be put down to the policy."
        if not effects.has_noise:
            noise = (
                "It does not differ from run A yet, so it tells nothing so far: put no difference down to the policy. "
                "Play on, or press 20 more like this."
            )
        ui.label(
            f"In the placebo run: {placebo.better} had fewer, {placebo.worse} had more, {placebo.differ} differ now. "
            + noise
        ).classes("small placebo")
    further_box(room)
    heading("Person by person")
    ui.label("Hard days in B minus hard days in A, for each person. Click a person to see both runs.")
    with ui.element("div").classes("pair"):
        for title, rows, clickable in (
            ("B against A", effects.policy, True),
            ("Placebo against A", effects.placebo, False),
        ):
            with ui.element("div"):
                ui.label(title).classes("control-name")
                shown = [row for row in rows if row.more][:_SHOWN]
                for row in shown:
                    tone = "worse" if row.more > 0 else "better"
                    line = ui.element("button" if clickable else "div").classes(f"effect {tone}")
                    with line:
                        ui.label(row.key)
                        ui.html(f"<b>{row.more:+d}</b> {tone}", sanitize=False)
                    if clickable:
                        line.on("click", partial(both_runs, room, row.key))
                if not shown:
                    ui.label("no difference so far").classes("small")
    ui.label(f"Hard day: {interface_text.TERMS['hard day']} {interface_text.ONE_LIFE}").classes("small")
    ui.button("Stop comparing", on_click=room.close_comparison).props("dense no-caps outline")
