"""From a file to what was said in it: window by window, so that length costs no memory."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...memory.errors import ConfigError
from .finished_lines import content_of
from .finished_windows import FinishedWindow, FinishedWindows, default_folder
from .hallucinations import judge
from .recut import Spoken, recut
from .speech_model import DEFAULT_MODEL, Language, RawSegment, SpeechModel, load_speech_model
from .transcript import Dropped, Segment, Task, Transcript, Word

if TYPE_CHECKING:
    from .sound import Samples, Sound
    from .speech import HeardMap
    from .windows import Window

SURE = 0.5
"""A language this probable holds for the rest of the file; a less probable one is looked for again
in the next window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a transcription is."""

    done_s: float
    total_s: float | None
    """What the file says; None where it does not."""
    text: str
    """What was heard last; empty where that is nothing new."""


@dataclass(slots=True, kw_only=True)
class _Job:
    model: SpeechModel
    task: Task
    total_s: float | None
    on_progress: Callable[[Progress], None]
    is_cancelled: Callable[[], bool]
    language: Language | None
    is_language_sure: bool
    done: list[FinishedWindow] = field(default_factory=list)


def transcribe(
    path: Path | str,
    *,
    model: str | Path | SpeechModel = DEFAULT_MODEL,
    language: str | None = None,
    task: Task = "transcribe",
    track: int | None = None,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    finished_in: Path | None = None,
) -> Transcript:
    """Return what is said in a file.

    The windows of a long file are kept on the disk as they are finished, until the last one is: the
    same call after a kill goes on from there.

    Args:
        path: Any audio or video file that FFmpeg reads.
        model: A name of the catalogue, the folder of a model, or one that is loaded.
        language: Its code, such as `en`; None to detect it where speech begins.
        task: `translate` is into English.
        track: Which audio track, from 1; None for the file's default.
        on_progress: Told after each segment and each window.
        is_cancelled: Asked before each window and after each segment; once it says yes, the
            finished windows are returned, with `complete` false.
        finished_in: Folder of finished windows; None for one in the user's folder for caches.

    Raises:
        MediaError: If the file cannot be read or has no such track.
        ConfigError: If there is no such model, or it has not got the language or the task.
        ModelUnavailable: If the model is not there or cannot be loaded.
        MissingExtraError: If the extra `media` is not installed.
    """
    from .sound import open_sound

    began, path = time.monotonic(), Path(path)
    # First the file: what is wrong with it is known at once, a model takes seconds to load.
    with open_sound(path, track=track) as sound:
        loaded = model if isinstance(model, SpeechModel) else load_speech_model(model)
        given = _given(language, task, loaded)
        job = _Job(
            model=loaded,
            task=task,
            total_s=sound.condition.stated_s,
            on_progress=on_progress,
            is_cancelled=is_cancelled,
            language=given,
            is_language_sure=given is not None,
        )
        settings = {
            "content": content_of(path),
            "track": sound.condition.track,
            "model": loaded.identity,
            "compute_type": loaded.compute_type,
            "batch_size": loaded.batch_size,
            "language": language,
            "task": task,
        }
        folder = default_folder() if finished_in is None else finished_in
        with closing(FinishedWindows.open(folder, settings)) as finished:
            resumed_at = _take_over(job, finished)
            is_complete = _run(job, sound, finished, resumed_at)
            if is_complete:
                finished.remove()
    return _transcript(job, sound, resumed_at, is_complete, time.monotonic() - began)


def _given(language: str | None, task: Task, model: SpeechModel) -> Language | None:
    known = tuple(model.languages)
    if task == "translate" and known == ("en",):
        raise ConfigError(f"{model.name} knows English only and cannot translate; take another")
    # It was trained without translations, and writes what it hears instead of refusing.
    if task == "translate" and "turbo" in model.name:
        raise ConfigError(f"{model.name} was not trained to translate; take another")
    if language is None:
        return None
    code = language.casefold()
    if code not in known:
        raise ConfigError(
            f"language is {language!r}; {model.name} knows: {', '.join(sorted(known))}"
        )
    return Language(code, 1.0)


def _take_over(job: _Job, finished: FinishedWindows) -> int:
    """Begin with the windows that are finished; return where they end, in samples."""
    job.done.extend(finished.windows)
    if not finished.windows:
        return 0
    last = finished.windows[-1]
    if job.language is None and last.language is not None:
        job.language = Language(last.language, last.language_probability or 0.0)
        job.is_language_sure = job.language.probability >= SURE
    return last.end


def _run(job: _Job, sound: "Sound", finished: FinishedWindows, skip: int) -> bool:
    """Transcribe window after window; return whether it came to the end."""
    from .sound import SAMPLE_RATE_HZ
    from .windows import windows

    for window in windows(sound.blocks(), skip=skip):
        if job.is_cancelled():
            return False
        done = _transcribe_window(job, window)
        if done is None:
            return False
        job.done.append(done)
        if not window.is_last:  # after that one there is nothing to go on with
            finished.add(done)
        job.on_progress(Progress(done_s=done.end / SAMPLE_RATE_HZ, total_s=job.total_s, text=""))
    return True


def _transcribe_window(job: _Job, window: "Window") -> FinishedWindow | None:
    """Return what is said in a window, None if it was cancelled."""
    import numpy as np

    from .speech import HeardMap, heard

    parts = heard(window.speech, len(window.sound))
    segments: list[Segment] = []
    dropped: list[Dropped] = []
    if parts:
        told = np.concatenate([window.sound[part.start : part.end] for part in parts])
        language = _language(job, told)
        back = _Back(HeardMap(parts), window)
        raw = []
        for segment in job.model.transcribe(told, language=language, task=job.task):
            if job.is_cancelled():
                return None
            raw.append(segment)
            job.on_progress(
                Progress(
                    done_s=back.original_s(segment.end_s, segment.end_s),
                    total_s=job.total_s,
                    text=segment.text.strip(),
                )
            )
        for segment, reason in judge(raw):
            found = list(back.segments(segment))
            if reason is None:
                segments.extend(found)
            elif found:
                dropped.append(
                    Dropped(
                        start_s=found[0].start_s,
                        end_s=found[-1].end_s,
                        text=segment.text.strip(),
                        reason=reason,
                    )
                )
    # What was detected in a window with nothing to say is no language.
    known = job.language if segments or any(one.segments for one in job.done) else None
    return FinishedWindow(
        end=window.end,
        segments=tuple(segments),
        dropped=tuple(dropped),
        language=None if known is None else known.code,
        language_probability=None if known is None else known.probability,
    )


def _language(job: _Job, sound: "Samples") -> str:
    if not job.is_language_sure:
        found = job.model.detect_language(sound)
        if job.language is None or found.probability > job.language.probability:
            job.language = found
        job.is_language_sure = job.language.probability >= SURE
    assert job.language is not None
    return job.language.code


class _Back:
    """From times in what the model heard of a window to times in the file."""

    def __init__(self, heard: "HeardMap", window: "Window") -> None:
        from .sound import SAMPLE_RATE_HZ

        self._heard = heard
        self._start_s = window.start / SAMPLE_RATE_HZ
        self._spoken = [
            Spoken(
                (window.start + one.start) / SAMPLE_RATE_HZ,
                (window.start + one.end) / SAMPLE_RATE_HZ,
            )
            for one in window.speech
        ]

    def original_s(self, time_s: float, within_s: float) -> float:
        return round(self._start_s + self._heard.original_s(time_s, within_s=within_s), 3)

    def segments(self, raw: RawSegment) -> Iterator[Segment]:
        """Yield what a segment is once it is cut at its pauses."""
        words = [self._word(word) for word in raw.words if word.text.strip()]
        if words:
            yield from recut(words, self._spoken)
        elif raw.text.strip():
            middle_s = (raw.start_s + raw.end_s) / 2
            yield Segment(
                start_s=self.original_s(raw.start_s, middle_s),
                end_s=self.original_s(raw.end_s, middle_s),
                text=raw.text.strip(),
            )

    def _word(self, word: Word) -> Word:
        # Both ends of a word belong to the part that its middle is in.
        middle_s = (word.start_s + word.end_s) / 2
        return replace(
            word,
            start_s=self.original_s(word.start_s, middle_s),
            end_s=self.original_s(word.end_s, middle_s),
            probability=round(word.probability, 4),
        )


def _transcript(
    job: _Job, sound: "Sound", resumed_at: int, is_complete: bool, seconds: float
) -> Transcript:
    from .sound import SAMPLE_RATE_HZ

    condition, done = sound.condition, job.done
    segments = tuple(segment for window in done for segment in window.segments)
    language = job.language if segments else None
    return Transcript(
        segments=segments,
        task=job.task,
        language=None if language is None else language.code,
        language_probability=None if language is None else round(language.probability, 4),
        duration_s=round(condition.duration_s, 3),
        truncated=is_complete and condition.truncated,
        damaged_packets=condition.damaged_packets,
        complete=is_complete,
        track=condition.track,
        tracks=condition.tracks,
        model=job.model.name,
        device=job.model.device,
        compute_type=job.model.compute_type,
        batch_size=job.model.batch_size,
        seconds=round(seconds, 2),
        resumed_at_s=resumed_at / SAMPLE_RATE_HZ,
        dropped=tuple(one for window in done for one in window.dropped),
    )
