"""What this machine has for deskhand, what is missing, and the command that brings it.

Nothing here changes anything, and nothing heavy is imported; a display is asked in a process of its
own.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ..memory.errors import ConfigError, DisplayError
from .desktop.display_facts import read_display_facts
from .desktop.probe import find_desktop
from .desktop.sandbox import PROGRAMS
from .desktop.takeover import default_panic_file
from .models.machine import read_machine, recommend
from .models.registry import catalogue
from .models.store import ModelStore, default_root
from .perception.accessibility import SWITCH, probe_python
from .perception.ocr import model_paths

Status = Literal["ok", "missing", "warning"]

FC_LIST_TIMEOUT_S = 30.0
"""The first call on a machine builds the font cache."""

PROBE_TIMEOUT_S = 20.0
ACCESSIBILITY_PACKAGES = "python3-gi gir1.2-atspi-2.0 at-spi2-core"

FONTS = (
    ("latin", ":lang=en", "fonts-dejavu-core"),
    ("chinese, japanese, korean", ":lang=zh-cn", "fonts-noto-cjk"),
    ("arabic", ":lang=ar", "fonts-noto-core"),
    ("emoji", ":charset=1f600", "fonts-noto-color-emoji"),
)
"""Script, fontconfig pattern, Debian package."""

GPU_DEVICES = (("/dev/nvidia0", "NVIDIA"), ("/dev/kfd", "AMD"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    """`missing`: a task cannot run on this machine without it; `warning`: something will not."""
    detail: str
    fix: str | None = None
    """The command or step that brings what is missing."""


def check_system(env: Mapping[str, str] = os.environ) -> list[Check]:
    """Return what was looked at, in the order in which it matters."""
    sandbox = _check_sandbox()
    screen = list(_check_screen(env, has_sandbox=sandbox.status == "ok"))
    if screen[0].status == "ok" and sandbox.status == "missing":
        sandbox = Check(name=sandbox.name, status="warning", detail=sandbox.detail, fix=sandbox.fix)
    return [
        _check_python(),
        *_check_packages(),
        _check_tkinter(),
        *screen,
        sandbox,
        *_check_clipboard(),
        _check_ocr(),
        _check_accessibility(env),
        *_check_fonts(),
        _check_gpu(),
        *_check_models(env),
        _check_panic_file(),
    ]


def _check_python() -> Check:
    return Check(name="python", status="ok", detail=f"{platform.python_version()} in {sys.prefix}")


def _check_packages() -> Iterator[Check]:
    """Look whether deskhand's own dependencies and its extras are installed."""
    try:
        requirements = metadata.requires("deskhand") or []
        extras = metadata.metadata("deskhand").get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        yield Check(
            name="packages", status="missing", detail="deskhand is not installed",
            fix="pip install -e .",
        )  # fmt: skip
        return
    for extra in ("", *(extra for extra in extras if extra != "dev")):
        wanted = [_name_of(text) for text in requirements if _extra_of(text) == extra]
        absent = sorted({name for name in wanted if not _is_installed(name)})
        label = f"extra {extra}" if extra else "packages"
        if not absent:
            yield Check(name=label, status="ok", detail=f"{len(wanted)} installed")
        elif extra:
            yield Check(
                name=label, status="warning", detail=f"optional; not there: {', '.join(absent)}",
                fix=f"pip install 'deskhand[{extra}]'",
            )  # fmt: skip
        else:
            yield Check(
                name=label, status="missing", detail=f"not there: {', '.join(absent)}",
                fix="pip install deskhand",
            )  # fmt: skip


def _name_of(requirement: str) -> str:
    """Return the distribution's name in `name>=1,<2; marker` (PEP 508)."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return requirement if found is None else found.group()


def _extra_of(requirement: str) -> str:
    """Return the extra that a requirement belongs to, empty for none."""
    found = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", requirement)
    return "" if found is None else found.group(1)


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _check_tkinter() -> Check:
    """Look for what pyautogui cannot be imported without (through mouseinfo)."""
    if find_spec("_tkinter") is not None:
        return Check(name="tkinter", status="ok", detail="there, for pyautogui")
    return Check(
        name="tkinter", status="missing", detail="this Python was built without it",
        fix="apt-get install python3-tk, or a Python with tkinter",
    )  # fmt: skip


def _check_screen(env: Mapping[str, str], *, has_sandbox: bool) -> Iterator[Check]:
    """Look at the user's own display, then at what acting on it takes."""
    without: Status = "warning" if has_sandbox else "missing"
    try:
        kind = find_desktop(env)
        if kind != "x11":
            yield Check(name="display", status="warning", detail=f"{kind}: supported, but untested")
            return
        display = env["DISPLAY"]
        facts = read_display_facts(display, env)
    except DisplayError as error:
        yield Check(
            name="display", status=without, detail=str(error),
            fix="use --sandbox" if has_sandbox else "log in to an Xorg session",
        )  # fmt: skip
        return
    yield Check(name="display", status="ok", detail=f"X11 {display}, {facts.width}x{facts.height}")
    yield from _check_input(facts.has_xtest)
    if facts.window_manager:
        yield Check(name="window manager", status="ok", detail=facts.window_manager)
    else:
        yield Check(
            name="window manager", status="warning",
            detail="none: windows cannot be listed or focused", fix="apt-get install openbox",
        )  # fmt: skip


