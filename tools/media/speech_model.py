"""A model that turns speech into text, as the transcription sees it, and the way to load one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

from .transcript import Task, Word

if TYPE_CHECKING:
    from .sound import Samples

DEFAULT_MODEL = "whisper-base"

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechModelSettings:
    """How a model is run."""

    device: Device = "auto"
    compute_type: str | None = None
    """A number format of CTranslate2; None for int8 on a CPU and float16 on a GPU."""
    threads: int | None = None
    """On a CPU; None for one for each core, at most 4."""
    batch_size: int | None = None
    """Half minutes that are heard at once. None for 1 on a CPU, where more gain nothing, and 8 on a
    GPU."""


class Language(NamedTuple):
    """A language by its code, and how sure that is."""

    code: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSegment:
    """What a model heard; seconds count from the start of the sound that it was given."""

    start_s: float
    end_s: float
    text: str
    words: Sequence[Word]
    no_speech_probability: float
    mean_log_probability: float
    compression_ratio: float
    """Length of the text over its length when compressed: high for repetitions."""


@runtime_checkable
class SpeechModel(Protocol):
    """Turns speech into text."""

    @property
    def name(self) -> str:
        """Return what it is called."""

    @property
    def identity(self) -> str:
        """Return what changes whenever it could answer otherwise."""

    @property
    def device(self) -> str:
        """Return `cpu` or `cuda`."""

    @property
    def compute_type(self) -> str:
        """Return the number format that it computes in."""

    @property
    def batch_size(self) -> int:
        """Return how many half minutes are heard at once."""

    @property
    def languages(self) -> Sequence[str]:
        """Return the codes of the languages it knows; `en` alone cannot translate."""

    def detect_language(self, sound: "Samples") -> Language:
        """Return the language of the first half minute."""

    def transcribe(self, sound: "Samples", *, language: str, task: Task) -> Iterator[RawSegment]:
        """Yield what is said, in order, as it is heard."""


def load_speech_model(
    name_or_path: str | Path = DEFAULT_MODEL, settings: SpeechModelSettings | None = None
) -> SpeechModel:
    """Return a model of the store, or one in a folder.

    Raises:
        ModelUnavailable: If it is not there, with the command that brings it, or cannot be loaded.
        ConfigError: If there is no such model, or it cannot be run as the settings say.
        MissingExtraError: If the extra `media` is not installed.
    """
    from ..models.store import find_model
    from .whisper import Whisper

    folder = find_model(name_or_path)
    return Whisper.load(folder, settings or SpeechModelSettings())
