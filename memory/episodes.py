"""What was done: tasks with their steps and their outcome, found again by a task like them."""

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from .default_folder import default_folder
from .embedders import Embedders
from .embedding import TextEmbedder
from .errors import BadArgumentError
from .folded_text import folded
from .forgetting import begin_forgetting, finish_forgetting
from .full_text import UNIT, quoted, rarity
from .fusion import fuse
from .open_memory import OpenMemory
from .records import Filter, check_time
from .screen_rows import in_parts, to_number, to_time
from .vector_search import INDEX_FROM

Outcome = Literal["done", "failed", "stopped"]

DEPTH = 50
UNRELATED = 0.35
"""Below this cosine two tasks have nothing to do with each other; by words they may still. With
MiniLM the same tasks in other words had .42 and more, others .31 and less (7 and 5 pairs)."""
FAIR_SHARE = 0.4
"""Of a task's words, each by its rarity, that an episode must hold: "the" is in all of them."""
AT_ONCE = 64
RUN_TAG = "run"
"""Tag of the screens of all runs; those of one run have `run:` and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A task that was tried."""

    task: str
    """In the words of whoever asked for it; secrets were taken out before."""
    steps: tuple[str, ...]
    """What was done, each a sentence of the instruction language."""
    outcome: Outcome
    time: datetime
    """When it ended; with a time zone."""
    app: str = ""
    run: str = ""
    """Id of the run, by whose tag its screens are found; empty for none."""

    def __post_init__(self) -> None:
        check_time(self.time, "time")
        if not self.task.strip():
            raise BadArgumentError("an episode needs a task, got an empty text")

    @property
    def screens_tag(self) -> str:
        """Return the tag of the screens that were seen; empty for an episode of no run."""
        return f"{RUN_TAG}:{self.run}" if self.run else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeHit:
    """An episode that is kept."""

    id: str
    episode: Episode
    score: float
    """Of the fusion of words and meaning: orders the hits of one search; 0 where none was asked."""

    @property
    def citation(self) -> str:
        """Return what names this episode in a text."""
        return f"[episode:{self.id}]"


