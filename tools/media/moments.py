"""When something is shown or said in a video: by words, and by meaning where a model is here."""

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...memory.embedding import TextEmbedder, Vectors
from ...memory.errors import ConfigError
from ...memory.folded_text import folded
from ..models.embedders import (
    default_image_embedder,
    default_text_embedder,
    text_embedder_hint,
)
from ..perception.ocr import OcrEngine
from .finished_lines import key_of
from .passages import Passage, said, seen, together
from .speech_model import DEFAULT_MODEL, SpeechModel
from .video_cache import keep_private
from .video_index import Sampling, VideoIndex, index_video, said_in
from .word_match import WordMatch, words_of

if TYPE_CHECKING:
    from .picture_evidence import PictureModel

Verdict = Literal["found", "maybe", "not found"]
Source = Literal["screen", "speech", "picture"]
"""What tells of a moment: a line that is read, one that is heard, or what the picture looks like.
"""

FOUND, MAYBE = 0.5, 0.2
"""Scores of words and meaning, half each. On two videos right answers to words that are there had
0.55 to 0.98, paraphrases 0.15 to 0.49, things that are not there 0.03 to 0.40: between these two
it may be either."""
MIN_SHARE = 0.5
"""Of the query's weight that a line has to say to be more than `maybe`; and all its numbers."""
FOUND_BY_WORDS, MAYBE_BY_WORDS = 0.6, 0.35
"""The same where there is no model of meaning: shares of the query's weight that a line says."""
SAME_SCORE = 2
"""Decimals. Scores that agree in these are equally good, and the earlier moment comes first: a line
that a dialog has covered appears twice."""
MAX_PICTURES = 3
"""So many pictures at most that look like what was asked for."""
PICTURE_WORTH = 0.1
"""Added to the score of a line that is new in a picture that looks like what was asked for. Little:
what pictures look like was not measured with published weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A stretch of a video that answers a query."""

    start_s: float
    end_s: float
    score: float
    """In [0, 1]; see `FOUND` and `MAYBE`."""
    verdict: Verdict
    source: Source
    evidence: str
    """The line, as it was read or heard; empty where only the picture tells of it."""
    words: tuple[str, ...]
    """Of the query that are in it, without endings; none where the meaning alone matched."""
    at_s: float
    """When the first picture that shows it at rest appears."""
    xyxy: tuple[int, int, int, int] | None
    """Where the line is in that picture."""
    sources: tuple[Source, ...] = ()
    """All that tells of it, `source` first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoAnswer:
    """Where in a video something is, if it is."""

    query: str
    verdict: Verdict
    """Of the best moment; `maybe` says that these are candidates, not an answer."""
    moments: tuple[Moment, ...]
    """The best first; what is surely not meant is left out."""
    duration_s: float
    truncated: bool
    damaged_packets: int
    pictures: int
    """That were read."""
    newly_read: int
    """Of these, now."""
    has_heard: bool
    """Whether speech was searched as well."""
    by_meaning: bool
    notes: tuple[str, ...]
    """What was left out and why."""
    by_picture: bool = False
    """Whether the pictures themselves were compared with the query."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def find_in_video(
    path: Path | str,
    query: str,
    *,
    limit: int = 5,
    speech_model: str | Path | SpeechModel | None = DEFAULT_MODEL,
    embedder: TextEmbedder | None = None,
    picture_model: "PictureModel | None" = None,
    sampling: Sampling = "changes",
    every_s: float = 1.0,
    ocr: OcrEngine | None = None,
    on_progress: Callable[[float, float | None], None] = lambda _done_s, _total_s: None,
    kept_in: Path | None = None,
) -> VideoAnswer:
    """Return when something is shown or said in a video; it may be that it is not.

    The first question to a video reads it, which is kept; others are answered at once.

    Args:
        path: Any video file that FFmpeg reads.
        query: Words that are shown or said, or what they mean.
        limit: Moments to return at most.
        speech_model: Who listens; None for searching what is shown alone. Where it is not here that
            is noted, and what is shown is searched.
        embedder: Compares meanings; None for the one that is here, if any.
        picture_model: Compares pictures with the query; None for the one that is here, if any.
        sampling: As for `index_video`.
        every_s: As for `index_video`.
        ocr: As for `index_video`.
        on_progress: As for `index_video`.
        kept_in: As for `index_video`.

    Raises:
        ConfigError: If the query is empty, or the limit below 1.
        MediaError: If the file cannot be read or has no pictures.
        MissingExtraError: If the extra `media` is not installed.
    """
    if not query.strip():
        raise ConfigError("the query is empty; expected words that are shown or said in the video")
    if limit < 1:
        raise ConfigError(f"limit is {limit!r}; expected 1 or more")
    index = index_video(
        path,
        sampling=sampling,
        every_s=every_s,
        ocr=ocr,
        on_progress=on_progress,
        kept_in=kept_in,
    )
    passages, notes = seen(index.looks, index.end.end_s), []
    heard = None
    if speech_model is not None:
        heard, why_not = said_in(Path(path), index, speech_model)
        if why_not:
            notes.append(why_not)
    if heard is not None:
        passages += said(heard)
    embedder = default_text_embedder() if embedder is None else embedder
    if embedder is None:
        notes.append(f"searched by words alone; by meaning as well with: {text_embedder_hint()}")
    moments = _ranked(query, passages, embedder, index)
    picture_model = default_image_embedder() if picture_model is None else picture_model
    if picture_model is not None:
        alike, why_not = _look_alikes(query, Path(path), index, picture_model)
        moments = _with_pictures(moments, alike)
        if why_not:
            notes.append(why_not)
            picture_model = None
    moments = moments[:limit]
    return VideoAnswer(
        query=query,
        verdict=moments[0].verdict if moments else "not found",
        moments=tuple(moments),
        duration_s=index.end.end_s,
        truncated=index.end.truncated,
        damaged_packets=index.end.damaged_packets,
        pictures=len(index.looks),
        newly_read=index.newly_read,
        has_heard=heard is not None,
        by_meaning=embedder is not None,
        notes=tuple(notes),
        by_picture=picture_model is not None,
    )


