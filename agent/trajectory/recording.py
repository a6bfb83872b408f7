"""Records the steps of a run as they settle, and reads them back."""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from ...memory.errors import RunError
from ...tools.desktop.capture import Capture
from ...tools.desktop.geometry import Box
from .run_folder import write_atomically

logger = logging.getLogger(__name__)

STEPS_FILE = "steps.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHandle:
    """A picture on disk: the bytes never enter graph state or records."""

    path: str
    """Relative to the run folder."""
    sha256: str
    """Digest of the stored pixels (`Capture.sha256`)."""
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One settled step."""

    step: int
    """Counts from 1."""
    sentence: str
    """The action in the instruction language, secrets hidden."""
    action: Mapping[str, Any]
    """The action as plain data, already redacted."""
    observation: PictureHandle
    """What the action was chosen on."""
    window: str
    """Title of the window that had the keyboard; empty for none."""
    n_elements: int
    settled: bool
    """False if the screen was still changing when the picture was taken."""
    target: Mapping[str, Any] | None
    """`text`, `role`, `box` (xyxy or None) and `point` of what was acted on, in capture pixels."""
    decision: Mapping[str, Any]
    """`verdict`, `rule`, `reason` and `by` of the gate; empty where nothing was to be decided."""
    outcome: Mapping[str, Any]
    """`Outcome.to_json`."""
    after: PictureHandle | None
    """What the verdict rests on; None where the screen was not looked at again."""
    timings: Mapping[str, float]
    """Seconds by node: `observe_s`, `plan_s`, `guard_s`, `act_s`, `verify_s`."""
    recovered: str | None = None
    """How an action that a killed process left open was settled."""
    note: str = ""
    """What the planner had to say."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    """What the model calls for it cost (`Usage.to_json`); empty where no model was called."""

    @property
    def elapsed_s(self) -> float:
        """Seconds that the step took, looking and thinking included."""
        return sum(self.timings.values())

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote; raises ValueError, KeyError or TypeError for other data."""
        after = record["after"]
        return cls(
            **{
                **record,
                "observation": PictureHandle(**record["observation"]),
                "after": None if after is None else PictureHandle(**after),
            }
        )


class Recorder:
    """Writes pictures and steps into a run folder; what it returned from is on the disk.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def picture(self, capture: Capture, *, hide: Sequence[Box] = ()) -> PictureHandle:
        """Save a picture, once however often it is seen, and return its handle.

        Args:
            capture: The picture.
            hide: Boxes, in its pixels, that are blackened before anything reaches the disk.

        Raises:
            RunError: If it cannot be written.
        """
        if hide:
            capture = _blacken(capture, hide)
        sha256 = capture.sha256
        path = f"captures/{sha256[:16]}.png"
        file = self.folder / path
        if not file.exists():
            try:
                file.parent.mkdir(mode=0o700, exist_ok=True)
                write_atomically(file, capture.to_png())
            except OSError as error:
                raise RunError(f"cannot write {file}: {error.strerror}") from error
        height, width = capture.pixels.shape[:2]
        return PictureHandle(path=path, sha256=sha256, width=width, height=height)

    def step(self, record: StepRecord) -> None:
        """Append a step.

        Raises:
            RunError: If it cannot be written.
        """
        append_record(self.folder / STEPS_FILE, record.to_json())


def append_record(file: Path, record: Mapping[str, Any]) -> None:
    """Append a line of JSON to a file, flushed to disk, after a last line that is whole.

    Raises:
        RunError: If it cannot be written.
    """
    line = json.dumps(record, ensure_ascii=False) + "\n"
    try:
        with file.open("ab+") as lines:
            _drop_torn_line(lines.fileno())
            lines.write(line.encode())
            lines.flush()
            os.fsync(lines.fileno())
    except OSError as error:
        raise RunError(f"cannot write {file}: {error.strerror}") from error


def read_steps(folder: Path) -> list[StepRecord]:
    """Return the recorded steps in order.

    A step that was written twice (by a run that was resumed) is returned as it was written last;
    a last line that a killed process left unfinished is passed over.

    Raises:
        RunError: If the file cannot be read, or a line other than the last is damaged.
    """
    file = folder / STEPS_FILE
    steps: dict[int, StepRecord] = {}
    for number, line in enumerate(read_records(file), start=1):
        try:
            record = StepRecord.from_json(line)
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{file} is damaged in line {number}: {error}") from error
        steps[record.step] = record
    return [steps[number] for number in sorted(steps)]


def read_records(file: Path) -> list[dict[str, Any]]:
    """Return what `append_record` wrote; nothing where there is no file.

    A last line that a killed process left unfinished is passed over.

    Raises:
        RunError: If the file cannot be read, or a line other than the last is damaged.
    """
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}") from error
    records = []
    # What follows the last newline is empty, or a line that was never finished.
    for number, line in enumerate(lines[:-1], start=1):
        try:
            records.append(dict(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise RunError(f"{file} is damaged in line {number}: {error}") from error
    if lines[-1]:
        logger.warning("%s ends in the middle of a line, which is passed over", file)
    return records


def _blacken(capture: Capture, boxes: Sequence[Box]) -> Capture:
    pixels = capture.pixels.copy()
    for box in boxes:
        inside = box.intersect(capture.view.box)
        if inside is not None:
            pixels[inside.top : inside.bottom, inside.left : inside.right] = 0
    return Capture(pixels=pixels, view=capture.view, taken_at=capture.taken_at)


def _drop_torn_line(descriptor: int) -> None:
    """Cut off an unfinished last line: the next one must not be glued to it."""
    size = os.fstat(descriptor).st_size
    end = size
    while end > 0:
        begin = max(0, end - 65536)
        os.lseek(descriptor, begin, os.SEEK_SET)
        newline = os.read(descriptor, end - begin).rfind(b"\n")
        if newline >= 0:
            end = begin + newline + 1
            break
        end = begin
    if end < size:
        os.ftruncate(descriptor, end)
