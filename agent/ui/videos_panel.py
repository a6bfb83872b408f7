"""When something is shown or said in a video: the moments with their pictures."""

import threading
from typing import TYPE_CHECKING

from nicegui import ui

from ...memory.errors import DeskhandError
from ...tools.media.transcript import at
from .parts import as_button, large_dialog, play, said, soft, tell
from .site import Site, aside
from .video_room import Cancelled, Shown, address_at

if TYPE_CHECKING:
    from ...tools.media.moments import Moment

VERDICTS = {
    "found": ("good", "✓", "found"),
    "maybe": ("warn", "?", "maybe"),
    "not found": ("off", "○", "not found"),
}
TOLD_BY = {"screen": "shown", "speech": "said", "picture": "looks like it"}
EVERY_S = 0.3


class VideosPanel:
    """Asks one video at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cancelled = threading.Event()
        self._done = 0.0
        with ui.element("div").classes("panel"):
            with ui.element("div").classes("line"):
                self._video = ui.select({}, label="Video").props("dense outlined")
                self._video.style("flex: 1 1 240px")
                self._text = ui.input("Words shown or said, or what they mean")
                self._text.props("dense outlined clearable").style("flex: 2 1 320px")
                self._speech = ui.switch("Speech too", value=False).props("dense")
                self._find = ui.button("Find", icon="search", on_click=self._search)
                self._cancel = ui.button("Cancel", on_click=self._cancelled.set)
                for button in (self._find, self._cancel):
                    button.props("no-caps unelevated")
            self._bar = ui.linear_progress(0.0, show_value=False)
            self._said = soft("")
            self._gallery = ui.element("div").classes("gallery")
        self._text.on("keydown.enter", self._search)
        self._busy(is_busy=False)

    async def open(self) -> None:
        """List the videos that are here now."""
        try:
            names = await aside(self._site.videos.names)
        except DeskhandError as error:
            tell(error)
            return
        chosen = self._video.value if self._video.value in names else next(iter(names), None)
        self._video.set_options(names, value=chosen)
        if not names:
            self._said.set_text(
                "No video is here. Start this page with --files FOLDER, or keep one with "
                "`deskhand video index FILE`."
            )

    def close(self) -> None:
        """End the search: nobody is here any more."""
        self._cancelled.set()

    async def _search(self) -> None:
        if self._cancel.visible:
            return  # one at a time: reading a video takes both cores of a laptop
        key, query, speech = self._video.value or "", self._text.value or "", self._speech.value
        self._cancelled.clear()
        self._done = 0.0
        self._gallery.clear()
        self._said.set_text("reading what was not read yet …")
        self._busy(is_busy=True)
        follow = ui.timer(EVERY_S, lambda: self._bar.set_value(round(self._done, 3)))
        try:
            answer, moments = await aside(
                lambda: self._site.videos.find(
                    key,
                    query,
                    with_speech=speech,
                    on_progress=self._progress,
                    cancelled=self._cancelled,
                )
            )
        except Cancelled:
            self._said.set_text("cancelled; what was read is kept")
            return
        except DeskhandError as error:
            self._said.set_text("")
            tell(error)
            return
        finally:
            follow.delete()
            self._busy(is_busy=False)
        head = {
            "found": "found, the best first",
            "maybe": "not surely found; these may be meant",
            "not found": "not found in this video",
        }[answer.verdict]
        self._said.set_text("; ".join((f"{head} ({at(answer.duration_s)} long)", *answer.notes)))
        with self._gallery:
            for one in moments:
                self._draw(key, one)

    def _progress(self, done: float) -> None:
        self._done = done

    def _busy(self, *, is_busy: bool) -> None:
        self._bar.set_visibility(is_busy)
        self._cancel.set_visibility(is_busy)
        self._find.set_visibility(not is_busy)

    def _draw(self, key: str, one: Shown) -> None:
        moment = one.moment
        style, sign, word = VERDICTS[moment.verdict]
        with ui.element("div").classes("box shot") as shot:
            ui.image(one.picture).classes("thumb").props("fit=contain no-spinner")
            with ui.element("div").classes("words"):
                with ui.element("div").classes("line"):
                    ui.label(f"{at(moment.start_s)} – {at(moment.end_s)}").classes("strong")
                    ui.label(f"{sign} {word}").classes(f"badge {style} push")
                said(moment.evidence, "short")
                soft(f"{TOLD_BY[moment.source]} · score {moment.score:.2f}")
        as_button(shot, lambda: self._play(key, moment))

    def _play(self, key: str, moment: "Moment") -> None:
        with large_dialog(f"{at(moment.start_s)} – {at(moment.end_s)}"):
            said(moment.evidence)
            play(address_at(key, moment.start_s))
