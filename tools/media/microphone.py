"""Records a microphone, or what this machine plays, to a WAV file of 16 kHz mono.

Through PulseAudio or PipeWire on Linux, Core Audio on macOS, WASAPI on Windows (package
`soundcard`). What a machine plays is a source of its own, its monitor; macOS has none.
"""

import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...memory.errors import ConfigError, MissingExtraError
from .sound import SAMPLE_RATE_HZ

BLOCK_S = 0.1
LOUDEST = 32767


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSource:
    """Where sound can be recorded from."""

    name: str
    is_monitor: bool
    """What is played, not what is spoken."""
    is_default: bool


def sound_sources() -> list[SoundSource]:
    """Return what can be recorded from, the default one first.

    Raises:
        ConfigError: If no sound server answers.
        MissingExtraError: If the extra `media` is not installed.
    """
    usual = _default_name()
    found = [
        SoundSource(name=one.name, is_monitor=bool(one.isloopback), is_default=one.name == usual)
        for one in _microphones()
    ]
    return sorted(found, key=lambda one: not one.is_default)


def record_sound(
    out: Path,
    *,
    source: str | None = None,
    max_s: float | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float, float], None] = lambda _seconds, _loudness: None,
) -> float:
    """Record to a file until it is told to stop, and return how many seconds.

    The file is whole after each tenth of a second, whatever happens then.

    Args:
        out: A .wav; replaced if it is there.
        source: Part of a source's name; None for the default one.
        max_s: Seconds at most.
        is_stopped: Asked after each block.
        on_progress: Told the seconds so far, from 0 as it begins to hear, and how loud the last
            block was, from 0 to 1.

    Raises:
        ConfigError: If there is no such source, or the file cannot be written.
        MissingExtraError: If the extra `media` is not installed.
    """
    microphone = _named(source)
    frames = round(BLOCK_S * SAMPLE_RATE_HZ)
    blocks = 0
    try:
        with (
            wave.open(str(out), "wb") as file,
            microphone.recorder(samplerate=SAMPLE_RATE_HZ, channels=1) as recorder,
        ):
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE_HZ)
            on_progress(0.0, 0.0)
            while (max_s is None or blocks * BLOCK_S < max_s) and not is_stopped():
                block = np.clip(recorder.record(numframes=frames)[:, 0], -1.0, 1.0)
                file.writeframes((block * LOUDEST).astype("<i2").tobytes())
                blocks += 1
                on_progress(blocks * BLOCK_S, float(np.abs(block).max()))
    except OSError as error:
        raise ConfigError(f"cannot write {out}: {error.strerror or error}") from error
    except RuntimeError as error:  # the package's word for a source that went away
        raise ConfigError(f"the sound source does not answer any more: {error}") from error
    return blocks * BLOCK_S


def _named(source: str | None) -> Any:
    microphones = _microphones()
    if not microphones:
        raise ConfigError("there is no sound source on this machine")
    if source is None:
        usual = _default_name()
        return next((one for one in microphones if one.name == usual), microphones[0])
    named = [one for one in microphones if source.casefold() in one.name.casefold()]
    if len(named) != 1:
        listed = ", ".join(f'"{one.name}"' for one in microphones)
        how_many = "no sound source is" if not named else f"{len(named)} sound sources are"
        raise ConfigError(f"{how_many} named like {source!r}; there are: {listed}")
    return named[0]


def _microphones() -> Sequence[Any]:
    found: Sequence[Any] = _package().all_microphones(include_loopback=True)
    return found


def _default_name() -> str | None:
    try:
        return str(_package().default_microphone().name)
    except (IndexError, RuntimeError, TypeError):  # what the package says where there is none
        return None


def _package() -> Any:
    try:
        import soundcard
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "soundcard", extra="media") from error
    # It looks for the sound server as it is imported; both are its ways to say that none is there.
    except (AssertionError, OSError) as error:
        raise ConfigError(
            "no sound server answers: PulseAudio or PipeWire (pipewire-pulse) must be running"
        ) from error
    return soundcard
