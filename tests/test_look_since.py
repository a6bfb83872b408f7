"""`deskhand look`: what is new since a look of before, marks by number, and options that clash."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deskhand.agent.cli import main
from deskhand.agent.cli.look_document import load_look, look_to_json, only_windows
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Observation
from deskhand.tools.perception.numbering import Numbering

Look = Callable[..., tuple[object, str, str]]


@pytest.fixture
def look(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Look:
    """Run `deskhand look` in this process; returns its exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["look", *map(str, arguments)])
        captured = capsys.readouterr()
        return left.value.code, captured.out, captured.err

    return run


def draw(path: Path, *texts: tuple[str, tuple[int, int]]) -> Path:
    image = Image.new("RGB", (640, 400), "white")
    pen = ImageDraw.Draw(image)
    for text, xy in texts:
        pen.text(xy, text, fill="black", font=ImageFont.load_default(size=24))
    image.save(path)
    return path


SAVE, CANCEL, PRINT = ("Save", (40, 50)), ("Cancel", (300, 50)), ("Print", (40, 300))


@pytest.fixture
def before(look: Look, tmp_path: Path) -> Path:
    code, out, _ = look(draw(tmp_path / "before.png", SAVE, CANCEL, PRINT), "--json")
    assert code == 0
    path = tmp_path / "before.json"
    path.write_text(out, encoding="utf-8")
    return path


def test_what_is_new_since_a_look_of_another_process(
    look: Look, before: Path, tmp_path: Path
) -> None:
    """Its first element is gone: numbers that began afresh would name others."""
    after = draw(tmp_path / "after.png", CANCEL, PRINT, ("Undo", (300, 300)))
    assert look(after, "--since", before) == (
        0,
        'since the last look:\n+ 4 "Undo"\n- 1 "Save"\n',
        "",
    )
    same = draw(tmp_path / "same.png", SAVE, CANCEL, PRINT)
    assert look(same, "--since", before)[1] == "since the last look:\nnothing changed\n"


def test_a_document_carries_the_numbers_on(look: Look, before: Path, tmp_path: Path) -> None:
    after = draw(tmp_path / "after.png", CANCEL, PRINT, ("Undo", (300, 300)))
    document = json.loads(look(after, "--since", before, "--json")[1])
    assert {e["id"]: e["text"] for e in document["elements"]} == {
        2: "Cancel", 3: "Print", 4: "Undo",
    }  # fmt: skip
    assert document["since"] == {"added": [4], "removed": [1], "changed": [], "moved": []}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[1]", "its content: Input should be an object"),
        ("{}", "windows: Field required"),
        ('{"windows": [], "elements": [{"id": 0}]}',
         "elements.0.id: Input should be greater than or equal to 1"),
        ('{"windows": [], "elements": 7}', "elements: Input should be a valid array"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_look_is_refused(
    look: Look, tmp_path: Path, content: str, why: str
) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    code, out, err = look("any.png", "--since", path)
    assert (code, out) == (2, "")
    said = f"deskhand: error: {path} is not what `deskhand look --json` writes: {why}\n"
    assert err.replace("\n", " ").strip() == said.strip()


def test_a_box_that_ends_before_it_begins_and_doubled_numbers_are_refused(
    look: Look, before: Path
) -> None:
    document = json.loads(before.read_text(encoding="utf-8"))
    document["elements"][0]["box"] = [90, 0, 10, 5]
    before.write_text(json.dumps(document), encoding="utf-8")
    code, out, err = look("any.png", "--since", before)
    assert (code, out) == (2, "")
    assert "elements.0.box" in err
    document["elements"][0]["box"] = [0, 0, 10, 5]
    document["elements"][1]["id"] = document["elements"][0]["id"]
    before.write_text(json.dumps(document), encoding="utf-8")
    code, out, err = look("any.png", "--since", before)
    assert (code, err) == (2, f"deskhand: error: {before} has two elements with one number\n")


def test_a_file_that_is_not_there(look: Look, tmp_path: Path) -> None:
    path = tmp_path / "nowhere.json"
    code, _, err = look("any.png", "--since", path)
    assert (code, err) == (2, f"deskhand: error: cannot read {path}: No such file or directory\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--json", "--text"), "--json and --text are two ways to print; give one"),
        (("--since", "x.json", "--text"), "--since prints text of its own; leave --text out"),
        (("--json", "--budget", "90"),
         "--budget is for the text that a planner reads; add --text or --since"),
        (("--json", "--since", "x.json", "--budget", "90"),
         "--budget is for text; leave --json out"),
        (("--marks", "9"), "--marks is for a picture with marks; add --annotate"),
    ],
)  # fmt: skip
def test_options_that_clash_are_refused(look: Look, options: tuple[str, ...], message: str) -> None:
    assert look("any.png", *options) == (2, "", f"deskhand: error: {message}\n")


def test_some_marks(look: Look, tmp_path: Path) -> None:
    picture = draw(tmp_path / "screen.png", SAVE, CANCEL, PRINT)
    marks = tmp_path / "marks.png"
    code, _, err = look(picture, "--annotate", marks, "--marks", 2)
    assert code == 0
    assert err.startswith(f"2 marks written to {marks}, 1 elements without one\n")
    with Image.open(marks) as image:
        lower = image.convert("RGB").crop((0, 200, 640, 400))
    with Image.open(picture) as image:
        assert lower.tobytes() == image.convert("RGB").crop((0, 200, 640, 400)).tobytes()


def test_a_look_with_windows_is_read_back_and_kept_to_one_of_them(tmp_path: Path) -> None:
    windows = [
        Window(id=7, title="Notes", app="Editor", pid=1, box=Box(0, 0, 90, 90), is_active=True),
        Window(id=9, title="Mail", app="Post", pid=2, box=Box(-5, 0, 90, 90)),
    ]
    elements = [
        Element(id=4, role="checkbox", text="ja/nein", box=Box(0, 0, 9, 9), score=0.5,
                source="widget", states=frozenset({"checked"}), window="Notes"),
        Element(id=6, role="text", text="", box=Box(1, 2, 3, 4), score=1.0, source="ocr",
                window="Mail"),
    ]  # fmt: skip
    capture = Capture(pixels=np.zeros((90, 90, 3), np.uint8), view=View(width=90, height=90))
    seen = Observation(capture=capture, elements=elements, windows=windows)
    path = tmp_path / "look.json"
    path.write_text(json.dumps(look_to_json(seen)), encoding="utf-8")
    read = load_look(path)
    assert read.elements == elements
    assert read.windows == [replace(window, pid=None) for window in windows]
    assert read.active_window == read.windows[0]
    mail = only_windows(read, "MAIL")
    assert (mail.elements, [window.title for window in mail.windows]) == ([elements[1]], ["Mail"])
    # A number of a window that is left out is not given again.
    new = replace(elements[1], id=1, text="new", box=Box(50, 50, 60, 60))
    assert [e.id for e in Numbering(read.elements).number([new])] == [7]
