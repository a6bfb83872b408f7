"""The embedders that a memory was opened with, and which spaces they make."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .embedding import ImageEmbedder, TextEmbedder, Vectors
from .vectors import Kind, Space, checked_vectors


class Embedders:
    """What texts and pictures become vectors with, if anything.

    Args:
        text: For the texts of screens and for queries by meaning.
        image: For pictures. One that embeds texts as well, or shares its space with `text`, lets a
            text find a picture.
    """

    def __init__(self, text: TextEmbedder | None, image: ImageEmbedder | None) -> None:
        self.text = text
        self.image = image

    def space(self, kind: Kind) -> Space | None:
        """Return the space that vectors of a kind are made in here, None without an embedder."""
        embedder = self.image if kind == "picture" else self.text
        if embedder is None:
            return None
        return Space(kind=kind, name=embedder.space, dimensions=embedder.dimensions)

    @property
    def finds_pictures_by_text(self) -> bool:
        """Tell whether a text can be compared with pictures."""
        return self._text_beside_pictures() is not None

    def texts(self, texts: Sequence[str], kind: Kind = "text") -> Vectors:
        """Return a unit vector for each text, in the space of a kind.

        Raises:
            ModelOutputError: If the embedder gives something else than it promises.
        """
        space = self.space(kind)
        embedder = self._text_beside_pictures() if kind == "picture" else self.text
        assert embedder is not None
        assert space is not None
        if not texts:
            return np.zeros((0, space.dimensions), np.float32)
        return checked_vectors(embedder.embed_texts(texts), space, len(texts))

    def pictures(self, pictures: Sequence[NDArray[np.uint8]]) -> Vectors:
        """Return a unit vector for each picture.

        Raises:
            ModelOutputError: If the embedder gives something else than it promises.
        """
        space = self.space("picture")
        assert self.image is not None
        assert space is not None
        if not pictures:
            return np.zeros((0, space.dimensions), np.float32)
        return checked_vectors(self.image.embed_images(pictures), space, len(pictures))

    def _text_beside_pictures(self) -> TextEmbedder | None:
        if self.image is None:
            return None
        if isinstance(self.image, TextEmbedder):
            return self.image
        if self.text is not None and self.text.space == self.image.space:
            return self.text
        return None
