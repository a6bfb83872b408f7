"""One ranking of everything that answers a text: screens that were seen, moments of recordings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...memory.full_text import has_numbers
from ...memory.fusion import first_place, fuse, weight_of_words
from ...memory.recording_rows import MomentHit
from .recall import Recollection

Found = Recollection | MomentHit

SOURCES = ("words", "meaning", "picture", "look-alike")


@dataclass(frozen=True, slots=True)
class _Reason:
    source: str
    score: float


def in_one_ranking(
    text: str, screens: Sequence[Recollection], moments: Sequence[MomentHit], limit: int
) -> list[Found]:
    """Return both as one list, best first; the order among screens and among moments stays.

    Each source gives the same score to the same words and to the same meaning wherever they stand,
    so that its two rankings are one by these; these are fused as they are for screens alone.

    Args:
        text: What was looked for.
        screens: What was found by the text, best first.
        moments: The same.
        limit: How many of both at most.
    """
    every: list[Found] = [*screens, *moments]
    rankings: dict[str, list[int]] = {}
    words: dict[int, float] = {}
    for source in SOURCES:
        scored = [
            (reason.score, place)
            for place, one in enumerate(every)
            for reason in _reasons(one)
            if reason.source == source
        ]
        rankings[source] = [place for _, place in sorted(scored, key=lambda each: -each[0])]
        if source == "words":
            words = {place: weight_of_words(min(1.0, score)) for score, place in scored}
    is_alone = not any(ranking for name, ranking in rankings.items() if name != "words")
    fused = fuse(rankings, weights=None if is_alone else {"words": words})
    for place, one in enumerate(every):
        # Whoever asks for a number wants what has it, as in a search of screens alone.
        if has_numbers(text, _text(one)):
            fused[place] = fused.get(place, 0.0) + first_place()
    worth = {id(one): fused.get(place, 0.0) for place, one in enumerate(every)}
    return _merged(screens, moments, lambda one: worth[id(one)])[:limit]


def citation(found: Found) -> str:
    """Return what names it in a text."""
    return found.citation if isinstance(found, MomentHit) else found.record.citation


def moment_json(hit: MomentHit) -> dict[str, Any]:
    """Return a moment as plain data."""
    return {
        "recording": hit.recording.id,
        "citation": hit.citation,
        "path": hit.recording.path,
        "is_there": Path(hit.recording.path).is_file(),
        "kind": hit.recording.kind,
        "time": hit.recording.time.isoformat(),
        "start_s": hit.moment.start_s,
        "end_s": hit.moment.end_s,
        "source": hit.moment.source,
        "line": hit.moment.text,
        "score": hit.score,
        "reasons": [
            {"source": source, "rank": rank, "score": round(score, 4)}
            for source, rank, score in hit.reasons
        ],
    }


def _text(found: Found) -> str:
    if isinstance(found, MomentHit):
        return found.moment.text
    return "\n".join((found.record.window, *found.record.lines))


def _reasons(found: Found) -> list[_Reason]:
    if isinstance(found, MomentHit):
        return [_Reason(source, score) for source, _rank, score in found.reasons]
    return [_Reason(reason.source, reason.score) for reason in found.reasons]


def _merged(
    screens: Sequence[Recollection],
    moments: Sequence[MomentHit],
    worth: Callable[[Found], float],
) -> list[Found]:
    merged: list[Found] = []
    left, right = list(screens), list(moments)
    while left and right:
        takes_screen = worth(left[0]) >= worth(right[0])
        merged.append(left.pop(0) if takes_screen else right.pop(0))
    return [*merged, *left, *right]
