"""Perceptual hashes: near numbers for pictures that look alike, whatever their size and theme.

Two hashes of 64 bits each, both by the DCT as in Zauner's pHash (2010, section 3.2.1): one of the
tones, one of the outlines. Outlines are the same in a light and a dark theme, tones are not.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .screen_rows import Looks

SIDE = 32
KEPT = 8
OUTLINE_SIDE = 256
"""Outlines are drawn at this size: at 32 pixels a line of text is no line any more."""


def looks_of(pixels: NDArray[np.uint8]) -> Looks:
    """Return the hashes of a picture.

    Args:
        pixels: RGB, `(height, width, 3)`.
    """
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return Looks(tones=_hash(gray), outlines=_hash(outlines_of(_sized(gray, OUTLINE_SIDE))))


def outlines_of(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how strongly the tone changes at each pixel; the same for a negative."""
    as_float = gray.astype(np.float32)
    across = cv2.Sobel(as_float, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(as_float, cv2.CV_32F, 0, 1, ksize=3)
    strength = cv2.magnitude(across, down)
    return np.asarray(np.clip(strength / 4.0, 0, 255), dtype=np.uint8)


def distance(one: int, other: int) -> int:
    """Return in how many of 64 bits two hashes differ."""
    return ((one ^ other) & 0xFFFFFFFFFFFFFFFF).bit_count()


def distances(one: int, others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return in how many bits a hash differs from each of many."""
    differing = np.bitwise_xor(others, np.int64(one))
    return np.bitwise_count(differing.view(np.uint64)).astype(np.int64)


def _sized(gray: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    resized = cv2.resize(gray, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, dtype=np.uint8)


def _hash(gray: NDArray[np.uint8]) -> int:
    low = cv2.dct(_sized(gray, SIDE).astype(np.float32))[:KEPT, :KEPT].ravel()
    # The first is the mean tone, which a theme changes and a picture does not.
    bits = low > np.median(low[1:])
    return int(np.packbits(bits).view(">i8")[0])
