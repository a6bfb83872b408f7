"""Run folders: names, locks, what a killed process leaves behind."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from deskhand.agent.trajectory.recording import PictureHandle, Recorder, StepRecord, read_steps
from deskhand.agent.trajectory.run_folder import RunFolder, list_runs, run_id
from deskhand.agent.trajectory.run_info import DesktopPlace
from deskhand.memory.errors import RunError
from deskhand.tools.desktop.capture import Capture, load_capture
from deskhand.tools.desktop.geometry import Box, View

RUN_AND_HANG = """
import sys, time
from pathlib import Path
from deskhand.agent.trajectory.run_folder import RunFolder
folder = RunFolder.open(sys.argv[1], Path(sys.argv[2]))
folder.begin_again()
print("ready", flush=True)
time.sleep(60)
"""


def picture(value: int = 200, width: int = 32, height: int = 20) -> Capture:
    pixels = np.full((height, width, 3), value, dtype=np.uint8)
    return Capture(pixels=pixels, view=View(width=width, height=height))


def record(step: int, sentence: str = "click Save") -> StepRecord:
    handle = PictureHandle(path="captures/a.png", sha256="a" * 64, width=32, height=20)
    return StepRecord(
        step=step,
        sentence=sentence,
        action={"kind": "click"},
        observation=handle,
        window="Editor",
        n_elements=3,
        settled=True,
        target={"text": "Save", "role": "button", "box": [0, 0, 4, 4], "point": [0.0, 0.0]},
        decision={"verdict": "allow", "rule": "default", "reason": "click", "by": "policy"},
        outcome={
            "effect": "confirmed", "evidence": "it closed", "changed": [], "elapsed_s": 0.1,
            "answer": "",
        },
        after=None,
        timings={"observe_s": 0.5, "act_s": 0.25},
    )  # fmt: skip


def test_a_new_run_is_private_and_says_what_was_asked(tmp_path: Path) -> None:
    place = DesktopPlace(display=":7", size=(1280, 800), sandbox_folder="/somewhere")
    folder = RunFolder.create(
        tmp_path / "runs", "Save a note", desktop=place, config={"max_steps": 5}
    )
    assert folder.id.endswith("-save-a-note")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    again = RunFolder.open(folder.id, tmp_path / "runs").info
    assert (again.task, again.status, again.pid) == ("Save a note", "running", os.getpid())
    assert again.desktop == place
    assert again.config == {"max_steps": 5}
    assert again == folder.info


def test_runs_of_one_second_get_different_folders(tmp_path: Path) -> None:
    folders = {RunFolder.create(tmp_path, "same").path for _ in range(4)}
    assert len(folders) == 4


@pytest.mark.parametrize(
    ("task", "slug"),
    [
        ("Save a note, then close it and go home for the day", "save-a-note-then-close-it-and-go"),
        ("../../etc/passwd", "etc-passwd"),
        ("Grüße aus Köln", "grusse-aus-koln"),
        ("保存笔记", "task"),
        ("", "task"),
        ("x" * 200, "task"),
    ],
)
def test_an_id_is_a_safe_file_name(task: str, slug: str) -> None:
    assert run_id(task, 0.0)[16:] == slug


def test_last_is_the_newest_run_and_a_path_is_as_good_as_an_id(tmp_path: Path) -> None:
    RunFolder.create(tmp_path, "first")
    second = RunFolder.create(tmp_path, "second")
    assert RunFolder.open("last", tmp_path).id == second.id
    assert RunFolder.open(second.path, tmp_path / "elsewhere").id == second.id
    assert [run.info.task for run in list_runs(tmp_path)] == ["second", "first"]


def test_a_damaged_run_is_named_and_passed_over_in_the_list(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = RunFolder.create(tmp_path, "good")
    bad = RunFolder.create(tmp_path, "bad")
    (bad.path / "run.json").write_text('{"id": "bad"', encoding="utf-8")
    assert [run.id for run in list_runs(tmp_path)] == [good.id]
    assert "run.json is damaged" in caplog.text
    with pytest.raises(RunError, match=r"run\.json is damaged"):
        RunFolder.open(bad.id, tmp_path)


def test_an_unknown_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        RunFolder.open("nope", tmp_path)
    assert str(caught.value) == (
        f"there is no run 'nope' in {tmp_path}; `deskhand runs list` shows what is there"
    )
    with pytest.raises(RunError) as caught:
        RunFolder.open("last", tmp_path)
    assert str(caught.value) == f"there are no runs in {tmp_path}"


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    with pytest.raises(RunError) as caught:
        RunFolder.create(file / "runs", "task")
    assert str(caught.value) == (
        f"cannot make a run folder in {file / 'runs'}: Not a directory; "
        "choose another place with --runs-dir"
    )


def test_ending_and_beginning_again_add_up_the_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 10)
    folder = RunFolder.create(tmp_path, "task")
    monkeypatch.setattr(time, "time", lambda: now)
    folder.end(status="asked", reason="which file?")
    assert folder.spent_s == pytest.approx(10)
    again = RunFolder.open(folder.id, tmp_path)
    assert (again.info.status, again.info.reason) == ("asked", "which file?")
    assert again.begin_again() == "task"
    assert again.spent_s == folder.spent_s
    assert again.info.status == "running"
    again.end(status="done", reason="")
    with pytest.raises(RunError) as caught:
        RunFolder.open(folder.id, tmp_path).begin_again()
    assert str(caught.value) == f"run {folder.id} is done; there is nothing to resume"


def test_two_processes_never_run_the_same_run(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "task")
    folder.end(status="stopped", reason="")
    command = [sys.executable, "-c", RUN_AND_HANG, folder.id, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        reader = RunFolder.open(folder.id, tmp_path)
        assert not reader.is_killed
        with pytest.raises(RunError) as caught:
            reader.begin_again()
        assert str(caught.value) == (
            f"run {folder.id} is being run by process {other.pid}; wait for it, or stop it first"
        )
        other.send_signal(signal.SIGKILL)
        other.wait()
    killed = RunFolder.open(folder.id, tmp_path)
    assert killed.is_killed
    assert killed.begin_again() == "task"
    assert not killed.is_killed


def test_steps_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    steps = [record(1, 'type "Grüße, 世界"'), record(2)]
    for step in steps:
        recorder.step(step)
    assert read_steps(tmp_path) == steps
    assert steps[0].elapsed_s == 0.75


def test_no_steps_yet(tmp_path: Path) -> None:
    assert read_steps(tmp_path) == []


def test_a_step_written_twice_counts_as_it_was_written_last(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for step in (record(1), record(2, "first"), record(2, "again")):
        recorder.step(step)
    assert [step.sentence for step in read_steps(tmp_path)] == ["click Save", "again"]


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_line_torn_by_a_kill_is_passed_over_and_never_glued_to_the_next(
    tmp_path: Path, kept: int, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(tmp_path)
    recorder.step(record(1))
    recorder.step(record(2, "é" * 40_000))
    file = tmp_path / "steps.jsonl"
    first, second, _ = file.read_bytes().split(b"\n")
    file.write_bytes(first + b"\n" + second[:kept])
    assert [step.step for step in read_steps(tmp_path)] == [1]
    assert "ends in the middle of a line" in caplog.text
    recorder.step(record(2, "again"))
    assert [step.sentence for step in read_steps(tmp_path)] == ["click Save", "again"]


def test_damage_that_is_no_kill_is_not_hidden(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.step(record(1))
    file = tmp_path / "steps.jsonl"
    file.write_bytes(b'{"step": 0}\n' + file.read_bytes())
    with pytest.raises(RunError, match=r"steps\.jsonl is damaged in line 1"):
        read_steps(tmp_path)


def test_equal_pictures_are_stored_once(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    first, second, other = (recorder.picture(picture(value)) for value in (9, 9, 10))
    assert first == second
    assert other.path != first.path
    assert len(list((tmp_path / "captures").iterdir())) == 2
    assert load_capture(tmp_path / first.path).sha256 == first.sha256


def test_hidden_boxes_never_reach_the_disk(tmp_path: Path) -> None:
    capture = picture(200)
    handle = Recorder(tmp_path).picture(capture, hide=[Box(-5, 2, 10, 8), Box(500, 0, 600, 9)])
    stored = load_capture(tmp_path / handle.path).pixels
    assert not stored[2:8, 0:10].any()
    stored = stored.copy()
    stored[2:8, 0:10] = 200
    assert (stored == 200).all()
    assert (capture.pixels == 200).all()  # the caller's picture is untouched
    assert handle.sha256 != capture.sha256


def test_run_json_keeps_its_form(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "task")
    record = json.loads((folder.path / "run.json").read_text(encoding="utf-8"))
    assert set(record) == {
        "id", "task", "planner", "model", "status", "reason", "created", "began", "ended",
        "spent_s", "desktop", "config", "version", "pid",
    }  # fmt: skip
    assert set(record["desktop"]) == {"display", "size", "sandbox_folder"}


def test_a_run_from_before_there_were_models_is_read(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "task")
    file = folder.path / "run.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    del record["model"]
    file.write_text(json.dumps(record), encoding="utf-8")
    assert RunFolder(folder.path).info.model == {}
