"""What the Windows and macOS backends have in common, as far as a virtual desktop can run it."""

import inspect
from collections.abc import Iterator
from importlib import import_module

import pytest

from deskhand.memory.errors import ActionFailed, DisplayError
from deskhand.tools.desktop.backend import Backend
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.probe import BACKENDS, DesktopKind

# Importing the module imports pyautogui, which takes the display that the environment names.
pytestmark = [pytest.mark.desktop, pytest.mark.usefixtures("desktop")]


@pytest.fixture
def backend(desktop: Desktop) -> Iterator[Backend]:
    assert desktop.backend_name == "x11"  # it has loaded pyautogui on the virtual desktop
    backend: Backend = import_module("deskhand.tools.desktop.native").NativeBackend()
    yield backend
    backend.close()


@pytest.mark.parametrize("kind", ["windows", "macos"])
def test_backend_that_probe_names_has_every_method_of_the_protocol(kind: DesktopKind) -> None:
    # They are loaded by name, past the type checker.
    module, _, name = BACKENDS[kind].partition(":")
    backend = getattr(import_module(module, "deskhand.tools.desktop"), name)
    methods = {
        method: list(inspect.signature(wanted).parameters)
        for method, wanted in inspect.getmembers(Backend, inspect.isfunction)
        if not method.startswith("_")
    }
    assert len(methods) > 15
    assert backend.name == kind
    for method, parameters in methods.items():
        assert list(inspect.signature(getattr(backend, method)).parameters) == parameters, method


def test_screen_is_seen_as_the_x11_backend_sees_it(backend: Backend, desktop: Desktop) -> None:
    assert [monitor.box for monitor in backend.monitors()] == [desktop.box]
    region = Box(10, 20, 110, 70)
    assert backend.grab(region).shape == (50, 100, 3)
    assert (backend.grab(region) == desktop.grab(region)).all()


def test_pointer_goes_where_it_is_sent(backend: Backend, desktop: Desktop) -> None:
    for place in ((640, 400), (41, 700)):
        backend.move(*place)
        assert backend.pointer() == desktop.pointer() == place


def test_clipboard_is_kept_over_a_text(backend: Backend, desktop: Desktop) -> None:
    backend.set_clipboard("vorher – 前")
    assert backend.prepare_text("Grüße") == 5
    backend.set_clipboard("Grüße")
    backend.finish_text()
    assert desktop.get_clipboard() == "vorher – 前"


def test_key_that_is_not_there_is_refused(backend: Backend) -> None:
    with pytest.raises(ActionFailed) as caught:
        backend.press_key("你")
    assert str(caught.value) == "this keyboard layout has no key '你'"


def test_display_cannot_be_chosen() -> None:
    with pytest.raises(DisplayError) as caught:
        import_module("deskhand.tools.desktop.native").MacBackend(":0")
    assert str(caught.value) == "display :0 cannot be chosen on this system; leave it out"
