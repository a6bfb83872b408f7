"""From a look to a screen in the memory, with what must not be kept taken out before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ...memory.records import Added, NewScreen
from ...memory.screens import VisualMemory
from ..perception.elements import Observation
from ..safety.redaction import Redaction
from .exclusions import Exclusions
from .redact import Redacted, redact


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a look."""

    added: Added | None
    """None where the active window is excluded: nothing was written."""
    excluded_by: str | None = None
    """The pattern that excluded it."""
    hidden: Mapping[str, int] = field(default_factory=dict)
    """How many places were hidden, by kind."""


class ScreenRecorder:
    """Remembers what is seen.

    Args:
        memory: Where screens are kept.
        exclusions: Whose windows are not.
        known: Secrets that are known by their values.
    """

    def __init__(
        self,
        memory: VisualMemory,
        *,
        exclusions: Exclusions | None = None,
        known: Redaction | None = None,
    ) -> None:
        self._memory = memory
        self.exclusions = Exclusions() if exclusions is None else exclusions
        self._known = Redaction() if known is None else known

    def record(
        self,
        observation: Observation,
        *,
        tags: Collection[str] = (),
        source: str = "",
        time: datetime | None = None,
    ) -> Recorded:
        """Keep a look, less its secrets and the windows that are excluded.

        Args:
            observation: The look.
            tags: What it can be found by.
            source: Path of the file it came from; empty for a live screen.
            time: When it was seen; None for when its picture was taken.
        """
        excluded = self.exclusions.seen(observation)
        if excluded.reason is not None:
            return Recorded(added=None, excluded_by=excluded.reason)
        kept = redact(observation, self._known, without=excluded.boxes)
        screen = new_screen(observation, kept, tags=tags, source=source, time=time)
        return Recorded(added=self._memory.add(screen), hidden=kept.hidden)


def new_screen(
    observation: Observation,
    kept: Redacted,
    *,
    tags: Collection[str] = (),
    source: str = "",
    time: datetime | None = None,
) -> NewScreen:
    """Return what the memory takes of a look: only what was left by the redaction.

    Args:
        observation: The look.
        kept: The same without its secrets.
        tags: As for `ScreenRecorder.record`.
        source: As for `ScreenRecorder.record`.
        time: As for `ScreenRecorder.record`.
    """
    active = observation.active_window
    taken = datetime.fromtimestamp(observation.capture.taken_at, UTC)
    return NewScreen(
        pixels=kept.pixels,
        lines=kept.lines,
        time=taken if time is None else time,
        app="" if active is None else active.app,
        window=kept.window,
        tags=frozenset(tags),
        source=source,
    )
