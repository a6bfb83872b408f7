"""The screens of a run in the visual memory."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deskhand.agent.observations import ObservationStore
from deskhand.agent.run_memory import RunMemory
from deskhand.agent.trajectory.recording import PictureHandle, Recorder, StepRecord
from deskhand.memory.errors import MemoryLocked
from deskhand.memory.records import Added, NewScreen
from deskhand.memory.screens import VisualMemory
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import View
from deskhand.tools.outcome import Outcome
from deskhand.tools.safety.redaction import Redaction
from tests.screens import rows, thing

KNOWN = Redaction(values=("correct-horse",))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[VisualMemory]:
    with VisualMemory.open(tmp_path / "memory") as memory:
        yield memory


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "20261125-run"
    (made / "captures").mkdir(parents=True)
    return made


def step(number: int, picture: PictureHandle) -> StepRecord:
    return StepRecord(
        step=number, sentence="click Save", action={"kind": "click"}, observation=picture,
        window="Editor", n_elements=1, settled=True, target=None, decision={},
        outcome=Outcome(effect="confirmed", evidence="saved").to_json(), after=None, timings={},
    )  # fmt: skip


def see(folder: Path, number: int, text: str) -> StepRecord:
    """Leave in a run folder what a step's look leaves there."""
    seen = rows([thing("text", text)], title="Editor")
    pixels = np.full((600, 800, 3), 30 * number, np.uint8)
    seen = replace(seen, capture=Capture(pixels=pixels, view=View(width=800, height=600)))
    picture = Recorder(folder).picture(seen.capture)
    ObservationStore(folder, KNOWN).save(seen, picture, step=number)
    return step(number, picture)


def test_each_step_is_kept_with_the_run_as_its_tag(memory: VisualMemory, folder: Path) -> None:
    keep = RunMemory(memory, folder, KNOWN)
    keep.step(see(folder, 1, "Report of the year"))
    keep.step(see(folder, 2, "the password correct-horse"))
    newest, oldest = sorted(memory.list(), key=lambda record: record.lines != ("•••",))
    assert oldest.lines == ("Report of the year",)
    assert newest.lines == ("•••",)
    assert oldest.tags == {"run", f"run:{folder.name}"}
    assert (oldest.app, oldest.window) == ("Editor", "Editor")


def test_a_memory_that_fails_does_not_end_the_run(
    memory: VisualMemory,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(screen: NewScreen) -> Added:
        raise MemoryLocked("another process writes")

    monkeypatch.setattr(memory, "add", refuse)
    with caplog.at_level(logging.WARNING):
        RunMemory(memory, folder, KNOWN).step(see(folder, 1, "Report"))
    assert caplog.messages == ["the screen of step 1 is not remembered: another process writes"]
