"""Rows of tabs, and which one is in front.

Two ways of drawing them are known: a coloured bar under the tab in front (GTK, most pages), and a
sheet: the line under the row is broken where the tab in front joins its page (Qt, Tk, browsers).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .elements import Element, Role, State
from .layout import is_in_row
from .ocr import TextLine
from .runs import Runs
from .widgets import EDGE

KINDS: frozenset[Role] = frozenset(("text", "button", "link"))
MAX_TAB_CHARS = 40
MAX_TAB_PX = 420
BELOW_PX = (1, 28)
"""How far below its text the end of a tab is."""
BAR_PX = (2, 6)
ABOVE_BAR_PX = 3
"""So far above a bar there is nothing of its colour: else it is the lower end of a button."""
MIN_BAR_COLOUR = 50
"""Between the strongest and the weakest of the three colours of a bar."""
OFF_CENTRE_PX = 5
BESIDE_PX = 45
"""How far beside its text the border of a tab is."""
ABOVE_PX = 16
MIN_BORDER = 0.75
MAX_GAP_PX = 100
"""Between the texts of neighbouring tabs."""
SAME_LINE_PX = 4


def with_tabs(
    pixels: Pixels,
    edges: NDArray[np.uint8],
    runs: Runs,
    elements: Sequence[Element],
    lines: Sequence[TextLine],
) -> list[Element]:
    """Return the elements; those that are tabs have that role, the one in front is `selected`.

    Args:
        pixels: The region, RGB, uint8, shape (H, W, 3).
        edges: `split.gradient` of it.
        runs: Its long horizontal edges.
        elements: In pixels of the region.
        lines: Its texts, tight.
    """
    texts = [line.box for line in lines if _may_be_tab(line.text)]
    tabs: dict[Box, bool] = {}
    for text, ends_at in _under_bars(pixels, runs, texts):
        _add_row(text, ends_at, texts, runs, tabs)
    for text, ends_at in _sheets(edges, runs, texts):
        if text in tabs:
            continue  # a bar tells which tab of its row is in front
        _add_row(text, ends_at, texts, runs, tabs)
    return [_as_tab(element, tabs) for element in elements] if tabs else list(elements)


def _under_bars(pixels: Pixels, runs: Runs, texts: Sequence[Box]) -> Iterable[tuple[Box, int]]:
    """Yield the texts that a coloured bar underlines, and where the bar is."""
    widths = runs.right - runs.left
    short = runs.among(widths <= MAX_TAB_PX)
    for text in texts:
        x = text.centre[0]
        low, high = BELOW_PX
        is_below = (
            (short.y >= text.bottom + low)
            & (short.y <= text.bottom + high)
            & (np.abs((short.left + short.right) / 2 - x) <= OFF_CENTRE_PX)
            & (short.right - short.left >= text.width - 2)
        )
        for number in np.flatnonzero(is_below).tolist():
            y, left, right = int(short.y[number]), int(short.left[number]), int(short.right[number])
            if _is_bar(pixels[max(0, y - ABOVE_BAR_PX) : y + 9, left + 3 : right - 3]):
                yield text, y
                break


def _is_bar(patch: Pixels) -> bool:
    if patch.size == 0:
        return False
    is_strong = (np.ptp(patch.astype(np.int16), axis=2) > MIN_BAR_COLOUR).mean(1) > 0.95
    low, high = BAR_PX
    # Thicker, it is a button or a heading; thinner, the underline of a link.
    return not is_strong[:ABOVE_BAR_PX].any() and low <= int(is_strong.sum()) <= high


def _sheets(
    edges: NDArray[np.uint8], runs: Runs, texts: Sequence[Box]
) -> Iterable[tuple[Box, int]]:
    """Yield the texts of tabs that are open to the page below, and where the others end."""
    ink = edges > EDGE
    low, high = BELOW_PX
    for text in texts:
        is_below = (runs.y >= text.bottom + low) & (runs.y <= text.bottom + high)
        beside_right = is_below & (np.abs(runs.left - text.right - BESIDE_PX / 2) <= BESIDE_PX / 2)
        beside_left = is_below & (np.abs(text.left - runs.right - BESIDE_PX / 2) <= BESIDE_PX / 2)
        for number in np.flatnonzero(beside_right | beside_left).tolist():
            y = int(runs.y[number])
            if _is_sheet(ink, text, y):
                yield text, y
                break


def _is_sheet(ink: NDArray[np.bool_], text: Box, y: int) -> bool:
    """Tell whether a text has borders at its left, its right and above, and none below."""
    below = ink[text.bottom + 1 : y + 4, text.left : text.right]
    if below.any():
        return False
    above = ink[max(0, text.top - ABOVE_PX) : max(0, text.top - 1), text.left : text.right]
    if not (above.mean(1) >= MIN_BORDER).any():
        return False
    rows = slice(text.top, min(text.bottom + 2, y))
    left = ink[rows, max(0, text.left - BESIDE_PX) : max(0, text.left - 2)]
    right = ink[rows, text.right + 2 : text.right + BESIDE_PX]
    return all(bool((side.mean(0) >= MIN_BORDER).any()) for side in (left, right) if side.size)


def _add_row(
    front: Box, ends_at: int, texts: Sequence[Box], runs: Runs, tabs: dict[Box, bool]
) -> None:
    """Note a tab and its neighbours: texts in its row with the same line below.

    A tab that stands alone is none: most such shapes are a label between two frames.
    """
    found = {front: True}
    row = sorted(
        (
            text
            for text in texts
            if is_in_row(text, front) and abs(text.bottom - front.bottom) <= 2 * SAME_LINE_PX
        ),
        key=lambda text: text.left,
    )
    place = row.index(front)
    for neighbours in (row[place + 1 :], row[:place][::-1]):
        last = front
        for text in neighbours:
            gap = max(text.left - last.right, last.left - text.right)
            reach = (ends_at - SAME_LINE_PX, ends_at + SAME_LINE_PX + 2)
            if gap > MAX_GAP_PX or not runs.covers(reach, text.left, text.right):
                break
            found[text] = False
            last = text
    if len(found) > 1:
        tabs.update({text: is_front or tabs.get(text, False) for text, is_front in found.items()})


def _may_be_tab(text: str) -> bool:
    return 1 < len(text) <= MAX_TAB_CHARS and not text.endswith(":")


def _as_tab(element: Element, tabs: dict[Box, bool]) -> Element:
    if element.role not in KINDS:
        return element
    own = [is_front for text, is_front in tabs.items() if element.box.contains(*text.centre)]
    if not own or element.box.width > MAX_TAB_PX:
        return element
    front: frozenset[State] = frozenset(("selected",) if any(own) else ())
    return replace(element, role="tab", states=element.states | front)
