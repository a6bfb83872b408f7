"""From a screenshot to elements: what is on it, window by window, in reading order."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..desktop.backend import Popup, Window
from ..desktop.capture import Capture, Pixels
from .accessibility import Node
from .elements import Element
from .menus import as_menu
from .merge import merge
from .numbering import Numbering
from .ocr import OcrEngine, load_ocr
from .pixel_keys import PixelCache, pixel_key
from .region_parse import parse_region
from .regions import Region, regions_of

CACHED_REGIONS = 64


class ScreenParser:
    """Reads screenshots; what it has read before it does not read again.

    Nothing is kept by place or by time, only by pixels: a region (window, menu) that is the same
    to the last pixel, then a strip of text, then a line. So whatever it looked at before, its
    answer is the one that a new parser would give; only numbers stay with what they name.

    Args:
        ocr: The engine that reads text.
    """

    def __init__(self, ocr: OcrEngine) -> None:
        self.ocr = ocr
        self._numbering = Numbering()
        self._regions = PixelCache(CACHED_REGIONS)
        self._parts = PixelCache()

    def parse(
        self,
        capture: Capture,
        windows: Sequence[Window] = (),
        popups: Sequence[Popup] = (),
        *,
        said: Callable[[], Sequence[Node]] = tuple,
        check: Callable[[], None] = lambda: None,
    ) -> list[Element]:
        """Return what is on a picture: popups, then window by window, each in reading order.

        Args:
            capture: The picture.
            windows: The windows then, topmost first.
            popups: The open menus then, topmost first.
            said: Called last: returns what the windows' applications say of themselves.
            check: Called between pieces of work; may raise to cancel.
        """
        found: list[Element] = []
        for region in regions_of(capture.view, windows, popups):
            title = _title_of(region, windows)
            for element in self._parse_region(capture.pixels, region, check):
                found.append(_placed(element, region, title))
        nodes = said()
        if nodes:
            found = merge(found, nodes, capture, windows, popups)
        return self._numbering.number(found)

    def _parse_region(
        self, picture: Pixels, region: Region, check: Callable[[], None]
    ) -> Sequence[Element]:
        pixels = region.pixels(picture)
        is_window = region.window is not None
        kind = None if region.popup is None else region.popup.kind

        def read() -> Sequence[Element]:
            elements = parse_region(pixels, self.ocr, self._parts, is_window=is_window, check=check)
            seen = [element for element in elements if not region.is_covered(element.box)]
            return as_menu(seen) if kind is not None and kind != "tooltip" else seen

        return self._regions.answer(pixel_key(pixels, is_window, kind, region.covers_within), read)


def load_parser() -> ScreenParser:
    """Load a parser with its OCR engine; takes about half a second."""
    return ScreenParser(load_ocr())


def _placed(element: Element, region: Region, title: str) -> Element:
    """Return an element of a region in pixels of the picture."""
    left, top = region.box.left, region.box.top
    click = element.clickable
    return replace(
        element,
        box=element.box.shift(left, top),
        clickable=None if click is None else (click[0] + left, click[1] + top),
        window=sys.intern(title),
    )


def _title_of(region: Region, windows: Sequence[Window]) -> str:
    """Return the title of the window a region is or belongs to."""
    if region.window is not None:
        return region.window.title
    if region.popup is None:
        return ""
    client, pid = region.popup.client, region.popup.pid
    own = [
        window
        for window in windows
        if not window.is_minimized
        and (
            (client is not None and window.client == client)
            or (pid is not None and window.pid == pid)
        )
    ]
    owner = next((window for window in own if window.is_active), own[0] if own else None)
    return "" if owner is None else owner.title


def same_pixels(a: Pixels, b: Pixels) -> bool:
    """Tell whether two pictures are the same, pixel by pixel."""
    return a.shape == b.shape and bool(np.array_equal(a, b))
