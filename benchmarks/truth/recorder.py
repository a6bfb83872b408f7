"""Brings real applications and pages into a state, and takes their picture and their truth."""

import json
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mss
import numpy as np
from PIL import Image
from Xlib.display import Display

from benchmarks.scenes.scenes import AppScene, PageScene, Scene
from benchmarks.truth import atspi, dom
from benchmarks.truth.records import (
    Recording,
    Truth,
    load_recording,
    save_recording,
    stem_of,
)
from deskhand.memory.errors import ActionFailed
from deskhand.tools.desktop.apps import launch
from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.mss_grab import grab_region
from deskhand.tools.desktop.processes import end_groups, family
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.desktop.x11_windows import X11Windows

LAUNCH_TIMEOUT_S = 60.0
END_PATIENCE_S = 4.0
QUIET_S, QUIET_TIMEOUT_S, QUIET_POLL_S = 0.6, 10.0, 0.1
CARET_PX = 400
"""A blinking caret changes no more pixels than this."""
KEY_PAUSE_S = 0.4
FETCH_TRIES = 5
LARGE_SCREEN_PX = 3000
"""From this width on a screen is so dense that pages are shown at twice their size."""

TEXT = (
    "Shopping list\n\n12 eggs, 2 loaves of rye bread\nOlive oil and lemons\n"
    "Call the plumber before Thursday (0732 445 901)\n\n"
    "The meeting moved from room 214 to the library.\n"
    "Bring the blue folder, the adapter and three copies of the plan.\n"
)
FILES = {
    "budget.csv": 4100, "holiday.txt": 900, "letter to Anna.txt": 2300, "minutes.txt": 15_000,
    "notes.txt": 120, "recipe.txt": 640, "todo.txt": 77,
}  # fmt: skip
WRITTEN_AT = 1_741_944_360  # seconds since the epoch; a day in March 2025
FOLDERS = ("Invoices", "Letters", "Pictures", "Projects")


