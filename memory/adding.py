"""A new screen into the memory: folded into an earlier one, or kept whole.

What is slow (hashes, embedders, PNG) is done before the lock is taken. The picture is written
before its row: after a kill there may be a picture too many, which `check` finds, but never one too
few.
"""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from .chunks import chunks_of
from .database import Database
from .embedders import Embedders
from .embedding import Vectors
from .picture_files import encode_picture, write_picture
from .records import Added, NewScreen
from .screen_rows import Looks, ScreenRows, text_of
from .vectors import Space, VectorRows

ID_BYTES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """Adds screens to a memory."""

    database: Database
    rows: ScreenRows
    vectors: VectorRows
    embedders: Embedders
    writing: Callable[[], AbstractContextManager[None]]
    """Holds the memory's lock."""

    def add(self, screen: NewScreen) -> Added:
        """Keep a screen, or fold it into an earlier one that it is the same as."""
        from .picture_hashes import looks_of

        looks = looks_of(screen.pixels)
        with self.writing():
            folded = self._fold(screen, looks)
        if folded is not None:
            return folded
        vectors = self._embed(screen)
        png = encode_picture(screen.pixels)
        with self.writing():
            # Another process may have added it meanwhile.
            folded = self._fold(screen, looks)
            if folded is not None:
                return folded
            id = secrets.token_hex(ID_BYTES)
            write_picture(self.rows.picture(id), png)
            with self.database.transaction():
                number = self.rows.insert(id, screen, looks, len(png))
                for space, several in vectors:
                    self.vectors.insert(space, [number] * len(several), several)
        return Added(id=id, is_new=True)

    def _fold(self, screen: NewScreen, looks: Looks) -> Added | None:
        from .near_duplicates import find_same

        same = find_same(self.database, self.rows, screen, looks)
        if same is None:
            return None
        number, id = same
        with self.database.transaction():
            self.rows.see_again(number, screen.time)
            self.rows.add_tags(number, screen.tags)
        return Added(id=id, is_new=False)

    def _embed(self, screen: NewScreen) -> list[tuple[Space, Vectors]]:
        vectors: list[tuple[Space, Vectors]] = []
        text_space, picture_space = self.embedders.space("text"), self.embedders.space("picture")
        if text_space is not None:
            chunks = chunks_of(text_of(screen).split("\n"), screen.window)
            vectors.append((text_space, self.embedders.texts(chunks)))
        if picture_space is not None:
            vectors.append((picture_space, self.embedders.pictures([screen.pixels])))
        return vectors
