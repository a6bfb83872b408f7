"""Texts that are told twice: once as a line, and again by the links that it is made of."""

from collections.abc import Iterable

import numpy as np

from .elements import Element

MIN_INSIDE = 0.5
"""Of a link lies in the text."""
MAX_BESIDE_CHARS = 2
"""Signs between the links, such as a bar."""


def texts_of_links(elements: Iterable[Element]) -> frozenset[int]:
    """Return the numbers of plain texts that say nothing but what links in them say again."""
    elements = list(elements)
    links = [e for e in elements if e.role == "link" and e.text and e.box.area]
    if not links:
        return frozenset()
    boxes = np.array([link.box.xyxy for link in links])
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    lengths = np.array([_length(link.text) for link in links])
    found = []
    for text in elements:
        if text.role != "text" or not text.text:
            continue
        left, top, right, bottom = text.box.xyxy
        wide = np.minimum(boxes[:, 2], right) - np.maximum(boxes[:, 0], left)
        high = np.minimum(boxes[:, 3], bottom) - np.maximum(boxes[:, 1], top)
        is_inside = np.maximum(wide, 0) * np.maximum(high, 0) > MIN_INSIDE * areas
        if is_inside.any() and lengths[is_inside].sum() >= _length(text.text) - MAX_BESIDE_CHARS:
            found.append(text.id)
    return frozenset(found)


def _length(text: str) -> int:
    return len("".join(text.split()))