class EpisodeMemory:
    """Episodes in the same folder as the screens. A context manager; threads may share it."""

    def __init__(self, memory: OpenMemory) -> None:
        self._memory = memory
        self._run = memory.database.connection.execute

    @classmethod
    def open(cls, folder: Path | None = None, *, text_embedder: TextEmbedder | None = None) -> Self:
        """Open the episodes of a memory; an empty one is made where there is none.

        Args:
            folder: Of the memory; None for `default_folder()`.
            text_embedder: Finds tasks in other words; without, the same words are needed.

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

    def add(self, episode: Episode) -> str:
        """Keep an episode and return its id; one that was kept before gets the new time and run."""
        steps = json.dumps(episode.steps, ensure_ascii=False)
        with self._memory.writing():
            finish_forgetting(self._memory)
            same = self._run(
                "SELECT id FROM episodes WHERE task = ? AND steps = ? AND outcome = ? AND app = ?",
                (episode.task, steps, episode.outcome, episode.app),
            ).fetchone()
            if same is not None:
                self._run(
                    "UPDATE episodes SET time = max(time, ?), run = ? WHERE id = ?",
                    (to_number(episode.time), episode.run, same[0]),
                )
                return str(same[0])
            id = secrets.token_hex(6)
            with self._memory.database.transaction():
                cursor = self._run(
                    "INSERT INTO episodes(id, time, task, steps, outcome, app, run) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        id, to_number(episode.time), episode.task, steps, episode.outcome,
                        episode.app, episode.run,
                    ),
                )  # fmt: skip
                self._run(
                    "INSERT INTO task_words(rowid, task, steps, app) VALUES (?, ?, ?, ?)",
                    (cursor.lastrowid, episode.task, steps, episode.app),
                )
        return id

    def similar(self, task: str, limit: int = 5, *, worked: bool = True) -> list[EpisodeHit]:
        """Return the episodes whose task is like one, best first.

        Args:
            task: What is to be done.
            limit: How many at most.
            worked: Only those that ended well; a planner is shown no others.
        """
        self._embed_missing()
        space = self._memory.embedders.space("task")
        query = None if space is None else self._memory.embedders.texts([task], "task")[0]
        with self._memory.threads, self._memory.database.snapshot():
            allowed = self._allowed(worked)
            rankings: dict[str, Sequence[int]] = {
                "words": [number for number in self._by_words(task) if number in allowed]
            }
            if space is not None and query is not None:
                nearest = self._memory.vectors.nearest(space, query, DEPTH, allowed)
                rankings["meaning"] = [one.item for one in nearest if one.cosine >= UNRELATED]
            scores = fuse(rankings)
            best = sorted(scores, key=lambda number: (-scores[number], -number))[:limit]
            return self._hits(best, scores)

    def forget(self, *, ids: Collection[str] = (), until: datetime | None = None) -> int:
        """Forget episodes without a trace, all that are named and all that ended until then.

        Returns:
            How many.

        Raises:
            BadArgumentError: If neither is said.
        """
        if not ids and until is None:
            raise BadArgumentError("say which episodes to forget: ids, or until when")
        if until is not None:
            check_time(until, "until")
        moment = -(2**62) if until is None else to_number(until)
        with self._memory.writing():
            rows = self._run(
                "SELECT number, task, steps, app FROM episodes "
                "WHERE time <= ? OR id IN (SELECT value FROM json_each(?))",
                (moment, json.dumps(sorted(ids))),
            ).fetchall()
            if not rows:
                return 0
            with self._memory.database.transaction():
                for row in rows:
                    self._run(
                        "INSERT INTO task_words(task_words, rowid, task, steps, app) "
                        "VALUES ('delete', ?, ?, ?, ?)",
                        row,
                    )
                    self._run("DELETE FROM episodes WHERE number = ?", row[:1])
                    self._run(
                        "DELETE FROM vectors WHERE item = ? AND space IN "
                        "(SELECT number FROM spaces WHERE kind = 'task')",
                        row[:1],
                    )
                begin_forgetting(self._memory, [])
            finish_forgetting(self._memory)
        return len(rows)

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

    def _allowed(self, worked: bool) -> set[int]:
        where = "outcome = 'done'" if worked else "TRUE"
        return {number for (number,) in self._run(f"SELECT number FROM episodes WHERE {where}")}

    def _by_words(self, task: str) -> Sequence[int]:
        units = dict.fromkeys(UNIT.findall(folded(task)))
        if not units:
            return []
        shares = self._shares(list(units))
        rows = self._run(
            "SELECT rowid FROM task_words WHERE task_words MATCH ? "
            "ORDER BY bm25(task_words, 4.0, 1.0, 1.0)",
            (" OR ".join(quoted(unit) for unit in units),),
        )
        return [number for (number,) in rows if shares[number] >= FAIR_SHARE][:DEPTH]

    def _shares(self, units: Sequence[str]) -> dict[int, float]:
        """Return how much of some words each episode holds, each word by its rarity."""
        (total,) = self._run("SELECT count(*) FROM episodes").fetchone()
        met: dict[int, float] = {}
        whole = 0.0
        for unit in units:
            rows = self._run(
                "SELECT rowid FROM task_words WHERE task_words MATCH ?", (quoted(unit),)
            ).fetchall()
            weight = rarity(len(rows), total)
            whole += weight
            for (number,) in rows:
                met[number] = met.get(number, 0.0) + weight
        return {number: weight / whole for number, weight in met.items()}

    def _embed_missing(self) -> None:
        space = self._memory.embedders.space("task")
        if space is None:
            return
        while True:
            with self._memory.threads:
                rows = self._run(
                    "SELECT number, task FROM episodes e WHERE NOT EXISTS (SELECT 1 FROM vectors v"
                    " WHERE v.space IS ? AND v.item = e.number) LIMIT ?",
                    (self._memory.vectors.rows.space_number(space), AT_ONCE),
                ).fetchall()
            if not rows:
                return
            vectors = self._memory.embedders.texts([task for _, task in rows], "task")
            with self._memory.writing(), self._memory.database.transaction():
                there = self._allowed(worked=False)
                at = [row for row, (number, _) in enumerate(rows) if number in there]
                numbers = [rows[row][0] for row in at]
                self._memory.vectors.rows.insert(space, numbers, vectors[at])

    def _hits(self, numbers: Sequence[int], scores: dict[int, float]) -> list[EpisodeHit]:
        found: dict[int, EpisodeHit] = {}
        for part, marks in in_parts(numbers):
            rows = self._run(
                "SELECT number, id, time, task, steps, outcome, app, run FROM episodes "
                f"WHERE number IN ({marks})",
                part,
            )
            for number, id, time, task, steps, outcome, app, run in rows:
                episode = Episode(
                    task=task,
                    steps=tuple(json.loads(steps)),
                    outcome=outcome,
                    time=to_time(time),
                    app=app,
                    run=run,
                )
                score = scores.get(number, 0.0)
                found[number] = EpisodeHit(id=id, episode=episode, score=score)
        return [found[number] for number in numbers]

    # Last: below it, `list` in this class is no type any more.
    def list(self, limit: int | None = None) -> list[EpisodeHit]:
        """Return the episodes, the latest first, all of them or so many."""
        with self._memory.threads, self._memory.database.snapshot():
            rows = self._run(
                "SELECT number FROM episodes ORDER BY time DESC, number DESC LIMIT ?",
                (-1 if limit is None else limit,),
            )
            return self._hits([number for (number,) in rows], {})


def passes(hit: EpisodeHit, filter: Filter) -> bool:
    """Tell whether an episode passes a filter of screens: its tags are those of its screens."""
    episode = hit.episode
    return (
        not filter.window  # which is a screen's
        and (filter.app or "").casefold() in episode.app.casefold()
        and (filter.since is None or episode.time >= filter.since)
        and (filter.until is None or episode.time <= filter.until)
        and frozenset(filter.tags) <= {RUN_TAG, episode.screens_tag}
        and (not filter.ids or hit.id in filter.ids)
    )
