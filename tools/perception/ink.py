"""What is drawn on a picture: its edges, and which of them are rules and which may be text."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box

INK = 14
"""Gradient above which a pixel belongs to a glyph's edge."""
LONG_RULE_PX = 48
RULE_HEIGHT_PX = 15
"""No stroke of a letter is so long; what goes up from the end of such a line is a border too."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ink:
    """The edges of one picture, each of shape (H, W)."""

    edges: NDArray[np.uint8]
    """`gradient` of it."""
    text: Mask
    """Edges that may be text: all but the rules."""
    rules: Mask
    """Long lines and the frames they belong to."""


def ink_of(pixels: Pixels) -> Ink:
    """Return what is drawn on a picture.

    Args:
        pixels: RGB, uint8, shape (H, W, 3).
    """
    edges = gradient(pixels)
    ink = edges > INK
    rules = borders(ink)
    return Ink(edges=edges, text=ink & ~rules, rules=rules)


def gradient(pixels: Pixels) -> NDArray[np.uint8]:
    """Return how much each pixel differs from its neighbours, the largest over the colours."""
    spread = cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    # Numpy's maximum along the last axis takes three times as long.
    red, green, blue = cv2.split(spread)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def borders(ink: Mask) -> Mask:
    """Return the pixels of long lines and of what goes up or down from them: frames."""
    picture = ink.astype(np.uint8)
    along = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((1, LONG_RULE_PX), np.uint8))
    up = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((RULE_HEIGHT_PX, 1), np.uint8))
    joined = cv2.dilate(np.maximum(along, up), np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    has_line = np.zeros(count, bool)
    has_line[labels[along > 0]] = True
    has_line[0] = False
    return np.asarray(has_line.take(np.asarray(labels, np.int32)))


def components(mask: NDArray[np.uint8]) -> list[Box]:
    """Return a box around all ink that hangs together, corners included, from top to bottom.

    By its outlines: OpenCV's statistics of connected components take ten times as long.

    Args:
        mask: 0 where there is none, shape (H, W).
    """
    outlines, family = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if family is None:
        return []
    boxes = [
        cv2.boundingRect(outline)
        for outline, parent in zip(outlines, family[0, :, 3].tolist(), strict=True)
        if parent < 0  # else the outline of a hole
    ]
    boxes.sort(key=lambda box: (box[1], box[0]))
    return [Box(left, top, left + width, top + height) for left, top, width, height in boxes]
