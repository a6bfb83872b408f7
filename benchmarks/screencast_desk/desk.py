"""A virtual desktop with four real windows, on which known things happen at known times."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import cos, sin
from pathlib import Path
from queue import Empty, Queue
from typing import IO

from Xlib.display import Display

from benchmarks.chromium import CHROMIUM
from benchmarks.screencast_desk.events import EVENTS, Event
from deskhand.tools.actions import PressKeys, TypeText
from deskhand.tools.desktop.apps import launch
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.processes import end_groups
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.safety.gate import Gate
from deskhand.tools.safety.policy import ActionContext

FOLDER = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has tkinter
EDITOR_PLACE = (650, 470, 600, 200)
"""Left, top, width and height: beside the others, which are told by their command lines."""
POINTER_STEP_S = 0.1
TYPING_LEAD_S = 2.0
"""Typing begins so long before a typed text stands there."""


class DrivenDesk:
    """The windows, and what can be made to happen in them.

    Args:
        sandbox: The desktop they stand on.
        desktop: The same, with its hands.
        folder: For what the windows need.
    """

    def __init__(self, sandbox: Sandbox, desktop: Desktop, folder: Path) -> None:
        self._desktop = desktop
        self._may_move = threading.Event()
        self._may_move.set()
        self._done = threading.Event()
        self._rows: Queue[str] = Queue()
        self._log = folder / "build.log"
        self._log.write_text(
            "$ make all\ncompiling parser.c\ncompiling lexer.c\n", encoding="utf-8"
        )
        self._open = ExitStack()
        with ExitStack() as opening:
            self._office = opening.enter_context(_office(sandbox))
            address = opening.enter_context(_served(self._rows))
            for command in (_terminal(self._log), _browser(address, folder)):
                opening.enter_context(_opened(desktop, sandbox, command))
            editor = ("mousepad", "--disable-server")
            self._editor = opening.enter_context(_opened(desktop, sandbox, editor))
            _place(sandbox.display, self._editor, EDITOR_PLACE)
            opening.callback(self._done.set)
            self._pointer = threading.Thread(
                target=self._wander, args=(sandbox.display,), daemon=True
            )
            self._pointer.start()
            self._open = opening.pop_all()

    def close(self) -> None:
        """End the windows."""
        self._open.close()
        self._pointer.join()

    def play(self, began: float) -> list[float]:
        """Let everything happen, and return when each event did, in seconds.

        Args:
            began: By the monotonic clock, the time that counts as 0.
        """
        moments = [(event.at_s, number, False) for number, event in enumerate(EVENTS)]
        moments += [
            (event.at_s + event.for_s, number, True)
            for number, event in enumerate(EVENTS)
            if event.for_s is not None
        ]
        happened = [0.0] * len(EVENTS)
        for at_s, number, is_end in sorted(moments):
            event = EVENTS[number]
            lead_s = TYPING_LEAD_S if event.where == "typed" else 0.0
            time.sleep(max(0.0, began + at_s - lead_s - time.monotonic()))
            if is_end:
                self._tell_office("gone", event.where)
                continue
            self._do(event)
            happened[number] = time.monotonic() - began
        return happened

    def _do(self, event: Event) -> None:
        """Make it appear, and return as soon as it was told; a typed text, when it stands there."""
        match event.where:
            case "mail" | "notice" | "dialog":
                self._tell_office(event.where, event.text)
            case "page":
                self._rows.put(event.text)
            case "terminal":
                with self._log.open("a", encoding="utf-8") as file:
                    file.write(event.text + "\n")
            case "typed":
                self._type(event.text + "\n")

    def _type(self, text: str) -> None:
        # A pointer that moves by itself looks like the user, who stops the hands.
        self._may_move.clear()
        time.sleep(2 * POINTER_STEP_S)
        hands, gate, context = self._desktop.input, Gate(), ActionContext()
        hands.focus_window(gate.authorize(PressKeys(keys=("a",)), context), self._editor)
        hands.type_text(gate.authorize(TypeText(text=text), context), text)
        self._may_move.set()

    def _tell_office(self, what: str, text: str) -> None:
        self._office.write(json.dumps([what, text]).encode() + b"\n")
        self._office.flush()

    def _wander(self, display: str) -> None:
        own = Display(display)
        step = 0
        while not self._done.wait(POINTER_STEP_S):
            if self._may_move.is_set():
                step += 1
                x, y = 640 + 560 * sin(step / 31), 360 + 320 * cos(step / 47)
                own.screen().root.warp_pointer(round(x), round(y))
                own.sync()
        own.close()


def _place(display: str, window: Window, place: tuple[int, int, int, int]) -> None:
    own = Display(display)
    x, y, width, height = place
    own.create_resource_object("window", window.id).configure(x=x, y=y, width=width, height=height)
    own.sync()
    own.close()


@contextmanager
def _office(sandbox: Sandbox) -> Iterator[IO[bytes]]:
    """Yield where the office window reads what to do."""
    process = subprocess.Popen(
        [SYSTEM_PYTHON, str(FOLDER / "office.py")], env=sandbox.env, stdin=subprocess.PIPE
    )
    try:
        assert process.stdin is not None
        yield process.stdin
    finally:
        process.kill()
        process.communicate()


def _terminal(log: Path) -> tuple[str, ...]:
    return (
        "xterm", "-fa", "DejaVu Sans Mono", "-fs", "12", "-geometry", "60x13+10+420", "-T", "Build",
        "-e", "tail", "-n", "+1", "-f", str(log),
    )  # fmt: skip


def _browser(address: str, folder: Path) -> tuple[str, ...]:
    return (
        *CHROMIUM, f"--user-data-dir={folder / 'profile'}", "--window-position=640,100",
        "--window-size=620,340", f"--app={address}",
    )  # fmt: skip


@contextmanager
def _opened(desktop: Desktop, sandbox: Sandbox, command: tuple[str, ...]) -> Iterator[Window]:
    groups: list[int] = []
    try:
        yield launch(
            command,
            env=sandbox.env,
            windows=desktop.windows,
            timeout_s=60,
            sleep=time.sleep,
            on_start=groups.append,
        )
    finally:
        end_groups(groups, patience_s=5)


@contextmanager
def _served(rows: "Queue[str]") -> Iterator[str]:
    """Yield the address of the shop's page, whose next row is whatever comes into the queue."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                self._answer("text/html", (FOLDER / "basket.html").read_bytes())
                return
            if self.path != "/row":
                self.send_error(404)  # the icon of the page
                return
            while True:
                try:
                    row = rows.get(timeout=0.5)
                except Empty:
                    if is_over.is_set():
                        return
                    continue
                self._answer("text/plain; charset=utf-8", row.encode())
                return

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_what: object) -> None:
            """Keep it quiet."""

    is_over = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()
