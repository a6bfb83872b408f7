"""Real applications over AT-SPI: one that tells, one that hangs, and no bus at all."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.perception.accessibility import AccessibilityLook, AccessibilitySource
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.parse import load_parser

pytestmark = pytest.mark.desktop

Launch = Callable[..., Window]
TIMEOUT_S = 1.0
TELLING = {"NO_AT_BRIDGE": "0"}
"""Lets applications tell of themselves, which they do not do in a sandbox by default."""


@pytest.fixture
def source(sandbox: Sandbox) -> Iterator[AccessibilitySource]:
    with AccessibilitySource(env=sandbox.env | TELLING) as source:
        yield source


def look_until(source: AccessibilitySource, desktop: Desktop, name: str) -> AccessibilityLook:
    for _ in range(30):
        seen = source.look(desktop.windows(), timeout_s=TIMEOUT_S)
        if name in {node.name for node in seen.nodes}:
            return seen
        time.sleep(0.2)
    pytest.fail(f"nobody told of {name!r}: {seen}")


def test_a_look_has_what_applications_tell(
    source: AccessibilitySource, launch: Launch, desktop: Desktop
) -> None:
    launch("galculator", env=TELLING)
    said = look_until(source, desktop, "Calculator")
    assert said.status == "ok"
    plain = Observer(desktop, load_parser()).observe()
    told = Observer(desktop, load_parser(), source).observe()

    def kinds(seen: Observation) -> set[tuple[str, str]]:
        return {(element.role, element.text) for element in seen.elements}

    assert {("menuitem", "File"), ("menuitem", "Help")} <= kinds(told)
    # What was read is all there still.
    texts = {element.text for element in plain.elements}
    assert texts <= {element.text for element in told.elements}


def test_an_application_that_hangs_hides_no_other(
    source: AccessibilitySource, launch: Launch, desktop: Desktop
) -> None:
    launch("mousepad", "--disable-server", env=TELLING)
    hung = launch("galculator", env=TELLING)
    look_until(source, desktop, "Document")
    assert hung.pid is not None
    os.kill(hung.pid, signal.SIGSTOP)
    try:
        seen = look_until(source, desktop, "Document")
        assert hung.pid in seen.silent
    finally:
        os.kill(hung.pid, signal.SIGCONT)


def test_without_a_bus_there_is_only_what_is_seen(launch: Launch, desktop: Desktop) -> None:
    launch("galculator")
    bare = {"PATH": os.environ["PATH"], "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    with AccessibilitySource(env=bare) as source:
        observer = Observer(desktop, load_parser(), source)
        texts = {element.text for element in observer.observe().elements}
        assert "sqrt" in texts
