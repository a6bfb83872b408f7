"""What turns texts and pictures into vectors, as the memory sees it; it has no models of its own.

Vectors can be compared where they come from embedders of the same `space`: a CLIP model embeds
texts and pictures into one, a sentence model has one of its own.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One row each, `(n, dimensions)`, of length 1."""


@runtime_checkable
class TextEmbedder(Protocol):
    """Embeds texts."""

    @property
    def space(self) -> str:
        """Return what names the space of the vectors: the model with its revision."""

    @property
    def dimensions(self) -> int:
        """Return the length of each vector."""

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text; none for no texts."""


@runtime_checkable
class ImageEmbedder(Protocol):
    """Embeds pictures."""

    @property
    def space(self) -> str:
        """Return what names the space of the vectors: the model with its revision."""

    @property
    def dimensions(self) -> int:
        """Return the length of each vector."""

    def embed_images(self, images: Sequence[NDArray[np.uint8]]) -> Vectors:
        """Return a row for each picture, RGB of `(height, width, 3)`; none for no pictures."""
