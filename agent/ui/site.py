"""What the parts of the page share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ...tools.safety.approvals import Approvals
from .recalls import Recalls
from .shelf import Shelf
from .video_room import VideoRoom

_Result = TypeVar("_Result")

BY = "the watch page"
"""Where an answer was given, as records say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What there is to show, and who takes the answers."""

    runs: Path
    """Folder of all runs."""
    approvals: Approvals
    recalls: Recalls
    videos: VideoRoom
    shelf: Shelf = field(default_factory=Shelf)


async def aside(work: Callable[[], _Result]) -> _Result:
    """Do what takes a moment on another thread, so that no other page waits."""
    return await asyncio.to_thread(work)
