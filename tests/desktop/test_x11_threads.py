"""Several threads at one display, and a server that does not answer: nobody waits for ever."""

import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import Xlib.error
from Xlib.display import Display

from deskhand.memory.errors import DisplayError
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.desktop.x11 import X11Backend

pytestmark = pytest.mark.desktop

TIMES = 1500
"""Without the locks one of some hundred answers is lost, and its thread stands still."""
LIMIT_S = 120.0
SHORT_S = 0.3
REGION = Box(0, 0, 64, 64)


@pytest.fixture
def busy_switching() -> Iterator[None]:
    """Let threads take turns so often that what can go wrong between them does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("busy_switching", "desktop")
def test_threads_that_ask_while_keys_are_typed_all_get_their_answers(sandbox: Sandbox) -> None:
    backend = X11Backend(sandbox.display)
    failed: list[str] = []
    deadline = time.monotonic() + LIMIT_S

    def repeat(what: Callable[[], object], times: int) -> None:
        try:
            for _ in range(times):
                what()
        except (RuntimeError, DisplayError, Xlib.error.XError) as error:
            failed.append(repr(error))

    def type_something() -> None:
        backend.prepare_text("a")
        backend.press_key("shift")
        backend.release_key("shift")
        backend.finish_text()

    asked = {
        "pointer": (backend.pointer, TIMES * 4),
        "windows": (backend.windows, TIMES // 5),
        "popups": (backend.popups, TIMES // 5),
        "capture": (lambda: backend.grab(REGION), TIMES),
        "keys": (type_something, TIMES // 5),
        "events": (backend.finish_text, TIMES * 4),
    }
    threads = [
        threading.Thread(target=repeat, args=arguments, name=name, daemon=True)
        for name, arguments in asked.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    still = [thread.name for thread in threads if thread.is_alive()]
    assert (failed, still) == ([], [])
    backend.close()


def test_a_server_that_another_program_has_grabbed_is_not_waited_for(
    sandbox: Sandbox, desktop: Desktop
) -> None:
    backend = X11Backend(sandbox.display, answer_timeout_s=SHORT_S)
    where = backend.pointer()
    other = Display(sandbox.display)
    other.grab_server()
    other.sync()
    try:
        for ask in (backend.pointer, backend.windows):
            with pytest.raises(DisplayError) as caught:
                ask()
            assert str(caught.value) == (
                "the display gave no answer in 0.3 s: its server stands still, or another "
                "program has grabbed it; try again"
            )
    finally:
        other.ungrab_server()
        other.sync()
        other.close()
    assert backend.pointer() == where
    assert backend.windows() == desktop.windows()
    backend.close()
