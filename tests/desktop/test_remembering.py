"""Real windows in the memory: what they show is kept, less secrets and private windows."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.memory.screens import VisualMemory
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.parse import load_parser
from deskhand.tools.remembering.recorder import ScreenRecorder

pytestmark = pytest.mark.desktop

Launch = Callable[..., Window]
PAGE = """<meta charset=utf-8><title>Checkout</title>
<body style="font:16px sans-serif;padding:30px">
<h1>Invoice 4711 for Ada</h1><p>Card number 4111 1111 1111 1111</p>
<p>Your verification code is 482913</p><p>Order 4711-0815-2342-9000</p>
<label>Password <input value=sunshine></label>"""
SECRETS = ("4111", "482913", "sunshine")
CHROMIUM = (
    "chromium", "--no-sandbox", "--disable-gpu", "--no-first-run", "--test-type",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--password-store=basic", "--window-size=900,600", "--window-position=0,0",
)  # fmt: skip
WAIT_S = 30.0


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[VisualMemory]:
    with VisualMemory.open(tmp_path / "memory") as memory:
        yield memory


@pytest.fixture
def observer(desktop: Desktop) -> Observer:
    return Observer(desktop, load_parser())


def open_page(launch: Launch, tmp_path: Path, *options: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    launch(*CHROMIUM, *options, profile, page.as_uri(), timeout_s=60.0)


def look_until(observer: Observer, text: str) -> Observation:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        seen = observer.observe()
        if any(text in element.text for element in seen.elements):
            return seen
    pytest.fail(f"{text!r} never showed")


@pytest.mark.browser
def test_a_page_is_kept_without_its_secrets(
    launch: Launch, observer: Observer, memory: VisualMemory, tmp_path: Path
) -> None:
    open_page(launch, tmp_path)
    seen = look_until(observer, "Order 4711")
    recorded = ScreenRecorder(memory).record(seen)
    assert recorded.added is not None
    record = memory.show(recorded.added.id)
    text = "\n".join(record.lines)
    assert "Invoice 4711 for Ada" in text
    assert "4711-0815-2342-9000" in text
    assert not [secret for secret in SECRETS if secret in text]
    assert (record.app, record.window) == ("Chromium", "Checkout - Chromium")
    # What OCR reads in the kept picture is the proof that the pixels are gone.
    kept = load_parser().parse(load_capture(record.picture))
    read = " ".join(element.text for element in kept)
    assert "Invoice 4711 for Ada" in read
    assert not [secret for secret in SECRETS if secret in read]


@pytest.mark.browser
def test_a_private_window_is_not_kept(
    launch: Launch, observer: Observer, memory: VisualMemory, tmp_path: Path
) -> None:
    open_page(launch, tmp_path, "--incognito")
    seen = look_until(observer, "Order 4711")
    recorded = ScreenRecorder(memory).record(seen)
    assert (recorded.added, recorded.excluded_by) == (None, "private window")
    assert memory.stats().screens == 0


def test_a_watch_keeps_what_changed_and_ends_on_ctrl_c(
    launch: Launch, desktop: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "watched"
    monkeypatch.setenv("DESKHAND_MEMORY", str(folder))
    command = [sys.executable, "-m", "deskhand.agent.cli", "watch", "--every", "1", "--cpu", "100"]
    watch = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    stderr = watch.stderr
    assert stderr is not None
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.extend(iter(stderr.readline, "")))
    reader.start()
    try:
        _await(lambda: any("kept [screen:" in line for line in told))
        note = tmp_path / "A note on badgers.txt"
        note.write_text("Badgers dig at night.\n", encoding="utf-8")
        launch("mousepad", "--disable-server", str(note))
        _await(lambda: sum("kept [screen:" in line for line in told) >= 2)
        watch.send_signal(signal.SIGINT)
        out = watch.communicate(timeout=WAIT_S)[0]
    finally:
        watch.kill()
        watch.wait()
        reader.join(WAIT_S)
    assert watch.returncode == 0
    assert "screens kept" in out
    with VisualMemory.open(folder) as memory:
        lines = [line for record in memory.list() for line in record.lines]
        assert any("Badgers dig at night." in line for line in lines)
        pixels = load_capture(memory.list()[0].picture).pixels
    assert pixels.shape == desktop.grab().shape


def _await(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
