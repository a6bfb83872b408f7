"""How much is in a memory."""

from .open_memory import OpenMemory
from .records import MemoryStats
from .retention import database_bytes
from .screen_rows import to_time


def memory_stats(memory: OpenMemory) -> MemoryStats:
    """Return what is in a memory, and what it takes on the disk."""
    with memory.threads, memory.database.snapshot():
        run = memory.database.connection.execute
        screens, sightings, pictures, first, last = run(
            "SELECT count(*), coalesce(sum(times_seen), 0), coalesce(sum(picture_bytes), 0), "
            "min(first_seen), max(last_seen) FROM screens"
        ).fetchone()
        vectors = dict(
            run(
                "SELECT kind, count(*) FROM vectors JOIN spaces ON spaces.number = vectors.space "
                "GROUP BY kind"
            )
        )
        recordings, moments = run(
            "SELECT (SELECT count(*) FROM recordings), (SELECT count(*) FROM moments)"
        ).fetchone()
        return MemoryStats(
            recordings=recordings,
            moments=moments,
            screens=screens,
            sightings=sightings,
            first=None if first is None else to_time(first),
            last=None if last is None else to_time(last),
            text_vectors=vectors.get("text", 0),
            picture_vectors=vectors.get("picture", 0),
            database_bytes=database_bytes(memory),
            picture_bytes=pictures,
            index_bytes=memory.vectors.index_bytes(),
            vector_search=memory.vectors.name,
        )
