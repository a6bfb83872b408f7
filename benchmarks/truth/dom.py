"""The truth about a web page, from Chromium's own document through its debugging port."""

import itertools
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.chromium import CHROMIUM
from benchmarks.truth.records import TrueElement, TrueWord, Truth
from deskhand.memory.errors import ActionFailed
from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.desktop.geometry import Box

SCRIPT = Path(__file__).with_name("dom.js")
PORT_FILE = "DevToolsActivePort"
START_TIMEOUT_S = 30.0
REPLY_TIMEOUT_S = 20.0
POLL_S = 0.1
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(done, 150)))"
"""A frame callback comes before its frame is on the screen."""
MARKER_RGB = (255, 0, 201)
MARK = (
    "(() => { const cover = document.createElement('div'); cover.id = 'page-marker';"
    "cover.style = 'position:fixed;inset:0;z-index:2147483647;background:rgb{colour}';"
    "document.documentElement.append(cover); })()"
).replace("{colour}", repr(MARKER_RGB))
UNMARK = "document.getElementById('page-marker').remove()"


def chromium(profile: Path, size: tuple[int, int], *, scale: float) -> list[str]:
    """Return the command of a Chromium that fills the screen with one page, without its own bars.

    Args:
        profile: An empty folder for its settings.
        size: Of the screen in pixels.
        scale: Pixels a CSS pixel.
    """
    width, height = (round(side / scale) for side in size)
    return [
        *CHROMIUM, "--disable-default-apps", "--hide-scrollbars",
        "--remote-debugging-port=0", f"--user-data-dir={profile}",
        f"--force-device-scale-factor={scale:g}", "--window-position=0,0",
        f"--window-size={width},{height}", "--app=about:blank",
    ]  # fmt: skip


class Page:
    """The one page of a Chromium that was started with `chromium(profile, …)`.

    Args:
        profile: The folder given there.

    Raises:
        ActionFailed: If Chromium does not open its debugging port in time.
    """

    def __init__(self, profile: Path) -> None:
        try:
            self._socket = connect(_page_address(profile), max_size=None, proxy=None)
        except (OSError, WebSocketException) as error:
            raise ActionFailed(f"chromium cannot be asked: {error}") from error
        self._numbers = itertools.count(1)

    def ask(self, method: str, **parameters: Any) -> Any:
        """Return the result of one command of the DevTools protocol.

        Any: commands differ in what they take and return.

        Raises:
            ActionFailed: If Chromium refuses, or does not answer in time.
        """
        number = next(self._numbers)
        try:
            self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
            while True:
                reply: dict[str, Any] = json.loads(self._socket.recv(REPLY_TIMEOUT_S))
                if reply.get("id") == number:
                    break
        except (TimeoutError, WebSocketException) as error:
            raise ActionFailed(f"chromium did not answer {method}: {error}") from error
        if "error" in reply:
            raise ActionFailed(f"chromium refused {method}: {reply['error'].get('message')}")
        return reply["result"]

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression on the page; of a promise what it is fulfilled with."""
        result = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            said = result["exceptionDetails"].get("exception", {}).get("description", "")
            raise ActionFailed(f"the script failed on the page: {said.splitlines()[:1]}")
        return result["result"].get("value")

    def open(self, page: Path, *, prepare: str = "") -> None:
        """Show a page and wait until it is painted.

        Args:
            page: An HTML file.
            prepare: A script to run on it first.
        """
        self.ask("Page.navigate", url=page.as_uri())
        deadline = time.monotonic() + REPLY_TIMEOUT_S
        is_there = f"location.href === {page.as_uri()!r} && document.readyState === 'complete'"
        while not self.evaluate(is_there):
            if time.monotonic() > deadline:
                raise ActionFailed(f"chromium did not load {page.name}")
            time.sleep(POLL_S)
        if prepare:
            self.evaluate(prepare)
        self.evaluate(PAINTED)

    def place(self, grab: Callable[[], Pixels]) -> Box:
        """Return where on the screen the page is, by covering it with a colour for a moment.

        Window position and border, by which it could be computed, are not told reliably.
        """
        self.evaluate(MARK)
        self.evaluate(PAINTED)
        is_marker = (grab() == np.array(MARKER_RGB, np.uint8)).all(axis=2)
        self.evaluate(UNMARK)
        self.evaluate(PAINTED)
        rows, columns = np.flatnonzero(is_marker.any(1)), np.flatnonzero(is_marker.any(0))
        if not len(rows):
            raise ActionFailed("the page is not on the screen")
        return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)

    def truth(self, place: Box) -> Truth:
        """Return what is on the page, in pixels of the screen."""
        return to_screen(self.evaluate(SCRIPT.read_text(encoding="utf-8")), place)

    def close(self) -> None:
        """Let go of Chromium, which goes on. Idempotent."""
        with suppress(WebSocketException, OSError):
            self._socket.close()


def to_screen(found: Mapping[str, Any], place: Box) -> Truth:
    """Return what `dom.js` found, in pixels of the screen.

    Args:
        found: Its value; Any: it is JSON.
        place: Where the viewport is on the screen.
    """
    scale = place.width / found["width"]

    def on_screen(box: list[float]) -> Box:
        left, top, right, bottom = (round(side * scale) for side in box)
        return Box(left, top, right, bottom).shift(place.left, place.top)

    return Truth(
        elements=tuple(
            TrueElement(
                kind=element["kind"],
                label=element["label"],
                is_label_visible=element["visible"],
                hits=tuple(on_screen(hit) for hit in element["hits"]),
            )
            for element in found["elements"]
        ),
        words=tuple(
            TrueWord(text=word["text"], box=on_screen(word["box"]), is_exact=word["exact"])
            for word in found["words"]
        ),
        regions=(place,),
    )


def _page_address(profile: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        with suppress(OSError, ValueError, IndexError, urllib.error.URLError):
            port = int((profile / PORT_FILE).read_text(encoding="ascii").splitlines()[0])
            with opener.open(f"http://127.0.0.1:{port}/json/list", timeout=5) as reply:
                targets = json.load(reply)
            pages = [target for target in targets if target["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(POLL_S)
    raise ActionFailed(f"chromium did not open its debugging port in {START_TIMEOUT_S:g} s")
