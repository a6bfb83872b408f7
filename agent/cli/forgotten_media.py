"""Which recordings, and which lines of recordings, `deskhand forget` removes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ...memory.recording_rows import RememberedRecording
from ...memory.recordings import RecordingMemory
from ...memory.records import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenMedia:
    """What of recordings is to be forgotten."""

    recordings: tuple[RememberedRecording, ...] = ()
    """As a whole."""
    lines: tuple[int, ...] = ()
    """Numbers of single lines."""

    @classmethod
    def found(cls, memory: RecordingMemory, chosen: Filter, query: str | None) -> Self:
        """Return what passes a filter; with a query, the lines that have all its words."""
        if chosen.app or chosen.window or chosen.tags:  # recordings have none of these
            return cls()
        passing = [
            one
            for one in memory.list(since=chosen.since, until=chosen.until)
            if not chosen.ids or one.id in chosen.ids
        ]
        if query is None:
            return cls(recordings=tuple(passing))
        words = query.casefold().split()
        return cls(
            lines=tuple(
                number
                for one in passing
                for number, moment in memory.lines(one)
                if all(word in moment.text.casefold() for word in words)
            )
        )

    @property
    def is_any(self) -> bool:
        """Whether there is anything to forget."""
        return bool(self.recordings or self.lines)

    def forget(self, memory: RecordingMemory) -> None:
        """Forget it, and what was read and heard in those files that are still there."""
        if self.recordings:
            memory.forget(ids=[one.id for one in self.recordings])
        for path in (Path(one.path) for one in self.recordings if one.kind == "video"):
            if path.is_file():
                from ...tools.media.video_cache import forget_video

                forget_video(path)
        if self.lines:
            memory.forget_lines(self.lines)

    def counted(self) -> list[str]:
        """Return how many of each, in words."""
        parts = []
        if several := len(self.recordings):
            parts.append("1 recording" if several == 1 else f"{several} recordings")
        if several := len(self.lines):
            parts.append(f"{several} line{'s' if several > 1 else ''} of recordings")
        return parts
