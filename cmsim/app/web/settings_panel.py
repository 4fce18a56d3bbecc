"""The panel of settings: the scenario's own, each with definition and evidence; files in and out."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

from nicegui import ui
from nicegui.events import GenericEventArguments, UploadEventArguments, ValueChangeEventArguments

from cmsim.app.session import session_file, setting_controls
from cmsim.app.session.replay import Pane
from cmsim.app.session.setting_controls import Setting, bundled_titles
from cmsim.app.web.page_elements import heading
from cmsim.app.web.page_session import Room
from cmsim.scenario import Scenario, load_scenario
from cmsim.scenario.text_file import MAX_BYTES

_VALUE = "(event) => emit(event.target.valueAsNumber)"
_HOUR = "hour of the day"
"""The unit of a setting that is shown as a clock."""
_FAR = 4
"""A slider of whole numbers ends at so many times the value in force, if not before."""


def settings_panel(room: Room) -> None:
    """Build the panel: files in and out, and the controls of the run that is chosen."""
    _files(room)
    _Controls(room)


def _files(room: Room) -> None:
    """Build what loads and saves."""

    async def load() -> None:
        scenario = await room.do(load_scenario, str(chosen.value))
        if scenario is not None:
            await room.load(scenario)

    def save(which: Pane) -> None:
        if which not in room.session.courses:
            ui.notify("There is no run B; open a comparison first.", type="negative")
            return
        title = re.sub(r"\W+", "_", room.session.scenarios[which].title.lower()).strip("_")[:60]
        file = f"{title}_{which}_day_{room.session.day}.toml"
        ui.download.content(room.session.to_toml(which), file, "application/toml")

    def save_session() -> None:
        ui.download.content(session_file.write(room.session), "cmsim_session.toml", "application/toml")

    upload: ui.upload

    async def uploaded(event: UploadEventArguments) -> None:
        content = await event.file.read()
        upload.reset()
        found = await room.do(session_file.read, content, event.file.name)
        if found is None:
            return
        if isinstance(found, Scenario):
            await room.load(found)
        elif await room.restore(found):
            ui.notify(f"The saved session, re-run to day {room.session.day}.", type="info")

    with ui.row().classes("row"):
        chosen = ui.select(bundled_titles(), value="usual_care", label="Scenario")
        chosen.props("dense outlined").style("min-width: 170px")
        ui.button("Load", on_click=load).props("dense no-caps outline")
        with ui.button("Save", icon="save").props("dense no-caps outline"), ui.menu():
            ui.menu_item("Run A as a scenario file", on_click=lambda: save("a"))
            ui.menu_item("Run B as a scenario file", on_click=lambda: save("b"))
            ui.menu_item("The session with its notes", on_click=save_session)
    picks = ui.button("Open a file", icon="upload_file", on_click=lambda: upload.run_method("pickFiles"))
    picks.props("dense no-caps outline").tooltip("A scenario file (.toml), or a session saved here")
    upload = ui.upload(
        auto_upload=True,
        max_file_size=MAX_BYTES,
        max_files=1,
        on_upload=uploaded,
        on_rejected=lambda: ui.notify(
            "A file has to be one .toml file of up to 1 MiB: a scenario, or a session saved here.", type="negative"
        ),
    )
    upload.props("accept=.toml").classes("hidden-upload")


class _Controls:
    """The settings of one run; built anew when runs are opened or a rule is changed."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._open = {title: place == 0 for place, title in enumerate(setting_controls.GROUPS)}
        with ui.row().classes("row"):
            ui.label("A change takes effect from today; what was simulated so far is kept.").classes("small")
            self._pane = ui.toggle({"a": "run A", "b": "run B"}, value="a").props("dense no-caps")
            self._pane.set_visibility(False)
        self._body = ui.element("div")
        self._pane.on_value_change(self.build)
        self._list_changes()
        room.opened.subscribe(self.build)
        room.changed.subscribe(self.on_changed)

    def build(self) -> None:
        """Build all controls, of run B first where there is one."""
        room, pane = self._room, self._pane
        comparison, shown = room.session.is_comparing, pane.visible
        pane.set_visibility(comparison)
        wanted = "a" if not comparison else pane.value if shown else "b"
        if pane.value != wanted:
            pane.value = wanted  # builds anew
            return
        self._body.clear()
        course = room.session.courses[pane.value]
        day = max(room.session.day, course.scenario.world.warm_up_days)
        with self._body:
            ui.label(f"In force today in run {pane.value.upper()}").classes("small")
            for title, group in setting_controls.controls(course.scenario, day).items():
                self._group(title, group)
            with ui.expansion("Switch off a feedback loop").classes("part"):
                ui.label(
                    "A thought experiment, not a policy. It holds from the first day, so the run is simulated again up "
                    "to today."
                ).classes("small")
                for setting in setting_controls.loops(course.scenario):
                    _loop(room, setting)
            with ui.expansion("Every other setting").classes("part"):
                self._every(setting_controls.every(course.scenario, day))
        self._list_changes.refresh()

    def on_changed(self, rule: bool) -> None:
        """Bring the panel up to date; controls that stay the same keep the focus."""
        if rule:
            self.build()
        else:
            self._list_changes.refresh()

    def _group(self, title: str, group: Iterable[Setting]) -> None:
        with ui.expansion(title).bind_value(self._open, title).classes("part"):
            for setting in group:
                _control(self._room, setting, self._pane.value)

    def _every(self, every: Mapping[str, Setting]) -> None:
        place = ui.element("div")

        def show(event: ValueChangeEventArguments[str | None]) -> None:
            place.clear()
            if event.value in every:
                with place:
                    _control(self._room, every[str(event.value)], self._pane.value)

        search = ui.select(list(every), label="Type to search", with_input=True, on_change=show)
        search.props("dense outlined").style("width: 100%")

    @ui.refreshable_method
    def _list_changes(self) -> None:
        room = self._room
        heading("What was changed")
        changes = room.session.changes
        if not changes:
            ui.label("Nothing so far.").classes("small")
        for pane, change in changes:
            where = f" (run {pane.upper()})" if room.session.is_comparing else ""
            said = f"from day {change.day}{where}: {change.text}"
            with ui.element("div").style("display: flex; align-items: flex-start; gap: 4px"):
                take_out = ui.button(icon="close", on_click=partial(room.remove_change, pane, change))
                take_out.props(f'flat dense size=sm aria-label="Remove: {said}"')
                ui.label(said).classes("small changed")


