"""A run as the page shows it: what its process tells, its steps, what it saw last."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...memory.errors import RunError
from ...memory.file_lock import is_locked
from ..run_control import Now, RunWatch
from ..trajectory.recording import STEPS_FILE, PictureHandle, StepRecord, read_steps
from ..trajectory.run_folder import RunFolder

logger = logging.getLogger(__name__)

STILL = ("plan", "guard", "asks", "paused", "act")
"""While it does these, the screen is as it was looked at; so its elements are where they were."""
AIMED = (*STILL, "verify")
"""While it does these, where the action lands is worth a look."""
PLAIN = ("text", "image", "cell")
"""Roles of what is there to be read; the others are there to be used."""
MIN_SIDE_PX = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a run saw at a step."""

    picture: Path
    size: tuple[int, int]
    elements: Sequence[Mapping[str, Any]]
    """As `observation_to_json` wrote them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One moment of a run."""

    run: RunFolder
    is_running: bool
    now: Now | None
    steps: Sequence[StepRecord]
    look: Look | None
    """None before the first look, and where it cannot be read."""

    @property
    def doing(self) -> str:
        """What the run does now, as `Now` names it; `over` where no process is on it."""
        if not self.is_running:
            return "over"
        return "starting" if self.now is None else self.now.doing

    @property
    def elements(self) -> Sequence[Mapping[str, Any]]:
        """The elements that are still where they were at the last look."""
        is_still = self.doing in STILL and self._is_of_this_step
        return self.look.elements if is_still and self.look is not None else ()

    @property
    def target(self) -> Mapping[str, Any] | None:
        """Where the action lands that comes next, or that was just done."""
        is_aimed = self.doing in AIMED and self._is_of_this_step
        return self.now.target if is_aimed and self.now is not None else None

    @property
    def _is_of_this_step(self) -> bool:
        return self.now is not None and _step(self.now) == self.now.step


class RunReader:
    """Reads one run again and again; what did not change is not read twice.

    Args:
        path: The run folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._watch = RunWatch(path)
        self._steps: Sequence[StepRecord] = ()
        self._steps_at: tuple[int, int] | None = None
        self._look: Look | None = None
        self._look_of = ""

    def read(self) -> RunView:
        """Return how the run stands.

        Raises:
            RunError: If it cannot be read.
        """
        run = RunFolder(self._path)
        now = self._watch.now()
        self._read_steps()
        if now is not None and now.observation != self._look_of:
            self._look = _read_look(self._path, now.observation)
            self._look_of = now.observation
        return RunView(
            run=run,
            is_running=is_locked(self._path / "lock"),
            now=now,
            steps=self._steps,
            look=self._look,
        )

    def _read_steps(self) -> None:
        try:
            stat = (self._path / STEPS_FILE).stat()
        except FileNotFoundError:
            return
        at = stat.st_mtime_ns, stat.st_size
        if at != self._steps_at:
            self._steps, self._steps_at = read_steps(self._path), at


def picture_of(run: Path, handle: PictureHandle) -> Path | None:
    """Return the file of a step's picture; None where it is not the run's own."""
    return run / handle.path if _is_inside(run, handle.path) else None


def drawn_elements(elements: Sequence[Mapping[str, Any]]) -> str:
    """Return the boxes of elements with the numbers of those to be used, as SVG.

    Only numbers go into it: whatever an element says, it is no markup here.
    """
    parts = []
    for element in elements:
        left, top, right, bottom = (int(value) for value in element["box"])
        if right - left < MIN_SIDE_PX or bottom - top < MIN_SIDE_PX:
            continue
        is_plain = element["role"] in PLAIN
        parts.append(_box((left, top, right, bottom), "seen" if is_plain else "usable"))
        if not is_plain:
            parts.append(
                f'<text class="number" x="{left + 1}" y="{top - 2 if top > 12 else top + 11}">'
                f"{int(element['id'])}</text>"
            )
    return "".join(parts)


def drawn_target(target: Mapping[str, Any] | None, width: int) -> str:
    """Return where an action lands, as SVG for a picture of this width."""
    if target is None:
        return ""
    marks = ""
    if target.get("box") is not None:
        xyxy = tuple(float(value) for value in target["box"])
        marks = _box(xyxy, "halo") + _box(xyxy, "target")
    x, y = (float(value) for value in target["point"])
    return f'{marks}<circle class="point" cx="{x:g}" cy="{y:g}" r="{max(width / 200, 4):g}"/>'


def drawn_changes(boxes: Sequence[Sequence[float]]) -> str:
    """Return the places that changed, as SVG."""
    return "".join(_box(tuple(float(value) for value in xyxy), "changed") for xyxy in boxes)


def _box(xyxy: Sequence[float], style: str) -> str:
    left, top, right, bottom = xyxy
    return (
        f'<rect class="{style}" x="{left:g}" y="{top:g}" '
        f'width="{right - left:g}" height="{bottom - top:g}" rx="2"/>'
    )


def _step(now: Now) -> int:
    """Return the step that the last look was for."""
    number = Path(now.observation).name.partition("-")[0]
    return int(number) if number.isdecimal() else 0


def _read_look(run: Path, handle: str) -> Look | None:
    if not handle or not _is_inside(run, handle):
        return None
    try:
        record = json.loads((run / handle).read_text(encoding="utf-8"))
        picture = str(record["picture"])
        view = record["view"]
        if not _is_inside(run, picture):
            raise RunError(f"{picture!r} is no picture of this run")
        return Look(
            picture=run / picture,
            size=(int(view["width"]), int(view["height"])),
            elements=record["elements"],
        )
    except (OSError, ValueError, KeyError, TypeError, RunError) as error:
        logger.debug("%s: %s", run / handle, error)
        return None


def _is_inside(run: Path, relative: str) -> bool:
    return (run / relative).resolve().is_relative_to(run.resolve())