def _look_alikes(
    query: str, path: Path, index: VideoIndex, model: "PictureModel"
) -> tuple[list[Moment], str]:
    """Return the pictures that look like what was asked for, the likeliest first, or why not."""
    from .picture_evidence import chances, picture_vectors

    vectors = picture_vectors(path, index, model)
    try:
        likely = chances(query, vectors, model)
    except ConfigError as error:
        return [], f"the pictures were not compared with the query: {error}"
    best = np.argsort(-likely, kind="stable")[:MAX_PICTURES]
    ends = [look.start_s for look in index.looks[1:]] + [index.end.end_s]
    found = []
    for place in (int(one) for one in best if likely[one] > 0):
        look = index.looks[place]
        # A candidate however likely: above what is ruled out, below what is found.
        score = MAYBE + (FOUND - MAYBE) * float(likely[place]) / 2
        found.append(
            Moment(
                start_s=look.start_s,
                end_s=max(ends[place], look.at_s),
                score=round(score, 3),
                verdict="maybe",
                source="picture",
                evidence="",
                words=(),
                at_s=look.at_s,
                xyxy=None,
                sources=("picture",),
            )
        )
    return found, ""


def _with_pictures(moments: Sequence[Moment], alike: Sequence[Moment]) -> list[Moment]:
    """Return moments of lines and of pictures as one list, the best first.

    Lines that are new in such a picture have its evidence as well, and come before others as good;
    not before what is found, if they are not.
    """
    alike_at = {one.at_s for one in alike}
    fused: list[Moment] = []
    for one in moments:
        if one.source == "screen" and one.at_s in alike_at:
            most = 1.0 if one.verdict == "found" else max(one.score, FOUND - PICTURE_WORTH)
            score = round(min(most, one.score + PICTURE_WORTH), 3)
            fused.append(replace(one, score=score, sources=(*one.sources, "picture")))
        else:
            fused.append(one)
    told = {one.at_s for one in fused if "picture" in one.sources}
    fused += [one for one in alike if one.at_s not in told]
    return sorted(fused, key=_rank_of)


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is compared with a query: a line, or lines that appear together."""

    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        return " ; ".join(one.text for one in self.passages)


def _ranked(
    query: str, passages: Sequence[Passage], embedder: TextEmbedder | None, index: VideoIndex
) -> list[Moment]:
    """Return the moments that are not ruled out, the best first; equally good ones in order."""
    groups = list(together(passages))
    units: list[tuple[int, _Unit]] = []
    for number, group in enumerate(groups):
        units += [(number, _Unit((one,))) for one in group]
        if len(group) > 1:
            units.append((number, _Unit(group)))
    if not units:
        return []
    texts = [unit.text for _number, unit in units]
    by_words = WordMatch(texts).scores(query)
    scores = np.array([score for score, _words in by_words])
    found_at, maybe_at = FOUND_BY_WORDS, MAYBE_BY_WORDS
    if embedder is not None:
        found_at, maybe_at = FOUND, MAYBE
        cosines = kept_vectors(texts, embedder, index) @ embedder.embed_texts([query])[0]
        scores = 0.5 * scores + 0.5 * cosines
    best: dict[int, tuple[float, int]] = {}
    for place, (number, _unit) in enumerate(units):
        score = round(float(np.clip(scores[place], 0, 1)), 3)
        if number not in best or score > best[number][0]:
            best[number] = (score, place)
    moments = []
    for score, place in best.values():
        unit, (share, words) = units[place][1], by_words[place]
        if score >= maybe_at:
            is_found = score >= found_at and share >= MIN_SHARE and _has_numbers(unit.text, query)
            moments.append(_moment(unit, score, "found" if is_found else "maybe", words))
    return sorted(moments, key=_rank_of)


def _rank_of(moment: Moment) -> tuple[float, float]:
    return -round(moment.score, SAME_SCORE), moment.start_s


def _has_numbers(text: str, query: str) -> bool:
    """Tell whether a text has all numbers of a query, into which the OCR may have put spaces."""
    letters = "".join(folded(text).split())
    return all(
        word in letters for word in words_of(query) if any(letter.isdigit() for letter in word)
    )


def _moment(unit: _Unit, score: float, verdict: Verdict, words: tuple[str, ...]) -> Moment:
    first = unit.passages[0]
    return Moment(
        start_s=min(one.start_s for one in unit.passages),
        end_s=max(one.end_s for one in unit.passages),
        score=score,
        verdict=verdict,
        source=first.source,
        evidence=unit.text,
        words=words,
        at_s=first.at_s,
        xyxy=first.xyxy if len(unit.passages) == 1 else None,
        sources=(first.source,),
    )


def kept_vectors(texts: Sequence[str], embedder: TextEmbedder, index: VideoIndex) -> Vectors:
    """Return a vector for each text, kept beside the index."""
    name = key_of({"texts": list(texts), "space": embedder.space})[:16]
    path = index.folder / f"{index.key}.{name}.npy"
    shape = (len(texts), embedder.dimensions)
    try:
        kept: Vectors = np.load(path, allow_pickle=False)
        if kept.shape == shape and kept.dtype == np.float32:
            return kept
    except (OSError, ValueError):
        pass  # not there yet, or not whole
    vectors = embedder.embed_texts(texts)
    buffer = io.BytesIO()
    np.save(buffer, vectors, allow_pickle=False)
    keep_private(path, buffer.getvalue())
    return vectors
