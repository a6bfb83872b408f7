"""Whisper by faster-whisper and CTranslate2, from a folder; nothing is ever fetched."""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ...memory.errors import ConfigError, MissingExtraError, ModelUnavailable
from .sound import SAMPLE_RATE_HZ, Samples
from .speech_model import Language, RawSegment, SpeechModelSettings
from .transcript import Task, Word

try:
    import ctranslate2
    from faster_whisper import BatchedInferencePipeline, WhisperModel
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "faster_whisper", extra="media") from error

logger = logging.getLogger(__name__)

FILES = ("model.bin", "config.json", "tokenizer.json")
"""Without its tokenizer, faster-whisper would fetch one."""
BEST_TYPES = {"cpu": "int8", "cuda": "float16"}
MAX_THREADS = 4
BEAM_SIZE = 5
GPU_BATCH = 8
CLIP_S = 30.0
"""What Whisper hears at once."""
LOOPING, DOUBTFUL = 2.4, -1.0
"""Compression ratio from which, and mean log-probability up to which, Whisper decodes anew with
more chance in it (openai/whisper, transcribe.py). The batched decoder does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """A Whisper model that is loaded."""

    # Any: faster-whisper has no types.
    engine: Any
    name: str
    identity: str
    device: str
    compute_type: str
    batch_size: int

    @classmethod
    def load(cls, folder: Path, settings: SpeechModelSettings) -> Self:
        """Load a checkpoint in CTranslate2's format.

        On a machine whose GPU cannot be used after all, `auto` falls back to the CPU, with a
        warning.

        Raises:
            ModelUnavailable: If a file is missing, or it cannot be loaded.
            ConfigError: If the device does not compute in the number format that is asked for.
        """
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise ModelUnavailable(
                f"{folder} holds no Whisper model for CTranslate2: {missing[0]} is missing"
            )
        device = settings.device
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
            if device == "cuda":
                try:
                    return cls._load_on(device, folder, settings)
                except ModelUnavailable as error:
                    logger.warning("the GPU cannot be used, going on with the CPU: %s", error)
                    device = "cpu"
        return cls._load_on(device, folder, settings)

    @classmethod
    def _load_on(cls, device: str, folder: Path, settings: SpeechModelSettings) -> Self:
        compute_type = _compute_type(device, settings.compute_type)
        try:
            engine = WhisperModel(
                str(folder.absolute()),
                device=device,
                compute_type=compute_type,
                cpu_threads=settings.threads or min(MAX_THREADS, os.cpu_count() or 1),
                local_files_only=True,
            )
        # What CTranslate2 and the tokenizers raise for a broken file; the latter a bare Exception.
        except Exception as error:
            reason = " ".join(str(error).split())
            raise ModelUnavailable(f"{folder.name} cannot be loaded: {reason}") from error
        weights = (folder / FILES[0]).stat()
        return cls(
            engine=engine,
            name=folder.name,
            identity=f"{folder.name} {weights.st_size} {weights.st_mtime_ns}",
            device=device,
            compute_type=compute_type,
            batch_size=settings.batch_size or (GPU_BATCH if device == "cuda" else 1),
        )

    @property
    def languages(self) -> Sequence[str]:
        """Return the codes of the languages it knows."""
        return tuple(self.engine.supported_languages)

    def detect_language(self, sound: Samples) -> Language:
        """Return the language of the first half minute."""
        if not self.engine.model.is_multilingual:
            return Language("en", 1.0)
        code, probability, _all = self.engine.detect_language(sound)
        return Language(code, float(probability))

    def transcribe(self, sound: Samples, *, language: str, task: Task) -> Iterator[RawSegment]:
        """Yield what is said, in order, as it is heard."""
        if self.batch_size > 1:
            segments = list(self._batched(sound, language, task))
            if not any(map(_went_wrong, segments)):
                yield from segments
                return
        found, _info = self.engine.transcribe(
            sound,
            language=language,
            task=task,
            beam_size=BEAM_SIZE,
            word_timestamps=True,
            # What was heard wrong once would be heard wrong from then on.
            condition_on_previous_text=False,
        )
        yield from map(_raw, found)

    def _batched(self, sound: Samples, language: str, task: Task) -> Iterator[RawSegment]:
        length_s = len(sound) / SAMPLE_RATE_HZ
        found, _info = BatchedInferencePipeline(self.engine).transcribe(
            sound,
            language=language,
            task=task,
            beam_size=BEAM_SIZE,
            word_timestamps=True,
            # Asked for times of its own, it skips sentences; its words have theirs anyhow.
            without_timestamps=True,
            batch_size=self.batch_size,
            # Its own VAD cuts the sound where somebody pauses.
            vad_filter=length_s >= CLIP_S,
        )
        yield from map(_raw, found)


def _compute_type(device: str, asked_for: str | None) -> str:
    """Return the number format to compute in: the one asked for, else the best there is."""
    try:
        supported = sorted(ctranslate2.get_supported_compute_types(device))
    except (RuntimeError, ValueError) as error:  # there is no such device
        reason = " ".join(str(error).split())
        raise ModelUnavailable(f"the device {device!r} cannot be used: {reason}") from error
    if asked_for is None:
        best = BEST_TYPES[device]
        return best if best in supported else "float32"
    if asked_for not in supported:
        raise ConfigError(
            f"compute type is {asked_for!r}; on {device}, expected one of: {', '.join(supported)}"
        )
    return asked_for


def _went_wrong(segment: RawSegment) -> bool:
    return segment.compression_ratio > LOOPING or segment.mean_log_probability < DOUBTFUL


# Any: faster-whisper has no types.
def _raw(segment: Any) -> RawSegment:
    return RawSegment(
        start_s=float(segment.start),
        end_s=float(segment.end),
        text=segment.text,
        words=tuple(
            Word(
                text=word.word,
                start_s=float(word.start),
                end_s=float(word.end),
                probability=float(word.probability),
            )
            for word in segment.words or ()
        ),
        no_speech_probability=float(segment.no_speech_prob),
        mean_log_probability=float(segment.avg_logprob),
        compression_ratio=float(segment.compression_ratio),
    )
