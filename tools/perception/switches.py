"""Switches: a pill with a knob at one end. At the right end it is on."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .elements import Element, State
from .labels import label_of
from .layout import BoxSet, is_in_row
from .ocr import TextLine

HEIGHT_PX = (12, 36)
ASPECT = (1.35, 2.7)
MIN_KNOB_OFFSET = 14
"""How much a knob's colour differs from the pill's."""
SAME = 12
KNOB_SHADE = 40
"""Knobs may have a gradient."""
MAX_STROKE_PX = 4
MIN_BEND_PX = 1.5
LABEL_GAP_PX = 24


def with_switches(
    pixels: Pixels, elements: Sequence[Element], lines: Sequence[TextLine], frames: BoxSet
) -> list[Element]:
    """Return the elements and the switches; what was taken for something else there is gone.

    Args:
        pixels: The region, RGB, uint8, shape (H, W, 3).
        elements: In pixels of the region.
        lines: Its texts, tight.
        frames: Its frames.
    """
    found: list[tuple[Box, frozenset[State]]] = []
    words = BoxSet(line.box for line in lines if len(line.text) > 2)
    for box in _pills(pixels, frames):
        if (words.shares_inside(box) > 0.5).any():
            continue  # a button
        state = _state_of(pixels, box) or _outlined_state(pixels, box)
        if state is not None and not any(box.intersect(other) for other, _ in found):
            found.append((box, state))
    if not found:
        return list(elements)
    kept = [
        element
        for element in elements
        if not any(
            box.contains(*element.box.centre) and element.box.area <= 1.5 * box.area
            for box, _ in found
        )
    ]
    return kept + [
        Element(
            id=0, role="switch", text=_label(box, lines, frames), box=box, score=0.6,
            source="widget", states=state,
        )
        for box, state in found
    ]  # fmt: skip


def _pills(pixels: Pixels, frames: BoxSet) -> Iterable[Box]:
    """Return the frames of a switch's size and form whose corners are bare, as round ends are."""
    left, top, right, bottom = frames.xyxy.T
    widths, heights = right - left, bottom - top
    is_pill = (
        (heights >= HEIGHT_PX[0])
        & (heights <= HEIGHT_PX[1])
        & (widths >= ASPECT[0] * heights)
        & (widths <= ASPECT[1] * heights)
    )
    # A frame may reach a pixel beyond the picture; a switch does not.
    is_pill &= (right <= pixels.shape[1]) & (bottom <= pixels.shape[0])
    rows = frames.xyxy[is_pill]
    left, top, right, bottom = rows.T
    outside = pixels[np.maximum(top - 2, 0), np.maximum(left - 2, 0)].astype(np.int16)
    is_round = np.ones(len(rows), bool)
    for y, x in ((top, left), (top, right - 1), (bottom - 1, left)):
        is_round &= np.abs(pixels[y, x] - outside).max(1, initial=0) <= SAME
    return (Box(*row) for row in rows[is_round].tolist())


def _state_of(pixels: Pixels, box: Box) -> frozenset[State] | None:
    """Return whether a pill is on; None if it is none."""
    height = box.height
    y = box.top + height // 2
    at_left, at_right = box.left + height // 2, box.right - 1 - height // 2

    def colour(x: int, y: int) -> NDArray[np.int16]:
        picked: NDArray[np.int16] = pixels[y, x].astype(np.int16)
        return picked

    def differ(a: NDArray[np.int16], b: NDArray[np.int16]) -> int:
        return int(np.abs(a - b).max())

    # The knob is round: near the top, the middle shows the pill.
    ground = colour((box.left + box.right) // 2, box.top + max(3, height // 6))
    left, right = colour(at_left, y), colour(at_right, y)
    is_on = differ(left, ground) < differ(right, ground)
    knob_x, bare_x = (at_right, at_left) if is_on else (at_left, at_right)
    knob, bare = colour(knob_x, y), colour(bare_x, y)
    reach = max(2, height // 5)
    aside = max(2, height // 8)  # a knob may be higher than wide
    around = ((aside, 0), (-aside, 0), (0, reach), (0, -reach))
    if differ(bare, ground) > SAME or differ(knob, ground) < MIN_KNOB_OFFSET:
        return None
    if any(differ(colour(bare_x + x, y + dy), bare) > SAME for x, dy in around):
        return None
    if any(differ(colour(knob_x + x, y + dy), knob) > KNOB_SHADE for x, dy in around):
        return None
    return frozenset(("checked" if is_on else "unchecked",))


def _outlined_state(pixels: Pixels, box: Box) -> frozenset[State] | None:
    """Return whether a pill of one colour with only the outline of its knob is on.

    It is disabled: the knob does not stand out.
    """
    sides = []
    for y in (box.top + box.height // 2, box.top + box.height // 5):
        row = pixels[y, box.left : box.right].astype(np.int16)
        ground = np.median(row, axis=0)
        strokes = np.flatnonzero(np.abs(row - ground).max(1) >= SAME)
        inner = strokes[(strokes > box.height // 4) & (strokes < box.width - 1 - box.height // 4)]
        if len(inner) == 0 or np.ptp(inner) > MAX_STROKE_PX:
            return None
        sides.append(float(inner.mean()))
    middle, high = sides
    if abs(high - middle) < MIN_BEND_PX:
        return None
    is_on = high > middle  # the outline bends towards the end where the knob is
    return frozenset(("checked" if is_on else "unchecked", "disabled"))


def _label(box: Box, lines: Sequence[TextLine], frames: BoxSet) -> str:
    """Return the text right after a switch, else the one before it in its row or above it."""
    after = [
        line
        for line in lines
        if is_in_row(line.box, box) and 0 <= line.box.left - box.right <= LABEL_GAP_PX
    ]
    if after:
        return min(after, key=lambda line: line.box.left).text
    before = [line for line in lines if is_in_row(line.box, box) and line.box.right <= box.left]
    if before:
        return max(before, key=lambda line: line.box.right).text
    return label_of(box, lines, frames)
