"""Finding lines of text with PP-OCR's detector (DBNet), strip by strip."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .onnx_model import FloatArray, OnnxModel, as_tensor, side_by_side
from .pixel_keys import PixelCache, pixel_key

STRIDE = 32
"""The network halves its input five times."""
MARGIN_PX = 24
"""Context around a strip: with 16 px it finds a few words less, 32 px are no better."""
INK_THRESHOLD = 0.3
BOX_THRESHOLD = 0.5
UNCLIP_RATIO = 1.6
"""PP-OCR's published post-processing: the network marks shrunk text, which is grown again."""
MIN_SIDE_PX = 5
OWN_PX = 3
"""A line found in a strip's margin belongs to another strip."""
CACHE_SIZE = 10_000


class TextDetector:
    """Finds lines of text and keeps what it found, by the pixels it was found in.

    Args:
        model: Path of the model.
    """

    def __init__(self, model: Path) -> None:
        self._model = OnnxModel(model)
        self._cache = PixelCache(CACHE_SIZE)

    def find(
        self, pixels: Pixels, strips: Sequence[Box], check: Callable[[], None]
    ) -> list[tuple[Box, ...]]:
        """Return for each strip the lines of text in it, in pixels of the picture.

        Args:
            pixels: RGB, uint8, shape (H, W, 3).
            strips: `strips.find_strips` of it.
            check: Called now and then; may raise to cancel.
        """
        crops = [_Crop(pixels, strip) for strip in strips]
        found_in = self._cache.answers(
            [crop.key for crop in crops],
            crops,
            lambda new: side_by_side(self._find_in, new, check),
        )
        screen = Box.of_size(pixels.shape[1], pixels.shape[0])
        found = []
        for boxes, strip in zip(found_in, strips, strict=True):
            lines = (box.shift(strip.left, strip.top) for box in boxes)
            inside = (line.intersect(screen) for line in lines)
            found.append(tuple(line for line in inside if line is not None))
        return found

    def _find_in(self, crop: "_Crop") -> tuple[Box, ...]:
        """Return the lines in a strip, from its top left corner on."""
        probability = self._model.run(as_tensor(crop.pixels))[0, 0]
        own = Box(-OWN_PX, -OWN_PX, crop.strip.width + OWN_PX, crop.strip.height + OWN_PX)
        lines = (box.shift(-crop.left, -crop.top) for box in _lines(probability))
        return tuple(line for line in lines if own.contains(*line.centre))


class _Crop:
    """A strip with its margin, in a size that the network takes."""

    def __init__(self, pixels: Pixels, strip: Box) -> None:
        self.strip = strip
        width, height = (
            -(-(side + 2 * MARGIN_PX) // STRIDE) * STRIDE for side in (strip.width, strip.height)
        )
        self.left, self.top = (width - strip.width) // 2, (height - strip.height) // 2
        """Where the strip lies in the crop."""
        left, top = strip.left - self.left, strip.top - self.top
        rows, columns = pixels.shape[:2]
        inside = pixels[max(0, top) : top + height, max(0, left) : left + width]
        beyond = (
            max(0, -top), max(0, top + height - rows), max(0, -left), max(0, left + width - columns)
        )  # fmt: skip
        self.pixels: Pixels = (
            np.asarray(cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_REPLICATE), np.uint8)
            if any(beyond)
            else inside
        )
        self.key = pixel_key(self.pixels, strip.width, strip.height)


def _lines(probability: FloatArray) -> list[Box]:
    """Return the lines that a map of how likely each pixel is text shows."""
    mask = cv2.dilate((probability > INK_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = []
    for left, top, w, h, _ in stats[1:].tolist():
        if min(w, h) < 3 or probability[top : top + h, left : left + w].mean() < BOX_THRESHOLD:
            continue
        grow = w * h * UNCLIP_RATIO / (2 * (w + h))
        box = Box(
            round(left - grow), round(top - grow), round(left + w + grow), round(top + h + grow)
        )
        if min(box.width, box.height) >= MIN_SIDE_PX:
            boxes.append(box)
    return boxes
