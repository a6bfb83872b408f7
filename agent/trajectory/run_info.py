"""What `run.json` holds: what was asked, where, and how it stands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, get_args

from ..run_settings import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopPlace:
    """The desktop that a run acts on."""

    display: str = ""
    """Such as `:0`."""
    size: tuple[int, int] | None = None
    """Width and height in desktop units; None where not known."""
    sandbox_folder: str | None = None
    """Folder of the virtual desktop; None for a desktop that deskhand did not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """What `run.json` holds."""

    id: str
    task: str
    """With its secrets hidden."""
    planner: str
    model: Mapping[str, Any] = field(default_factory=dict)
    """The model it began with (`ModelChoice.to_json`), never its key; empty for no model."""
    status: Status
    reason: str = ""
    created: float
    """Seconds since the epoch, as the other times here."""
    began: float
    """When the latest process began."""
    ended: float | None = None
    spent_s: float = 0.0
    """Seconds that processes which are over spent on it."""
    desktop: DesktopPlace = field(default_factory=DesktopPlace)
    config: Mapping[str, Any] = field(default_factory=dict)
    version: str
    pid: int

    def to_json(self) -> dict[str, Any]:
        """Return plain data; times in ISO 8601, UTC."""
        record = asdict(self)
        for name in ("created", "began", "ended"):
            seconds = record[name]
            if seconds is not None:
                record[name] = datetime.fromtimestamp(seconds, UTC).isoformat()
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "RunInfo":
        """Return what `to_json` wrote; raises ValueError, KeyError or TypeError for other data."""
        if record["status"] not in get_args(Status):
            raise ValueError(f"status is {record['status']!r}")
        times = {name: _seconds(record[name]) for name in ("created", "began", "ended")}
        place = dict(record["desktop"])
        size = place["size"]
        place["size"] = None if size is None else (int(size[0]), int(size[1]))
        return cls(**{**record, **times, "desktop": DesktopPlace(**place)})


def _seconds(iso: str | None) -> float | None:
    return None if iso is None else datetime.fromisoformat(iso).timestamp()
