"""A run as it goes: its screen with elements and the next action, its steps, pause and stop."""

from collections.abc import Callable
from pathlib import Path

from nicegui import ui
from PIL import Image

from ...memory.errors import DeskhandError
from ..run_control import RunWatch, Wish
from ..trajectory.report import EFFECTS, STATUSES
from ..trajectory.run_folder import RunFolder, list_runs, running
from .live_screen import LiveScreen
from .parts import as_button, badge, said, soft, tell
from .run_view import RunReader, RunView, drawn_elements, drawn_target, picture_of
from .site import Site, aside
from .step_dialog import show_step

DOING = {
    "starting": "starting",
    "observe": "looking at the screen",
    "plan": "choosing the next action",
    "guard": "checking the next action",
    "act": "acting",
    "verify": "checking what came of it",
    "paused": "paused",
    "asks": "waits for you",
    "over": "over",
}
HELD = {"paused": ("warn", "‖", "paused"), "asks": ("warn", "?", "asks")}
HEADS = {"act": "Now", "verify": "Just done"}
NOTHING = (
    "Nothing was run yet. Start something, and watch it here:\n\n"
    "deskhand run --sandbox 'open mousepad then type \"hello\"'"
)


class WatchPanel:
    """Follows the run that began last, or the one that was chosen."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._path: Path | None = None
        self._reader: RunReader | None = None
        self._live: LiveScreen | None = None
        self._frame: Image.Image | None = None
        self._frame_at = ""
        self._shown: tuple[object, ...] = ()
        self._n_steps = -1
        self._question = ""
        self._is_chosen = False
        with ui.element("div").classes("watch"):
            with ui.element("div").classes("column-of"):
                self._picture = ui.interactive_image().classes("screen")
                self._empty = ui.label(NOTHING).classes("screen none said")
                with ui.element("div").classes("line soft"):
                    self._elements = ui.switch("Elements", value=True).props("dense")
                    for style, word in (("", "next"), ("use", "can be used"), ("read", "text")):
                        with ui.element("span"):
                            ui.element("span").classes(f"key {style}")
                            ui.label(word).style("display: inline")
                    self._what = ui.label().classes("push")
            with ui.element("div").classes("column-of") as self._beside:
                self._pick = ui.select({}, label="Run", on_change=self._choose).props("dense")
                self._draw_state()
                self._asks = ui.element("div").classes("box asks").props('role="alert"')
                with ui.element("div").classes("box"):
                    ui.label("Steps").classes("strong")
                    self._steps = ui.element("div").classes("steps")
        self._asks.set_visibility(False)
        self._picture.set_visibility(False)
        self._beside.set_visibility(False)

    def _draw_state(self) -> None:
        with ui.element("div").classes("box"):
            with ui.element("div").classes("line"):
                self._badge = ui.label().classes("badge")
                self._doing = ui.label().classes("soft")
                self._step = ui.label().classes("soft push")
            self._task = said("", "task")
            self._reason = soft("")
            self._next_head = ui.label("Next").classes("soft")
            self._next = said("", "strong")
            self._note = soft("")
            with ui.element("div").classes("line"):
                self._pause = ui.button("Pause", icon="pause", on_click=lambda: self._want("pause"))
                self._go_on = ui.button(
                    "Go on", icon="play_arrow", on_click=lambda: self._want("go on")
                )
                self._stop = ui.button(
                    "Stop", icon="stop", color="negative", on_click=lambda: self._want("stop")
                )
                for button in (self._pause, self._go_on, self._stop):
                    button.props("no-caps unelevated")
                self._report = ui.link("Report", "", new_tab=True).classes("push")

    async def look(self, *, is_shown: bool) -> None:
        """Let the runs know that somebody is here, and draw what is new of the one followed.

        Args:
            is_shown: Whether the panel is the open one.
        """
        runs = await aside(lambda: running(self._site.runs))
        for run in runs:
            RunWatch(run.path).look()
        if not is_shown:
            return
        self._offer(runs)
        if self._path is None:
            earlier = await aside(lambda: list_runs(self._site.runs)[:1])
            if not earlier:
                return
            self._follow(earlier[0].path)
        reader = self._reader
        if reader is None:
            return
        try:
            view = await aside(reader.read)
        except DeskhandError as error:
            self._reason.set_text(str(error))
            return
        if reader is self._reader:  # else another run was chosen meanwhile
            self._draw(view)
            await self._draw_screen(view)

    def close(self) -> None:
        """Let go of the screen."""
        if self._live is not None:
            self._live.close()
            self._live = None

    def _offer(self, runs: list[RunFolder]) -> None:
        names = {str(run.path): _short(run.info.task) for run in runs}
        self._pick.set_visibility(len(names) > 1)
        is_over = str(self._path) not in names
        if names and (is_over or (not self._is_chosen and str(self._path) != next(iter(names)))):
            self._is_chosen = False
            self._follow(runs[0].path)
        if self._pick.options != names:
            value = str(self._path) if str(self._path) in names else None
            self._pick.set_options(names, value=value)

    def _choose(self) -> None:
        chosen = self._pick.value
        if chosen is not None and chosen != str(self._path):
            self._is_chosen = True
            self._follow(Path(chosen))

    def _follow(self, path: Path) -> None:
        self.close()
        self._path, self._reader = path, RunReader(path)
        self._shown, self._n_steps, self._question = (), -1, ""
        self._empty.set_text("no picture yet")
        self._beside.set_visibility(True)

    def _draw(self, view: RunView) -> None:
        info, now = view.run.info, view.now
        status = STATUSES["killed" if view.run.is_killed else info.status]
        style, sign, word = HELD.get(view.doing, status)
        self._badge.set_text(f"{sign} {word}")
        self._badge.classes(replace=f"badge {style}")
        wish = f", will {now.wish}" if now is not None and now.wish else ""
        self._doing.set_text(DOING[view.doing] + wish if view.is_running else "")
        self._step.set_text(f"step {now.step}" if view.is_running and now is not None else "")
        self._task.set_text(info.task)
        self._reason.set_text(info.reason)
        sentence = now.sentence if view.is_running and now is not None else ""
        self._next_head.set_text(HEADS.get(view.doing, "Next"))
        self._next_head.set_visibility(bool(sentence))
        self._next.set_text(sentence)
        self._note.set_text(now.note if sentence and now is not None else "")
        is_paused = view.doing == "paused"
        self._pause.set_visibility(view.is_running and not is_paused)
        self._go_on.set_visibility(view.is_running and is_paused)
        self._stop.set_visibility(view.is_running)
        self._report.props(f'href="/runs/{view.run.path.name}/report"')
        self._ask(view)
        if len(view.steps) != self._n_steps:
            self._n_steps = len(view.steps)
            self._draw_steps(view)

    def _ask(self, view: RunView) -> None:
        """Draw the question in words that waits; a yes or no is asked above all panels."""
        now = view.now
        asks = view.doing == "asks" and now is not None and not now.request
        id = now.question_id if asks and now is not None else ""
        if id == self._question:
            return
        self._question = id
        self._asks.clear()
        self._asks.set_visibility(bool(id))
        if now is None or not id:
            return
        with self._asks:
            ui.label("The run asks").classes("strong")
            said(now.question, "task")
            answer = ui.input("Answer").props("dense outlined autofocus")

            def send() -> None:
                if answer.value.strip():
                    self._tell(lambda watch: watch.answer(id, answer.value.strip()))

            answer.on("keydown.enter", send)
            ui.button("Answer", icon="send", on_click=send).props("no-caps unelevated")

    def _draw_steps(self, view: RunView) -> None:
        self._steps.clear()
        with self._steps:
            if not view.steps:
                soft("none yet")
            for record in reversed(view.steps):
                with ui.element("div").classes("step") as row:
                    ui.label(str(record.step)).classes("nth")
                    said(record.sentence)
                    badge(EFFECTS[record.outcome["effect"]])
                    soft(f"{record.outcome['evidence']} · {record.elapsed_s:.1f} s").classes(
                        "short why"
                    )
                as_button(
                    row,
                    lambda record=record: show_step(self._site.shelf, view.run.path, record),
                )

    async def _draw_screen(self, view: RunView) -> None:
        """Draw the screen as it is now, or as it was last seen."""
        source, size, what = await aside(lambda: self._screen(view))
        self._empty.set_visibility(source is None)
        self._picture.set_visibility(source is not None)
        self._what.set_text(what)
        if source is None:
            return
        marks = drawn_elements(view.elements) if self._elements.value else ""
        marks += drawn_target(view.target, size[0])
        if (source, marks) != self._shown:
            self._shown = source, marks
            self._picture.set_source(source)
            self._picture.set_content(marks)

    def _screen(self, view: RunView) -> tuple[str | None, tuple[int, int], str]:
        shelf, place = self._site.shelf, view.run.info.desktop
        if view.is_running:
            if self._live is None:
                self._live = LiveScreen(place)
            picture = self._live.picture()
            if picture is not None:
                if picture is not self._frame:
                    self._frame, self._frame_at = picture, shelf.put(picture)
                return self._frame_at, picture.size, f"{place.display} now"
            if view.look is not None:
                return shelf.put_file(view.look.picture), view.look.size, "as it was last seen"
            return None, (1, 1), ""
        handles = [step.after or step.observation for step in view.steps[-1:]]
        if not handles:
            return None, (1, 1), ""
        (last,) = handles
        path = picture_of(view.run.path, last)
        address = None if path is None else shelf.put_file(path)
        return address, (last.width, last.height), "as it was at the end"

    def _want(self, wish: Wish) -> None:
        self._tell(lambda watch: watch.want(wish))

    def _tell(self, what: Callable[[RunWatch], None]) -> None:
        if self._path is None:
            return
        try:
            what(RunWatch(self._path))
        except DeskhandError as error:
            tell(error)


def _short(task: str) -> str:
    line = " ".join(task.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
