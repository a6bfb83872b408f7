"""Small deterministic embedders for the memory's tests: the truth about nearness is known."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deskhand.memory.embedding import Vectors

SYNONYMS = {"bill": "invoice", "photo": "picture", "mail": "message", "letter": "message"}
"""Words that mean the same here, so that a search by meaning can be told from one by words."""


class WordEmbedder:
    """Counts words at places that a hash gives them; synonyms share one."""

    def __init__(self, space: str = "words-1", dimensions: int = 64) -> None:
        self.space = space
        self.dimensions = dimensions
        self.calls = 0

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                known = SYNONYMS.get(word, word)
                digest = hashlib.sha256(f"{self.space} {known}".encode()).digest()
                row[int.from_bytes(digest[:4], "big") % self.dimensions] += 1
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(lengths == 0, 1, lengths), dtype=np.float32)


class ColourEmbedder:
    """Embeds a picture by its mean colour, and the words red, green and blue beside them."""

    space = "colours-1"
    dimensions = 3

    def embed_images(self, images: Sequence[NDArray[np.uint8]]) -> Vectors:
        rows = np.array([image.mean(axis=(0, 1)) for image in images], np.float32)
        return self._unit(rows.reshape(-1, 3))

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        names = ("red", "green", "blue")
        rows = np.array([[name in text for name in names] for text in texts], np.float32)
        return self._unit(rows)

    def _unit(self, rows: Vectors) -> Vectors:
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(lengths == 0, 1, lengths), dtype=np.float32)
