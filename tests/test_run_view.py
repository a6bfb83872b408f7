"""A run as the watch page shows it: what is drawn, and what is never read."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deskhand.agent.run_control import RunControl
from deskhand.agent.trajectory.recording import PictureHandle
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.agent.ui.run_view import (
    RunReader,
    drawn_changes,
    drawn_elements,
    drawn_target,
    picture_of,
)
from deskhand.agent.ui.shelf import PREFIX, Shelf
from deskhand.tools.desktop.takeover import Takeover

BUTTON = {"id": 7, "role": "button", "text": "<b>Save</b>", "box": [10, 20, 60, 40]}
TEXT = {"id": 8, "role": "text", "text": "</svg><script>1</script>", "box": [0, 0, 5, 5]}
SPECK = {"id": 9, "role": "button", "text": "", "box": [3, 3, 4, 9]}
TARGET = {"text": "<i>", "role": "<i>", "box": [10, 20, 60, 40], "point": [35.0, 30.0]}


def a_run(
    home: Path, *, step: int, picture: str = "captures/a.png"
) -> tuple[RunFolder, RunControl]:
    """A run that has looked at its screen for step 3."""
    run = RunFolder.create(home, "a task")
    record = {"picture": picture, "view": {"width": 640, "height": 400}, "elements": [BUTTON]}
    (run.path / "captures/0003-observation.json").write_text(json.dumps(record), encoding="utf-8")
    control = RunControl(run.path, Takeover(lambda: (0, 0), panic_file=home / "panic"))
    with control.listening():
        pass
    control.tell(observation="captures/0003-observation.json", step=step, target=TARGET)
    return run, control


@pytest.mark.parametrize(
    ("doing", "n_elements", "has_target"),
    [
        ("observe", 0, False), ("plan", 1, True), ("guard", 1, True), ("asks", 1, True),
        ("paused", 1, True), ("act", 1, True), ("verify", 0, True), ("over", 0, False),
    ],
)  # fmt: skip
def test_elements_are_shown_while_they_are_where_they_were(
    tmp_path: Path, doing: str, n_elements: int, has_target: bool
) -> None:
    run, control = a_run(tmp_path, step=3)
    control.tell(doing=doing)
    view = RunReader(run.path).read()
    assert (len(view.elements), view.target is not None) == (n_elements, has_target)
    assert view.look is not None
    assert view.look.size == (640, 400)


def test_nothing_of_the_step_before_is_shown(tmp_path: Path) -> None:
    run, control = a_run(tmp_path, step=4)
    control.tell(doing="paused")
    view = RunReader(run.path).read()
    assert (view.elements, view.target) == ((), None)


def test_a_run_without_a_process_does_nothing(tmp_path: Path) -> None:
    run, control = a_run(tmp_path, step=3)
    control.tell(doing="act")
    run.end(status="stopped", reason="")
    view = RunReader(run.path).read()
    assert (view.doing, view.is_running, view.target) == ("over", False, None)


@pytest.mark.parametrize("path", ["../../secret.png", "/etc/hostname", "captures/../../x.png"])
def test_only_the_runs_own_files_are_read(tmp_path: Path, path: str) -> None:
    run, control = a_run(tmp_path, step=3, picture=path)
    control.tell(doing="plan")
    assert RunReader(run.path).read().look is None
    control.tell(observation=path)
    assert RunReader(run.path).read().look is None
    handle = PictureHandle(path=path, sha256="", width=1, height=1)
    assert picture_of(run.path, handle) is None


def test_only_numbers_are_drawn() -> None:
    drawn = drawn_elements([BUTTON, TEXT, SPECK])
    assert drawn.count("<rect") == 2  # a speck is nothing to look at
    assert '<text class="number" x="11" y="18">7</text>' in drawn
    drawn += drawn_target(TARGET, 1280) + drawn_changes([[1, 2, 3, 4]])
    for text in ("Save", "script", "<b>", "<i>"):
        assert text not in drawn


def test_an_action_without_a_place_draws_nothing() -> None:
    assert drawn_target(None, 1280) == ""
    assert "<rect" not in drawn_target(TARGET | {"box": None}, 1280)


@pytest.mark.parametrize("damage", [{"id": "<script>"}, {"box": ["<", 0, 9, 9]}])
def test_what_is_no_number_is_not_drawn(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"invalid literal"):
        drawn_elements([BUTTON | damage])


# --- the pictures


def noise(seed: int, size_wh: tuple[int, int] = (64, 40)) -> Image.Image:
    random = np.random.default_rng(seed)
    return Image.fromarray(random.integers(0, 255, (*size_wh[::-1], 3), dtype=np.uint8))


def test_a_picture_is_found_by_its_bytes_alone() -> None:
    shelf = Shelf()
    address = shelf.put(noise(1))
    assert shelf.put(noise(1)) == address
    assert shelf.put(noise(2)) != address
    data = shelf.get(address.removeprefix(PREFIX))
    assert data is not None
    assert data.startswith(b"\xff\xd8")
    assert shelf.get("../../etc/passwd") is None


def test_the_shelf_keeps_what_was_used_last() -> None:
    trial = Shelf()
    sizes = [
        len(trial.get(trial.put(noise(seed)).removeprefix(PREFIX)) or b"") for seed in range(4)
    ]
    shelf = Shelf(room_bytes=sum(sizes) - 1)  # one picture too many
    names = [shelf.put(noise(seed)).removeprefix(PREFIX) for seed in range(3)]
    shelf.get(names[0])
    names.append(shelf.put(noise(3)).removeprefix(PREFIX))
    assert [shelf.get(name) is not None for name in names] == [True, False, True, True]


def test_a_file_is_made_small_and_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    noise(1, (640, 400)).save(path)
    shelf = Shelf()
    address = shelf.put_file(path, width=64)
    assert address is not None
    assert address != shelf.put_file(path)
    path.write_bytes(b"no picture")
    assert shelf.put_file(path, width=64) == address
    assert shelf.put_file(path, width=32) is None
    assert shelf.put_file(tmp_path / "gone.png") is None
