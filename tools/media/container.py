"""Any audio or video file opened for its packets, read on beyond what is damaged in it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...memory.errors import MediaError, MissingExtraError

try:
    import av
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "av", extra="media") from error

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

SHORT_S, SHORT_SHARE = 1.0, 0.01
"""A file is truncated if it ends earlier than it says by more than both of these."""
RECKONED = frozenset(("aac", "ac3", "amr", "dts", "eac3", "mp3", "mpeg", "mpegts"))


@dataclass(slots=True, kw_only=True)
class FileCondition:
    """In what condition a file was found; filled while it is read."""

    start_s: float
    """The file's own time where a player shows 0."""
    stated_s: float | None
    """How long the file says it is."""
    is_reckoned: bool
    """Whether that may be reckoned from the file's size, its kind having no place to say it."""
    duration_s: float = 0.0
    """Of what was decoded so far, holes included."""
    damaged_packets: int = 0
    seen_s: float = 0.0
    """The latest end of any packet, of all tracks."""
    was_cut_off: bool = False
    """Whether reading failed in the middle."""

    @property
    def truncated(self) -> bool:
        """Return whether the file ends before the time it says it has."""
        if self.was_cut_off:
            return True
        # Junk counts where a length is reckoned from the size of the file.
        if self.stated_s is None or (self.is_reckoned and self.damaged_packets):
            return False
        missing = self.stated_s - max(self.seen_s, self.duration_s)
        return missing > max(SHORT_S, SHORT_SHARE * self.stated_s)


def start_s(container: "InputContainer") -> float:
    """Return the file's own time where a player shows 0: of a recorded broadcast it is any."""
    told = None if container.start_time is None else container.start_time / av.time_base
    pictures = any(map(_is_film, container.streams))
    if told is not None and not pictures:
        return told
    # Not told for files of a few pictures, and told wrong where sound begins long after the first
    # of them, as FFmpeg sees it too late. Opened again: reading on from here must miss none.
    first = _first_s(container.name, of_film=pictures)
    return min((one for one in (told, first) if one is not None), default=0.0)


def _is_film(stream: "Stream") -> bool:
    """Tell whether a track is of pictures, and no cover."""
    is_cover = stream.disposition & av.stream.Disposition.attached_pic
    return stream.type == "video" and not is_cover


def _first_s(name: str, *, of_film: bool) -> float | None:
    """Return the time of the first packet that is shown, None if there is none."""
    with suppress(av.error.FFmpegError), _opened(name) as again:
        for packet in again.demux():
            is_meant = not packet.is_discard and (not of_film or _is_film(packet.stream))
            if is_meant and packet.pts is not None and packet.time_base is not None:
                return float(packet.pts * packet.time_base)
    return None


def stated_s(container: "InputContainer", begins_s: float) -> float | None:
    """Return how long a file says it is, None where it does not."""
    if container.duration is None:
        return None
    # Matroska says when it ends instead.
    ends = container.format.name.startswith("matroska")
    return container.duration / av.time_base - (begins_s if ends else 0.0)


def _opened(name: str) -> "InputContainer":
    # A playlist may name addresses in the network.
    return av.open(name, metadata_errors="ignore", options={"protocol_whitelist": "file"})


@contextmanager
def open_container(path: Path) -> "Iterator[InputContainer]":
    """Open a file; only files are opened, also where a playlist names something else.

    Raises:
        MediaError: If it is not there, cannot be read, or is no audio or video.
    """
    _check_file(path)
    try:
        container = _opened(str(path.absolute()))
    except (av.error.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(
            f"{path.name} cannot be read as audio or video; it is cut off, damaged or of another "
            f"kind ({reason})"
        ) from error
    with container:
        yield container


def packets_of(container: "InputContainer", condition: FileCondition) -> "Iterator[Packet[Stream]]":
    """Yield the packets of all streams, on beyond places where reading fails."""
    is_stuck = False
    while True:
        try:
            for packet in container.demux():
                is_stuck = False
                if packet.pts is not None and packet.time_base is not None:
                    end = (packet.pts + (packet.duration or 0)) * packet.time_base
                    condition.seen_s = max(condition.seen_s, float(end) - condition.start_s)
                yield packet
        except av.error.FFmpegError:
            if is_stuck:
                condition.was_cut_off = True
                return
            is_stuck = True
            condition.damaged_packets += 1
        else:
            return


def holds_only(container: "InputContainer") -> str:
    """Return what a file holds, for an error that says what it does not."""
    kinds = sorted({stream.type for stream in container.streams})
    return f"it holds {' and '.join(kinds)} only" if kinds else "it holds nothing"


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise MediaError(f"{path} is a folder; expected an audio or video file")
        if not path.exists():
            raise MediaError(f"there is no file {path}")
        if not path.is_file():
            raise MediaError(f"{path} is no regular file; expected an audio or video file")
        with path.open("rb") as file:
            if not file.read(1):
                raise MediaError(f"{path.name} is empty; expected an audio or video file")
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror}") from error
