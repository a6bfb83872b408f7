"""Windows of real programs where it is easy to be wrong: frames, stacking, old titles, ends."""

import functools
import os
import subprocess
import time
from collections.abc import Callable

import numpy as np
import pytest
from Xlib import Xatom
from Xlib.display import Display

from deskhand.memory.errors import ActionFailed
from deskhand.tools.actions import PressKeys
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

pytestmark = pytest.mark.desktop

SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE_S = 20.0
GREEN = (10, 200, 90)

TK = """
import tkinter
root = tkinter.Tk(className={app!r})
root.title({title!r})
root.geometry({geometry!r})
root.configure(background="#0ac85a")
{more}
root.mainloop()
"""


def permit() -> Permit:
    return Gate().authorize(PressKeys(keys=("a",)), ActionContext())


def is_on_top(desktop: Desktop, window_id: int) -> bool:
    """Tell whether a window is the topmost one."""
    return desktop.windows()[0].id == window_id


def wait_for(is_true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


@pytest.fixture
def tk(launch: Callable[..., Window]) -> Callable[..., Window]:
    def start(
        title: str, *, app: str = "Greeny", geometry: str = "300x200+100+100", more: str = ""
    ) -> Window:
        code = TK.format(title=title, app=app, geometry=geometry, more=more)
        return launch(SYSTEM_PYTHON, "-c", code)

    return start


def now(desktop: Desktop, window: Window) -> Window:
    """Return the window as it is now."""
    return next(other for other in desktop.windows() if other.id == window.id)


def test_a_title_from_before_utf8_is_read(tk: Callable[..., Window], desktop: Desktop) -> None:
    window = tk("Modern")
    display = Display(os.environ["DISPLAY"])
    try:
        target = display.create_resource_object("window", window.id)
        target.delete_property(display.get_atom("_NET_WM_NAME"))
        target.change_property(Xatom.WM_NAME, Xatom.STRING, 8, "Größe".encode("latin-1"))
        display.sync()
    finally:
        display.close()
    assert now(desktop, window).title == "Größe"


def test_the_box_is_the_window_with_its_frame(tk: Callable[..., Window], desktop: Desktop) -> None:
    window = tk("Place", geometry="300x200+150+120")
    desktop.input.focus_window(permit(), window)

    def n_green() -> int:
        return int((desktop.grab() == GREEN).all(axis=2).sum())

    wait_for(lambda: n_green() == 300 * 200, "the window's colour")
    green = (desktop.grab() == GREEN).all(axis=2)
    rows, columns = np.nonzero(green)
    box = now(desktop, window).box
    inner = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert box.left <= inner[0] <= box.left + 10
    assert box.top + 10 < inner[1] < box.top + 60  # the title bar
    assert inner[2] <= box.right <= inner[2] + 10
    assert inner[3] <= box.bottom <= inner[3] + 10
    capture = desktop.capture(window)
    assert int((capture.pixels == GREEN).all(axis=2).sum()) == 300 * 200


def test_focus_raises_and_the_topmost_is_listed_first(
    tk: Callable[..., Window], desktop: Desktop
) -> None:
    one, two = tk("One"), tk("Two", geometry="300x200+180+160")
    for window in (one, two, one):
        desktop.input.focus_window(permit(), window)
        active = desktop.active_window()
        assert active is not None
        assert active.id == window.id
        wanted = window.id
        wait_for(functools.partial(is_on_top, desktop, wanted), "the stacking")


def test_dialogs_are_told_and_popups_are_no_windows(
    tk: Callable[..., Window], desktop: Desktop
) -> None:
    owner = tk(
        "Owner",
        more="""
dialog = tkinter.Toplevel(root)
dialog.title("Question")
dialog.transient(root)
popup = tkinter.Toplevel(root)
popup.title("Popup")
popup.overrideredirect(True)
popup.geometry("100x40+700+500")
""",
    )
    wait_for(lambda: any(w.title == "Question" for w in desktop.windows()), "the dialog")
    shown = {window.title: window for window in desktop.windows()}
    assert shown["Question"].is_dialog
    assert not shown["Owner"].is_dialog
    assert shown["Question"].client == now(desktop, shown["Owner"]).client
    assert "Popup" not in shown
    assert owner.title in shown


def test_a_window_that_is_gone_cannot_be_focused(
    tk: Callable[..., Window], desktop: Desktop
) -> None:
    window = tk("Short life", more="root.after(700, root.destroy)")
    wait_for(lambda: window.id not in [w.id for w in desktop.windows()], "its end")
    with pytest.raises(ActionFailed, match=r'^window "Short life" is gone$'):
        desktop.input.focus_window(permit(), window)


def test_windows_that_come_and_go_disturb_no_listing(
    tk: Callable[..., Window], desktop: Desktop
) -> None:
    tk(
        "Flicker",
        more="""
def blink(left):
    top = tkinter.Toplevel(root)
    root.after(8, top.destroy)
    if left:
        root.after(9, blink, left - 1)
    else:
        root.title("Done")
root.after(100, blink, 150)
""",
    )
    wait_for(lambda: any(w.title == "Done" for w in desktop.windows()), "the end of the flicker")


def test_an_open_menu_is_a_popup_of_its_program(
    launch: Callable[..., Window], desktop: Desktop, sandbox: Sandbox
) -> None:
    window = launch("mousepad", "--disable-server")
    assert desktop.popups() == []
    subprocess.run(["xdotool", "key", "alt+f"], env=sandbox.env, check=True, timeout=20)
    wait_for(desktop.popups, "the menu")
    (menu,) = desktop.popups()
    assert (menu.kind, menu.pid, menu.client) == ("menu", window.pid, window.client)
    assert menu.box.height > 200
    subprocess.run(["xdotool", "key", "Escape"], env=sandbox.env, check=True, timeout=20)
    wait_for(lambda: not desktop.popups(), "the menu to close")
