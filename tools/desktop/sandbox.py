"""A virtual desktop of our own: Xvfb, openbox and a D-Bus session, apart from the user's screen.

A small keeper process owns the desktop, so that it outlives a `kill -9` of the process that uses it
and a resumed run finds its windows as they were. The keeper ends everything when the owner lets go,
or when the owner has been dead for the grace time.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from ...memory.errors import ConfigError, DisplayError, MissingProgramError, RunError
from .processes import spawn, started_at

GRACE_S = 900.0
"""How long a desktop waits for its owner to come back after a kill."""
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0
POLL_S = 0.02
ENDING = "ending"
"""A file of this name in the folder says that the keeper has begun to end the desktop."""
MIN_SIZE, MAX_SIZE = (320, 240), (7680, 4320)

PROGRAMS = (("Xvfb", "xvfb"), ("openbox", "openbox"), ("dbus-daemon", "dbus"))
"""Program and the Debian package that brings it."""


XDG_KINDS = ("CONFIG", "CACHE", "STATE", "DATA")
NOT_FOR_CHILDREN = ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XDG_SESSION_ID", "SESSION_MANAGER")
"""Variables of the user's own session that would lead a program to the user's screen."""


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height in pixels from text such as `1280x800`.

    Raises:
        ConfigError: If it reads otherwise or is too small or too large.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise ConfigError(f"size is {text!r}; expected WIDTHxHEIGHT in pixels, such as 1280x800")
    return check_size((int(width), int(height)))


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size if a desktop can have it."""
    if not all(
        low <= side <= high for low, side, high in zip(MIN_SIZE, size, MAX_SIZE, strict=True)
    ):
        raise ConfigError(
            f"size is {size[0]}x{size[1]}; expected between {MIN_SIZE[0]}x{MIN_SIZE[1]} "
            f"and {MAX_SIZE[0]}x{MAX_SIZE[1]}"
        )
    return size


