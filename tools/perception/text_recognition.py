"""Reading one line of text with PP-OCR's recogniser (CRNN-like, CTC)."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .ocr import TextLine
from .onnx_model import FloatArray, OnnxModel, as_tensor, side_by_side
from .pixel_keys import pixel_key

LINE_HEIGHT_PX = 48
"""Height the recogniser was trained on."""
BUCKET_PX = 32
"""Crops are padded to a multiple of this, and by one more: a text that ends at the edge of the
input loses letters (Prit... for Print...)."""
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
        self._cache: OrderedDict[bytes, Read] = OrderedDict()

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
        new = {key: crop for key, crop in zip(keys, crops, strict=True) if key not in self._cache}
        for key, read in zip(new, side_by_side(self._read, new.values(), check), strict=True):
            self._cache[key] = read
        lines = []
        for box, key in zip(boxes, keys, strict=True):
            self._cache.move_to_end(key)
            text, score, shares = self._cache[key]
            centres = tuple(box.left + share * box.width for share in shares)
            lines.append(TextLine(box=box, text=text, score=score, centres=centres))
        while len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return lines

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


def _scaled_width(crop: Pixels) -> int:
    height, width = crop.shape[:2]
    return int(max(8, -(-LINE_HEIGHT_PX * width // height)))
