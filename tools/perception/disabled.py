"""Which controls are greyed out: their texts stand out less than those of the others."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .elements import Element, Role
from .pixel_keys import PixelCache, pixel_key

KINDS: frozenset[Role] = frozenset(("button", "checkbox", "radio", "combobox", "menuitem"))
MARKED: frozenset[Role] = frozenset(("checkbox", "radio"))
MIN_SHARE = 0.62
"""Of the usual contrast; toolkits draw disabled text at about half of it."""
USUAL_PERCENTILE = 75
SAMPLE = 40
"""So many texts tell what is usual."""
MIN_USUAL = 90
"""Where no text stands out more, nothing can be told."""


def with_disabled(pixels: Pixels, elements: Sequence[Element], cache: PixelCache) -> list[Element]:
    """Return the elements; controls whose text is faint beside the others' are disabled.

    Args:
        pixels: The region they were found in, RGB, uint8, shape (H, W, 3).
        elements: In pixels of the region.
        cache: Keeps how much a part stands out by its pixels.
    """
    if not any(element.role in KINDS for element in elements):
        return list(elements)
    step = 1 + len(elements) // SAMPLE
    texts = [
        contrast(pixels, _text_box(element), cache)
        if element.text and (element.role in KINDS or number % step == 0)
        else None
        for number, element in enumerate(elements)
    ]
    marks = [contrast(pixels, _mark_box(e), cache) if e.role in MARKED else None for e in elements]
    usual_text = _usual(texts)
    # A set mark stands out more than an empty one: each is compared with its like.
    is_set = ["checked" in element.states for element in elements]
    usual_marks = {
        kind: _usual([mark for mark, own in zip(marks, is_set, strict=True) if own == kind])
        for kind in (True, False)
    }
    return [
        replace(element, states=element.states | {"disabled"})
        if element.role in KINDS
        and (_is_faint(text, usual_text) or _is_faint(mark, usual_marks[own]))
        else element
        for element, text, mark, own in zip(elements, texts, marks, is_set, strict=True)
    ]


def _usual(contrasts: Sequence[float | None]) -> float:
    known = [c for c in contrasts if c is not None]
    return float(np.percentile(known, USUAL_PERCENTILE)) if known else 0.0


def _is_faint(own: float | None, usual: float) -> bool:
    return own is not None and usual >= MIN_USUAL and own < MIN_SHARE * usual


def _mark_box(element: Element) -> Box:
    """Return the place of a check box's or radio button's mark."""
    x, _ = element.click_at
    right = min(element.box.right, round(2 * x - element.box.left))
    return Box(element.box.left, element.box.top, right, element.box.bottom)


def _text_box(element: Element) -> Box:
    """Return the place of an element's text: of a check box, its label."""
    if element.role not in MARKED:
        return element.box
    left = min(_mark_box(element).right + 1, element.box.right)
    return Box(left, element.box.top, element.box.right, element.box.bottom)


def contrast(pixels: Pixels, box: Box, cache: PixelCache) -> float:
    """Return how much the strongest strokes in a box differ from its ground, in [0, 255]."""
    inner = box.inflate(-3) if min(box.width, box.height) > 16 else box
    inside = pixels[inner.top : inner.bottom, inner.left : inner.right]
    if inside.size == 0:
        return 0.0
    return cache.answer(pixel_key(inside, "contrast"), lambda: _contrast(inside))


def _contrast(pixels: Pixels) -> float:
    inside = pixels.astype(np.int16)
    ground = np.median(inside.reshape(-1, 3), axis=0)
    return float(np.percentile(np.abs(inside - ground).max(2), 99))
