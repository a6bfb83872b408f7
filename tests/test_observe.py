"""One look is of one moment: what opens while it is taken is in all of it or in nothing of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from deskhand.tools.desktop.backend import Popup, Window
from deskhand.tools.desktop.backend_fake import FakeBackend
from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.perception.accessibility import AccessibilityLook, AccessibilitySource, Node
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.ocr_fake import BlindOcr
from deskhand.tools.perception.parse import ScreenParser

WINDOW = Window(id=1, title="Notes", app="a", pid=7, box=Box(0, 0, 300, 300), is_active=True)
MENU = Popup(id=2, kind="menu", pid=7, box=Box(40, 40, 160, 200))
UNDER_IT = Node(
    role="button", name="Send", box=Box(60, 60, 100, 90), states=frozenset(), pid=7,
    window=WINDOW.box, title=WINDOW.title,
)  # fmt: skip


class Screen(FakeBackend):
    """A desktop where something happens as its picture is taken."""

    def __init__(self) -> None:
        super().__init__(windows=[WINDOW])
        self.pixels[70:80, 70:90] = 255  # the button's label
        self.on_grab: Callable[[], None] = lambda: None

    def grab(self, region: Box) -> Pixels:
        """Return the pixels, and let happen what is to happen."""
        pixels = super().grab(region)
        self.on_grab()
        return pixels


class Teller(AccessibilitySource):
    """Tells of one button, and lets something happen meanwhile."""

    def __init__(self) -> None:
        super().__init__(["true"])
        self.meanwhile: Callable[[], None] = lambda: None
        self.asked_with: list[Sequence[Popup]] = []

    def look(
        self,
        windows: Sequence[Window],
        popups: Sequence[Popup] = (),
        *,
        timeout_s: float = 0.0,
        max_nodes: int = 0,
    ) -> AccessibilityLook:
        """Return the button."""
        del windows, timeout_s, max_nodes
        self.asked_with.append(popups)
        self.meanwhile()
        return AccessibilityLook(nodes=[UNDER_IT], status="ok")


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def teller() -> Iterator[Teller]:
    with Teller() as teller:
        yield teller


@pytest.fixture
def observer(screen: Screen, teller: Teller) -> Observer:
    return Observer(Desktop(screen), ScreenParser(BlindOcr()), teller)


def test_what_applications_tell_of_the_picture_is_in_the_look(observer: Observer) -> None:
    assert [element.text for element in observer.observe().elements] == ["Send"]


def test_what_they_tell_of_a_later_moment_than_the_picture_is_not(
    observer: Observer, screen: Screen, teller: Teller
) -> None:
    teller.meanwhile = lambda: screen.open_popups.append(MENU)
    seen = observer.observe()
    assert "Send" not in {element.text for element in seen.elements}
    assert list(seen.popups) == []


def test_a_menu_that_opens_with_the_picture_is_known_of(
    observer: Observer, screen: Screen, teller: Teller
) -> None:
    screen.on_grab = lambda: screen.open_popups.__setitem__(slice(None), [MENU])
    assert list(observer.observe().popups) == [MENU]
    assert [list(popups) for popups in teller.asked_with] == [[MENU]]


def test_windows_that_never_rest_cost_a_few_pictures(observer: Observer, screen: Screen) -> None:
    def rename() -> None:
        n = int(screen.shown[0].title.split()[-1]) if " " in screen.shown[0].title else 0
        screen.shown = [replace(WINDOW, title=f"Notes {n + 1}")]

    screen.on_grab = rename
    assert observer.observe().windows[0].title.startswith("Notes ")
