"""Which controls are greyed out: their texts stand out less than those of the others."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from .disabled_fields import FIELDS, disabled_fields
from .elements import Element, Role
from .pixel_keys import PixelCache, pixel_key

KINDS: frozenset[Role] = frozenset(
    ("button", "checkbox", "radio", "combobox", "menuitem", "spinbutton")
)
MARKED: frozenset[Role] = frozenset(("checkbox", "radio"))
MIN_SHARE = 0.62
"""Of the usual contrast; toolkits draw disabled text at about half of it."""
USUAL_PERCENTILE = 75
SAMPLE = 40
"""So many texts tell what is usual."""
VALUE_PX = 10
STROKE_PX = 6
MIN_USUAL_MARK = 55
"""In dark themes marks stand out less."""
MIN_USUAL = 90
"""Where no text stands out more, nothing can be told."""


def with_disabled(pixels: Pixels, elements: Sequence[Element], cache: PixelCache) -> list[Element]:
    """Return the elements; controls whose text is faint beside the others' are disabled.

    Args:
        pixels: The region they were found in, RGB, uint8, shape (H, W, 3).
        elements: In pixels of the region.
        cache: Keeps how much a part stands out by its pixels.
    """
    if not any(element.role in KINDS | FIELDS | {"switch"} for element in elements):
        return list(elements)
    step = 1 + len(elements) // SAMPLE
    texts = [
        contrast(pixels, _text_box(element), cache)
        if element.text and (element.role in KINDS or number % step == 0)
        else None
        for number, element in enumerate(elements)
    ]
    marks = [
        contrast(pixels, _mark_box(e) if e.role in MARKED else e.box, cache)
        if e.role in MARKED or e.role == "switch"
        else None
        for e in elements
    ]
    usual_text = _usual(texts)
    # A set mark stands out more than an empty one: each is compared with its like.
    likes = [(element.role == "switch", "checked" in element.states) for element in elements]
    usual_marks = {
        like: _usual([mark for mark, own in zip(marks, likes, strict=True) if own == like])
        for like in set(likes)
    }
    fields = disabled_fields(pixels, elements)
    return [
        replace(element, states=element.states | {"disabled"})
        if id(element) in fields
        or (element.role in KINDS and not _is_dot(element) and _is_faint(text, usual_text))
        or _is_faint(mark, usual_marks[own], MIN_USUAL_MARK)
        else element
        for element, text, mark, own in zip(elements, texts, marks, likes, strict=True)
    ]


def _usual(contrasts: Sequence[float | None]) -> float:
    known = [c for c in contrasts if c is not None]
    return float(np.percentile(known, USUAL_PERCENTILE)) if known else 0.0


def _is_faint(own: float | None, usual: float, least: float = MIN_USUAL) -> bool:
    return own is not None and usual >= least and own < MIN_SHARE * usual


def _is_dot(element: Element) -> bool:
    """Tell whether a text is a sign of so little ink that it is never as dark as others."""
    return len(element.text) == 1 and not element.text.isalnum()


def _mark_box(element: Element) -> Box:
    """Return the place of a check box's or radio button's mark."""
    x, _ = element.click_at
    right = min(element.box.right, round(2 * x - element.box.left))
    return Box(element.box.left, element.box.top, right, element.box.bottom)


def _text_box(element: Element) -> Box:
    """Return the place of an element's text: of a check box, its label."""
    if element.role == "spinbutton":
        x, _ = element.click_at  # where its value is
        left, right = round(x) - VALUE_PX, round(x) + VALUE_PX
        return element.box.intersect(replace(element.box, left=left, right=right)) or element.box
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
    differences = np.abs(inside - ground).max(2).ravel()
    # Of a lone sign on a large key only some pixels are strokes.
    rank = min(len(differences) // 100, STROKE_PX)
    return float(np.partition(differences, -1 - rank)[-1 - rank])
