"""Which desktop is found, and what is said where none may be used."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from deskhand.memory.errors import DisplayError
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.probe import DesktopKind, find_desktop, open_backend
from deskhand.tools.desktop.sandbox import Sandbox

WAYLAND = (
    "this is a Wayland session, which shows and moves only part of what is on the screen; "
    "log in to an Xorg session, or run with --sandbox"
)
NONE = "there is no display: run with --sandbox, or set DISPLAY"


@pytest.mark.parametrize(
    ("env", "display", "platform", "kind"),
    [
        ({"DISPLAY": ":0"}, None, "linux", "x11"),
        ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11"}, None, "linux", "x11"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": ""}, None, "linux", "x11"),
        # A display that was asked for is not the session's: a sandbox beside Wayland.
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, ":5", "linux", "x11"),
        ({}, None, "win32", "windows"),
        ({}, None, "darwin", "macos"),
        ({"DISPLAY": ":0"}, None, "freebsd14", "x11"),
    ],
)
def test_desktop_is_told_from_the_environment(
    env: Mapping[str, str], display: str | None, platform: str, kind: DesktopKind
) -> None:
    assert find_desktop(env, display, platform=platform) == kind


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, NONE),
        ({"DISPLAY": ""}, NONE),
        ({"WAYLAND_DISPLAY": "wayland-0"}, WAYLAND),
        ({"XDG_SESSION_TYPE": "wayland"}, WAYLAND),
        # XWayland gives a DISPLAY; through it input would reach some windows and not others.
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, WAYLAND),
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, WAYLAND),
    ],
)
def test_no_desktop_is_one_sentence_that_says_what_to_do(env: Mapping[str, str], said: str) -> None:
    with pytest.raises(DisplayError) as caught:
        find_desktop(env, platform="linux")
    assert str(caught.value) == said


def test_display_that_cannot_be_opened_is_named() -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there are no X11 displays here")
    # In a process of its own: opening a display changes the environment that pyautogui reads.
    code = (
        "import os\n"
        "from deskhand.tools.desktop.probe import open_backend\n"
        "from deskhand.memory.errors import DisplayError\n"
        "try:\n"
        "    open_backend(os.environ)\n"
        "except DisplayError as error:\n"
        "    print(error)\n"
    )
    env = {**os.environ, "DISPLAY": ":1999"}
    for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XAUTHORITY"):
        env.pop(name, None)
    asked = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    (line,) = asked.stdout.splitlines()
    assert line.startswith("display :1999 cannot be opened: ")
    assert line.endswith("; check DISPLAY, or use --sandbox")


@pytest.mark.desktop
def test_second_display_in_one_process_is_refused(
    sandbox: Sandbox, desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desktop.backend_name == "x11"
    with Sandbox.start((640, 480)) as other:
        for name, value in other.variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(DisplayError) as caught:
            open_backend(os.environ, other.display)
    assert str(caught.value) == (
        f"this process uses display {sandbox.display} already; a process has one desktop, "
        f"use another process for {other.display}"
    )
