"""Pasting through the X11 clipboard: the text is offered until the application has taken it.

A program asks for the clipboard's text when it handles the paste keys, which on a busy machine may
be seconds after they were pressed. Whoever puts the old clipboard back before that pastes the wrong
text. So the text is owned here, by a connection that sees each request (ICCCM 2.0, section 2).
"""

import select
import time
from collections.abc import Callable
from typing import Any

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.protocol.event import SelectionNotify
from Xlib.protocol.request import SetSelectionOwner

from ...memory.errors import ActionFailed

TAKE_TIMEOUT_S = 4.0
MANAGERS_S = 0.05
"""Clipboard managers read what is new at once: they have had their turn before the keys."""
QUIET_S = 0.1
"""An application that took the text may ask once more, for another kind."""
TEXT_TARGETS = ("UTF8_STRING", "text/plain;charset=utf-8", "TEXT")
HINT = "x-kde-passwordManagerHint"
"""Its value `secret` tells clipboard managers to keep no copy."""
MAX_BYTES = 200_000
"""What fits into one property (65535 words); a larger text would need the INCR protocol."""


class X11Paste:
    """Offers texts on one display connection, which nothing else uses."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._window = display.screen().root.create_window(
            -1, -1, 1, 1, 0, X.CopyFromParent, window_class=X.InputOnly
        )
        self._clipboard = display.get_atom("CLIPBOARD")
        self._targets = {display.get_atom(name) for name in TEXT_TARGETS}
        self._text = b""
        self._takers: list[int] = []
        self._is_lost = False

    def paste(self, text: str, *, client: int | None, press: Callable[[], None]) -> None:
        """Own the clipboard, press the paste keys, and wait until the text was taken.

        Args:
            text: What to paste, at most `MAX_BYTES` in UTF-8.
            client: The connection of the window with the keyboard; None if not known.
            press: Presses the paste keys.

        Raises:
            ActionFailed: If nobody took the text, or something else was copied meanwhile.
        """
        self._text, self._takers, self._is_lost = text.encode("utf-8"), [], False
        while self._display.pending_events():  # word of the last paste's end
            self._display.next_event()
        self._window.set_selection_owner(self._clipboard, X.CurrentTime)
        try:
            self._serve(MANAGERS_S, lambda: False)
            self._takers.clear()
            press()
            # Other programs may read it too; they count only if the application never does.
            self._serve(TAKE_TIMEOUT_S, lambda: self._is_taken_by(client))
            if not self._takers:
                raise ActionFailed(
                    "something else was copied while the text was being pasted"
                    if self._is_lost
                    else f"the application took no pasted text in {TAKE_TIMEOUT_S:g} s"
                )
            self._serve(QUIET_S, lambda: False)
        finally:
            if not self._is_lost:
                SetSelectionOwner(
                    display=self._display.display,
                    window=X.NONE,
                    selection=self._clipboard,
                    time=X.CurrentTime,
                )
            self._display.sync()
            self._text = b""

    def _is_taken_by(self, client: int | None) -> bool:
        return bool(self._takers) and client in (None, *self._takers)

    def _serve(self, seconds: float, is_done: Callable[[], bool]) -> None:
        """Answer requests until done, out of time, or no longer the owner."""
        deadline = time.monotonic() + seconds
        self._display.flush()
        while not (is_done() or self._is_lost):
            if self._display.pending_events():
                self._answer(self._display.next_event())
                self._display.flush()
            elif (left := deadline - time.monotonic()) > 0:
                select.select([self._display.fileno()], [], [], left)
            else:
                return

    def _answer(self, event: Any) -> None:  # Any: Xlib ships no types
        if event.type == X.SelectionClear:
            self._is_lost = True
        if event.type != X.SelectionRequest:
            return
        # Clients from before ICCCM leave the property to us.
        place = event.property if event.property != X.NONE else event.target
        if event.target == self._display.get_atom("TARGETS"):
            offered = [event.target, *self._targets, self._display.get_atom(HINT)]
            event.requestor.change_property(place, Xatom.ATOM, 32, offered)
        elif event.target in self._targets:
            event.requestor.change_property(
                place, self._display.get_atom("UTF8_STRING"), 8, self._text
            )
            self._takers.append(event.requestor.id & ~self._display.display.info.resource_id_mask)
        elif event.target == self._display.get_atom(HINT):
            event.requestor.change_property(place, event.target, 8, b"secret")
        else:
            place = X.NONE
        event.requestor.send_event(
            SelectionNotify(
                time=event.time,
                requestor=event.requestor,
                selection=event.selection,
                target=event.target,
                property=place,
            )
        )