class Sandbox:
    """A virtual desktop that this process owns. Use `start` or `attach`.

    >>> with Sandbox.start((1280, 800)) as sandbox:  # doctest: +SKIP
    ...     subprocess.run(["mousepad"], env=sandbox.env)
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lease = json.loads((folder / "lease.json").read_text(encoding="utf-8"))
        self.display: str = lease["display"]
        self.size: tuple[int, int] = (lease["size"][0], lease["size"][1])
        self._keeper_pid: int = lease["keeper"]["pid"]
        self._keeper_started: int = lease["keeper"]["started"]
        self._is_open = True

    @classmethod
    def start(cls, size: tuple[int, int] = (1280, 800), *, grace_s: float = GRACE_S) -> "Sandbox":
        """Return a new virtual desktop.

        Args:
            size: Width and height in pixels.
            grace_s: How long it stands after the death of its owner.

        Raises:
            ConfigError: If the size is out of range.
            MissingProgramError: If a program is not installed.
            DisplayError: If it does not come up.
        """
        width, height = check_size(size)
        for program, package in PROGRAMS:
            if shutil.which(program) is None:
                raise MissingProgramError(program, debian=package, needed_for="--sandbox")
        folder = Path(tempfile.mkdtemp(prefix="deskhand-sandbox-"))
        write_owner(folder)
        module = "deskhand.tools.desktop.sandbox_keeper"
        # Held open: the keeper takes its folder along when it ends, and the log says why.
        with (folder / "keeper.log").open("w+b") as log:
            keeper = spawn(
                [sys.executable, "-m", module, str(folder), f"{width}x{height}", str(grace_s)],
                log=log,
            )
            try:
                _wait_for_lease(folder, keeper, log)
                return cls(folder)
            except BaseException:  # also Ctrl-C: else it would stand until the grace time is over
                keeper.terminate()
                with suppress(subprocess.TimeoutExpired):
                    keeper.wait(STOP_TIMEOUT_S)
                keeper.kill()
                shutil.rmtree(folder, ignore_errors=True)
                raise

    @classmethod
    def attach(cls, folder: Path) -> "Sandbox":
        """Return the desktop of a process that was killed, now owned by this one.

        Raises:
            RunError: If it is gone, or its owner is still alive.
        """
        gone = RunError(f"the virtual desktop {folder} is gone; start the task anew")
        try:
            sandbox = cls(folder)
            owner = read_owner(folder)
            if owner is not None and owner != os.getpid():
                raise RunError(f"the virtual desktop {folder} is in use by process {owner}")
            write_owner(folder)
        except (OSError, ValueError, KeyError, TypeError):
            raise gone from None
        # Asked last: its grace time may have ended just before it saw us.
        if not sandbox.is_alive:
            raise gone
        return sandbox

    @property
    def is_alive(self) -> bool:
        """Tell whether the desktop stands."""
        return (
            started_at(self._keeper_pid) == self._keeper_started
            and not (self.folder / ENDING).exists()
            and self.folder.exists()
        )

    @property
    def env(self) -> dict[str, str]:
        """The environment for programs on this desktop, made from this process's own."""
        own = {name: value for name, value in os.environ.items() if name not in NOT_FOR_CHILDREN}
        return own | self.variables | fresh_settings(self.folder)

    @property
    def variables(self) -> dict[str, str]:
        """What leads this process to the desktop, to be put into `os.environ`."""
        return desktop_variables(self.folder, self.display)

    def register(self, pid: int) -> None:
        """Have the process group of a launched application ended with the desktop."""
        with (self.folder / "apps").open("a", encoding="ascii") as file:
            file.write(f"{pid} {started_at(pid)}\n")

    def leave(self) -> None:
        """Let go of the desktop but keep it for the grace time, so that a run can be resumed."""
        self._is_open = False

    def close(self) -> None:
        """End the desktop and everything on it. Idempotent."""
        if not self._is_open:
            return
        self._is_open = False
        deadline = time.monotonic() + STOP_TIMEOUT_S
        if started_at(self._keeper_pid) == self._keeper_started:
            os.kill(self._keeper_pid, signal.SIGTERM)
        while started_at(self._keeper_pid) == self._keeper_started:
            if time.monotonic() > deadline:
                os.kill(self._keeper_pid, signal.SIGKILL)
                break
            time.sleep(POLL_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()


def desktop_variables(folder: Path, display: str) -> dict[str, str]:
    """Return the environment variables that lead a program to the desktop, and only there."""
    return {
        "DISPLAY": display,
        "XAUTHORITY": str(folder / "client.auth"),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder / 'bus'}",
        "XDG_SESSION_TYPE": "x11",
        "GDK_BACKEND": "x11",
        "QT_QPA_PLATFORM": "xcb",
        "GTK_USE_PORTAL": "0",
        "NO_AT_BRIDGE": "1",
    }


def fresh_settings(folder: Path) -> dict[str, str]:
    """Return the environment variables that give programs settings of their own.

    They begin as on their first day: no session to restore from a desktop that was ended under
    them, and nothing of it in the user's own settings. For programs alone: a run of ours belongs
    into the user's folders, and would be lost with the desktop's.
    """
    return {
        "GSETTINGS_BACKEND": "memory",
        **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in XDG_KINDS},
    }


def write_owner(folder: Path) -> None:
    """Write that this process owns the desktop in the folder."""
    record = {"pid": os.getpid(), "started": started_at(os.getpid())}
    temporary = folder / "owner.new"
    temporary.write_text(json.dumps(record), encoding="ascii")
    temporary.replace(folder / "owner.json")


def read_owner(folder: Path) -> int | None:
    """Return the id of the process that owns the desktop in the folder, None if it is dead."""
    try:
        record = json.loads((folder / "owner.json").read_text(encoding="ascii"))
        pid, started = int(record["pid"]), record["started"]
    except (OSError, ValueError, KeyError):
        return None
    return pid if started_at(pid) == started else None


def _wait_for_lease(folder: Path, keeper: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    """Wait until the desktop stands.

    Raises:
        DisplayError: If it does not in time; with the keeper's last word.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    while not (folder / "lease.json").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            said = log.read().decode("utf-8", "replace").strip().splitlines()
            reason = said[-1] if said else f"its keeper said nothing in {START_TIMEOUT_S:g} s"
            raise DisplayError(f"the virtual desktop did not start: {reason}")
        time.sleep(POLL_S)
