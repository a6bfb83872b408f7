"""What asking the applications costs a look: off, on, with some that hang, a crash, and no bus.

python benchmarks/accessibility.py
"""

import os
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from deskhand.tools.desktop.apps import launch
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.processes import end_groups, family
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.perception.accessibility import AccessibilitySource
from deskhand.tools.perception.parse import ScreenParser, load_parser

LOOKS = 12
TELLING = {"NO_AT_BRIDGE": "0", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
HUNG_APP = Path(__file__).resolve().parent.parent / "tests" / "apps" / "hung_accessible.py"
APPS = (
    ("galculator",),
    ("mousepad", "--disable-server"),
    ("featherpad", "--standalone"),
    ("/usr/bin/python3", str(HUNG_APP)),
)
CRASH = (
    'import json, sys; print(json.dumps({"ready": True}), flush=True); sys.stdin.readline(); '
    "import os; os.abort()"
)
START_S = 2.0


def measure(
    desktop: Desktop, parser: ScreenParser, source: AccessibilitySource | None
) -> tuple[list[float], list[float], str, str]:
    """Return seconds of asking alone and of whole looks, nodes and elements, how asking went."""
    asked, looked, statuses = [], [], []
    counts = ""
    for _ in range(LOOKS):
        windows, popups = desktop.windows(), desktop.popups()
        began = time.perf_counter()
        said = None if source is None else source.look(windows, popups)
        asked.append(time.perf_counter() - began)
        capture = desktop.capture()
        began = time.perf_counter()
        nodes = () if said is None else tuple(said.nodes)
        found = parser.parse(capture, windows, popups, said=partial(tuple, nodes))
        looked.append(asked[-1] + time.perf_counter() - began)
        counts = f"{len(nodes):5} {len(found):8}"
        statuses.append("off" if said is None else said.status)
    return asked, looked, counts, ", ".join(sorted(set(statuses)))


@contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    """Keep a process from answering."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def report(
    name: str, desktop: Desktop, parser: ScreenParser, source: AccessibilitySource | None
) -> None:
    """Print one row."""
    time.sleep(START_S)  # the child loads its libraries
    asked, looked, counts, statuses = measure(desktop, parser, source)
    print(
        f"{name:32} {1000 * statistics.median(asked):7.0f} {1000 * max(asked):7.0f}"
        f" {1000 * statistics.median(looked):8.0f} {1000 * max(looked):8.0f}"
        f" {counts}  {statuses}"
    )


def main() -> None:
    """Print the table."""
    with Sandbox.start((1280, 800)) as sandbox:
        os.environ.update(sandbox.variables)
        env = sandbox.env | TELLING
        started: list[int] = []
        with Desktop.open(sandbox.display) as desktop:
            try:
                windows = [
                    launch(
                        command, env=env, windows=desktop.windows, timeout_s=60, sleep=time.sleep,
                        on_start=started.append,
                    )
                    for command in APPS
                ]  # fmt: skip
                time.sleep(START_S)
                parser = load_parser()
                parser.parse(desktop.capture(), desktop.windows(), desktop.popups())
                print(
                    f"{'ms over ' + str(LOOKS) + ' looks':32} {'asking':>7} {'most':>7}"
                    f" {'look':>8} {'most':>8} {'nodes':>5} {'elements':>8}  how asking went"
                )
                report("off", desktop, parser, None)
                with AccessibilitySource(env=env) as source:
                    report("on", desktop, parser, source)
                    with stopped(windows[0].pid):
                        report("on, one application hangs", desktop, parser, source)
                    assert windows[-1].pid is not None
                    os.kill(windows[-1].pid, signal.SIGUSR1)
                    report("on, one hangs while it answers", desktop, parser, source)
                with AccessibilitySource([sys.executable, "-c", CRASH]) as source:
                    report("the child crashes when asked", desktop, parser, source)
                bare = {"PATH": env["PATH"], "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
                with AccessibilitySource(env=bare) as source:
                    report("there is no bus", desktop, parser, source)
                with AccessibilitySource(["/nowhere/python3"]) as source:
                    report("there is no Python with gi", desktop, parser, source)
                print("nothing aborted")
            finally:
                end_groups([pid for one in started for pid in family(one)], patience_s=4.0)


if __name__ == "__main__":
    main()
