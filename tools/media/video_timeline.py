"""What happens in a video, scene by scene: what is new on its screen, and what is said then.

By rule, without a model: a scene begins where most of what stands on the screen is new. A chat
model may sum it up in a few lines; the times in these are looked up as in any summary.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...memory.errors import ConfigError
from ..perception.ocr import OcrEngine
from .passages import Passage, said, seen, together
from .speech_model import DEFAULT_MODEL, SpeechModel
from .summarise import Line, Subject, Summary, sum_up
from .transcript import at
from .video_index import Sampling, index_video, said_in

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MAX_SCENES = 40
NEW_SHARE = 0.5
"""Of the lines on the screen that are new where a scene begins."""
MAX_NEWS, MAX_SAID = 6, 6
"""Lines of a scene that are told; the number of the others is."""
MAX_LINE_CHARS = 120
SHOWN_AND_SAID = Subject(
    told="what is shown and said in a video", lines="what is shown and said in the video"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A stretch of a video."""

    start_s: float
    end_s: float
    title: str
    """What stands on top of the screen at its start; empty where nothing can be read."""
    news: tuple[tuple[float, str], ...]
    """What appears in it, with its time; of longer ones the first and the last lines."""
    said: tuple[tuple[float, str], ...]
    left_out: int = 0
    """Lines that are not told."""
    merged: int = 1
    """How many scenes it was made of, where there are too many to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoDescription:
    """What happens in a video."""

    scenes: tuple[Scene, ...]
    duration_s: float
    truncated: bool
    damaged_packets: int
    has_heard: bool
    """Whether what is said is in it."""
    summary: Summary | None
    """By a model; None where none was asked, or there is nothing to sum up."""
    notes: tuple[str, ...]
    """What was left out and why."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {"summary": None if self.summary is None else self.summary.to_json()}


def describe_video(
    path: Path | str,
    *,
    chat_model: "BaseChatModel | None" = None,
    max_scenes: int = MAX_SCENES,
    speech_model: str | Path | SpeechModel | None = DEFAULT_MODEL,
    sampling: Sampling = "changes",
    ocr: OcrEngine | None = None,
    on_progress: Callable[[float, float | None], None] = lambda _done_s, _total_s: None,
    kept_in: Path | None = None,
) -> VideoDescription:
    """Return what is shown and said in a video, scene by scene.

    Args:
        path: Any video file that FFmpeg reads.
        chat_model: Sums it up, and is sent what is shown and said; None for no summary.
        max_scenes: The shortest scenes beyond are made parts of those before them.
        speech_model: As for `find_in_video`.
        sampling: As for `index_video`.
        ocr: As for `index_video`.
        on_progress: As for `index_video`.
        kept_in: As for `index_video`.

    Raises:
        ConfigError: If there are to be less than one scene.
        MediaError: If the file cannot be read or has no pictures.
        ModelOutputError: If the model answers nothing that could be a line.
    """
    if max_scenes < 1:
        raise ConfigError(f"max_scenes is {max_scenes!r}; expected 1 or more")
    path = Path(path)
    index = index_video(path, sampling=sampling, ocr=ocr, on_progress=on_progress, kept_in=kept_in)
    shown, notes = seen(index.looks, index.end.end_s), []
    heard = None
    if speech_model is not None:
        heard, why_not = said_in(path, index, speech_model)
        if why_not:
            notes.append(why_not)
    spoken = [] if heard is None else said(heard)
    scenes = _fewer(_scenes(shown, spoken, index.end.end_s), max_scenes)
    lines = _lines([*shown, *spoken])
    return VideoDescription(
        scenes=tuple(_short(scene) for scene in scenes),
        duration_s=index.end.end_s,
        truncated=index.end.truncated,
        damaged_packets=index.end.damaged_packets,
        has_heard=heard is not None,
        summary=None
        if chat_model is None or not lines
        else sum_up(lines, SHOWN_AND_SAID, chat_model),
        notes=tuple(notes),
    )


def _scenes(shown: Sequence[Passage], spoken: Sequence[Passage], end_s: float) -> list[Scene]:
    starts: list[tuple[float, str]] = []
    for group in together(shown):
        there = [one for one in shown if one.start_s <= group[0].at_s < one.end_s]
        if not starts or len(group) >= NEW_SHARE * max(1, len(there)):
            start_s = min(one.start_s for one in group) if starts else 0.0
            starts.append((start_s, group[0].text))
    if not starts:
        starts = [(0.0, "")]
    ends = [start_s for start_s, _title in starts[1:]] + [end_s]
    return [
        Scene(
            start_s=start_s,
            end_s=max(end, start_s),
            title=title,
            news=_within(shown, start_s, end, is_last=end == end_s),
            said=_within(spoken, start_s, end, is_last=end == end_s),
        )
        for (start_s, title), end in zip(starts, ends, strict=True)
    ]


def _within(
    passages: Sequence[Passage], start_s: float, end_s: float, *, is_last: bool
) -> tuple[tuple[float, str], ...]:
    return tuple(
        (one.start_s, one.text)
        for one in sorted(passages, key=lambda one: one.start_s)
        if start_s <= one.start_s and (one.start_s < end_s or is_last)
    )


def _fewer(scenes: list[Scene], most: int) -> list[Scene]:
    """Return so many scenes at most: the shortest become parts of those before them."""
    scenes = list(scenes)
    while len(scenes) > most:
        shortest = min(
            range(1, len(scenes)), key=lambda place: scenes[place].end_s - scenes[place].start_s
        )
        before, own = scenes[shortest - 1], scenes.pop(shortest)
        scenes[shortest - 1] = replace(
            before,
            end_s=own.end_s,
            news=before.news + own.news,
            said=before.said + own.said,
            merged=before.merged + own.merged,
        )
    return scenes


def _short(scene: Scene) -> Scene:
    """Return a scene with as many lines as are told."""
    news, said_then = _ends(scene.news, MAX_NEWS), _ends(scene.said, MAX_SAID)
    left_out = len(scene.news) - len(news) + len(scene.said) - len(said_then)
    return replace(scene, news=news, said=said_then, left_out=left_out)


def _ends(lines: tuple[tuple[float, str], ...], most: int) -> tuple[tuple[float, str], ...]:
    if len(lines) <= most:
        return lines
    half = most // 2
    return lines[: most - half] + lines[-half:]


def _lines(passages: Sequence[Passage]) -> list[Line]:
    """Return what a model reads."""
    return [
        (
            f"[{at(one.start_s)}] {'said' if one.source == 'speech' else 'shown'}: "
            f"{one.text[:MAX_LINE_CHARS]}",
            (one.start_s,),
        )
        for one in sorted(passages, key=lambda one: one.start_s)
    ]
