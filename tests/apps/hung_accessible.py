"""A window that stops answering over AT-SPI in the middle of an answer, once it gets SIGUSR1.

Needs a Python with `gi` and GTK 3.
"""

import signal
import time
from types import FrameType
from typing import Any

import gi  # type: ignore[import-not-found,unused-ignore]

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # type: ignore[import-not-found,unused-ignore]  # noqa: E402

HUNG_S = 600.0
hangs = False


class Silent(Gtk.ButtonAccessible):  # type: ignore[misc,unused-ignore]  # gi has no types
    """Tells of its state as long as all is well."""

    def do_ref_state_set(self) -> Any:  # Any: as above
        if hangs:
            time.sleep(HUNG_S)  # the whole main loop with it
        return Gtk.ButtonAccessible.do_ref_state_set(self)


class SilentButton(Gtk.Button):  # type: ignore[misc,unused-ignore]  # as above
    """A button that hangs."""


def hang(_number: int, _frame: FrameType | None) -> None:
    """From now on the button does not answer."""
    global hangs
    hangs = True


signal.signal(signal.SIGUSR1, hang)
SilentButton.set_accessible_type(Silent)
window = Gtk.Window(title="Hangs")
window.set_default_size(300, 200)
column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
column.add(Gtk.Button(label="Before"))
column.add(SilentButton(label="Silent"))
column.add(Gtk.Button(label="After"))
window.add(column)
window.show_all()
Gtk.main()
