"""The lines of a video that may answer a question, numbered, as many as a model has room for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...memory.embedding import TextEmbedder
from ..perception.render import estimate_tokens
from ..safety.fence import defuse
from .moments import kept_vectors
from .passages import Passage
from .transcript import at
from .video_index import VideoIndex
from .word_match import WordMatch

NOT_THERE = "not in the video"
"""What a model is to answer, and what an answer says, where the video does not tell."""
MAX_LINE_CHARS = 240
NEAR_S = 3.0
"""What is shown or said so shortly before or after a line helps to understand it."""
NEAR_WORTH = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLine:
    """One line as a model reads it."""

    number: int
    passage: Passage
    text: str
    """Defused: its times, whether it is shown or said, and its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLines:
    """What is shown to a model of a video."""

    lines: tuple[VideoLine, ...]
    """In the order of their times, numbered from 1."""
    left_out: int

    @property
    def text(self) -> str:
        """All lines with their numbers."""
        return "\n".join(f"[{line.number}] {line.text}" for line in self.lines)


def lines_for(
    question: str,
    passages: Sequence[Passage],
    index: VideoIndex,
    embedder: TextEmbedder | None,
    *,
    budget: int,
) -> VideoLines:
    """Return the lines that may answer a question, the others left out where room is short.

    Args:
        question: In plain words.
        passages: All that is shown and said.
        index: Keeps the vectors of the lines.
        embedder: Compares meanings; None for words alone.
        budget: Tokens at most, about.
    """
    texts = [told(one) for one in passages]
    costs = [estimate_tokens(text) + 4 for text in texts]
    kept = set(range(len(passages)))
    if sum(costs) > budget:
        worth = _worth(question, passages, index, embedder)
        kept, spent = set(), 0
        for place in sorted(range(len(passages)), key=lambda one: (-worth[one], one)):
            if spent + costs[place] > budget and kept:
                break
            kept.add(place)
            spent += costs[place]
    order = sorted(kept, key=lambda one: (passages[one].start_s, one))
    return VideoLines(
        lines=tuple(
            VideoLine(number=number, passage=passages[place], text=texts[place])
            for number, place in enumerate(order, start=1)
        ),
        left_out=len(passages) - len(kept),
    )


def told(passage: Passage) -> str:
    """Return a line with its times, as a model reads it.

    >>> told(Passage(source="speech", text="Good morning", start_s=62.0, end_s=64.0, at_s=62.0))
    '1:02 said: Good morning'
    """
    words = defuse(" ".join(passage.text.split()))[:MAX_LINE_CHARS]
    if passage.source == "speech":
        return f"{at(passage.start_s)} said: {words}"
    return f"{at(passage.start_s)} to {at(passage.end_s)} shown: {words}"


def _worth(
    question: str,
    passages: Sequence[Passage],
    index: VideoIndex,
    embedder: TextEmbedder | None,
) -> list[float]:
    """Return how likely each line is of use: by itself, or for what stands near it."""
    texts = [one.text for one in passages]
    own = np.array([score for score, _words in WordMatch(texts).scores(question)])
    if embedder is not None:
        cosines = kept_vectors(texts, embedder, index) @ embedder.embed_texts([question])[0]
        own = 0.5 * own + 0.5 * np.clip(cosines, 0, 1)
    times = np.array([one.start_s for one in passages])
    by_time = np.argsort(times, kind="stable")
    worth = own.copy()
    sorted_times = times[by_time]
    for place in by_time:
        first = int(np.searchsorted(sorted_times, times[place] - NEAR_S))
        last = int(np.searchsorted(sorted_times, times[place] + NEAR_S, side="right"))
        worth[place] = max(own[place], NEAR_WORTH * own[by_time[first:last]].max())
    return [float(one) for one in worth]
