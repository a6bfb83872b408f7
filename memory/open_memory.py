"""The parts of an open memory, and the lock that whoever writes to it holds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .database import PICTURES, Database
from .embedders import Embedders
from .screen_rows import ScreenRows
from .vector_search import VectorSearch
from .write_lock import PATIENCE_S, writing


class OpenMemory:
    """An open memory's parts; what they do together lies in modules of its own.

    Args:
        folder: Made, private to the user, if it is not there.
        server: Address of a Chroma server, None for an index in the folder.
        embedders: What it was opened with.
        index_from: Number of vectors from which the index in the folder is used.

    Raises:
        ConfigError: If the folder cannot be made or opened, or the server does not answer.
        MemoryDamaged: If it is no memory, or a newer deskhand's.
    """

    def __init__(
        self, folder: Path, *, server: str | None, embedders: Embedders, index_from: int
    ) -> None:
        self.folder = folder
        self.pictures = folder / PICTURES
        self.embedders = embedders
        self.threads = threading.RLock()
        """Held by whatever reads or writes: a connection is of one thread at a time."""
        self.database = Database(folder)
        self.rows = ScreenRows(self.database, self.pictures)
        try:
            self.vectors = VectorSearch(
                self.database, folder, server=server, index_from=index_from, writing=self.writing
            )
        except BaseException:
            self.database.close()
            raise

    @contextmanager
    def writing(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Hold the memory's lock, for one operation.

        Raises:
            MemoryLocked: If another process still holds it when patience has run out.
        """
        with self.threads, writing(self.folder / "write.lock", patience_s=patience_s):
            yield

    def close(self) -> None:
        """Close all files."""
        with self.threads:
            self.vectors.close()
            self.database.close()
