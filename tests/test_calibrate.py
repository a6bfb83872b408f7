"""Calibration: a model that answers in its space passes, any other is refused with what it does."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deskhand.agent.cli.calibrate import calibrate_model, parse_size
from deskhand.memory.errors import BadArgumentError, ConfigError, ModelOutputError, ModelUnavailable
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.models.calibrate import COLOURS, Calibration, calibrate, draw_screen
from deskhand.tools.models.calibration_store import CalibrationStore, default_folder
from deskhand.tools.models.coordinates.families import FAMILIES, family
from deskhand.tools.models.coordinates.pictures import draw_at

# The benchmarks are not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.truth.grounding_answers import PERFECT

SMALL = ((400, 250), (640, 400))


def middle_of(picture: Capture, description: str) -> tuple[float, float]:
    """Where the square of a colour is, by looking at the pixels."""
    colour = COLOURS[description.removeprefix("the ").removesuffix(" square")]
    off = np.abs(picture.pixels.astype(int) - colour).sum(axis=2)
    rows, columns = np.nonzero(off < 60)
    return (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2


class Model:
    """Sees what it is sent and answers as a family does; its server may shrink the picture."""

    def __init__(
        self, answers_as: str, *, name: str = "m", revision: str = "r1",
        server_width: int | None = None,
    ) -> None:  # fmt: skip
        self.answers_as = answers_as
        self.name = name
        self.revision = revision
        self.family = FAMILIES[answers_as]
        self.server_width = server_width

    def ask(self, picture: Capture, description: str) -> str:
        width, height = picture.view.width, picture.view.height
        if self.server_width is not None:
            height = round(height * self.server_width / width)
            width = self.server_width
        x, y = middle_of(draw_at(picture, width, height), description)
        return PERFECT[self.answers_as](x, y, (width, height))


def run(answers_as: str, meant_as: str, *, server_width: int | None = None) -> Calibration:
    model = Model(answers_as, server_width=server_width)
    return calibrate(model.ask, family(meant_as), model="m", revision="r1", sizes=SMALL)


def test_the_squares_are_in_the_corners_and_the_middle() -> None:
    screen, targets = draw_screen(1280, 800)
    assert [target.box.centre for target in targets] == [
        (40, 40), (1240, 40), (40, 760), (1240, 760), (640, 400),
    ]  # fmt: skip
    for target in targets:
        assert middle_of(screen, target.description) == target.box.centre


@pytest.mark.parametrize("name", FAMILIES)
def test_a_model_of_its_family_passes(name: str) -> None:
    result = run(name, name)
    assert (result.passed, result.fits) == (True, ())
    assert len(result.probes) == 10
    assert result.worst_px is not None
    assert result.worst_px < 8


WRONG = [
    ("ui-venus-1.0", "gui-g2", None, True, ()),
    ("uground-v1-qwen2", "gta1", None, False, ("per_1000 xy", "per_999 xy", "bins xy")),
    ("gta1", "kimi-k2.5", None, False, ("pixels xy",)),
    ("seeclick", "uground-v1-qwen2", None, False, ("unit xy",)),
    ("gemini", "internvl", None, False, ("per_1000 yx", "per_999 yx", "bins yx")),
    ("gta1", "gta1", 560, False, None),
]  # fmt: skip


@pytest.mark.parametrize(("answers_as", "meant_as", "server_width", "passed", "fits"), WRONG)
def test_a_model_of_another_space_fails_and_its_space_is_named(
    answers_as: str,
    meant_as: str,
    server_width: int | None,
    passed: bool,
    fits: tuple[str, ...] | None,
) -> None:
    result = run(answers_as, meant_as, server_width=server_width)
    assert result.passed is passed
    if fits is None:
        (only,) = result.fits
        assert only.startswith("pixels xy of a picture of another size: about 56")
    else:
        assert set(result.fits) == set(fits)


def test_answers_scaled_by_the_screen_instead_of_the_picture_are_named() -> None:
    def ask(picture: Capture, description: str) -> str:
        x, y = middle_of(picture, description)
        scale = 640 / picture.view.width
        return f"({int(x * scale)}, {int(y * scale)})"

    result = calibrate(ask, family("uground-v1-llava"), model="m", sizes=((640, 400),))
    assert result.fits == ("pixels xy of the screen, not of the picture sent",)


def test_a_screen_too_small_for_the_squares_is_refused() -> None:
    with pytest.raises(BadArgumentError) as caught:
        draw_screen(640, 199)
    assert str(caught.value) == "a screen to calibrate on needs 200 pixels a side, got 640x199"


def test_a_model_that_sees_nothing_fails() -> None:
    result = calibrate(lambda *_: "[-1,-1]", family("ui-venus-1.5"), model="m", sizes=SMALL)
    assert (result.passed, result.fits, result.worst_px) == (False, (), None)
    assert result.probes[0].problem == "it answered that there is no such thing"


def test_a_model_that_talks_fails() -> None:
    result = calibrate(lambda *_: "Sure!", family("gta1"), model="m", sizes=SMALL)
    assert result.probes[0].problem == "expected an answer as gta1 gives it, got 'Sure!'"
    assert result.probes[0].answer == "Sure!"


def test_a_model_that_calls_two_tools_fails() -> None:
    def ask(_picture: Capture, _description: str) -> str:
        raise ModelOutputError("expected one place, got 2 tool calls")

    result = calibrate(ask, family("claude"), model="m", sizes=SMALL)
    assert result.probes[0].problem == "expected one place, got 2 tool calls"


def test_a_model_that_always_answers_the_middle_fails() -> None:
    result = calibrate(lambda *_: "(500,500)", family("uground-v1-qwen2"), model="m", sizes=SMALL)
    assert (result.passed, result.fits) == (False, ())


# --- what is kept


def test_what_passed_may_click(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path / "calibrations")
    kept = run("gta1", "gta1")
    store.save(kept)
    assert store.load("m", "r1") == kept
    assert store.is_calibrated(Model("gta1"))
    store.require(Model("gta1"))
    assert list((tmp_path / "calibrations").glob("*.part")) == []


def test_another_revision_or_family_is_another_model(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path)
    store.save(run("gta1", "gta1"))
    assert not store.is_calibrated(Model("gta1", revision="r2"))
    assert not store.is_calibrated(Model("holo"))  # another largest picture
    with pytest.raises(ModelUnavailable) as caught:
        store.require(Model("holo"))
    assert str(caught.value) == (
        "m was never calibrated as holo, so it may not click; run: deskhand models calibrate m"
    )


def test_what_failed_may_not_click(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path)
    store.save(run("gta1", "uground-v1-qwen2"))
    assert not store.is_calibrated(Model("uground-v1-qwen2"))
    with pytest.raises(ModelUnavailable) as caught:
        store.require(Model("uground-v1-qwen2"))
    assert str(caught.value) == (
        "m failed its calibration as uground-v1-qwen2 (219 px off, at most 16 px "
        "are allowed; its answers fit pixels xy), so it may not click; "
        "run: deskhand models calibrate m"
    )


def test_a_name_with_slashes_stays_in_the_folder(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path / "c")
    kept = calibrate(lambda *_: "", family("gta1"), model="../org/x y", sizes=((640, 400),))
    assert store.save(kept).parent == tmp_path / "c"
    assert store.load("../org/x y", "") == kept


def test_a_damaged_file_is_not_taken_for_a_pass(tmp_path: Path) -> None:
    store = CalibrationStore(tmp_path)
    path = store.save(run("gta1", "gta1"))
    path.write_text('{"passed": true}', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        store.is_calibrated(Model("gta1"))
    assert str(caught.value) == f"the calibration {path} cannot be read; calibrate m again"


def test_the_usual_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder().name == "calibrations"
    assert default_folder().parent.name == "deskhand"


# --- the command


def test_the_command_prints_and_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = CalibrationStore(tmp_path)
    assert calibrate_model(Model("gta1"), store, sizes=SMALL)
    shown = capsys.readouterr()
    assert "m as gta1 (pixels xy SmartResize(" in shown.out
    assert ": passed; at most 16 px off are allowed\n" in shown.out
    assert shown.err.startswith("kept in ")
    assert store.is_calibrated(Model("gta1"))


def test_the_command_says_what_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = Model("gta1")
    model.family = family("uground-v1-qwen2")
    assert not calibrate_model(model, CalibrationStore(tmp_path), sizes=SMALL, json=False)
    assert "its answers fit: pixels xy\n" in capsys.readouterr().out
    assert not calibrate_model(model, CalibrationStore(tmp_path), sizes=SMALL, json=True)
    assert '"passed": false' in capsys.readouterr().out


def test_sizes_on_the_command_line() -> None:
    assert parse_size("3840x2160") == (3840, 2160)
    with pytest.raises(ConfigError) as caught:
        parse_size("199x1000")
    assert str(caught.value) == (
        "expected a size such as 1920x1080, at least 200 a side, got '199x1000'"
    )