def _check_input(has_xtest: bool) -> Iterator[Check]:
    if has_xtest:
        yield Check(name="mouse and keyboard", status="ok", detail="XTEST")
    else:
        yield Check(
            name="mouse and keyboard", status="missing",
            detail="the display has no XTEST extension",
            fix="start the X server with +extension XTEST",
        )  # fmt: skip


def _check_sandbox() -> Check:
    absent = [(program, package) for program, package in PROGRAMS if shutil.which(program) is None]
    if not absent:
        return Check(name="sandbox", status="ok", detail=", ".join(name for name, _ in PROGRAMS))
    return Check(
        name="sandbox",
        status="missing",
        detail=f"not there: {', '.join(name for name, _ in absent)}",
        fix=f"apt-get install {' '.join(package for _, package in absent)}",
    )


def _check_clipboard() -> Iterator[Check]:
    if not sys.platform.startswith("linux"):
        return
    if shutil.which("xclip") is not None:
        yield Check(name="clipboard", status="ok", detail="xclip")
    else:
        yield Check(
            name="clipboard", status="warning", detail="no xclip: copied text cannot be read",
            fix="apt-get install xclip",
        )  # fmt: skip


def _check_ocr() -> Check:
    try:
        detection, recognition = model_paths()
    except ConfigError:
        return Check(
            name="OCR models", status="missing", detail="not where rapidocr has them",
            fix="pip install --force-reinstall 'rapidocr>=3.10,<4'",
        )  # fmt: skip
    return Check(name="OCR models", status="ok", detail=f"{detection.name}, {recognition.name}")


def _check_accessibility(env: Mapping[str, str]) -> Check:
    """Look whether the applications can be asked what they show."""
    if env.get(SWITCH, "").lower() == "off":
        return Check(name="accessibility", status="ok", detail=f"off ({SWITCH})")
    load = "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"
    try:
        tried = subprocess.run(
            [probe_python(), "-c", load], capture_output=True, timeout=PROBE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        tried = None
    if tried is not None and tried.returncode == 0:
        return Check(name="accessibility", status="ok", detail="AT-SPI: names icons and kinds")
    return Check(
        name="accessibility", status="warning",
        detail="AT-SPI cannot be asked; elements are what is seen alone",
        fix=f"apt-get install {ACCESSIBILITY_PACKAGES}",
    )  # fmt: skip


def _check_fonts() -> Iterator[Check]:
    """Look for fonts of the large scripts; a program draws boxes for what it has no font for."""
    if shutil.which("fc-list") is None:
        yield Check(
            name="fonts", status="warning", detail="fc-list is not there to tell",
            fix="apt-get install fontconfig",
        )  # fmt: skip
        return
    absent = [(script, package) for script, pattern, package in FONTS if not _has_font(pattern)]
    if not absent:
        yield Check(name="fonts", status="ok", detail="; ".join(script for script, *_ in FONTS))
    else:
        yield Check(
            name="fonts", status="warning",
            detail=f"no font for: {'; '.join(script for script, _ in absent)}",
            fix=f"apt-get install {' '.join(package for _, package in absent)}",
        )  # fmt: skip


def _has_font(pattern: str) -> bool:
    found = _run(["fc-list", pattern, "family"], timeout_s=FC_LIST_TIMEOUT_S)
    return bool(found.strip())


def _run(command: Sequence[str], *, timeout_s: float) -> str:
    """Return what a program printed, nothing if it failed."""
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout


def _check_gpu() -> Check:
    found = [maker for device, maker in GPU_DEVICES if Path(device).exists()]
    return Check(name="GPU", status="ok", detail=f"{found[0]}" if found else "none; none is needed")


def _check_models(env: Mapping[str, str]) -> Iterator[Check]:
    """Look which weights are here, and whether better ones would serve on this machine."""
    store = ModelStore(default_root(env))
    states = {entry.name: store.state(entry) for entry in catalogue()}
    here = [name for name, state in states.items() if state == "yes"]
    yield Check(
        name="models", status="ok", detail=", ".join(here) or "none; sentences need none"
    )  # fmt: skip
    damaged = [name for name, state in states.items() if state == "damaged"]
    if damaged:
        yield Check(
            name="damaged models", status="warning", detail=f"not loaded: {', '.join(damaged)}",
            fix=f"deskhand models pull {damaged[0]}",
        )  # fmt: skip
    wanted = [one for one in recommend(read_machine(store.root, env)) if one.entry.name not in here]
    if wanted:
        yield Check(
            name="models for this machine", status="warning",
            detail=f"{wanted[0].entry.name}: {wanted[0].why}", fix=wanted[0].command,
        )  # fmt: skip


def _check_panic_file() -> Check:
    path = default_panic_file()
    if path.exists():
        return Check(
            name="panic file", status="warning", detail=f"{path} is there: the hands are stopped",
            fix=f"rm {path}",
        )  # fmt: skip
    return Check(name="panic file", status="ok", detail=f"none; `touch {path}` stops the hands")
