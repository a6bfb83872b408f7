"""A virtual desktop of our own: Xvfb, openbox and a D-Bus session, apart from the user's screen.

A small keeper process owns the desktop, so that it outlives a `kill -9` of the process that uses it
and a resumed run finds its windows as they were. The keeper ends everything when the owner lets go,
or when the owner has been dead for the grace time.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil

from ...memory.errors import ConfigError, DisplayError, MissingProgramError, RunError
from .processes import spawn

GRACE_S = 900.0
"""How long a desktop waits for its owner to come back after a kill."""
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0
MIN_SIZE, MAX_SIZE = (320, 240), (7680, 4320)

PROGRAMS = (("Xvfb", "xvfb"), ("openbox", "openbox"), ("dbus-daemon", "dbus"))
"""Program and the Debian package that brings it."""


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
        self._keeper_pid: int = lease["keeper"]
        self._bus: str = lease["bus"]
        self._is_open = True

    @classmethod
    def start(cls, size: tuple[int, int] = (1280, 800), *, grace_s: float = GRACE_S) -> "Sandbox":
        """Return a new virtual desktop.

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
        with (folder / "keeper.log").open("wb") as log:
            keeper = spawn(
                [sys.executable, "-m", module, str(folder), f"{width}x{height}", str(grace_s)],
                log=log,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (folder / "lease.json").exists():
            if keeper.poll() is not None or time.monotonic() > deadline:
                keeper.kill()
                keeper.wait()
                said = (folder / "keeper.log").read_text(encoding="utf-8", errors="replace")
                shutil.rmtree(folder, ignore_errors=True)
                last = (said.strip().splitlines() or ["nothing in its log"])[-1]
                raise DisplayError(f"the virtual desktop did not start: {last}")
            time.sleep(0.02)
        return cls(folder)

    @classmethod
    def attach(cls, folder: Path) -> "Sandbox":
        """Return the desktop of a process that was killed, now owned by this one.

        Raises:
            RunError: If it is gone, or its owner is still alive.
        """
        try:
            sandbox = cls(folder)
        except (OSError, ValueError, KeyError):
            raise RunError(f"the virtual desktop {folder} is gone; start the task anew") from None
        if not psutil.pid_exists(sandbox._keeper_pid):
            raise RunError(f"the virtual desktop {folder} has ended; start the task anew")
        owner = read_owner(folder)
        if owner is not None and owner.pid != os.getpid():
            raise RunError(f"the virtual desktop {folder} is in use by process {owner.pid}")
        write_owner(folder)
        return sandbox

    @property
    def env(self) -> dict[str, str]:
        """The environment for programs on this desktop, made from this process's own."""
        env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XDG_SESSION_ID")
        }
        return env | self.variables

    @property
    def variables(self) -> dict[str, str]:
        """What `env` adds to a process's own environment."""
        return {
            "DISPLAY": self.display,
            "XAUTHORITY": str(self.folder / "client.auth"),
            "DBUS_SESSION_BUS_ADDRESS": self._bus,
            "XDG_SESSION_TYPE": "x11",
            "GDK_BACKEND": "x11",
            "QT_QPA_PLATFORM": "xcb",
            "GTK_USE_PORTAL": "0",
            "NO_AT_BRIDGE": "1",
        }

    def register(self, pid: int) -> None:
        """Have the process group of a launched application ended with the desktop."""
        with (self.folder / "apps").open("a", encoding="ascii") as file:
            file.write(f"{pid}\n")

    def leave(self) -> None:
        """Let go of the desktop but keep it for the grace time, so that a run can be resumed."""
        self._is_open = False

    def close(self) -> None:
        """End the desktop and everything on it. Idempotent."""
        if not self._is_open:
            return
        self._is_open = False
        (self.folder / "release").touch()
        try:
            psutil.Process(self._keeper_pid).wait(timeout=STOP_TIMEOUT_S)
        except psutil.NoSuchProcess:
            pass
        except psutil.TimeoutExpired:
            psutil.Process(self._keeper_pid).kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()


def write_owner(folder: Path) -> None:
    """Write that this process owns the desktop in the folder."""
    process = psutil.Process()
    record = {"pid": process.pid, "created": process.create_time()}
    temporary = folder / "owner.new"
    temporary.write_text(json.dumps(record), encoding="ascii")
    temporary.replace(folder / "owner.json")


def read_owner(folder: Path) -> psutil.Process | None:
    """Return the process that owns the desktop in the folder, None if it is dead."""
    try:
        record = json.loads((folder / "owner.json").read_text(encoding="ascii"))
        process = psutil.Process(record["pid"])
        # A process id may have been given to another process since.
        is_same = abs(process.create_time() - record["created"]) < 1.0
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return None
    return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
