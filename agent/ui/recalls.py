"""The visual memory as the page asks it; opened at the first question, with the models here."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from ...memory.errors import BadArgumentError
from ...memory.recording_rows import MomentHit, RememberedRecording
from ...memory.records import Filter
from ...tools.remembering.moments import parse_moment
from ...tools.remembering.opening import missing_sources, open_memory
from ...tools.remembering.recall import Recollection, recall
from ...tools.remembering.recall_all import Found, in_one_ranking
from ...tools.remembering.thumbnails import thumbnail

if TYPE_CHECKING:
    from ...memory.screens import VisualMemory

NEWEST = 24
"""So many cards: what fits a page and is looked through at a glance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A screen or a moment that was found."""

    found: Found
    picture: Path | Image.Image | None
    """None for sound, and for videos that are gone."""
    title: str
    when: str
    line: str
    """The line that answers; empty where none does."""
    citation: str
    ways: str
    """Which sources found it."""


class Recalls:
    """Finds screens and moments.

    Args:
        folder: The memory; None for the user's own.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._memory: VisualMemory | None = None
        self._lock = threading.Lock()

    def find(self, text: str, *, app: str = "", since: str = "") -> list[Card]:
        """Return what answers, best first; without a text, the newest screens that pass.

        Args:
            text: Words, or what it was about.
            app: Part of the application's name.
            since: A time as people give it, such as `yesterday` or `2h`.

        Raises:
            BadArgumentError: If `since` is no time.
            DeskhandError: If the memory cannot be read.
        """
        memory = self._open()
        start = _moment(since)
        chosen = Filter(app=app.strip() or None, since=start)
        if not text.strip():
            records = memory.list(chosen, NEWEST)
            return [_card(Recollection(record=record, line="")) for record in records]
        screens = recall(memory, text=text, filter=chosen, limit=NEWEST)
        moments: Sequence[MomentHit] = ()
        if chosen.app is None:  # a moment has no application
            moments = memory.recordings.search(text, NEWEST, since=start)
        return [_card(one) for one in in_one_ranking(text, screens, moments, NEWEST)]

    def lacking(self) -> list[str]:
        """Return what cannot find anything here, each with the command that would change it."""
        return [
            f"not by {one.name}: {one.why}" + (f"; {one.command}" if one.command else "")
            for one in missing_sources(self._open())
        ]

    def videos(self) -> list[RememberedRecording]:
        """Return the videos that are remembered and still there, newest first."""
        return [
            one
            for one in self._open().recordings.list()
            if one.kind == "video" and Path(one.path).is_file()
        ]

    def close(self) -> None:
        """Close the memory, if it was opened."""
        with self._lock:
            if self._memory is not None:
                self._memory.close()
                self._memory = None

    def _open(self) -> "VisualMemory":
        with self._lock:
            if self._memory is None:
                self._memory = open_memory(self._folder)
            return self._memory


def text_of(card: Card) -> list[str]:
    """Return all lines of what was found."""
    if isinstance(card.found, MomentHit):
        return [card.found.moment.text]
    return list(card.found.record.lines)


def _card(found: Found) -> Card:
    shown = thumbnail(0, found)
    if isinstance(found, MomentHit):
        name, when = Path(found.recording.path).name, found.recording.time
        ways: list[str] = [source for source, _rank, _score in found.reasons]
        line, citation = found.moment.text, found.citation
    else:
        record = found.record
        name, when = record.window or record.app or Path(record.source).name, record.last_seen
        ways = [reason.source for reason in found.reasons]
        line, citation = found.line, record.citation
    return Card(
        found=found,
        picture=shown.picture,
        title=name or "(no title)",
        when=f"{when.astimezone():%Y-%m-%d %H:%M}",
        line=line,
        citation=citation,
        ways=", ".join(ways),
    )


def _moment(since: str) -> datetime | None:
    if not since.strip():
        return None
    try:
        return parse_moment(since.strip(), now=datetime.now().astimezone())
    except BadArgumentError as error:
        raise BadArgumentError(f"since {error}") from error
