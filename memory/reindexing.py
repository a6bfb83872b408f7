"""Vectors for screens that have none in the space of today's embedders."""

import logging
from collections.abc import Callable, Sequence

from .chunks import chunks_of
from .embedding import Vectors
from .errors import MemoryDamaged
from .forgetting import begin_forgetting, finish_forgetting
from .open_memory import OpenMemory
from .picture_files import read_picture
from .records import ScreenRecord
from .vectors import Kind, Space

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Told after each batch: how many screens are done, of how many."""

AT_ONCE = 16
"""Screens a batch; a kill loses the work of one batch."""

HAS_SOMETHING = {
    "text": "s.text || s.window != ''",
    "picture": "TRUE",
    "task": "FALSE",
    "moment": "FALSE",
}


def missing(memory: OpenMemory, kind: Kind, *, after: int = 0, limit: int = -1) -> list[int]:
    """Return the screens without a vector of a kind in the space of today's embedder, in order."""
    space = memory.embedders.space(kind)
    number = None if space is None else memory.vectors.rows.space_number(space)
    rows = memory.database.connection.execute(
        f"SELECT s.number FROM screens s WHERE {HAS_SOMETHING[kind]} AND s.number > ? "
        "AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space IS ? AND v.item = s.number) "
        "ORDER BY s.number LIMIT ?",
        (after, number, limit),
    )
    return [screen for (screen,) in rows]


def reindex(memory: OpenMemory, progress: Progress | None = None) -> int:
    """Embed what is not embedded, drop what other embedders made, and bring the index up to date.

    It may be stopped at any moment and called again: what is done stays done. Others may search
    and add meanwhile.

    Returns:
        How many screens got vectors.
    """
    kinds: list[tuple[Kind, Space]] = []
    for kind in ("text", "picture"):
        space = memory.embedders.space(kind)
        if space is not None:
            kinds.append((kind, space))
    with memory.threads:
        total = sum(len(missing(memory, kind)) for kind, _ in kinds)
    seen, changed = 0, set[int]()
    for kind, space in kinds:
        last = 0
        while True:
            with memory.threads:
                numbers = missing(memory, kind, after=last, limit=AT_ONCE)
                records = memory.rows.records(numbers)
            if not numbers:
                break
            last = numbers[-1]
            items, vectors = _embed(memory, kind, records)
            changed |= _write(memory, space, items, vectors)
            seen += len(numbers)
            if progress is not None:
                progress(seen, max(seen, total))
    _drop_other_spaces(memory, [space for _, space in kinds])
    for _, space in kinds:
        with memory.threads:
            memory.vectors.prepare(space, all_of_it=True)
    return len(changed)


def _embed(
    memory: OpenMemory, kind: Kind, records: dict[int, ScreenRecord]
) -> tuple[list[int], Vectors]:
    items: list[int] = []
    if kind == "text":
        texts: list[str] = []
        for number, record in records.items():
            chunks = chunks_of(record.lines, record.window)
            texts += chunks
            items += [number] * len(chunks)
        return items, memory.embedders.texts(texts)
    pictures = []
    for number, record in records.items():
        try:
            pictures.append(read_picture(record.picture))
            items.append(number)
        except MemoryDamaged as error:
            logger.warning("not indexed: %s", error)
    return items, memory.embedders.pictures(pictures)


def _write(memory: OpenMemory, space: Space, items: Sequence[int], vectors: Vectors) -> set[int]:
    with memory.writing(), memory.database.transaction():
        # Meanwhile some may have been forgotten, or indexed by another process.
        wanted = set(memory.rows.records(sorted(set(items)))) & set(
            missing(memory, space.kind, after=min(items, default=1) - 1, limit=AT_ONCE)
        )
        rows = [at for at, item in enumerate(items) if item in wanted]
        memory.vectors.rows.insert(space, [items[at] for at in rows], vectors[rows])
    return wanted


def _drop_other_spaces(memory: OpenMemory, spaces: Sequence[Space]) -> None:
    with memory.writing():
        with memory.database.transaction():
            if any([memory.vectors.rows.drop_others(space) for space in spaces]):
                begin_forgetting(memory, [])
        finish_forgetting(memory)
