"""PP-OCR through onnxruntime, tuned for screens.

The models are RapidOCR's; its pipeline is not used: a screen's text is upright, so no angle
classifier (which turned 3 % of upright crops upside down in our measurements). What was found or
read once is kept by the pixels it came from, so that a second look costs only what is new, and is
what a first look at the same picture would have been.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .ink import Ink, Mask, ink_of
from .layout import BoxSet
from .ocr import TextLine
from .strips import find_runs, find_strips
from .text_detection import TextDetector
from .text_recognition import TextRecogniser

RIM_SHARE = 0.15
RIM_PX = 4
"""What is left around a line's ink, above and below as a share of its height, and at its ends. A
line is read from its ink and not from the detector's box, so that the same text gives the same
crop wherever it lies; it also makes a quarter fewer mistakes between o and O, s and S."""
CARET_INK_PX = 4
CARET_SHARE = 40
MIN_SCORE = 0.5
WORD_HEIGHT_PX = (6, 36)
MIN_WORD_PX = 7
WORD_RIM_PX = 4
MIN_WORD_SCORE = 0.9
MIN_WORD_CHARS = 2


class OnnxOcr:
    """Detection and recognition on the CPU.

    Args:
        detection: Path of the detection model.
        recognition: Path of the recognition model; its metadata holds the characters.
    """

    def __init__(self, detection: Path, recognition: Path) -> None:
        self._detector = TextDetector(detection)
        self._recogniser = TextRecogniser(recognition)

    def can_read(self, character: str) -> bool:
        """Tell whether the recogniser knows this character at all."""
        return self._recogniser.can_read(character)

    def read(
        self, pixels: Pixels, ink: Ink | None = None, *, check: Callable[[], None] = lambda: None
    ) -> Sequence[TextLine]:
        """Return all lines of a picture that are read with some confidence."""
        check()
        text = (ink_of(pixels) if ink is None else ink).text
        found = self._detector.find(pixels, find_strips(text), check)
        boxes = [box for boxes in found for box in boxes]
        lines = self._recogniser.read(pixels, [_around_ink(box, text) for box in boxes], check)
        kept = [
            replace(line, box=box)
            for line, box in zip(lines, boxes, strict=True)
            if line.score >= MIN_SCORE and line.text.strip()
        ]
        return [*kept, *self._missed(pixels, find_runs(text), boxes, check)]

    def read_boxes(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[TextLine]:
        """Return what stands in each box; may be empty text."""
        return self._recogniser.read(pixels, boxes, lambda: None)

    def _missed(
        self,
        pixels: Pixels,
        runs: Sequence[Box],
        found: Sequence[Box],
        check: Callable[[], None],
    ) -> list[TextLine]:
        """Return the words that the detector passed over: short ones, beside controls.

        What is no word is read as one with little confidence, or as a single sign.
        """
        known = BoxSet(found)
        low, high = WORD_HEIGHT_PX
        screen = Box.of_size(pixels.shape[1], pixels.shape[0])
        boxes = [
            rimmed
            for run in runs
            if low <= run.height <= high
            and run.width >= MIN_WORD_PX
            and not (known.shares_of(run) > 0).any()
            and (rimmed := run.inflate(WORD_RIM_PX).intersect(screen)) is not None
        ]
        return [
            line
            for line in self._recogniser.read(pixels, boxes, check)
            if line.score >= MIN_WORD_SCORE
            and sum(character.isalnum() for character in line.text) >= MIN_WORD_CHARS
        ]


def _around_ink(box: Box, ink: Mask) -> Box:
    inside = ink[box.top : box.bottom, box.left : box.right]
    columns = np.flatnonzero(inside.any(0))
    # A text cursor joins lines, as no letter does.
    rows = np.flatnonzero(inside.sum(1) > min(CARET_INK_PX, box.width // CARET_SHARE))
    if len(rows) == 0:
        return box
    first, last = _own_rows(rows, box.height)
    top, bottom = box.top + first, box.top + last + 1
    left, right = box.left + int(columns[0]), box.left + int(columns[-1]) + 1
    rim = round(RIM_SHARE * (bottom - top))
    height, width = ink.shape
    return Box(
        max(0, left - RIM_PX),
        max(0, top - rim),
        min(width, right + RIM_PX),
        min(height, bottom + rim),
    )


def _own_rows(rows: NDArray[np.intp], height: int) -> tuple[int, int]:
    """Return the first and last of a box's rows of ink without what reaches in from other lines.

    Args:
        rows: The numbers of the rows with ink, ascending.
        height: Of the box.
    """
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    if len(runs) > 1 and runs[0][0] == 0 and runs[0][-1] < height / 2:
        runs = runs[1:]
    if len(runs) > 1 and runs[-1][-1] == height - 1 and runs[-1][0] > height / 2:
        runs = runs[:-1]
    return int(runs[0][0]), int(runs[-1][-1])
