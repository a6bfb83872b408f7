"""Which drawing on a screen looks most like a description, by a CLIP model.

How alike a text and a picture must be to belong together differs from model to model. So no bound
is set on it; two comparisons must agree: of all drawings, this one is most like the description,
and of all descriptions of common icons, this one is most like the drawing. What no drawing shows
is more like another description, and is not found.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from ..perception.elements import Element, Observation
from .candidates import Candidate, looks_like_icon
from .icon_names import SENSES, other_names
from .sources import Embedder

RIM_PX = 6
"""A drawing is shown with what is around it: its ground, its frame."""
MIN_SIDE_PX = 8
TEMPERATURE = 100.0
"""CLIP's own scale of cosines (Radford et al. 2021, section 2.5: clipped to at most 100)."""
MOST = 0.75
"""However sure it is: whether two drawings look alike says nothing of what they do."""
MIN_SHARE = 0.4
"""Of the likelihood among all drawings, and among all descriptions."""
PROMPT = "a screenshot of a {} icon"
MAX_DRAWINGS = 200


def rank_by_looks(
    observation: Observation, words: str, elements: Sequence[Element], embedder: Embedder
) -> list[Candidate]:
    """Return the drawings that look like a description, best first; none if none does.

    Args:
        observation: What is seen.
        words: The description without kind and place.
        elements: Those in question; only small pictures are compared.
        embedder: Embeds texts and pictures into one space.
    """
    drawings = [e for e in elements if looks_like_icon(e) and not _is_read(e)][:MAX_DRAWINGS]
    if not drawings or not words:
        return []
    own = {words.casefold(), *other_names(words, is_icon=True)}
    others = [does[0] for does, looks in SENSES if not own & {*does, *looks}]
    texts = embedder.embed_texts([PROMPT.format(name) for name in (words, *others)])
    crops = [_crop(observation.capture.pixels, element.box) for element in drawings]
    pictures = embedder.embed_images(crops)
    cosines = np.asarray(pictures @ texts.T, np.float64)
    among_drawings = _softmax(cosines[:, 0])
    among_names = np.array([_softmax(row)[0] for row in cosines])
    ranked = sorted(
        (
            Candidate(
                element=element,
                confidence=MOST * float(np.sqrt(first * second)),
                source="clip",
            )
            for element, first, second in zip(drawings, among_drawings, among_names, strict=True)
            if min(first, second) >= MIN_SHARE
        ),
        key=lambda candidate: -candidate.confidence,
    )
    return ranked


def _is_read(element: Element) -> bool:
    """Tell whether words stand on it: then these say what it is."""
    return element.role == "text" or len(element.text) > 2 and element.source != "accessibility"


def _crop(pixels: Pixels, box: Box) -> NDArray[np.uint8]:
    """Return a drawing with a rim, square, so that a model's resizing does not squeeze it."""
    height, width = pixels.shape[:2]
    side = max(box.width, box.height, MIN_SIDE_PX) + 2 * RIM_PX
    x, y = (round(middle - side / 2) for middle in box.centre)
    inside = Box(x, y, x + side, y + side).intersect(Box.of_size(width, height))
    if inside is None:
        return np.zeros((side, side, 3), np.uint8)
    return np.ascontiguousarray(pixels[inside.top : inside.bottom, inside.left : inside.right])


def _softmax(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    exponents = np.exp(TEMPERATURE * (cosines - cosines.max()))
    return np.asarray(exponents / exponents.sum(), np.float64)
