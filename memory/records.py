"""What the visual memory keeps, what it is asked, and what it answers."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .errors import BadArgumentError

SourceName = Literal["words", "meaning", "picture", "look-alike"]
"""What can find a screen: its words, vectors of its text, vectors of its picture, its looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScreen:
    """A screen that is to be kept. What must not be written down was taken out before."""

    pixels: NDArray[np.uint8]
    """RGB, `(height, width, 3)`."""
    lines: tuple[str, ...]
    """Its texts in reading order."""
    time: datetime
    """When it was seen; with a time zone."""
    app: str = ""
    window: str = ""
    """The window's title."""
    tags: frozenset[str] = frozenset()
    source: str = ""
    """Path of the file it came from, for an index of a folder."""

    def __post_init__(self) -> None:
        check_picture(self.pixels)
        check_time(self.time, "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenRecord:
    """A screen as it is kept."""

    id: str
    time: datetime
    """When it was first seen; in UTC, as `last_seen`."""
    last_seen: datetime
    times_seen: int
    app: str
    window: str
    tags: frozenset[str]
    source: str
    lines: tuple[str, ...]
    picture: Path
    width: int
    height: int

    @property
    def citation(self) -> str:
        """Return what names this screen in a text."""
        return f"[screen:{self.id}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a screen that was added."""

    id: str
    is_new: bool
    """False: it was folded into an earlier near-duplicate, whose id this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which screens are looked at; all conditions must hold, and none is no condition."""

    app: str | None = None
    """Part of the application's name, upper or lower case."""
    window: str | None = None
    """Part of the window's title, upper or lower case."""
    since: datetime | None = None
    """The screen was seen then or later; with a time zone."""
    until: datetime | None = None
    """The screen was seen then or earlier; with a time zone."""
    tags: Collection[str] = ()
    """The screen has all of them."""
    ids: Collection[str] = ()
    """The screen is one of them; none is no condition."""

    def __post_init__(self) -> None:
        for name, moment in (("since", self.since), ("until", self.until)):
            if moment is not None:
                check_time(moment, name)
        for name, several in (("tags", self.tags), ("ids", self.ids)):
            if isinstance(several, str):
                raise BadArgumentError(f"{name} must be a set of texts, got the text {several!r}")

    @property
    def is_empty(self) -> bool:
        """Tell whether every screen passes."""
        moments = self.since is None and self.until is None
        return not (self.app or self.window or self.tags or self.ids) and moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for: a text, a picture, a screen that is kept, or several of them."""

    text: str | None = None
    image: NDArray[np.uint8] | None = None
    """A picture to look like, or a part of one; RGB, `(height, width, 3)`."""
    like: str | None = None
    """The id of a screen that is kept; it is not among the hits."""
    filter: Filter = field(default_factory=Filter)
    limit: int = 10

    def __post_init__(self) -> None:
        if self.image is not None:
            check_picture(self.image)
        if not self.has_text and self.image is None and self.like is None:
            raise BadArgumentError("nothing to look for; expected a text, an image or like=ID")
        if self.limit < 1:
            raise BadArgumentError(f"limit must be 1 or more, got {self.limit}")

    @property
    def has_text(self) -> bool:
        """Tell whether a text is looked for."""
        return bool((self.text or "").strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a screen was found."""

    source: SourceName
    rank: int
    """Its place among what this source found, from 1."""
    score: float
    """By this source's own measure, greater is better; scores of two sources do not compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A screen that was found."""

    record: ScreenRecord
    score: float
    """Of the fusion: orders the hits of one search and says nothing else."""
    reasons: tuple[Reason, ...]

    @property
    def citation(self) -> str:
        """Return what names this screen in a text."""
        return self.record.citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whether one way to find screens works here."""

    name: SourceName
    is_ready: bool
    why: str
    """What it searches with, or what it lacks, in a sentence."""
    unindexed: int = 0
    """How many screens it cannot find yet; `reindex` mends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStats:
    """What is in a memory."""

    screens: int
    sightings: int
    """How often screens were seen, those folded into an earlier one included."""
    first: datetime | None
    """When the oldest screen was first seen; None in an empty memory."""
    last: datetime | None
    text_vectors: int
    picture_vectors: int
    database_bytes: int
    picture_bytes: int
    index_bytes: int
    """Of the embedded vector index; 0 while vectors are compared one by one."""
    vector_search: str
    """`exact` or the index that answers: `chroma` or `chroma server`."""
    recordings: int = 0
    moments: int = 0
    """Lines that are shown or said in the recordings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a memory's folder that is not as it should be."""

    what: str
    """In a sentence."""
    is_repaired: bool
    subject: str = ""
    """The id of a screen, or the name of a file."""


def check_picture(pixels: NDArray[np.uint8]) -> None:
    """Refuse what is no picture.

    Raises:
        BadArgumentError: Saying what came.
    """
    is_picture = pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8
    if not is_picture or 0 in pixels.shape:
        raise BadArgumentError(
            "a picture must be RGB, uint8 of (height, width, 3); "
            f"got {pixels.dtype} of {pixels.shape}"
        )


def check_time(moment: datetime, name: str) -> None:
    """Refuse a time that has no time zone.

    Raises:
        BadArgumentError: Naming it.
    """
    if moment.utcoffset() is None:
        raise BadArgumentError(
            f"{name} must have a time zone, got {moment.isoformat()}; "
            "for local time use datetime.astimezone()"
        )
