"""Owns the processes of one virtual desktop; runs as a process of its own (see `sandbox`).

usage: python -m deskhand.tools.desktop.sandbox_keeper FOLDER WIDTHxHEIGHT GRACE_SECONDS
"""

import json
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from Xlib import X
from Xlib.display import Display

from .processes import end_groups, end_processes, started_at
from .sandbox import (
    ENDING,
    NOT_FOR_CHILDREN,
    desktop_variables,
    fresh_settings,
    read_owner,
)

POLL_S = 0.25
START_PATIENCE_S = 10.0
START_POLL_S = 0.02
APP_PATIENCE_S = 1.0
TERM_PATIENCE_S = 2.0

FAMILY_LOCAL, FAMILY_WILD = 256, 65535  # X.h

OPENBOX_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <placement><policy>Smart</policy><center>yes</center></placement>
  <theme><name>Clearlooks</name><titleLayout>LIMC</titleLayout><animateIconify>no</animateIconify>
  </theme>
  <desktops><number>1</number><popupTime>0</popupTime></desktops>
  <mouse>
    <dragThreshold>4</dragThreshold><doubleClickTime>400</doubleClickTime>
    <context name="Titlebar">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/>
      </mousebind>
      <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
      <mousebind button="Left" action="DoubleClick"><action name="ToggleMaximize"/></mousebind>
    </context>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/>
      </mousebind>
      <mousebind button="Right" action="Press"><action name="Focus"/><action name="Raise"/>
      </mousebind>
    </context>
    <context name="Close">
      <mousebind button="Left" action="Click"><action name="Close"/></mousebind>
    </context>
    <context name="Maximize">
      <mousebind button="Left" action="Click"><action name="ToggleMaximize"/></mousebind>
    </context>
    <context name="Iconify">
      <mousebind button="Left" action="Click"><action name="Iconify"/></mousebind>
    </context>
  </mouse>
