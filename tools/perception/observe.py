"""One look: wait until the screen has settled, take its picture, and read it."""

from concurrent.futures import ThreadPoolExecutor

from ..desktop.backend import Popup, Window
from ..desktop.capture import Capture
from ..desktop.desktop import Desktop
from .accessibility import AccessibilitySource, load_accessibility
from .elements import Element, Observation
from .parse import ScreenParser, load_parser, same_pixels
from .settle import settle


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
        windows = tuple(self._desktop.windows())
        popups = tuple(self._desktop.popups())
        capture = self._desktop.capture()
        self._last = Observation(
            capture=capture,
            elements=self._elements(capture, windows, popups),
            windows=windows,
            popups=popups,
            moving=settled.moving,
            settled=settled.settled,
        )
        return self._last

    def _elements(
        self, capture: Capture, windows: tuple[Window, ...], popups: tuple[Popup, ...]
    ) -> list[Element]:
        last = self._last
        if (
            last is not None
            and (last.windows, last.popups) == (windows, popups)
            and same_pixels(last.capture.pixels, capture.pixels)
        ):
            return list(last.elements)
        check = self._desktop.takeover.check
        if self._accessibility is None:
            return self._parser.parse(capture, windows, popups, check=check)
        with ThreadPoolExecutor(1) as pool:
            # The applications answer while the picture is read.
            asked = pool.submit(self._accessibility.look, windows, popups)
            return self._parser.parse(
                capture, windows, popups, said=lambda: asked.result().nodes, check=check
            )


def observe_image(capture: Capture, parser: ScreenParser) -> Observation:
    """Return what is on a picture from a file."""
    return Observation(capture=capture, elements=parser.parse(capture))
