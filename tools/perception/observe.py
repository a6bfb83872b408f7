"""One look: wait until the screen has settled, take its picture, and read it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ..desktop.backend import Popup, Window
from ..desktop.capture import Capture
from ..desktop.desktop import Desktop
from .accessibility import AccessibilitySource, Node, load_accessibility
from .elements import Element, Observation
from .parse import ScreenParser, load_parser, same_pixels
from .settle import settle

MOMENT_TRIES = 3
"""Pictures taken until no window or menu came or went meanwhile."""
Scene = tuple[tuple[Window, ...], tuple[Popup, ...]]
"""The windows and the menus, each topmost first."""


def load_observer(desktop: Desktop) -> "Observer":
    """Load what looks at a desktop; takes about half a second. Close it at the end.

    Raises:
        ConfigError: If the accessibility switch says neither on nor off.
    """
    # First: it loads in a process of its own meanwhile.
    accessibility = load_accessibility()
    return Observer(desktop, load_parser(), accessibility)


class Observer:
    """Looks at a desktop.

    Args:
        desktop: The desktop.
        parser: Reads the pictures.
        accessibility: Asks the applications, if there is a way to.
    """

    def __init__(
        self,
        desktop: Desktop,
        parser: ScreenParser,
        accessibility: AccessibilitySource | None = None,
    ) -> None:
        self._desktop = desktop
        self._parser = parser
        self._accessibility = accessibility
        self._last: Observation | None = None

    def close(self) -> None:
        """End what asks the applications."""
        if self._accessibility is not None:
            self._accessibility.close()

    def __enter__(self) -> "Observer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def can_read(self, character: str) -> bool:
        """Tell whether the OCR engine knows a character."""
        return self._parser.ocr.can_read(character)

    def observe(self) -> Observation:
        """Return what is on the desktop once it has settled.

        Raises:
            TakenOver: If a person took over meanwhile.
        """
        takeover = self._desktop.takeover
        settled = settle(self._desktop.grab, sleep=takeover.sleep, check=takeover.check)
        capture, scene = self._moment()
        windows, popups = scene
        self._last = Observation(
            capture=capture,
            elements=self._elements(capture, scene),
            windows=windows,
            popups=popups,
            moving=settled.moving,
            settled=settled.settled,
        )
        return self._last

    def _scene(self) -> Scene:
        return tuple(self._desktop.windows()), tuple(self._desktop.popups())

    def _moment(self) -> tuple[Capture, Scene]:
        """Return a picture and what is open on it; a menu may open between the two."""
        scene = self._scene()
        for _ in range(MOMENT_TRIES):
            capture = self._desktop.capture()
            before, scene = scene, self._scene()
            if scene == before:
                break
        return capture, scene

    def _elements(self, capture: Capture, scene: Scene) -> list[Element]:
        last = self._last
        if (
            last is not None
            and (last.windows, last.popups) == scene
            and same_pixels(last.capture.pixels, capture.pixels)
        ):
            return list(last.elements)
        windows, popups = scene
        check = self._desktop.takeover.check
        if self._accessibility is None:
            return self._parser.parse(capture, windows, popups, check=check)
        with ThreadPoolExecutor(1) as pool:
            # The applications answer while the picture is read.
            asked = pool.submit(self._ask, self._accessibility, scene)
            return self._parser.parse(capture, windows, popups, said=asked.result, check=check)

    def _ask(self, source: AccessibilitySource, scene: Scene) -> Sequence[Node]:
        """Return what the applications tell of a scene; nothing if it has gone meanwhile.

        What they tell then is of another moment than the picture: of a menu that is not on it, or
        of buttons that one hides by now.
        """
        nodes = source.look(*scene).nodes
        return nodes if self._scene() == scene else ()


def observe_image(capture: Capture, parser: ScreenParser) -> Observation:
    """Return what is on a picture from a file."""
    return Observation(capture=capture, elements=parser.parse(capture))
