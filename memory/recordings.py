"""What is shown and said in recordings, and when, found again by words and meaning."""

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from .default_folder import default_folder
from .embedders import Embedders
from .embedding import TextEmbedder
from .errors import BadArgumentError
from .forgetting import begin_forgetting, finish_forgetting
from .moment_search import MomentSearch
from .open_memory import OpenMemory
from .recording_rows import Moment, MomentHit, RecordingRows, RememberedRecording
from .records import check_time
from .screen_rows import to_number
from .vector_search import INDEX_FROM

Progress = Callable[[int, int], None]
"""Told after each batch: how many lines are done, of how many."""

AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecording:
    """A recording that is to be remembered."""

    content: str
    """Names the file's content: the same content is one recording, wherever it lies."""
    path: str
    kind: Literal["video", "audio"]
    duration_s: float
    time: datetime
    """When it was made; with a time zone."""
    moments: tuple[Moment, ...]
    """Secrets were taken out before."""

    def __post_init__(self) -> None:
        check_time(self.time, "time")
        if not self.content:
            raise BadArgumentError("a recording needs the name of its content, got an empty text")


class RecordingMemory:
    """Recordings in the same folder as the screens. A context manager; threads may share it."""

    def __init__(self, memory: OpenMemory) -> None:
        self._memory = memory
        self._rows = RecordingRows(memory.database)
        self._search = MomentSearch(memory, self._rows)

    @classmethod
    def open(cls, folder: Path | None = None, *, text_embedder: TextEmbedder | None = None) -> Self:
        """Open the recordings of a memory; an empty one is made where there is none.

        Args:
            folder: Of the memory; None for `default_folder()`.
            text_embedder: Finds lines in other words; without, the same words are needed.

        Raises:
            ConfigError: If the folder cannot be made or opened.
            MemoryDamaged: If it is no memory, or a newer deskhand's.
        """
        return cls(
            OpenMemory(
                default_folder() if folder is None else folder,
                server=None,
                embedders=Embedders(text_embedder, None),
                index_from=INDEX_FROM,
            )
        )

    def add(self, recording: NewRecording) -> RememberedRecording:
        """Keep a recording; one of the same content is replaced and keeps its id.

        Its lines are found by words at once, by meaning after `embed`.

        Raises:
            MemoryLocked: If another process writes for too long.
            ConfigError: If the disk does not take it.
        """
        with self._memory.writing():
            finish_forgetting(self._memory)
            with self._memory.database.transaction():
                known = self._rows.by_content(recording.content)
                if known is not None and self._is_same(known, recording):
                    number = known.number
                    self._rows.move(number, recording.path)
                else:
                    if known is not None:
                        self._rows.delete([known.number])
                        begin_forgetting(self._memory, [])
                    number = self._rows.insert(
                        secrets.token_hex(6) if known is None else known.id,
                        content=recording.content,
                        path=recording.path,
                        kind=recording.kind,
                        duration_s=recording.duration_s,
                        time=to_number(recording.time),
                        moments=recording.moments,
                    )
            finish_forgetting(self._memory)
            return self._rows.records([number])[number]

    def search(
        self,
        text: str,
        limit: int = 10,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[MomentHit]:
        """Return the lines that answer a text, best first.

        Args:
            text: Words that are shown or said, or what they mean.
            limit: How many at most.
            since: Only of recordings made then or later.
            until: Only of recordings made then or earlier.
        """
        if not text.strip():
            raise BadArgumentError("nothing to look for; expected a text")
        return self._search.search(text, limit, since=since, until=until)

    def lines(self, recording: RememberedRecording) -> Sequence[tuple[int, Moment]]:
        """Return the lines of a recording with their numbers, in the order of their times."""
        with self._memory.threads, self._memory.database.snapshot():
            return self._rows.numbered_moments_of(recording.number)

    def unindexed(self) -> int:
        """Return how many lines have no vector of today's embedder; 0 without an embedder."""
        with self._memory.threads:
            return self._search.count_missing()

    def embed(self, progress: Progress = lambda _done, _of: None) -> int:
        """Embed the lines that have no vector, and return how many; it may be stopped any time."""
        space = self._memory.embedders.space("moment")
        if space is None:
            return 0
        total, done = self.unindexed(), 0
        while True:
            with self._memory.threads:
                rows = self._search.missing(AT_ONCE)
            if not rows:
                break
            vectors = self._memory.embedders.texts([text for _, text in rows], "moment")
            with self._memory.writing(), self._memory.database.transaction():
                there = self._search.existing([number for number, _ in rows])
                at = [row for row, (number, _) in enumerate(rows) if number in there]
                self._memory.vectors.rows.insert(space, [rows[row][0] for row in at], vectors[at])
            done += len(rows)
            progress(done, max(done, total))
        with self._memory.writing():
            with self._memory.database.transaction():
                if self._memory.vectors.rows.drop_others(space):
                    begin_forgetting(self._memory, [])
            finish_forgetting(self._memory)
        return done

    def forget(
        self,
        *,
        ids: Collection[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Forget recordings without a trace in the memory: those named, and those of a time.

        The files themselves are left alone.

        Returns:
            How many.

        Raises:
            BadArgumentError: If nothing is said.
        """
        if not ids and since is None and until is None:
            raise BadArgumentError("say which recordings to forget: ids, or a time")
        with self._memory.writing():
            numbers = self._rows.numbers(ids=ids) if ids else []
            if since is not None or until is not None:
                numbers += self._rows.numbers(since=since, until=until)
            return self._forget(sorted(set(numbers)), self._rows.delete)

    def forget_lines(self, numbers: Iterable[int]) -> int:
        """Forget single lines of recordings, and return how many there were."""
        with self._memory.writing():
            there = self._search.existing(list(numbers))
            return self._forget(sorted(there), self._rows.delete_moments)

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

    def _is_same(self, known: RememberedRecording, recording: NewRecording) -> bool:
        kept = [moment for _, moment in self._rows.numbered_moments_of(known.number)]
        return kept == list(recording.moments)

    def _forget(self, numbers: Sequence[int], delete: Callable[[Sequence[int]], None]) -> int:
        if not numbers:
            return 0
        with self._memory.database.transaction():
            delete(numbers)
            begin_forgetting(self._memory, [])
        finish_forgetting(self._memory)
        return len(numbers)

    # Last: below it, `list` in this class is no type any more.
    def list(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[RememberedRecording]:
        """Return the recordings, the newest first."""
        with self._memory.threads, self._memory.database.snapshot():
            numbers = self._rows.numbers(since=since, until=until)
            records = self._rows.records(numbers)
        return [records[number] for number in numbers]
