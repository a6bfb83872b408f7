"""Which kind of desktop there is, and whether we may act on it."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Literal

from ...memory.errors import DisplayError
from .backend import Backend

DesktopKind = Literal["x11", "windows", "macos"]

BACKENDS: Mapping[DesktopKind, str] = {
    "x11": ".x11:X11Backend",
    "windows": ".native:WindowsBackend",
    "macos": ".native:MacBackend",
}


def find_desktop(
    env: Mapping[str, str], display: str | None = None, *, platform: str = sys.platform
) -> DesktopKind:
    """Return the kind of desktop that the environment describes.

    Args:
        env: The process's environment.
        display: An X11 display that was asked for; it overrides the session's kind.
        platform: As in `sys.platform`.

    Raises:
        DisplayError: If there is none, or it is Wayland, where input would be blind.
    """
    if platform == "win32":
        return "windows"
    if platform == "darwin":
        return "macos"
    if display is not None:
        return "x11"
    is_wayland = bool(env.get("WAYLAND_DISPLAY")) or env.get("XDG_SESSION_TYPE") == "wayland"
    if is_wayland:
        raise DisplayError(
            "this is a Wayland session, which shows and moves only part of what is on the screen; "
            "log in to an Xorg session, or run with --sandbox"
        )
    if not env.get("DISPLAY"):
        raise DisplayError("there is no display: run with --sandbox, or set DISPLAY")
    return "x11"


def open_backend(env: Mapping[str, str], display: str | None = None) -> Backend:
    """Return the backend of this session's desktop.

    Raises:
        DisplayError: If there is none that we may use.
    """
    kind = find_desktop(env, display)
    module, _, attribute = BACKENDS[kind].partition(":")
    backend: Backend = getattr(import_module(module, __package__), attribute)(display)
    return backend
