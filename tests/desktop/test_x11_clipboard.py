"""The clipboard of a real X server, with owners of every kind, and pasting through it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from Xlib import X
from Xlib.display import Display

from deskhand.memory.errors import MissingProgramError
from deskhand.tools.desktop.backend import SavedClipboard
from deskhand.tools.desktop.clipboard_x11 import ClipboardX11
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.desktop.x11 import X11Backend

pytestmark = pytest.mark.desktop

PATIENCE_S = 20.0

OWNER = """
import sys
from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.protocol.event import SelectionNotify
display = Display()
window = display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
clipboard = display.get_atom("CLIPBOARD")
window.set_selection_owner(clipboard, X.CurrentTime)
display.sync()
print("owned", flush=True)
offered = {display.get_atom(kind): kind.encode() for kind in sys.argv[1:]}
while True:
    event = display.next_event()
    if event.type != X.SelectionRequest:
        continue
    if event.target == display.get_atom("TARGETS"):
        event.requestor.change_property(event.property, Xatom.ATOM, 32, list(offered))
    else:
        event.requestor.change_property(event.property, event.target, 8, offered[event.target])
    event.requestor.send_event(SelectionNotify(
        time=event.time, requestor=event.requestor, selection=event.selection,
        target=event.target, property=event.property))
    display.flush()
"""


@pytest.fixture
def backend(sandbox: Sandbox, desktop: object) -> Iterator[X11Backend]:
    backend = X11Backend(sandbox.display)
    yield backend
    backend.close()


@contextmanager
def owner(*kinds: str) -> Iterator[None]:
    """Have another program own the clipboard; it offers each kind's own name."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, *kinds],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "owned\n"
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_an_empty_clipboard_is_an_empty_text(backend: X11Backend) -> None:
    with owner("UTF8_STRING"):
        assert backend.get_clipboard() == "UTF8_STRING"
    assert backend.get_clipboard() == ""
    assert backend.save_clipboard() == SavedClipboard(mime_type="", content=b"")


def test_setting_has_happened_when_it_returns(backend: X11Backend, sandbox: Sandbox) -> None:
    """xclip goes to the background first; what was copied next was overtaken by it."""
    display = Display(sandbox.display)
    try:
        clipboard = display.get_atom("CLIPBOARD")
        window = display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        for number in range(30):
            backend.set_clipboard(f"ours {number}")
            window.set_selection_owner(clipboard, X.CurrentTime)
            display.sync()
            time.sleep(0.03)
            assert display.get_selection_owner(clipboard) == window
    finally:
        display.close()


@pytest.mark.parametrize(
    ("kinds", "kept"),
    [
        (("UTF8_STRING",), "UTF8_STRING"),
        (("text/html", "image/png", "UTF8_STRING", "TIMESTAMP"), "UTF8_STRING"),
        (("image/png", "text/html"), "image/png"),
        (("TIMESTAMP", "application/x-drawing"), "application/x-drawing"),
        (("UTF8_STRING", "text/uri-list"), "text/uri-list"),
    ],
)
def test_any_kind_is_saved_and_put_back(
    backend: X11Backend, kinds: tuple[str, ...], kept: str
) -> None:
    with owner(*kinds):
        saved = backend.save_clipboard()
    assert saved == SavedClipboard(mime_type=kept, content=kept.encode())
    backend.set_clipboard("something else")
    backend.restore_clipboard(saved)
    assert backend.save_clipboard() == saved


def test_latin_1_text_of_an_old_program_is_read(backend: X11Backend) -> None:
    subprocess.run(
        ["xclip", "-selection", "clipboard", "-t", "STRING"], input="Grüße".encode("latin-1"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=10,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + PATIENCE_S
    while (text := backend.get_clipboard()) != "Grüße":
        assert time.monotonic() < deadline, f"got {text!r}"


def test_without_xclip_its_package_is_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgramError) as caught:
        ClipboardX11(sandbox.display, lambda: 0).get_text()
    assert str(caught.value) == (
        "'xclip' is not installed, needed for the clipboard; install it with: apt-get install xclip"
    )
