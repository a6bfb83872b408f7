"""Opens what a command looks at and acts on: the user's desktop, or a virtual one."""

import io
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from ...tools.desktop.desktop import Desktop
from ...tools.desktop.sandbox import Sandbox
from ..trajectory.run_info import DesktopPlace

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """An open desktop, and the virtual one beneath it if there is one."""

    desktop: Desktop
    place: DesktopPlace
    env: Mapping[str, str] | None
    """Environment for launched applications; None for this process's own."""
    on_launch: Callable[[int], None]
    keep: Callable[[], None]
    """Leaves a virtual desktop standing when the screen is closed, so that a run can go on."""


@contextmanager
def open_screen(
    *, sandbox: tuple[int, int] | None = None, place: DesktopPlace | None = None
) -> Iterator[Screen]:
    """Open a desktop for the time of the block.

    Args:
        sandbox: Size of a new virtual desktop; None for the user's own.
        place: The desktop of a run that goes on.

    Raises:
        DisplayError: If there is no screen that may be used.
        RunError: If the run's virtual desktop is gone.
    """
    if place is not None and place.sandbox_folder is not None:
        virtual = Sandbox.attach(Path(place.sandbox_folder))
    elif sandbox is not None:
        virtual = Sandbox.start(sandbox)
    else:
        named = _display(place)
        with _open(named) as desktop:
            yield _own(desktop, os.environ.get("DISPLAY", "") if named is None else named)
        return
    with virtual, _environment(virtual.variables), _open(virtual.display) as desktop:
        yield Screen(
            desktop=desktop,
            place=DesktopPlace(
                display=virtual.display, size=virtual.size, sandbox_folder=str(virtual.folder)
            ),
            env=virtual.env,
            on_launch=virtual.register,
            keep=virtual.leave,
        )


def _open(display: str | None) -> Desktop:
    """Open a desktop with what its libraries print kept off stdout, which is for results."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        desktop = Desktop.open(display)
    for line in printed.getvalue().splitlines():
        logger.debug("while opening the desktop: %s", line)
    return desktop


def _display(place: DesktopPlace | None) -> str | None:
    """Return the display to name, None for what the environment names.

    One that is named is opened even in a Wayland session, so it is only where it must be: to keep a
    run on its own desktop.
    """
    if place is None or place.display in ("", os.environ.get("DISPLAY")):
        return None
    return place.display


def _own(desktop: Desktop, display: str) -> Screen:
    box = desktop.box
    return Screen(
        desktop=desktop,
        place=DesktopPlace(display=display, size=(box.width, box.height)),
        env=None,
        on_launch=lambda _pid: None,
        keep=lambda: None,
    )


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Lead this process to the virtual desktop: pyautogui reads the environment."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
