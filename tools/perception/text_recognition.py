"""Reading one line of text with PP-OCR's recogniser (CRNN-like, CTC)."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .ink import INK
from .ocr import TextLine
from .onnx_model import FloatArray, OnnxModel, as_tensor, side_by_side
from .pixel_keys import PixelCache, pixel_key

LINE_HEIGHT_PX = 48
"""Height the recogniser was trained on."""
BUCKET_PX = 32
"""Crops are padded to a multiple of this, and by one more: a text that ends at the edge of the
input loses letters (Prit... for Print...)."""
MIN_PIECE = 8
"""Width of a line, as a multiple of its height, from which on it is read in pieces."""
MIN_BLANK = 0.25
"""Width of a blank between words, as a multiple of the line's height."""
GROUND_STEP = 3
BLANK_SHARE = 0.15
"""At least so many columns of a line hold no letter; monospaced lines have few blanks."""
RIM = 0.15
CACHE_SIZE = 20_000

Read = tuple[str, float, tuple[float, ...]]
"""Text, score, and each character's middle as a share of the crop's width."""


class TextRecogniser:
    """Reads lines and keeps what it read, by the pixels it was read from.

    Args:
        model: Path of the model; its metadata holds the characters.
    """

    def __init__(self, model: Path) -> None:
        self._model = OnnxModel(model)
        # Class 0 is "no character", and the last one is the blank between words.
        self._characters = ["", *self._model.metadata["character"].splitlines(), " "]
        self._known = frozenset(self._characters)
        self._lines = PixelCache(CACHE_SIZE)
        self._pieces = PixelCache(CACHE_SIZE)

    def can_read(self, character: str) -> bool:
        """Tell whether the model knows this character at all."""
        return character in self._known

    def read(
        self, pixels: Pixels, boxes: Sequence[Box], check: Callable[[], None]
    ) -> list[TextLine]:
        """Return what stands in each box; may be empty text.

        Args:
            pixels: RGB, uint8, shape (H, W, 3).
            boxes: Within the picture.
            check: Called now and then; may raise to cancel.
        """
        crops = [pixels[b.top : b.bottom, b.left : b.right] for b in boxes]
        keys = [pixel_key(crop) for crop in crops]
        reads = self._lines.answers(keys, crops, lambda new: self._read_lines(new, check))
        lines = []
        for box, (text, score, shares) in zip(boxes, reads, strict=True):
            # In sixteenths, whose sums are exact: a text has the same places wherever it stands.
            centres = tuple(box.left + round(16 * share * box.width) / 16 for share in shares)
            lines.append(TextLine(box=box, text=text, score=score, centres=centres))
        return lines

    def _read_lines(self, crops: Sequence[Pixels], check: Callable[[], None]) -> list[Read]:
        """Return what stands in each crop, read in pieces; those known already are not read."""
        cuts = [_cuts(crop) for crop in crops]
        pieces = [
            crop[:, start:end]
            for crop, places in zip(crops, cuts, strict=True)
            for start, end in itertools.pairwise(places)
        ]
        keys = [pixel_key(piece) for piece in pieces]
        reads = iter(
            self._pieces.answers(keys, pieces, lambda new: side_by_side(self._read, new, check))
        )
        return [_joined(places, list(itertools.islice(reads, len(places) - 1))) for places in cuts]

    def _read(self, crop: Pixels) -> Read:
        width = _scaled_width(crop)
        padded = (-(-width // BUCKET_PX) + 1) * BUCKET_PX
        tensor = np.zeros((1, 3, LINE_HEIGHT_PX, padded), np.float32)
        resized = np.asarray(cv2.resize(crop, (width, LINE_HEIGHT_PX)), np.uint8)
        tensor[:, :, :, :width] = as_tensor(resized)
        return self._decode(self._model.run(tensor)[0], padded / width)

    def _decode(self, scores: FloatArray, stretch: float) -> Read:
        """Return the greedy CTC reading of one crop; scores have shape (steps, characters)."""
        best = scores.argmax(1)
        is_new = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
        steps = np.flatnonzero(is_new)
        text = "".join(self._characters[best[step]] for step in steps)
        score = float(scores[steps, best[steps]].mean()) if len(steps) else 0.0
        shares = tuple(float(s) for s in np.minimum((steps + 0.5) / len(best) * stretch, 1.0))
        return text, score, shares


def _cuts(crop: Pixels) -> list[int]:
    """Return the columns at which a line is cut into pieces of some words, both ends included.

    A letter typed at the end of a long line leaves all but the last piece as it was.
    """
    height, width = crop.shape[:2]
    if width <= MIN_PIECE * height:
        return [0, width]
    rim = int(RIM * height)
    colours = crop[rim : height - rim].astype(np.int16)  # other lines may reach into the rim
    ground = _ground(colours)
    is_blank = (np.abs(colours - ground) <= INK).all(axis=(0, 2))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_blank, [False])).astype(np.int8)))
    cuts = [0]
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        middle = (start + end) // 2
        is_gap = end - start >= MIN_BLANK * height
        if is_gap and min(middle - cuts[-1], width - middle) >= MIN_PIECE * height / 2:
            cuts.append(middle)
    return [*cuts, width]


def _ground(colours: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return what a line looks like where it holds no letter, row by row: a rule may run through.

    Args:
        colours: Of the line, shape (H, W, 3).

    Returns:
        Shape (H, 1, 3).
    """
    paper = np.median(colours[:, ::GROUND_STEP].reshape(-1, 3), axis=0)
    ink = np.abs(colours - paper).sum(axis=(0, 2))
    blanks = np.argsort(ink, kind="stable")[: max(1, int(BLANK_SHARE * len(ink)))]
    return np.asarray(np.median(colours[:, blanks], axis=1)[:, None])


def _joined(cuts: Sequence[int], pieces: Sequence[Read]) -> Read:
    """Return what a line says whose pieces were read, with a blank between each two."""
    text, shares, scores = "", [], []
    for (start, end), (words, score, places) in zip(itertools.pairwise(cuts), pieces, strict=True):
        if not words:
            continue
        if text:
            text += " "
            shares.append(start / cuts[-1])
        text += words
        shares += [(start + place * (end - start)) / cuts[-1] for place in places]
        scores += [score] * len(words)
    return text, sum(scores) / len(scores) if scores else 0.0, tuple(shares)


def _scaled_width(crop: Pixels) -> int:
    height, width = crop.shape[:2]
    return int(max(8, -(-LINE_HEIGHT_PX * width // height)))
