"""Pictures with captions of what was found: of screens, and of moments of videos."""

from datetime import datetime
from pathlib import Path

from PIL import Image

from ...memory.errors import DeskhandError
from ...memory.recording_rows import MomentHit
from .contact_sheet import Thumbnail
from .recall_all import Found

AT_REST_S = 0.5
"""A line that just appeared may still be fading in."""


def thumbnail(number: int, found: Found) -> Thumbnail:
    """Return what was found as a picture of a sheet; of sound, and of files that are gone, none."""
    if isinstance(found, MomentHit):
        recording = found.recording
        return Thumbnail(
            picture=_frame(found),
            caption=(
                f"{number}  {Path(recording.path).name}",
                f"{_when(recording.time)}  {found.citation}",
                found.moment.text,
            ),
        )
    record = found.record
    return Thumbnail(
        picture=record.picture,
        caption=(
            f"{number}  {record.window or record.app or record.source}",
            f"{_when(record.last_seen)}  {record.citation}",
            found.line,
        ),
    )


def _frame(hit: MomentHit) -> Image.Image | None:
    if hit.recording.kind != "video" or not Path(hit.recording.path).is_file():
        return None
    moment = hit.moment
    try:
        from ..media.frames import open_video

        with open_video(Path(hit.recording.path)) as video:
            at_s = min(moment.start_s + AT_REST_S, (moment.start_s + moment.end_s) / 2)
            return Image.fromarray(video.frame_at(at_s).rgb())
    except DeskhandError:  # the file is another one by now, or the extra is not installed
        return None


def _when(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
