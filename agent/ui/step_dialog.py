"""One step of a run, before and after, as large as the window."""

from pathlib import Path

from nicegui import ui

from ..trajectory.recording import PictureHandle, StepRecord
from ..trajectory.report import EFFECTS
from .parts import badge, large_dialog, soft
from .run_view import drawn_changes, drawn_target, picture_of
from .shelf import Shelf
from .site import aside


async def show_step(shelf: Shelf, run: Path, record: StepRecord) -> None:
    """Open the step.

    Args:
        shelf: Takes the pictures.
        run: The run folder.
        record: The step.
    """
    before = await aside(lambda: _address(shelf, run, record.observation))
    after = await aside(lambda: _address(shelf, run, record.after))
    with large_dialog(record.sentence, f"step {record.step}"):
        badge(EFFECTS[record.outcome["effect"]])
        soft(str(record.outcome["evidence"]))
        with ui.element("div").classes("pair"):
            _figure(before, f"before · {record.window}", drawn_target(
                record.target, record.observation.width))  # fmt: skip
            if record.after is not None:
                _figure(after, "after", drawn_changes(record.outcome["changed"]))
        decision = record.decision
        if decision:
            soft(
                f"gate: {decision['verdict']} by {decision.get('by', 'policy')}, "
                f"rule {decision['rule']!r}: {decision['reason']}"
            )
        if record.recovered:
            soft(f"recovered: {record.recovered}")


def _figure(address: str | None, caption: str, marks: str) -> None:
    with ui.element("div").classes("column-of"):
        if address is None:
            ui.label("the picture cannot be read").classes("screen none")
        else:
            ui.interactive_image(address, content=marks).classes("screen")
        soft(caption)


def _address(shelf: Shelf, run: Path, handle: PictureHandle | None) -> str | None:
    path = None if handle is None else picture_of(run, handle)
    return None if path is None else shelf.put_file(path)
