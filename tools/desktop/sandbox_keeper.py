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

from .sandbox import read_owner

POLL_S = 0.25
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

    def run(self) -> None:
        """Keep the desktop until its owner lets go or is dead for the grace time."""
        signal.signal(signal.SIGTERM, lambda *_details: sys.exit(0))
        try:
            self._start()
            owner_seen = time.monotonic()
            while self._processes[0].poll() is None and not (self._folder / "release").exists():
                if read_owner(self._folder) is not None:
                    owner_seen = time.monotonic()
                elif time.monotonic() - owner_seen > self._grace_s:
                    break
                time.sleep(POLL_S)
        finally:
            self._end()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        cookie = secrets.token_bytes(16)
        server_auth, client_auth = self._folder / "server.auth", self._folder / "client.auth"
        server_auth.write_bytes(auth_entry(FAMILY_WILD, b"", b"", cookie))
        reader, writer = os.pipe()
        width, _, height = self._size.partition("x")
        self._spawn(
            [
                "Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24",
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
        os.environ["DISPLAY"] = f":{number}"
        os.environ["XAUTHORITY"] = str(client_auth)
        bus = f"unix:path={self._folder / 'bus'}"
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus
        self._spawn(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}"])
        config = self._folder / "openbox.xml"
        config.write_text(OPENBOX_CONFIG, encoding="utf-8")
        self._spawn(["openbox", "--config-file", str(config), "--sm-disable"])
        self._wait_for_window_manager()
        lease = {
            "display": f":{number}",
            "size": [int(width), int(height)],
            "bus": bus,
            "keeper": os.getpid(),
        }
        temporary = self._folder / "lease.new"
        temporary.write_text(json.dumps(lease), encoding="utf-8")
        temporary.replace(self._folder / "lease.json")

    def _spawn(self, command: Sequence[str], *, pass_fds: Sequence[int] = ()) -> None:
        self._processes.append(
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=pass_fds
            )
        )

    def _wait_for_window_manager(self) -> None:
        from Xlib import X
        from Xlib.display import Display

        display = Display()
        atom = display.intern_atom("_NET_SUPPORTING_WM_CHECK")
        deadline = time.monotonic() + 10
        root = display.screen().root
        while root.get_full_property(atom, X.AnyPropertyType) is None:
            if time.monotonic() > deadline or self._processes[-1].poll() is not None:
                sys.exit("openbox did not come up")
            time.sleep(0.02)
        # A calm grey: text and windows stand out, and the desktop is no black hole on pictures.
        root.change_attributes(background_pixel=0x5A6672)
        root.clear_area(0, 0, 0, 0, False)
        root.warp_pointer(int(self._size.partition("x")[0]) // 2, 300)
        display.sync()
        display.close()

    def _end(self) -> None:
        groups = [process.pid for process in reversed(self._processes)]
        apps = self._folder / "apps"
        if apps.exists():
            groups = [int(line) for line in apps.read_text(encoding="ascii").split()] + groups
        for group in groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + TERM_PATIENCE_S
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
        for group in groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        for process in self._processes:
            process.wait()


if __name__ == "__main__":
    Keeper(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])).run()