class Studio:
    """One virtual desktop on which scenes are recorded, one after the other.

    Args:
        size: Of the screen in pixels.
        folder: Takes the recordings.
    """

    def __init__(self, size: tuple[int, int], folder: Path) -> None:
        self.size = size
        self._folder = folder
        self._sandbox = Sandbox.start(size)
        self._temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # Xlib and mss take the authority file from the environment.
        self._environ = dict(os.environ)
        os.environ.update(self._sandbox.variables)
        self._display = Display(self._sandbox.display)
        self._screen = mss.MSS(display=self._sandbox.display)
        self._groups: list[int] = []
        self._page: dom.Page | None = None
        self._home = Path(self._temporary.name)
        self._places = _make_files(self._home)
        _point_away(self._sandbox.env, size)

    def record(self, scene: Scene) -> Recording:
        """Return the recording of a scene.

        Raises:
            ActionFailed: If the application does not come up or tells nothing.
        """
        match scene:
            case PageScene():
                pixels, truth = self._record_page(scene)
                windows, popups = self._windows(), self._popups()
            case AppScene():
                self._end_browser()
                with self._running(scene) as window:
                    pixels, windows, popups, truth = self._record_app(scene, window)
        stem = stem_of(scene.name, self.size)
        picture = self._folder / f"{stem}.png"
        Image.fromarray(pixels).save(picture, compress_level=1)
        recording = Recording(
            scene=scene.name, size=self.size, picture=picture, windows=windows, truth=truth,
            popups=popups,
        )  # fmt: skip
        save_recording(recording)
        return recording

    @contextmanager
    def shown(self, scene: Scene) -> Iterator[Mapping[str, str]]:
        """Keep a scene on the screen for the time of the block; the environment to look at it in.

        Raises:
            ActionFailed: If the application does not come up or tells nothing.
        """
        if isinstance(scene, PageScene):
            self._record_page(scene)
            yield self._sandbox.env
            return
        self._end_browser()
        with self._running(scene):
            self._settled()
            yield self._sandbox.env

    def close(self) -> None:
        """End the desktop and what runs on it."""
        self._end_browser()
        self._screen.close()
        self._display.close()
        self._sandbox.close()
        self._temporary.cleanup()
        os.environ.clear()
        os.environ.update(self._environ)

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    # --- looking

    def _grab(self) -> Pixels:
        return grab_region(self._screen, Box.of_size(*self.size))

    def _windows(self) -> tuple[Window, ...]:
        return tuple(X11Windows(self._display).list())

    def _settled(self) -> Pixels:
        """Return the picture once nothing but a caret has moved for a while."""
        last, since = self._grab(), time.monotonic()
        deadline = since + QUIET_TIMEOUT_S
        while time.monotonic() < min(deadline, since + QUIET_S):
            time.sleep(QUIET_POLL_S)
            now = self._grab()
            if _changed(last, now) > CARET_PX:
                last, since = now, time.monotonic()
        return self._grab()

    def _popups(self) -> tuple[Popup, ...]:
        return tuple(X11Windows(self._display).popups())

    # --- pages

    def _record_page(self, scene: PageScene) -> tuple[Pixels, Truth]:
        if self._page is None:
            self._page = self._open_browser()
        try:
            self._page.open(scene.page)
            place = self._page.place(self._grab)
            pixels = self._settled()
            return pixels, self._page.truth(place)
        except ActionFailed:
            self._end_browser()  # the next page gets a new one
            raise

    def _open_browser(self) -> dom.Page:
        scale = 2.0 if self.size[0] >= LARGE_SCREEN_PX else 1.0
        profile = self._home / "chromium"
        (profile / dom.PORT_FILE).unlink(missing_ok=True)
        self._launch(dom.chromium(profile, self.size, scale=scale), self._sandbox.env)
        return dom.Page(profile)

    def _end_browser(self) -> None:
        if self._page is not None:
            self._page.close()
            self._page = None
            self._end_all()

    # --- applications

    @contextmanager
    def _running(self, scene: AppScene) -> Iterator[Window]:
        """Start a scene's application, ready to be looked at."""
        env = {
            name: value
            for name, value in self._sandbox.env.items()
            if name not in atspi.UNWANTED_VARIABLES
        } | atspi.VARIABLES
        command = [part.format(**self._places) for part in scene.command]
        try:
            window = self._launch(command, env)
            self._settled()
            if not scene.keeps_size:
                self._fill(window)
            for chord in scene.keys:
                _xdotool(self._sandbox.env, "key", chord)
                time.sleep(KEY_PAUSE_S)
            yield window
        finally:
            self._end_all()

    def _record_app(
        self, scene: AppScene, window: Window
    ) -> tuple[Pixels, tuple[Window, ...], tuple[Popup, ...], Truth]:
        pids = family(window.pid) if window.pid is not None else ()
        applications = self._fetch(scene, pids)
        pixels = self._settled()
        windows, popups = self._windows(), self._popups()
        surfaces = [
            *(atspi.Surface(box=popup.box, is_popup=True) for popup in popups),
            *(atspi.Surface(box=w.box, is_popup=False) for w in windows if not w.is_minimized),
        ]
        if _changed(pixels, self._grab()) > CARET_PX:
            raise ActionFailed(f"{scene.name} changed while it was asked what it shows")
        # Kept to look into what an application says when its truth looks odd.
        raw = self._folder / f"{stem_of(scene.name, self.size)}.atspi.json"
        raw.write_text(
            json.dumps({"surfaces": [s.box.xyxy for s in surfaces], "trees": applications}),
            encoding="utf-8",
        )
        truth = atspi.to_truth(
            applications,
            surfaces,
            Box.of_size(*self.size),
            are_bars_lettered=scene.are_bars_lettered,
        )
        if not truth.elements:
            raise ActionFailed(f"{scene.name} shows nothing of what it tells over AT-SPI")
        return pixels, windows, popups, truth

    def _fetch(self, scene: AppScene, pids: Iterable[int]) -> list[dict[str, Any]]:
        """Return the application's trees; it may join the bus a moment after its window is there.

        Any: see `atspi`.
        """
        for _ in range(FETCH_TRIES):
            self._settled()
            applications = atspi.fetch_applications(self._sandbox.env, pids)
            if any(len(application["nodes"]) > 1 for application in applications):
                return applications
        raise ActionFailed(f"{scene.name} tells nothing over AT-SPI")

    def _launch(self, command: Sequence[str], env: Mapping[str, str]) -> Window:
        def started(pid: int) -> None:
            self._groups.append(pid)
            self._sandbox.register(pid)

        return launch(
            command,
            env=env,
            windows=self._windows,
            timeout_s=LAUNCH_TIMEOUT_S,
            sleep=time.sleep,
            on_start=started,
        )

    def _fill(self, window: Window) -> None:
        """Give a window most of the screen, whatever size it opens with."""
        width, height = (round(side * 0.8) for side in self.size)
        _xdotool(self._sandbox.env, "windowsize", str(window.id), str(width), str(height))
        _xdotool(self._sandbox.env, "windowmove", str(window.id), "40", "40")
        self._settled()

    def _end_all(self) -> None:
        end_groups(self._groups, patience_s=END_PATIENCE_S)
        self._groups.clear()
        deadline = time.monotonic() + END_PATIENCE_S
        while self._windows() and time.monotonic() < deadline:
            time.sleep(QUIET_POLL_S)


def record_all(
    scenes: Iterable[Scene], size: tuple[int, int], folder: Path
) -> Iterator[Recording | ActionFailed]:
    """Yield the recording of each scene at one size, or why there is none.

    What was recorded before in the folder is used again.
    """
    missing = []
    for scene in scenes:
        recording = load_recording(folder / f"{stem_of(scene.name, size)}.json")
        if recording is None:
            missing.append(scene)
        else:
            yield recording
    if not missing:
        return
    with Studio(size, folder) as studio:
        for scene in missing:
            try:
                yield studio.record(scene)
            except ActionFailed as error:
                yield ActionFailed(f"{stem_of(scene.name, size)}: {error}")


def _changed(before: Pixels, after: Pixels) -> int:
    return int((before != after).any(axis=2).sum())


def _point_away(env: Mapping[str, str], size: tuple[int, int]) -> None:
    _xdotool(env, "mousemove", str(size[0] - 1), str(size[1] - 1))


def _xdotool(env: Mapping[str, str], *arguments: str) -> None:
    try:
        subprocess.run(
            ["xdotool", *arguments], env=dict(env), check=True, timeout=20, capture_output=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ActionFailed(f"xdotool {' '.join(arguments)} failed: {error}") from error


def _make_files(home: Path) -> dict[str, Any]:
    """Make what applications open; return the path for each name that a command may hold."""
    text, folder, archive = home / "list.txt", home / "Documents", home / "documents.tar"
    text.write_text(TEXT, encoding="utf-8")
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    for name, size in FILES.items():
        (folder / name).write_bytes(np.full(size, ord("x"), np.uint8).tobytes())
    for path in (*folder.iterdir(), folder, text):
        os.utime(path, (WRITTEN_AT, WRITTEN_AT))  # applications show it
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, arcname="Documents")
    return {"text": text, "folder": folder, "archive": archive}
