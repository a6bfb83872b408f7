"""What waits for a person's yes: of runs, and of agents of other programs."""

import time
from typing import Literal

from nicegui import ui

from ...memory.errors import DeskhandError
from ...tools.safety.approvals import Request
from ...tools.safety.self_approval import WATCH_PAGE
from .parts import said, soft, tell
from .site import BY, Site, aside

AWAKE_S = 0.8
"""A button that just appeared under the pointer is not meant yet: it takes no click before."""


class RequestsPanel:
    """Shows the requests above everything else, whatever panel is open."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._n_waiting = 0
        self._cards: dict[str, tuple[ui.element, ui.label]] = {}
        self._room = ui.element("div").classes("panel").props('aria-live="polite"')

    async def look(self) -> None:
        """Draw what is new, take away what is answered or ended."""
        waiting = {one.token: one for one in await aside(self._site.approvals.waiting)}
        for token in [token for token in self._cards if token not in waiting]:
            card, _ = self._cards.pop(token)
            card.delete()
        if len(waiting) != self._n_waiting:
            self._n_waiting = len(waiting)
            # So that it is seen from another tab of the browser.
            ui.page_title(f"({len(waiting)}) {WATCH_PAGE}" if waiting else WATCH_PAGE)
        for token, request in waiting.items():
            if token not in self._cards:
                with self._room:
                    self._cards[token] = self._card(request)
            left_s = max(0, round(request.ends_at - time.time()))
            self._cards[token][1].set_text(f"ends in {left_s // 60}:{left_s % 60:02}")

    def _card(self, request: Request) -> tuple[ui.element, ui.label]:
        who = "The run" if request.run else "An agent that uses the tools"
        with ui.element("div").classes("box asks").props('role="alert"') as card:
            with ui.element("div").classes("line"):
                ui.label(f"{who} needs your yes").classes("strong")
                left = ui.label().classes("soft push")
            said(request.what, "task")
            soft(" · ".join(filter(None, (f"rule {request.rule!r} asks before this", request.run))))
            with ui.element("div").classes("line"):
                yes = ui.button("Approve", icon="check", color="positive")
                no = ui.button("Deny", icon="close", color="negative")
            yes.on_click(lambda: self._answer(request.token, "approve"))
            no.on_click(lambda: self._answer(request.token, "refuse"))
            for button in (yes, no):
                button.props("no-caps unelevated").disable()
                ui.timer(AWAKE_S, button.enable, once=True)
        return card, left

    async def _answer(self, token: str, answer: Literal["approve", "refuse"]) -> None:
        try:
            await aside(lambda: self._site.approvals.answer(token, answer, by=BY))
        except DeskhandError as error:
            tell(error)
        await self.look()
