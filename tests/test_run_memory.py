"""A run in the memory: the screens of its steps, and the run itself."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deskhand.agent.observations import ObservationStore
from deskhand.agent.run_memory import RunMemory
from deskhand.agent.run_settings import Status
from deskhand.agent.trajectory.recording import PictureHandle, Recorder, StepRecord
from deskhand.memory.episodes import EpisodeMemory
from deskhand.memory.errors import MemoryLocked, RunError
from deskhand.memory.records import Added, NewScreen
from deskhand.memory.screens import VisualMemory
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import View
from deskhand.tools.outcome import Effect, Outcome
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


def step(
    number: int, picture: PictureHandle, sentence: str = "click Save", effect: Effect = "confirmed"
) -> StepRecord:
    return StepRecord(
        step=number, sentence=sentence, action={"kind": "click"}, observation=picture,
        window="Editor", n_elements=1, settled=True, target=None, decision={},
        outcome=Outcome(effect=effect, evidence="seen").to_json(), after=None, timings={},
    )  # fmt: skip


def see(
    folder: Path,
    number: int,
    text: str,
    *,
    title: str = "Editor",
    sentence: str = "click Save",
    effect: Effect = "confirmed",
) -> StepRecord:
    """Leave in a run folder what a step leaves there."""
    seen = rows([thing("text", text)], title=title)
    pixels = np.full((600, 800, 3), 30 * number, np.uint8)
    seen = replace(seen, capture=Capture(pixels=pixels, view=View(width=800, height=600)))
    picture = Recorder(folder).picture(seen.capture)
    ObservationStore(folder, KNOWN).save(seen, picture, step=number)
    record = step(number, picture, sentence, effect)
    Recorder(folder).step(record)
    return record


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


# --- the run as an episode


@pytest.fixture
def episodes(tmp_path: Path) -> Iterator[EpisodeMemory]:
    with EpisodeMemory.open(tmp_path / "memory") as episodes:
        yield episodes


def test_a_run_that_worked_is_kept_without_what_went_wrong(
    memory: VisualMemory, episodes: EpisodeMemory, folder: Path
) -> None:
    see(folder, 1, "Form", sentence="click Cancel", effect="no_effect")
    see(folder, 2, "Form", sentence='type "Ada" into Name')
    see(folder, 3, "Form", sentence="click Save", effect="unverifiable")
    RunMemory(memory, folder, KNOWN).ended(episodes, task="put Ada in", status="done")
    ((hit),) = episodes.similar("put Eve in")
    assert hit.episode.task == "put Ada in"
    assert hit.episode.steps == ('type "Ada" into Name', "click Save")
    assert (hit.episode.outcome, hit.episode.app) == ("done", "Editor")
    assert hit.episode.screens_tag == f"run:{folder.name}"


def test_a_run_that_failed_is_kept_whole_and_not_proposed(
    memory: VisualMemory, episodes: EpisodeMemory, folder: Path
) -> None:
    see(folder, 1, "Form", sentence="click Cancel", effect="no_effect")
    RunMemory(memory, folder, KNOWN).ended(episodes, task="put Ada in", status="failed")
    (hit,) = episodes.list()
    assert (hit.episode.outcome, hit.episode.steps) == ("failed", ("click Cancel",))
    assert episodes.similar("put Ada in") == []


@pytest.mark.parametrize("status", ["asked", "stopped", "budget"])
def test_a_run_that_can_go_on_is_not_kept_yet(
    memory: VisualMemory, episodes: EpisodeMemory, folder: Path, status: Status
) -> None:
    see(folder, 1, "Form")
    RunMemory(memory, folder, KNOWN).ended(episodes, task="put Ada in", status=status)
    assert episodes.list() == []


def test_no_secret_and_no_excluded_window_gets_into_an_episode(
    memory: VisualMemory, episodes: EpisodeMemory, folder: Path
) -> None:
    see(folder, 1, "Form", sentence='type "correct-horse" into Search')
    see(folder, 2, "Form", sentence='type "hunter2" into Password')
    see(folder, 3, "Form", sentence='type "4111 1111 1111 1111" into "Card number"')
    see(folder, 4, "Vault", sentence='click "bank of Ada"', title="KeePassXC")
    task = "log in with correct-horse, pay with 4111 1111 1111 1111"
    RunMemory(memory, folder, KNOWN).ended(episodes, task=task, status="done")
    (hit,) = episodes.list()
    assert hit.episode.task == "log in with •••, pay with •••"
    assert hit.episode.steps == (
        'type "•••" into Search',
        'type secret "password-1" into Password',
        'type "•••" into "Card number"',
    )


def test_a_damaged_run_is_no_episode(
    memory: VisualMemory, episodes: EpisodeMemory, folder: Path
) -> None:
    see(folder, 1, "Form")
    steps = folder / "steps.jsonl"
    steps.write_text("no step\n" + steps.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(RunError) as caught:
        RunMemory(memory, folder, KNOWN).ended(episodes, task="put Ada in", status="done")
    assert str(caught.value) == (
        f"{steps} is damaged in line 1: Expecting value: line 1 column 1 (char 0)"
    )
    assert episodes.list() == []
