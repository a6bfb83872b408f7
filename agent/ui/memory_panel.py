"""What was seen: screens and moments of recordings, as a gallery."""

from pathlib import Path

from nicegui import ui

from ...memory.errors import DeskhandError
from ...memory.recording_rows import MomentHit
from .parts import as_button, large_dialog, play, said, soft, tell
from .recalls import Card, text_of
from .site import Site, aside
from .video_room import address_at

THUMB_PX = 640
MAX_LINES = 400


class MemoryPanel:
    """Searches the memory; without words it shows what was seen last."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._asked: tuple[str, str, str] | None = None
        with ui.element("div").classes("panel"):
            with ui.element("div").classes("line"):
                self._text = ui.input("Words, or what it was about").props(
                    "dense outlined clearable"
                )
                self._text.style("flex: 1 1 320px")
                self._app = ui.input("Application").props("dense outlined clearable")
                self._since = ui.input("Since, such as 2h or yesterday")
                self._since.props("dense outlined clearable")
                ui.button("Search", icon="search", on_click=self._search).props(
                    "no-caps unelevated"
                )
            self._said = soft("")
            self._gallery = ui.element("div").classes("gallery")
        for field in (self._text, self._app, self._since):
            field.on("keydown.enter", self._search)

    async def open(self) -> None:
        """Show what was seen last, the first time the panel is opened."""
        if self._asked is None:
            await self._search()

    async def _search(self) -> None:
        asked = (self._text.value or "", self._app.value or "", self._since.value or "")
        self._asked = asked
        self._said.set_text("searching …")
        recalls, shelf = self._site.recalls, self._site.shelf
        text, app, since = asked

        def find() -> tuple[list[tuple[Card, str | None]], list[str]]:
            found = []
            for card in recalls.find(text, app=app, since=since):
                if card.picture is None:
                    address = None
                elif isinstance(card.picture, Path):
                    address = shelf.put_file(card.picture, width=THUMB_PX)
                else:
                    address = shelf.put(card.picture, width=THUMB_PX)
                found.append((card, address))
            return found, recalls.lacking() if text.strip() else []

        try:
            cards, lacking = await aside(find)
        except DeskhandError as error:
            self._said.set_text("")
            tell(error)
            return
        if self._asked != asked:
            return  # somebody asked something else meanwhile
        self._said.set_text(_summary(len(cards), is_search=any(asked), lacking=lacking))
        self._gallery.clear()
        with self._gallery:
            for card, address in cards:
                self._draw(card, address)

    def _draw(self, card: Card, address: str | None) -> None:
        with ui.element("div").classes("box shot") as shot:
            if address is None:
                ui.label("sound" if "[audio" in card.citation else "no picture").classes(
                    "thumb none"
                )
            else:
                ui.image(address).classes("thumb").props("fit=contain no-spinner")
            with ui.element("div").classes("words"):
                said(card.title, "strong short")
                if card.line:
                    said(card.line, "short")
                soft(card.when + (f" · by {card.ways}" if card.ways else ""))
                ui.label(card.citation).classes("soft mono")
        as_button(shot, lambda: self._enlarge(card))

    async def _enlarge(self, card: Card) -> None:
        shelf, picture, film = self._site.shelf, card.picture, self._film(card)
        address = None
        if film is None and isinstance(picture, Path):
            address = await aside(lambda: shelf.put_file(picture))
        with large_dialog(card.title, card.citation):
            soft(card.when)
            if film is not None:
                play(film)
            elif address is not None:
                ui.interactive_image(address).classes("screen")
            said("\n".join(text_of(card)[:MAX_LINES]), "lines mono")

    def _film(self, card: Card) -> str | None:
        """Return the address of a moment's video, None for what is no moment of one."""
        if not isinstance(card.found, MomentHit) or card.picture is None:
            return None
        key = self._site.videos.admit(Path(card.found.recording.path))
        return address_at(key, card.found.moment.start_s)


def _summary(n_found: int, *, is_search: bool, lacking: list[str]) -> str:
    if not n_found and not is_search:
        return (
            "Nothing is remembered yet. `deskhand remember` keeps the screen as it is now, "
            "`deskhand watch` what changes, `deskhand run --remember` the steps of a run."
        )
    if not n_found:
        return "; ".join(["nothing was found", *lacking])
    head = f"{n_found} found, the best first" if is_search else "what was seen last"
    return "; ".join([head, *lacking])