</openbox_config>
"""
"""One workspace and no key bindings: a stray wheel turn or shortcut does nothing to the desktop."""


def auth_entry(family: int, address: bytes, number: bytes, cookie: bytes) -> bytes:
    """Return one entry of an Xauthority file (Xau(3): five fields, each with its length)."""
    fields = (address, number, b"MIT-MAGIC-COOKIE-1", cookie)
    return struct.pack(">H", family) + b"".join(struct.pack(">H", len(f)) + f for f in fields)


class Keeper:
    """Starts, watches and ends the processes of one desktop."""

    def __init__(self, folder: Path, size: str, grace_s: float) -> None:
        self._folder = folder
        self._size = size
        self._grace_s = grace_s
        self._processes: list[subprocess.Popen[bytes]] = []
        for name in NOT_FOR_CHILDREN:
            os.environ.pop(name, None)

    def run(self) -> None:
        """Keep the desktop until its owner lets go or is dead for the grace time."""
        signal.signal(signal.SIGTERM, lambda *_details: sys.exit(0))
        try:
            self._start()
            owner_seen = time.monotonic()
            while self._processes[0].poll() is None:
                if read_owner(self._folder) is not None:
                    owner_seen = time.monotonic()
                elif time.monotonic() - owner_seen > self._grace_s:
                    break
                time.sleep(POLL_S)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self._end()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        number = self._start_display()
        os.environ.update(desktop_variables(self._folder, f":{number}"))
        os.environ.update(fresh_settings(self._folder))
        bus = os.environ["DBUS_SESSION_BUS_ADDRESS"]
        self._spawn(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}"])
        config = self._folder / "openbox.xml"
        config.write_text(OPENBOX_CONFIG, encoding="utf-8")
        self._spawn(["openbox", "--config-file", str(config), "--sm-disable"])
        self._wait_for_window_manager()
        self._wait_for(self._folder / "bus", "dbus-daemon")
        width, _, height = self._size.partition("x")
        lease = {
            "display": f":{number}",
            "size": [int(width), int(height)],
            "keeper": {"pid": os.getpid(), "started": started_at(os.getpid())},
            "pids": [process.pid for process in self._processes],
        }
        temporary = self._folder / "lease.new"
        temporary.write_text(json.dumps(lease), encoding="utf-8")
        temporary.replace(self._folder / "lease.json")

    def _start_display(self) -> str:
        """Start Xvfb on a free display of its own choice and return the display's number."""
        cookie = secrets.token_bytes(16)
        server_auth, client_auth = self._folder / "server.auth", self._folder / "client.auth"
        server_auth.write_bytes(auth_entry(FAMILY_WILD, b"", b"", cookie))
        reader, writer = os.pipe()
        self._spawn(
            [
                "Xvfb", "-displayfd", str(writer), "-screen", "0", f"{self._size}x24",
                "-nolisten", "tcp", "-auth", str(server_auth), "-noreset", "-br",
            ],
            pass_fds=(writer,),
        )  # fmt: skip
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            sys.exit("Xvfb ended before it had a display")
        # Xlib matches any display by a wild entry; python's Xlib wants this host and number.
        host = socket.gethostname().encode()
        client_auth.write_bytes(
            auth_entry(FAMILY_LOCAL, host, number.encode(), cookie)
            + auth_entry(FAMILY_WILD, b"", number.encode(), cookie)
        )
        return number

    def _spawn(self, command: Sequence[str], *, pass_fds: Sequence[int] = ()) -> None:
        # The kernel ends them with us if we are killed, when nobody is left to do it.
        with_us = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
        self._processes.append(
            subprocess.Popen(
                [*with_us, *command],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        )

    def _wait_for(self, path: Path, program: str) -> None:
        deadline = time.monotonic() + START_PATIENCE_S
        while not path.exists():
            if time.monotonic() > deadline:
                sys.exit(f"{program} did not come up")
            time.sleep(START_POLL_S)

    def _wait_for_window_manager(self) -> None:
        display = Display()
        atom = display.intern_atom("_NET_SUPPORTING_WM_CHECK")
        deadline = time.monotonic() + START_PATIENCE_S
        root = display.screen().root
        while root.get_full_property(atom, X.AnyPropertyType) is None:
            if time.monotonic() > deadline or self._processes[-1].poll() is not None:
                sys.exit("openbox did not come up")
            time.sleep(START_POLL_S)
        # A calm grey: text and windows stand out, and the desktop is no black hole on pictures.
        root.change_attributes(background_pixel=0x5A6672)
        root.clear_area(0, 0, 0, 0, False)
        # Out of the way: a window that opens under the pointer shows tooltips and highlights.
        geometry = root.get_geometry()
        root.warp_pointer(geometry.width - 24, geometry.height - 24)
        display.sync()
        display.close()

    def _end(self) -> None:
        (self._folder / ENDING).touch()
        # The display last: applications end more calmly while they still have it.
        end_groups(self._registered(), patience_s=APP_PATIENCE_S)
        end_processes(self._marked(), patience_s=APP_PATIENCE_S)
        groups = [process.pid for process in reversed(self._processes) if process.poll() is None]
        end_groups(groups, patience_s=TERM_PATIENCE_S)
        end_processes(self._marked(), patience_s=TERM_PATIENCE_S)  # what came up meanwhile
        for process in self._processes:
            process.wait()

    def _registered(self) -> list[int]:
        """Return the process groups of launched applications that may still be there."""
        try:
            lines = (self._folder / "apps").read_text(encoding="ascii").splitlines()
        except OSError:
            return []
        groups = []
        for line in lines:
            pid, _, started = line.partition(" ")
            # The id of a group whose first process has ended is not given away while others of
            # the group live; the id of a process that is there must be the one we started.
            if str(started_at(int(pid))) in (started, "None"):
                groups.append(int(pid))
        return groups

    def _marked(self) -> list[psutil.Process]:
        """Return the programs that were started for this desktop and are not its own.

        They are known by their environment, whoever started them and however they detached. Each
        is ended by itself: its group may be the job of a shell with others in it.
        """
        mark = str(self._folder / "client.auth")
        spared = {os.getpid(), read_owner(self._folder)}
        spared |= {process.pid for process in self._processes}
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.pid not in spared and process.environ().get("XAUTHORITY") == mark:
                    found.append(process)
        return found


if __name__ == "__main__":
    Keeper(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])).run()
