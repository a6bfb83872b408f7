"""The windows of an X11 desktop, by the hints window managers keep (EWMH 1.5)."""

import time
from collections.abc import Sequence
from typing import Any

import Xlib.error
from Xlib import X
from Xlib.display import Display
from Xlib.protocol.event import ClientMessage

from ...memory.errors import ActionFailed
from .backend import Popup, PopupKind, Window
from .geometry import Box

FOCUS_TIMEOUT_S = 2.0
FOCUS_POLL_S = 0.02
SOURCE_PAGER = 2
"""EWMH: the request comes from a pager, so that focus stealing prevention does not apply."""

MIN_POPUP_PX = 8
POPUPS: dict[str, PopupKind] = {
    "POPUP_MENU": "menu", "DROPDOWN_MENU": "menu", "MENU": "menu", "COMBO": "menu",
    "TOOLTIP": "tooltip",
}  # fmt: skip
"""EWMH window types of popups; a menu may have several."""


class X11Windows:
    """Lists and focuses windows on one display connection."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._root = display.screen().root

    def list(self) -> Sequence[Window]:
        """Return the managed windows, topmost first. One that vanishes meanwhile is left out."""
        ids = self._property(self._root, "_NET_CLIENT_LIST_STACKING")
        active = self.active_id()
        windows = []
        for window_id in reversed(ids):
            try:
                windows.append(self._describe(int(window_id), active))
            except (Xlib.error.BadWindow, Xlib.error.BadDrawable, Xlib.error.BadMatch):
                continue
        return windows

    def popups(self) -> Sequence[Popup]:
        """Return the unmanaged windows that show something, topmost first."""
        found = []
        for window in reversed(self._root.query_tree().children):
            try:
                popup = self._describe_popup(window)
            except (Xlib.error.BadWindow, Xlib.error.BadDrawable, Xlib.error.BadMatch):
                continue
            if popup is not None:
                found.append(popup)
        return found

    def active_id(self) -> int:
        """Return the id of the window that has the keyboard, 0 for none."""
        active = self._property(self._root, "_NET_ACTIVE_WINDOW")
        return int(active[0]) if len(active) else 0

    def clipboard_owner(self) -> int:
        """Return the id of the window that owns the clipboard, 0 for none."""
        owner = self._display.get_selection_owner(self._display.get_atom("CLIPBOARD"))
        return int(getattr(owner, "id", owner))

    def focus(self, window: Window) -> None:
        """Raise a window, give it the keyboard, and wait until it has it.

        Raises:
            ActionFailed: If it is gone, or does not get the keyboard.
        """
        target = self._display.create_resource_object("window", window.id)
        message = ClientMessage(
            window=target,
            client_type=self._display.get_atom("_NET_ACTIVE_WINDOW"),
            data=(32, [SOURCE_PAGER, X.CurrentTime, 0, 0, 0]),
        )
        mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
        self._root.send_event(message, event_mask=mask)
        self._display.flush()
        deadline = time.monotonic() + FOCUS_TIMEOUT_S
        while True:
            # Asked first: a window that is gone stays the active one for a moment.
            if window.id not in self._property(self._root, "_NET_CLIENT_LIST"):
                raise ActionFailed(f'window "{window.title}" is gone')
            if self.active_id() == window.id:
                return
            if time.monotonic() > deadline:
                raise ActionFailed(f'window "{window.title}" did not take the keyboard')
            time.sleep(FOCUS_POLL_S)

    def _describe(self, window_id: int, active: int) -> Window:
        window = self._display.create_resource_object("window", window_id)
        title = self._text(window, "_NET_WM_NAME") or self._text(window, "WM_NAME")
        classes = self._text(window, "WM_CLASS").split("\0")
        pid = self._property(window, "_NET_WM_PID")
        states = self._property(window, "_NET_WM_STATE")
        types = self._property(window, "_NET_WM_WINDOW_TYPE")
        owner = self._property(window, "WM_TRANSIENT_FOR")
        return Window(
            id=window_id,
            title=title,
            app=classes[1] if len(classes) > 1 else classes[0],
            pid=int(pid[0]) if len(pid) else None,
            client=window_id & ~self._display.display.info.resource_id_mask,
            box=self._frame(window),
            is_active=window_id == active,
            is_minimized=self._display.get_atom("_NET_WM_STATE_HIDDEN") in states,
            is_dialog=self._display.get_atom("_NET_WM_WINDOW_TYPE_DIALOG") in types
            or len(owner) > 0,
            is_modal=self._display.get_atom("_NET_WM_STATE_MODAL") in states,
            owner=int(owner[0]) if len(owner) and int(owner[0]) != self._root.id else None,
        )

    def _describe_popup(self, window: Any) -> Popup | None:  # Any: Xlib ships no types
        attributes = window.get_attributes()
        if (
            not attributes.override_redirect
            or attributes.map_state != X.IsViewable
            or attributes.win_class == X.InputOnly
        ):
            return None
        types = self._property(window, "_NET_WM_WINDOW_TYPE")
        # Window managers keep windows of their own on the screen, which say nothing of themselves.
        if len(types) == 0 and not self._text(window, "WM_CLASS"):
            return None
        place = window.get_geometry()
        if min(place.width, place.height) < MIN_POPUP_PX:
            return None
        names = {self._display.get_atom(f"_NET_WM_WINDOW_TYPE_{name}"): name for name in POPUPS}
        pid = self._property(window, "_NET_WM_PID")
        return Popup(
            id=window.id,
            kind=next((POPUPS[names[kind]] for kind in types if kind in names), "other"),
            client=window.id & ~self._display.display.info.resource_id_mask,
            pid=int(pid[0]) if len(pid) else None,
            box=Box(place.x, place.y, place.x + place.width, place.y + place.height),
        )

    def _frame(self, window: Any) -> Box:  # Any: Xlib ships no types
        """Return the window with its frame, without a shadow it draws itself, in desktop units."""
        size = window.get_geometry()
        # Xlib names the arguments the wrong way round: this gives the window's place on the root.
        place = self._root.translate_coords(window, 0, 0)
        left, right, top, bottom = 0, 0, 0, 0
        extents = self._property(window, "_NET_FRAME_EXTENTS")
        if len(extents) == 4:
            left, right, top, bottom = (int(extent) for extent in extents)
        shadow = self._property(window, "_GTK_FRAME_EXTENTS")
        if len(shadow) == 4 and all(
            first + second < side
            for first, second, side in (
                (shadow[0], shadow[1], size.width),
                (shadow[2], shadow[3], size.height),
            )
        ):
            left, right, top, bottom = (
                int(extent - drawn)
                for extent, drawn in zip((left, right, top, bottom), shadow, strict=True)
            )
        return Box(
            place.x - left,
            place.y - top,
            place.x + size.width + right,
            place.y + size.height + bottom,
        )

    def _property(self, window: Any, name: str) -> Sequence[int]:  # Any: as above
        found = window.get_full_property(self._display.get_atom(name), X.AnyPropertyType)
        return () if found is None else found.value

    def _text(self, window: Any, name: str) -> str:  # Any: as above
        value = self._property(window, name)
        # Xlib gives what is UTF-8 as text, and else the bytes: then it is Latin-1, the encoding of
        # titles before there was UTF-8.
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        return text.rstrip("\0") if isinstance(text, str) else ""
