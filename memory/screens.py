"""The visual memory: screens that were seen, found again by words, meaning, picture and looks."""

from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from .adding import add_screen
from .checking import check_memory
from .default_folder import default_folder
from .embedders import Embedders
from .embedding import ImageEmbedder, TextEmbedder
from .errors import BadArgumentError
from .forgetting import forget_screens
from .memory_stats import memory_stats
from .open_memory import OpenMemory
from .recordings import RecordingMemory
from .records import (
    Added,
    Filter,
    Hit,
    MemoryStats,
    NewScreen,
    Problem,
    Query,
    ScreenRecord,
    Source,
)
from .reindexing import Progress, reindex
from .retention import retain
from .screen_search import ScreenSearch
from .vector_search import INDEX_FROM

EVERYTHING = Filter()


class VisualMemory:
    """Screens that were seen; `open` makes one. A context manager, and threads may share it.

    Several processes may have the same folder open: readers never wait, writers take turns.
    """

    def __init__(self, memory: OpenMemory) -> None:
        self._memory = memory
        self._search = ScreenSearch(memory)

    @classmethod
    def open(
        cls,
        folder: Path | None = None,
        *,
        server: str | None = None,
        text_embedder: TextEmbedder | None = None,
        image_embedder: ImageEmbedder | None = None,
        index_from: int = INDEX_FROM,
    ) -> Self:
        """Open a memory; an empty one is made where there is none.

        Args:
            folder: Where; None for `default_folder()`.
            server: Address of a Chroma server that holds the vector index, such as
                `http://127.0.0.1:8000`; None for an index in the folder.
            text_embedder: Finds screens by the meaning of their texts.
            image_embedder: Finds screens by their pictures, and by a text where it embeds texts.

            index_from: Number of vectors from which Chroma in the folder is used; below, all are
                compared, which takes as long and needs no second copy.

        Raises:
            ConfigError: If the folder cannot be made or opened, or the server does not answer.
            MemoryDamaged: If it is no memory, or a newer deskhand's.
            MissingExtraError: If a server is named and chromadb is not installed.
        """
        return cls(
            OpenMemory(
                default_folder() if folder is None else folder,
                server=server,
                embedders=Embedders(text_embedder, image_embedder),
                index_from=index_from,
            )
        )

    def add(self, screen: NewScreen) -> Added:
        """Keep a screen, or fold it into an earlier one that it is the same as.

        Raises:
            MemoryLocked: If another process writes for too long.
            ConfigError: If the disk does not take it.
        """
        return add_screen(self._memory, screen)

    def search(self, query: Query) -> list[Hit]:
        """Return the screens that answer a query, best first.

        Each source that can answer ranks screens (`sources` says which), and the rankings are fused
        by reciprocal rank. Screens with the very numbers that the text names come first.

        Raises:
            BadArgumentError: If `query.like` names no screen.
        """
        with self._memory.threads:
            return self._search.search(query)

    def show(self, id: str) -> ScreenRecord:
        """Return a screen.

        Raises:
            BadArgumentError: If there is none of this id.
        """
        with self._memory.threads:
            number = self._memory.rows.number_of(id)
            records = {} if number is None else self._memory.rows.records([number])
        if number not in records:
            raise BadArgumentError(f"there is no screen {id!r} in the memory")
        return records[number]

    def forget(self, filter: Filter) -> int:
        """Forget the screens that pass, without a trace in the folder; return how many.

        Raises:
            BadArgumentError: If the filter is empty: all of a memory is not forgotten by mistake.
            MemoryLocked: If another process writes for too long.
            ConfigError: If the vectors on a Chroma server could not be removed.
        """
        if filter.is_empty:
            raise BadArgumentError(
                "an empty filter would forget everything; say which screens, such as since=…"
            )
        with self._memory.writing():
            return forget_screens(self._memory, self._memory.rows.numbers(filter))

    def retain(self, *, max_age: timedelta | None = None, max_bytes: int | None = None) -> int:
        """Forget what was last seen too long ago or is too much, oldest first; return how many.

        A memory that is larger than `max_bytes` (pictures, database and index) is brought down to
        nine tenths of it.
        """
        return retain(self._memory, max_age=max_age, max_bytes=max_bytes)

    def check(self, *, repair: bool = False) -> list[Problem]:
        """Return what is wrong in the folder, and mend it if asked to.

        Raises:
            MemoryLocked: If another process writes for too long.
        """
        return check_memory(self._memory, repair=repair)

    def reindex(self, progress: Progress | None = None) -> int:
        """Embed what today's embedders have not embedded; return how many screens that were.

        It may be stopped at any moment and called again. When it is through, the vectors of other
        embedders of its kind are dropped, and the index of vectors is up to date.
        """
        return reindex(self._memory, progress)

    def stats(self) -> MemoryStats:
        """Return what is in the memory."""
        return memory_stats(self._memory)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return what can find a screen here, and why the rest cannot."""
        with self._memory.threads:
            return self._search.sources()

    @property
    def recordings(self) -> RecordingMemory:
        """Return the recordings that are kept in the same memory; it is closed with this one."""
        return RecordingMemory(self._memory)

    def close(self) -> None:
        """Close the files."""
        self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Last: below it, `list` in this class is no type any more.
    def list(self, filter: Filter = EVERYTHING, limit: int | None = None) -> list[ScreenRecord]:
        """Return the screens that pass, the one seen last first; a limit of None is none."""
        with self._memory.threads, self._memory.database.snapshot():
            numbers = self._memory.rows.numbers(filter, limit)
            records = self._memory.rows.records(numbers)
        return [records[number] for number in numbers]
