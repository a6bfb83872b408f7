"""Asks the memory, and says why each screen was found."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...memory.errors import BadArgumentError
from ...memory.records import Filter, Query, Reason, ScreenRecord
from ...memory.screens import VisualMemory
from .matching_line import matching_line

CITED = ("screen", "episode", "video", "audio")
"""Kinds of what is in the memory, as citations name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """A screen that was asked for."""

    record: ScreenRecord
    line: str
    """The line that answers the text; empty where none does or no text was given."""
    score: float | None = None
    """Orders the answers to one question; None where nothing was looked for."""
    reasons: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        record = self.record
        return {
            "id": record.id,
            "citation": record.citation,
            "time": record.time.isoformat(),
            "last_seen": record.last_seen.isoformat(),
            "times_seen": record.times_seen,
            "app": record.app,
            "window": record.window,
            "tags": sorted(record.tags),
            "source": record.source,
            "picture": str(record.picture),
            "size": [record.width, record.height],
            "line": self.line,
            "score": self.score,
            "reasons": [
                {"source": one.source, "rank": one.rank, "score": round(one.score, 4)}
                for one in self.reasons
            ],
        }


def recall(
    memory: VisualMemory,
    *,
    text: str | None = None,
    image: NDArray[np.uint8] | None = None,
    like: str | None = None,
    filter: Filter | None = None,
    limit: int = 10,
) -> list[Recollection]:
    """Return the screens that answer, best first; with a filter alone, what passes, newest first.

    Raises:
        BadArgumentError: If nothing at all is asked for, or `like` names no screen.
    """
    filter = Filter() if filter is None else filter
    text = text.strip() or None if text is not None else None
    if text is None and image is None and like is None:
        if filter.is_empty:
            raise BadArgumentError("nothing is asked for; give words, a picture, or a filter")
        return [Recollection(record=record, line="") for record in memory.list(filter, limit)]
    like = None if like is None else screen_id(like)
    query = Query(text=text, image=image, like=like, filter=filter, limit=limit)
    return [
        Recollection(
            record=hit.record,
            line="" if text is None else matching_line(text, hit.record.lines),
            score=hit.score,
            reasons=hit.reasons,
        )
        for hit in memory.search(query)
    ]


def screen_id(given: str) -> str:
    """Return the id in a citation of a screen, an episode or a moment, or the id itself.

    >>> screen_id("[screen:0f3a]"), screen_id("0f3a"), screen_id("[video:0f3b@1:02]")
    ('0f3a', '0f3a', '0f3b')
    """
    cited = given.strip().removeprefix("[").removesuffix("]")
    kind, colon, id = cited.partition(":")
    return id.partition("@")[0] if colon and kind in CITED else cited
