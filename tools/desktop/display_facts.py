"""What an X11 display offers, found out in a process of its own that may hang or die.

usage: python -m deskhand.tools.desktop.display_facts DISPLAY
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ...memory.errors import DisplayError

TIMEOUT_S = 15.0
"""A display on another machine may not answer at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayFacts:
    """What an X11 display offers."""

    width: int
    height: int
    has_xtest: bool
    """The extension through which pointer and keyboard are moved."""
    window_manager: str
    """Its name; empty for none."""


def read_display_facts(display: str, env: Mapping[str, str]) -> DisplayFacts:
    """Return what a display offers.

    Args:
        display: Such as `:0`.
        env: Environment that holds the display's key (`XAUTHORITY` or `HOME`).

    Raises:
        DisplayError: If it cannot be opened.
    """
    try:
        asked = subprocess.run(
            [sys.executable, "-m", __spec__.name, display],
            env=dict(env),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DisplayError(f"display {display} does not answer; check DISPLAY") from None
    if asked.returncode != 0:
        last = (asked.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DisplayError(f"display {display} cannot be opened: {last}")
    return DisplayFacts(**json.loads(asked.stdout))


def _look(display_name: str) -> DisplayFacts:
    from Xlib import X
    from Xlib.display import Display
    from Xlib.error import DisplayError as XDisplayError
    from Xlib.error import XauthError

    if not os.path.exists(os.environ.get("XAUTHORITY", os.path.expanduser("~/.Xauthority"))):
        # Without any file python-xlib raises instead of trying without a cookie.
        os.environ["XAUTHORITY"] = os.devnull
    try:
        display = Display(display_name)
    except (XDisplayError, XauthError, OSError) as error:
        sys.exit(str(error))
    root = display.screen().root
    size = root.get_geometry()
    name = ""
    check = root.get_full_property(
        display.intern_atom("_NET_SUPPORTING_WM_CHECK"), X.AnyPropertyType
    )
    if check is not None:
        window = display.create_resource_object("window", int(check.value[0]))
        title = window.get_full_property(display.intern_atom("_NET_WM_NAME"), X.AnyPropertyType)
        # Text of type UTF8_STRING comes as str, of any other as bytes.
        value = "unnamed" if title is None else title.value
        name = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return DisplayFacts(
        width=size.width,
        height=size.height,
        has_xtest=display.query_extension("XTEST") is not None,
        window_manager=name,
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_look(sys.argv[1]))))
