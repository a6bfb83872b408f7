"""Reading lone signs in frames, such as the keys of a calculator, which the detector misses."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .ink import INK
from .ocr import OcrEngine, TextLine

FRAME_BORDERS_PX = (3, 5, 7)
"""How thick a border may be, with its shadow: tried in turn until only the sign is left."""
SIGN_LINE_PX = 24
SIGN_PAD_PX = 7
MIN_SIGN_SCORE = 0.5
UNSURE_SIGNS = frozenset("1lI|/-_=~.,'`+" + "".join(("十", "一", "二", "三", "口", "人")))
MISREAD_SIGNS = {
    "十": "+", "一": "-", "二": "=", "口": "", "□": "", "〇": "0", "人": "^", "+1-": "+/-",
    "+|-": "+/-", "+l-": "+/-",
}  # fmt: skip
"""A Chinese model reads lone signs as characters; keys of calculators are not Chinese."""
ARROWS = frozenset("VvνⅤ∨▼▾﹀✓⌄˅")
"""What the model reads the arrow of a drop-down list as."""
ARROW_GAP_PX = 2
LETTER_GAP_PX = 3
"""An arrow stands apart; read as a letter it must be further away than the next letter is."""
MAX_ARROW_HEIGHT_SHARE = 0.75
MIN_ARROW_HEIGHT_PX = 3
MAX_ARROW_ASPECT = 0.8
MAX_LEAN_PX = 2
ARROW_PX = (5, 14)
"""Width of the arrow of a drop-down list."""


def points_down(ink: NDArray[np.bool_]) -> bool:
    """Tell whether a drawing is an arrow or a chevron that points down: wide and ever narrower.

    Args:
        ink: The drawing, without blank rows and columns around it.
    """
    height, width = ink.shape
    if height < MIN_ARROW_HEIGHT_PX or height > MAX_ARROW_ASPECT * width:
        return False
    columns = np.arange(width)
    left = np.where(ink, columns, width).min(1)
    right = np.where(ink, columns, -1).max(1)
    spans = np.maximum(right - left + 1, 0)
    third = height // 3
    is_even = np.abs((left + right)[spans > 0] - (width - 1)).max() <= MAX_LEAN_PX
    is_narrow = spans[-third:].mean() <= 0.6 * spans[:-third].max()
    return bool(is_even and is_narrow and spans[: height - third].argmax() < height // 2)


class SignReader:
    """Reads what stands in a frame, at the height that a line of text would have there.

    Args:
        pixels: The picture.
        edges: `split.gradient` of it.
        ocr: Reads the crops.
    """

    def __init__(self, pixels: Pixels, edges: NDArray[np.uint8], ocr: OcrEngine) -> None:
        self._pixels = pixels
        self._edges = edges
        self._ocr = ocr

    def read(self, frames: Sequence[Box]) -> list[tuple[str, float]]:
        """Return text and score for each frame; empty text where nothing can be read."""
        areas = [self._sign_in(frame) for frame in frames]
        known = [area for area in areas if area is not None]
        lines = iter(self._ocr.read_boxes(self._pixels, known))
        return [("", 0.0) if area is None else self._corrected(next(lines), area) for area in areas]

    def read_again(self, frame: Box, line: TextLine) -> TextLine:
        """Return a line, read once more if it is a sign that is easily mistaken for another."""
        text = line.text.strip()
        if text in MISREAD_SIGNS and len(text) > 1:
            return replace(line, text=MISREAD_SIGNS[text])
        if text not in UNSURE_SIGNS:
            return line
        area = self._sign_in(frame)
        if area is None:
            return line
        (again,) = self._ocr.read_boxes(self._pixels, [area])
        best = again if again.score >= MIN_SIGN_SCORE and again.text.strip() else line
        return replace(line, text=self._corrected(best, area)[0])

    def without_arrow(self, line: TextLine) -> TextLine:
        """Return a line without the arrow of a drop-down list at its end, read as a letter or not.

        The arrow stands apart, is lower than the text, and no letter but one of its form was read
        there.
        """
        box = line.box
        ink = self._edges[box.top : box.bottom, box.left : box.right] > INK
        columns = np.flatnonzero(ink.any(0))
        gaps = np.flatnonzero(np.diff(columns) > ARROW_GAP_PX)
        if len(gaps) == 0:
            return line
        start, end = int(columns[gaps[-1] + 1]), int(columns[-1]) + 1
        rows = np.flatnonzero(ink[:, start:end].any(1))
        letters = [
            i
            for i, x in enumerate(line.centres)
            if x >= box.left + start - 2 and not line.text[i].isspace()
        ]
        gap = start - int(columns[gaps[-1]])
        low, high = ARROW_PX
        is_low = rows[-1] + 1 - rows[0] <= MAX_ARROW_HEIGHT_SHARE * box.height
        is_arrow = (
            low <= end - start <= high
            and (is_low or points_down(ink[rows[0] : rows[-1] + 1, start:end]))
            and (
                not letters
                or (gap > LETTER_GAP_PX and len(letters) == 1 and line.text[-1] in ARROWS)
            )
        )
        if not is_arrow:
            return line
        text = (line.text[:-1] if letters else line.text).rstrip()
        return TextLine(
            box=Box(box.left, box.top, box.left + int(columns[gaps[-1]]) + 1, box.bottom),
            text=text,
            score=line.score,
            centres=line.centres[: len(text)],
        )

    def _corrected(self, line: TextLine, area: Box) -> tuple[str, float]:
        text = line.text.strip()
        if text in ("1", "l", "I", "|"):
            if self._leans(area):
                text = "/"
            elif self._is_arrowhead(area):
                text = ""
        return MISREAD_SIGNS.get(text, text), line.score

    def _is_arrowhead(self, area: Box) -> bool:
        """Tell whether a sign is wide in the middle and narrow above and below."""
        ink = self._edges[area.top : area.bottom, area.left : area.right] > INK
        widths = np.array([np.ptp(np.flatnonzero(row)) + 1 for row in ink if row.any()])
        third = len(widths) // 3
        if third == 0:
            return False
        ends = max(widths[:third].mean(), widths[-third:].mean())
        return bool(widths[third:-third].mean() >= 1.6 * ends)

    def _leans(self, area: Box) -> bool:
        """Tell whether a stroke goes from the upper right to the lower left."""
        ink = self._edges[area.top : area.bottom, area.left : area.right] > INK
        rows = np.flatnonzero(ink.any(1))
        if len(rows) == 0:
            return False
        third = max(1, len(rows) // 3)
        top, bottom = ink[rows[:third]], ink[rows[-third:]]
        lean = np.nonzero(top)[1].mean() - np.nonzero(bottom)[1].mean()
        return bool(lean > 0.15 * len(rows))

    def _sign_in(self, box: Box) -> Box | None:
        """Return the part of a frame to read: its ink, at a line's height.

        None if the ink touches the border: then the frame is itself a glyph or a part of a picture.
        """
        for border in FRAME_BORDERS_PX:
            inner = box.inflate(-border) if min(box.width, box.height) > 2 * border + 4 else box
            ink = self._edges[inner.top : inner.bottom, inner.left : inner.right] > INK
            rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
            if len(rows) == 0:
                return None
            if (
                rows[0] > 0
                and columns[0] > 0
                and rows[-1] < inner.height - 1
                and columns[-1] < inner.width - 1
            ):
                break
        else:
            return None
        # Where a sign stands in its line tells a full stop from a dot, a minus from an underscore.
        half = max(SIGN_LINE_PX / 2, (rows[-1] - rows[0]) / 2 + 4)
        middle = inner.height / 2
        return Box(
            inner.left + max(0, int(columns[0]) - SIGN_PAD_PX),
            inner.top + max(0, round(middle - half)),
            inner.left + min(inner.width, int(columns[-1]) + 1 + SIGN_PAD_PX),
            inner.top + min(inner.height, round(middle + half)),
        )
