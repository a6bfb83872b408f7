"""A headless Chromium for the tests of the watch page, driven as a person would drive it."""

import base64
import itertools
import json
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from benchmarks.chromium import CHROMIUM

TIMEOUT_S = 30.0
POLL_S = 0.1
STILL_S = 0.2
BY_TEXT = """
(text => {
  const shown = e => e.getClientRects().length && getComputedStyle(e).visibility !== "hidden";
  const all = [...document.querySelectorAll("button, a, [role=button], [role=tab], label")];
  const found = all.filter(e => shown(e) && e.innerText.trim().includes(text));
  const smallest = found.sort((a, b) => a.innerText.length - b.innerText.length)[0];
  if (!smallest || smallest.disabled) return null;
  smallest.scrollIntoView({block: "center"});
  const box = smallest.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})
"""


class Browser:
    """One tab. Everything it asked for and everything it complained about is kept.

    Args:
        profile: An empty folder for its settings.
        size: Of the page in pixels.
    """

    def __init__(self, profile: Path, size: tuple[int, int] = (1440, 900)) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._numbers = itertools.count(1)
        self._process = subprocess.Popen(
            [
                *CHROMIUM, "--headless=new", "--remote-debugging-port=0", "--hide-scrollbars",
                f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}", "about:blank",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._opened = ExitStack()
        self._opened.callback(self._end)
        try:
            self._socket = self._opened.enter_context(
                connect(self._address(profile), max_size=None, proxy=None)
            )
            for domain in ("Page", "Network", "Runtime", "Log"):
                self.ask(f"{domain}.enable")
            self.ask(
                "Emulation.setDeviceMetricsOverride",
                width=size[0], height=size[1], deviceScaleFactor=1, mobile=False,
            )  # fmt: skip
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it."""
        self._opened.close()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, method: str, **parameters: Any) -> Any:
        """Return the result of one command of the DevTools protocol; Any: each has its own."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            reply: dict[str, Any] = json.loads(self._socket.recv(TIMEOUT_S))
            if reply.get("id") == number:
                break
            self._note(reply)
        assert "error" not in reply, (method, reply)
        return reply["result"]

    def open(self, address: str) -> None:
        """Go to an address."""
        self.ask("Page.navigate", url=address)

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression on the page."""
        result = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script: str, timeout_s: float = TIMEOUT_S) -> Any:
        """Return the value of an expression once it is true."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                value = self.evaluate(script)
            except AssertionError:  # the page is just being replaced
                value = None
            if value:
                return value
            assert time.monotonic() < deadline, f"never true: {script}\n{self.text()}"
            time.sleep(POLL_S)

    def text(self) -> str:
        """Return the text that the page shows."""
        return str(self.evaluate("document.body.innerText"))

    def wait_for_text(self, text: str, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until the page shows a text."""
        self.wait(f"document.body.innerText.includes({json.dumps(text)})", timeout_s)

    def click(self, text: str) -> None:
        """Click what has this text on it, with the mouse, once it takes clicks."""
        find, last = f"({BY_TEXT})({json.dumps(text)})", None
        while (place := self.wait(find)) != last:  # it moves while a dialog opens
            last = place
            time.sleep(STILL_S)
        self.click_at(*place)

    def click_at(self, x: float, y: float) -> None:
        """Click a point of the page."""
        for kind in ("mousePressed", "mouseReleased"):
            self.ask(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )  # fmt: skip

    def type_into(self, label: str, text: str) -> None:
        """Put text into the field of this label, and press Enter."""
        self.wait(
            "(label => { const field = [...document.querySelectorAll('input')].find("
            "one => (one.getAttribute('aria-label') || '').includes(label) && one.offsetParent);"
            f" if (field) field.focus(); return !!field; }})({json.dumps(label)})"
        )
        self.ask("Input.insertText", text=text)
        time.sleep(0.3)  # the page tells the server what is typed as it is typed
        for kind in ("keyDown", "keyUp"):
            self.ask(
                "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r",
                windowsVirtualKeyCode=13,
            )  # fmt: skip

    def picture(self, out: Path) -> None:
        """Write what the page looks like."""
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        out.write_bytes(base64.b64decode(data))

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(parameters["url"])
            case "Log.entryAdded":
                entry = parameters["entry"]
                if entry["level"] == "error":
                    self.complaints.append(f"{entry['text']} {entry.get('url', '')}")
            case "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                said = details.get("exception", {}).get("description", "")
                self.complaints.append(f"{details['text']} {said}")
            case _:
                pass

    def _address(self, profile: Path) -> str:
        port_file = profile / "DevToolsActivePort"
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                port = port_file.read_text(encoding="ascii").split()[0]
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as reply:
                    pages = [one for one in json.load(reply) if one["type"] == "page"]
                if pages:
                    return str(pages[0]["webSocketDebuggerUrl"])
            except (OSError, IndexError, ValueError):
                pass
            time.sleep(POLL_S)
        raise AssertionError("chromium did not start")
