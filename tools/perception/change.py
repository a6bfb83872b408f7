"""What is different between two pictures of the same place, and what that can mean."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .settle import is_caret

NOISE = 10
"""Difference of a colour value below which two pixels are the same to the eye."""
JOIN_PX = 12
"""Changes closer than this are one region."""
MOVING_PAD_PX = 4
FRAME_PX = 6
"""A focus ring lies within this distance of the edge of what it surrounds."""
SAME = 0.6
"""Correlation of edges above which a patch still shows the same thing; hovering and focus leave
it above 0.8, other text below 0.4."""
SAME_INSIDE = 0.75
"""Of texts alone: another one of the same length comes to 0.6."""
FOUND = 0.85
PLAIN = 4.0
"""Mean edge strength below which a patch has no content to compare."""
PLAIN_SHADE = 60
"""How much a plain patch's colour may change, as when it is hovered or pressed."""
BORDER_PX = 4
MIN_INSIDE_PX = 10

Mask = NDArray[np.uint8]


def difference(before: Pixels, after: Pixels) -> Mask:
    """Return 1 where two pictures of one size differ visibly, shape (H, W)."""
    if before.shape != after.shape:
        return np.ones(after.shape[:2], np.uint8)
    return np.asarray(cv2.absdiff(before, after).max(2) > NOISE, np.uint8)


def changed_regions(before: Pixels, after: Pixels, *, ignore: Sequence[Box] = ()) -> list[Box]:
    """Return boxes around what changed, each tight around its pixels.

    Args:
        before: RGB, uint8, shape (H, W, 3).
        after: The same place later.
        ignore: Where something moves anyway (carets, spinners).
    """
    mask = difference(before, after)
    for box in ignore:
        padded = box.inflate(MOVING_PAD_PX).intersect(Box.of_size(mask.shape[1], mask.shape[0]))
        if padded is not None:
            mask[padded.top : padded.bottom, padded.left : padded.right] = 0
    if not mask.any():
        return []
    joined = cv2.dilate(mask, np.ones((JOIN_PX, JOIN_PX), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    regions = []
    for number in range(1, count):
        left, top, width, height = (int(value) for value in stats[number, :4])
        area = slice(top, top + height), slice(left, left + width)
        ys, xs = np.nonzero((labels[area] == number) & (mask[area] > 0))
        if len(xs):
            box = Box(int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)
            regions.append(box.shift(left, top))
    return regions


def is_caret_like(box: Box) -> bool:
    """Tell whether a change has a text cursor's form."""
    return is_caret(box)


def is_frame_only(before: Pixels, after: Pixels, box: Box) -> bool:
    """Tell whether only a thin frame changed, as when the focus comes or goes."""
    inner = box.inflate(-FRAME_PX) if min(box.width, box.height) > 2 * FRAME_PX else None
    if inner is None:
        # A single line or a corner of a ring: thin, and longer than a character is wide.
        return min(box.width, box.height) <= 3 and max(box.width, box.height) > 24
    mask = difference(before, after)[inner.top : inner.bottom, inner.left : inner.right]
    return not mask.any()


def same_patch(before: Pixels, after: Pixels, box: Box, *, threshold: float = SAME) -> bool:
    """Tell whether a place still shows the same thing; hovering and focus do not count.

    Edges are compared, so that another background colour makes no difference and other text does.
    """
    if np.array_equal(_part(before, box), _part(after, box)):
        return True
    if not _is_alike(before, after, box, threshold):
        return False
    # The border of a button outweighs its text: another text must show in the inside alone.
    is_large = min(box.width, box.height) >= MIN_INSIDE_PX + 2 * BORDER_PX
    inside = max(threshold, SAME_INSIDE)
    return not is_large or _is_alike(before, after, box.inflate(-BORDER_PX), inside)


def _is_alike(before: Pixels, after: Pixels, box: Box, threshold: float) -> bool:
    old, new = _part(before, box), _part(after, box)
    a, b = _edges(old), _edges(new)
    is_plain = bool(a.mean() < PLAIN), bool(b.mean() < PLAIN)
    if any(is_plain):
        # One of them is plain: the same only if both are, and of about one colour.
        return all(is_plain) and float(cv2.absdiff(old, new).mean()) < PLAIN_SHADE
    # The plain area around a text is alike whatever the text is.
    content = np.maximum(a, b) > PLAIN
    rows, columns = np.flatnonzero(content.any(1)), np.flatnonzero(content.any(0))
    area = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return _correlation(a[area], b[area]) >= threshold


def _part(pixels: Pixels, box: Box) -> Pixels:
    return pixels[box.top : box.bottom, box.left : box.right]


def moved_to(before: Pixels, after: Pixels, box: Box) -> Box | None:
    """Return where the thing in a box is now, if it is not there any more but somewhere else."""
    if same_patch(before, after, box):
        return None
    patch = _edges(_part(before, box))
    if patch.mean() < PLAIN:
        return None
    scores = cv2.matchTemplate(_edges(after), patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (left, top) = cv2.minMaxLoc(scores)
    if best < FOUND:
        return None
    return Box(left, top, left + box.width, top + box.height)


def _edges(pixels: Pixels) -> NDArray[np.float32]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    spread = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return spread.astype(np.float32)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    x, y = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / norm if norm > 0 else 0.0
