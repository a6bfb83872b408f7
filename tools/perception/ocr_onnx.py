"""PP-OCR through onnxruntime, tuned for screens.

The models are RapidOCR's; its pipeline is not used: a screen's text is upright, so no angle
classifier (which turned 3 % of upright crops upside down in our measurements), and what was read
once is kept by the pixels it was read from, so that a second look costs only the detection.
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .ocr import TextLine

MAX_THREADS = 2
STRIDE = 32
"""The detector halves its input five times."""
INK_THRESHOLD = 0.3
BOX_THRESHOLD = 0.5
UNCLIP_RATIO = 1.6
"""PP-OCR's published post-processing: the network marks shrunk text, which is grown again."""
LINE_HEIGHT_PX = 48
"""Height the recogniser was trained on."""
BUCKET_PX = 32
"""Crops are padded to a multiple of this, so that a result does not depend on batch mates, and by
one more: a text that ends at the edge of the input loses letters (Prit... for Print...)."""
TRIM_SHARE = 0.05
"""Of a found line's height, cut off above and below: the rim holds borders and other lines."""
BATCH = 8
MIN_SCORE = 0.5
CACHE_SIZE = 20_000

FloatArray = NDArray[np.float32]
Read = tuple[str, float, tuple[float, ...]]
"""Text, score, and each character's middle as a share of the crop's width."""


class OnnxOcr:
    """Detection and recognition on the CPU.

    Args:
        detection: Path of the detection model.
        recognition: Path of the recognition model; its metadata holds the characters.
    """

    def __init__(self, detection: Path, recognition: Path) -> None:
        self._detection = _session(detection)
        self._recognition = _session(recognition)
        metadata = self._recognition.get_modelmeta().custom_metadata_map
        # Class 0 is "no character", and the last one is the blank between words.
        self._characters = ["", *metadata["character"].splitlines(), " "]
        self._known = frozenset(self._characters)
        self._cache: OrderedDict[bytes, Read] = OrderedDict()

    def can_read(self, character: str) -> bool:
        """Tell whether the recogniser knows this character at all."""
        return character in self._known

    def read(
        self, pixels: Pixels, *, check: Callable[[], None] = lambda: None
    ) -> Sequence[TextLine]:
        """Return all lines of a picture that are read with some confidence."""
        check()
        boxes = self._detect(pixels)
        check()
        lines = self._recognise(pixels, [_trimmed(box) for box in boxes], check)
        return [
            replace(line, box=box)
            for line, box in zip(lines, boxes, strict=True)
            if line.score >= MIN_SCORE and line.text.strip()
        ]

    def read_boxes(self, pixels: Pixels, boxes: Sequence[Box]) -> Sequence[TextLine]:
        """Return what stands in each box; may be empty text."""
        return self._recognise(pixels, boxes, lambda: None)

    def _detect(self, pixels: Pixels) -> list[Box]:
        height, width = pixels.shape[:2]
        padded = cv2.copyMakeBorder(
            pixels, 0, -height % STRIDE, 0, -width % STRIDE, cv2.BORDER_REPLICATE
        )
        (ink,) = self._detection.run(
            None, {self._detection.get_inputs()[0].name: _tensor(np.asarray(padded, np.uint8))}
        )
        probability = ink[0, 0, :height, :width]
        mask = cv2.dilate((probability > INK_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        boxes = []
        for left, top, w, h, _ in stats[1:].tolist():
            if min(w, h) < 3 or probability[top : top + h, left : left + w].mean() < BOX_THRESHOLD:
                continue
            grow = w * h * UNCLIP_RATIO / (2 * (w + h))
            box = Box(
                max(0, round(left - grow)),
                max(0, round(top - grow)),
                min(width, round(left + w + grow)),
                min(height, round(top + h + grow)),
            )
            if min(box.width, box.height) >= 5:
                boxes.append(box)
        return boxes

    def _recognise(
        self, pixels: Pixels, boxes: Sequence[Box], check: Callable[[], None]
    ) -> list[TextLine]:
        crops = [pixels[b.top : b.bottom, b.left : b.right] for b in boxes]
        keys = [_key(crop) for crop in crops]
        todo: dict[int, list[int]] = {}
        for index, (crop, key) in enumerate(zip(crops, keys, strict=True)):
            if key in self._cache:
                self._cache.move_to_end(key)
            else:
                bucket = (-(-_scaled_width(crop) // BUCKET_PX) + 1) * BUCKET_PX
                todo.setdefault(bucket, []).append(index)
        for bucket, indices in sorted(todo.items()):
            for start in range(0, len(indices), BATCH):
                check()
                batch = indices[start : start + BATCH]
                reads = self._read_batch([crops[index] for index in batch], bucket)
                for index, read in zip(batch, reads, strict=True):
                    self._cache[keys[index]] = read
        lines = []
        for box, key in zip(boxes, keys, strict=True):
            text, score, shares = self._cache[key]
            centres = tuple(box.left + share * box.width for share in shares)
            lines.append(TextLine(box=box, text=text, score=score, centres=centres))
        while len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return lines

    def _read_batch(self, crops: Sequence[Pixels], bucket: int) -> list[Read]:
        batch = np.zeros((len(crops), 3, LINE_HEIGHT_PX, bucket), np.float32)
        widths = [_scaled_width(crop) for crop in crops]
        for row, (crop, width) in enumerate(zip(crops, widths, strict=True)):
            batch[row, :, :, :width] = _tensor(
                np.asarray(cv2.resize(crop, (width, LINE_HEIGHT_PX)), np.uint8)
            )[0]
        name = self._recognition.get_inputs()[0].name
        (classes,) = self._recognition.run(None, {name: batch})
        return [
            self._decode(scores, bucket / width)
            for scores, width in zip(classes, widths, strict=True)
        ]

    def _decode(self, scores: FloatArray, stretch: float) -> Read:
        """Return the greedy CTC reading of one crop; scores have shape (steps, characters)."""
        best = scores.argmax(1)
        is_new = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
        steps = np.flatnonzero(is_new)
        text = "".join(self._characters[best[step]] for step in steps)
        score = float(scores[steps, best[steps]].mean()) if len(steps) else 0.0
        shares = tuple(float(s) for s in np.minimum((steps + 0.5) / len(best) * stretch, 1.0))
        return text, score, shares


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(MAX_THREADS, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Spinning threads burn the cores that the applications on the screen need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _tensor(pixels: Pixels) -> FloatArray:
    """Return RGB pixels as the models take them: BGR planes in [-1, 1], shape (1, 3, H, W)."""
    planes = pixels[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    planes *= 2 / 255
    planes -= 1
    return np.ascontiguousarray(planes)


def _trimmed(box: Box) -> Box:
    rim = int(box.height * TRIM_SHARE)
    return Box(box.left, box.top + rim, box.right, box.bottom - rim)


def _scaled_width(crop: Pixels) -> int:
    height, width = crop.shape[:2]
    return int(max(8, -(-LINE_HEIGHT_PX * width // height)))


def _key(crop: Pixels) -> bytes:
    digest = hashlib.blake2b(repr(crop.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(crop).data)
    return digest.digest()