def _control(room: Room, setting: Setting, pane: Pane) -> None:
    in_force = [setting.value]

    async def act(value: object) -> None:
        if value == in_force[0] or value is None:
            return
        if await room.change({setting.key: {"rule": value} if setting.sort == "rule" else value}, pane):
            in_force[0] = value
        else:
            await room.changed.call(True)  # what was refused must not stay on the control

    with ui.element("div").classes("control"):
        with ui.element("div").classes("control-head"):
            ui.label(setting.label).classes("control-name")
            if setting.sort == "number":
                shown = ui.label(_amount(setting, setting.value)).classes("control-value")
                ui.label("" if setting.unit == _HOUR else setting.unit).classes("small")
            about = ui.button(icon="info_outline").props("flat round dense size=sm aria-expanded=false")
            about.props["aria-label"] = f"about {setting.label}"
        explained = ui.label(_explained(setting)).classes("control-about")
        explained.set_visibility(False)
        about.on_click(partial(_unfold, about, explained))
        if setting.sort == "number":
            _number(setting, shown, act)
        elif setting.sort in ("rule", "word"):
            words = {option.word: option.label for option in setting.options}
            choice = ui.select(words, value=setting.value).props("dense outlined")
            choice.props["aria-label"] = setting.label
            choice.on_value_change(lambda event: act(event.value)).style("width: 100%")
            meanings = {option.word: option.meaning for option in setting.options}
            chosen = ui.label().classes("control-about")
            chosen.bind_text_from(choice, "value", lambda word: meanings.get(word, ""))
            chosen.bind_visibility_from(chosen, "text", bool)
        elif setting.sort == "switch":
            switch = ui.switch("on", value=setting.value, on_change=lambda event: act(event.value))
            switch.props["aria-label"] = setting.label
        else:
            with ui.element("div"):
                boxes = []
                for option in setting.options:
                    box = ui.checkbox(option.label, value=option.word in setting.value).props("dense")
                    with box:
                        ui.tooltip(option.meaning)
                    boxes.append((option.word, box))
                ui.button("Apply from today", on_click=lambda: act([word for word, box in boxes if box.value])).props(
                    "dense no-caps outline"
                )


def _number(setting: Setting, shown: ui.label, act: Callable[[object], Awaitable[None]]) -> None:
    low, high = min(setting.low, setting.value), max(setting.high, setting.value)
    if setting.whole and high > _FAR * max(setting.value, 1):
        high = max(_FAR * setting.value, setting.low + _FAR)  # one step of the slider is not too coarse then
    span = high - low
    step = 1 if setting.whole else 0.01 if span <= 2 else 0.1 if span <= 20 else 1.0
    slider = ui.element("input").props(f"type=range min={low} max={high} step={step}")
    slider.props["^value"] = setting.value  # an attribute: a property would be put back at each update
    slider.props["aria-label"] = f"{setting.label}, {setting.unit}"
    slider.classes(f"slider slider-{setting.key.replace('.', '-')}")

    async def let_go(event: GenericEventArguments) -> None:
        if isinstance(event.args, int | float):
            await act(int(event.args) if setting.whole else round(float(event.args), 4))

    slider.on("input", lambda event: shown.set_text(_amount(setting, event.args)), js_handler=_VALUE, throttle=0.1)
    slider.on("change", let_go, js_handler=_VALUE)


def _amount(setting: Setting, value: float) -> str:
    return f"{value:.0f}:00" if setting.unit == _HOUR else f"{value:g}"


def _unfold(button: ui.button, text: ui.label) -> None:
    text.set_visibility(not text.visible)
    button.props["aria-expanded"] = str(text.visible).lower()


def _explained(setting: Setting) -> str:
    parts = [setting.meaning.rstrip(".")] if setting.meaning else []
    parts += [f"{option.label}: {option.meaning}".rstrip(".") for option in setting.options if option.meaning][:4]
    parts.append(f"Evidence: {setting.evidence}")
    return f"{'. '.join(parts)}. In a scenario file: service.{setting.key}"


def _loop(room: Room, setting: Setting) -> None:
    async def act(event: ValueChangeEventArguments[bool | None]) -> None:
        if event.value != in_force:
            await room.reopen(room.session.change_world, {setting.key: event.value})

    in_force = setting.value

    with ui.element("div").classes("control"):
        ui.switch(setting.label, value=setting.value, on_change=act).classes("control-name")
        ui.label(setting.meaning).classes("control-about")
        ui.label(f"Evidence: {setting.evidence}.").classes("control-about")
