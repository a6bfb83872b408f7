"""What was said in a file and when, and what was not taken from it."""

from dataclasses import asdict
from typing import Any, Literal, Self

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ...memory.errors import ConfigError

Task = Literal["transcribe", "translate"]
Reason = Literal["no speech", "repetition"]

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Word:
    """One word. Seconds count from the start of the file, as a player shows them."""

    text: str
    """As it stands in the text, with the space before it where the language has one."""
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Segment:
    """A stretch of speech without a long pause in it."""

    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...] = ()
    """Of a translation, the times are those of the sound it was made from, and rough."""


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Dropped:
    """What the model wrote and was not believed."""

    start_s: float
    end_s: float
    text: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Transcript:
    """What was said in a file."""

    segments: tuple[Segment, ...]
    task: Task
    language: str | None
    """Two or three letters; None if nothing was said. Of a translation, what was spoken."""
    language_probability: float | None
    """1 for a language that was given."""
    duration_s: float
    """Of what could be read."""
    truncated: bool
    """Whether the file ends before the time it says it has."""
    damaged_packets: int
    """That could not be decoded; there is silence in their place where the times tell."""
    complete: bool
    """False where it was cancelled: the segments are those of the finished windows."""
    track: int
    """Which audio track, counted from 1."""
    tracks: int
    model: str
    device: str
    compute_type: str
    batch_size: int
    seconds: float
    """That it took, loading included; of a transcription that was gone on with, the last part."""
    resumed_at_s: float = 0.0
    """Up to where an earlier, stopped transcription of the same file was taken over."""
    dropped: tuple[Dropped, ...] = ()

    @property
    def text(self) -> str:
        """Return all of it, a segment a line."""
        return "\n".join(segment.text for segment in self.segments)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote, from JSON text.

        Raises:
            ConfigError: If it is something else, naming the first field that is wrong.
        """
        try:
            return TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            where = f"{place}: " if place else ""
            raise ConfigError(f"this is no transcript of deskhand: {where}{first['msg']}") from None


def at(seconds: float) -> str:
    """Return a time as people write it.

    >>> at(65.9), at(3725)
    ('1:05', '1:02:05')
    """
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
