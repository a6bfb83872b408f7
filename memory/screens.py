"""The visual memory: screens that were seen, found again by words, meaning, picture and looks."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from .adding import Adding
from .database import Database
from .embedders import Embedders
from .embedding import ImageEmbedder, TextEmbedder
from .errors import BadArgumentError
from .records import Added, Filter, Hit, NewScreen, Query, ScreenRecord, Source
from .screen_rows import ScreenRows
from .screen_search import ScreenSearch
from .vector_search import VectorSearch
from .write_lock import writing

EVERYTHING = Filter()
SWITCH = "DESKHAND_MEMORY"


def default_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the memory: `DESKHAND_MEMORY`, else one in the user's data folder."""
    from platformdirs import user_data_path

    given = env.get(SWITCH)
    if given:
        return Path(given).expanduser()
    return user_data_path("deskhand", appauthor=False) / "memory"


class VisualMemory:
    """Screens that were seen; `open` makes one. A context manager, and threads may share it.

    Several processes may have the same folder open: readers never wait, writers take turns.
    """

    def __init__(self, folder: Path, database: Database, embedders: Embedders) -> None:
        self._folder = folder
        self._database = database
        self._embedders = embedders
        self._rows = ScreenRows(database, folder / "pictures")
        self._vectors = VectorSearch(database)
        self._search = ScreenSearch(database, self._rows, self._vectors, embedders)
        self._threads = threading.RLock()
        self._adding = Adding(
            database=database,
            rows=self._rows,
            vectors=self._vectors.rows,
            embedders=embedders,
            writing=self._writing,
        )

    @classmethod
    def open(
        cls,
        folder: Path | None = None,
        *,
        server: str | None = None,
        text_embedder: TextEmbedder | None = None,
        image_embedder: ImageEmbedder | None = None,
    ) -> Self:
        """Open a memory; an empty one is made where there is none.

        Args:
            folder: Where; None for `default_folder()`.
            server: Address of a Chroma server that holds the vector index, such as
                `http://127.0.0.1:8000`; None for an index in the folder.
            text_embedder: Finds screens by the meaning of their texts.
            image_embedder: Finds screens by their pictures, and by a text where it embeds texts.

        Raises:
            ConfigError: If the folder cannot be made or opened.
            MemoryDamaged: If it is no memory, or a newer deskhand's.
        """
        folder = default_folder() if folder is None else folder
        return cls(folder, Database(folder), Embedders(text_embedder, image_embedder))

    def add(self, screen: NewScreen) -> Added:
        """Keep a screen, or fold it into an earlier one that it is the same as.

        Raises:
            MemoryLocked: If another process writes for too long.
            ConfigError: If the disk does not take it.
        """
        return self._adding.add(screen)

    def search(self, query: Query) -> list[Hit]:
        """Return the screens that answer a query, best first.

        Raises:
            BadArgumentError: If `query.like` names no screen.
        """
        with self._threads:
            return self._search.search(query)

    def show(self, id: str) -> ScreenRecord:
        """Return a screen.

        Raises:
            BadArgumentError: If there is none of this id.
        """
        with self._threads:
            number = self._rows.number_of(id)
            records = {} if number is None else self._rows.records([number])
        if number not in records:
            raise BadArgumentError(f"there is no screen {id!r} in the memory")
        return records[number]

    def list(self, filter: Filter = EVERYTHING, limit: int | None = None) -> list[ScreenRecord]:
        """Return the screens that pass, the one seen last first; a limit of None is none."""
        with self._threads, self._database.snapshot():
            numbers = self._rows.numbers(filter, limit)
            records = self._rows.records(numbers)
        return [records[number] for number in numbers]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return what can find a screen here, and why the rest cannot."""
        with self._threads:
            return self._search.sources()

    def close(self) -> None:
        """Close the files."""
        with self._threads:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._threads, writing(self._folder / "write.lock"):
            yield
