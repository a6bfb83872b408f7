"""Pasting into a real application: the text arrives, and then the clipboard is as it was."""

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from deskhand.memory.errors import ActionFailed
from deskhand.tools.actions import TypeText
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

pytestmark = pytest.mark.desktop

SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE_S = 20.0
INDENTED = "def grüße():\n\treturn '你好'\n"

APP = """
import pathlib, sys, time, tkinter
root = tkinter.Tk()
root.title("Paster")
root.geometry("400x200+100+100")
field = tkinter.Text(root)
field.pack()
field.focus_force()
{more}
def save():
    pathlib.Path(sys.argv[1]).write_text(field.get("1.0", "end-1c"), encoding="utf-8")
    root.after(50, save)
save()
root.mainloop()
"""
SLOW = 'field.bind("<Control-v>", lambda _event: time.sleep(1.5))'
DEAF = 'field.bind("<Control-v>", lambda _event: "break")'
COPIER = """
def copy(_event):
    root.clipboard_clear()
    root.clipboard_append("copied meanwhile")
    return "break"
field.bind("<Control-v>", copy)
"""
MANAGER = """
import subprocess, sys
print("here", flush=True)
last = b""
while True:
    now = subprocess.run(["xclip", "-selection", "clipboard", "-o"], capture_output=True).stdout
    if now != last:
        last = now
"""


def permit() -> Permit:
    return Gate().authorize(TypeText(text=INDENTED), ActionContext())


class Field:
    """The field of the application."""

    def __init__(self, desktop: Desktop, text: Callable[[], str]) -> None:
        self.desktop = desktop
        self.text = text

    def expect(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.text() != text:
            assert time.monotonic() < deadline, f"the field holds {self.text()!r}"
            time.sleep(0.02)


@pytest.fixture
def open_field(
    desktop: Desktop, launch: Callable[..., Window], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Field]:
    def start(more: str) -> Field:
        path = tmp_path_factory.mktemp("field") / "text"
        window = launch(SYSTEM_PYTHON, "-c", APP.format(more=more), str(path))
        desktop.input.focus_window(permit(), window)
        field = Field(desktop, lambda: path.read_text("utf-8") if path.exists() else "")
        desktop.input.type_text(permit(), "x")
        field.expect("x")
        desktop.input.set_clipboard(permit(), "mine – é")
        return field

    return start


@pytest.mark.parametrize("more", ["", SLOW], ids=["quick", "slow"])
def test_the_text_arrives_and_the_clipboard_is_as_it_was(
    open_field: Callable[[str], Field], desktop: Desktop, more: str
) -> None:
    field = open_field(more)
    desktop.input.type_text(permit(), INDENTED)
    assert desktop.get_clipboard() == "mine – é"
    field.expect(f"x{INDENTED}")


def test_a_program_that_reads_every_clipboard_is_not_taken_for_the_application(
    open_field: Callable[[str], Field], desktop: Desktop
) -> None:
    field = open_field(SLOW)
    manager = subprocess.Popen(
        [sys.executable, "-c", MANAGER],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    assert manager.stdout is not None
    try:
        manager.stdout.readline()
        desktop.input.type_text(permit(), INDENTED)
        field.expect(f"x{INDENTED}")
    finally:
        manager.kill()
        manager.wait()
        manager.stdout.close()
    assert desktop.get_clipboard() == "mine – é"


def test_an_application_that_takes_nothing_is_told(
    open_field: Callable[[str], Field], desktop: Desktop
) -> None:
    field = open_field(DEAF)
    with pytest.raises(ActionFailed, match=r"^the application took no pasted text in 4 s$"):
        desktop.input.type_text(permit(), INDENTED)
    assert field.text() == "x"
    assert desktop.get_clipboard() == "mine – é"


def test_what_a_person_copies_meanwhile_stays(
    open_field: Callable[[str], Field], desktop: Desktop
) -> None:
    open_field(COPIER)
    with pytest.raises(
        ActionFailed, match=r"^something else was copied while the text was being pasted$"
    ):
        desktop.input.type_text(permit(), INDENTED)
    assert desktop.get_clipboard() == "copied meanwhile"


@pytest.mark.parametrize("modifier", ["ctrl", "shift", "alt", "super"])
@pytest.mark.parametrize("text", ["aB é 你", INDENTED], ids=["typed", "pasted"])
def test_a_modifier_that_is_held_changes_nothing(
    open_field: Callable[[str], Field], desktop: Desktop, modifier: str, text: str
) -> None:
    field = open_field("")
    subprocess.run(["xdotool", "keydown", modifier], check=True, timeout=10)
    try:
        desktop.input.type_text(permit(), text)
        field.expect(f"x{text}")
    finally:
        subprocess.run(["xdotool", "keyup", modifier], check=True, timeout=10)
