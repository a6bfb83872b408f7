"""`deskhand video`: what it prints where, the line that each bad file gets, and what it leaves."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deskhand.agent.cli import main

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import Track, tone, write
from tests.videos import plain, screen, steady, turned_clockwise, write_video

BY_WORDS = "searched by words alone; by meaning as well with: "


@dataclass(frozen=True)
class Said:
    code: object
    out: str
    err: str

    @property
    def notes(self) -> list[str]:
        """What is on stderr, without the hint that every answer without a model has."""
        return [line for line in self.err.splitlines() if not line.startswith(BY_WORDS)]


Cli = Callable[..., Said]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Run `deskhand video` in this process."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "1000")

    def run(*args: object) -> Said:
        with pytest.raises(SystemExit) as left:
            main(["video", *map(str, args)])
        captured = capfd.readouterr()
        return Said(left.value.code, captured.out, captured.err)

    return run


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    shown = [(0.0, screen("Inbox of Dana")), (2.0, screen("Inbox of Dana", "Disk full"))]
    return write_video(tmp_path / "demo.mp4", steady(shown, until_s=4.0))


def test_a_moment_is_printed_and_drawn(cli: Cli, demo: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "moments.png"
    said = cli("find", demo, "disk full", "--no-speech", "--sheet", sheet)
    assert said.code == 0
    assert "Disk full" in said.out
    assert "0:02" in said.out
    assert said.notes == [
        "3.9 s of video: 2 pictures, 2 of them read now, and nothing that is said",
        f"written to {sheet}",
    ]
    with Image.open(sheet) as picture:
        assert picture.format == "PNG"


def test_json_is_one_document(cli: Cli, demo: Path) -> None:
    said = cli("find", demo, "disk full", "--json", "--no-speech")
    found = json.loads(said.out)
    assert found["verdict"] == "found"
    assert found["moments"][0]["start_s"] == pytest.approx(2.0, abs=0.3)
    assert found["moments"][0]["end_s"] == pytest.approx(4.0, abs=0.2)
    assert found["moments"][0]["words"] == ["disk", "full"]


def test_what_is_not_there_is_told_with_its_exit_code(cli: Cli, demo: Path) -> None:
    said = cli("find", demo, "holiday photos", "--no-speech")
    assert (said.code, said.out) == (1, "")
    assert said.notes[-1] == "not found in demo.mp4"


def test_an_index_is_made_ahead(cli: Cli, demo: Path) -> None:
    assert json.loads(cli("index", demo, "--json").out)["newly_read"] == 2
    said = cli("index", demo, "--json", "--no-memory")
    assert json.loads(said.out) == {
        "duration_s": 3.901,
        "truncated": False,
        "damaged_packets": 0,
        "pictures": 2,
        "newly_read": 0,
        "lines": 3,
        "segments": None,
        "recording": None,
    }
    assert said.err == "the video has no sound\n"
    assert "0 of them read now" in cli("find", demo, "disk", "--no-speech").err


def test_pictures_are_read_as_asked(cli: Cli, demo: Path) -> None:
    said = cli("index", demo, "--every", "0.5", "--json")
    assert json.loads(said.out)["pictures"] == 9
    said = cli("find", demo, "disk full", "--no-speech", "--sampling", "key-frames")
    assert (said.code, said.out) == (1, "")
    said = cli("index", demo, "--sampling", "scenes", "--every", "2")
    assert said.code == 2
    assert said.err == (
        "deskhand: error: --every is for --sampling seconds; got --sampling scenes\n"
    )


def test_a_video_is_forgotten(cli: Cli, demo: Path, tmp_path: Path) -> None:
    cli("index", demo, "--no-speech")
    said = cli("forget", demo)
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("forgot 1 index of demo.mp4, ")
    assert list((tmp_path / "cache" / "deskhand" / "videos").iterdir()) == []
    assert cli("forget", "--all", "--json").out.split() == (
        '{ "indexes": 0, "size_bytes": 0 }'.split()
    )
    said = cli("forget")
    assert (said.code, said.err) == (2, "deskhand: error: name one video to forget, or --all\n")


def test_speech_without_a_model_is_left_out_and_told(cli: Cli, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", steady([(0, screen("One line"))], 1.0), sound_s=1.0)
    said = cli("find", path, "one line")
    assert said.code == 0
    assert said.notes[1].startswith("what is said was left out: whisper-base is not there")


def test_a_truncated_video_is_read_as_far_as_it_is_there(cli: Cli, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    shown = [(i / 10, rng.integers(0, 256, (360, 640, 3), dtype=np.uint8)) for i in range(60)]
    path = write_video(tmp_path / "cut.mp4", shown, gop=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    said = cli("find", path, "disk full", "--no-speech")
    assert said.code == 1
    assert "the file ends earlier than it says it does: something is missing at its end" in said.err


def test_an_upright_video_is_read_upright(cli: Cli, tmp_path: Path) -> None:
    sideways = np.ascontiguousarray(np.rot90(screen("Disk full", size=(360, 640))))
    path = turned_clockwise(write_video(tmp_path / "a.mp4", [(0, sideways), (1, sideways)]))
    assert json.loads(cli("find", path, "disk full", "--json", "--no-speech").out)["moments"]


def renamed_text(folder: Path) -> Path:
    path = folder / "notes.mp4"
    path.write_text("Dear diary, this is no film.\n" * 50, encoding="utf-8")
    return path


def without_index(folder: Path) -> Path:
    path = write(folder / "cut.mp4", Track(channels=tone(3.0)[None], codec="aac"), picture_s=3)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def no_frames(folder: Path) -> Path:
    return write(folder / "none.mkv", Track(channels=tone(1.0)[None]), picture_s=0)


def all_junk(folder: Path) -> Path:
    path = write_video(folder / "junk.mp4", [(i / 10, plain(i)) for i in range(30)])
    content = bytearray(path.read_bytes())
    at = content.index(b"mdat") + 4
    content[at:] = b"\xff" * (len(content) - at)
    path.write_bytes(bytes(content))
    return path


def sound_only(folder: Path) -> Path:
    return write(folder / "a.m4a", Track(channels=tone(1.0)[None], codec="aac"))


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").write_bytes(b"")
    return folder / "empty.mp4"


DAMAGED = "cannot be read as audio or video; it is cut off, damaged or of another kind"
BAD = {
    "empty": (empty, "empty.mp4 is empty; expected an audio or video file"),
    "text renamed": (
        renamed_text,
        f"notes.mp4 {DAMAGED} (Invalid data found when processing input)",
    ),
    "cut off without its index": (
        without_index,
        f"cut.mp4 {DAMAGED} (Invalid data found when processing input)",
    ),
    "sound only": (sound_only, "a.m4a has no video; it holds audio only"),
    "no frames": (no_frames, "none.mkv has a picture track without a single picture"),
    "all junk": (all_junk, "junk.mp4 is damaged: none of its pictures can be decoded"),
    "missing": (lambda folder: folder / "none.mp4", "there is no file PATH"),
    "a folder": (lambda folder: folder, "PATH is a folder; expected an audio or video file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_its_line_and_leaves_nothing(name: str, cli: Cli, tmp_path: Path) -> None:
    make, says = BAD[name]
    (given := tmp_path / "given").mkdir()
    path = make(given)
    before = sorted(tmp_path.rglob("*"))
    said = cli("find", path, "disk full")
    assert said.code == 2
    assert said.out == ""
    assert said.err.replace(str(path), "PATH") == f"deskhand: error: {says}\n"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_sheet_that_cannot_be_written_is_told_before(cli: Cli, demo: Path) -> None:
    said = cli("find", demo, "disk", "--sheet", "out.jpg")
    assert said.code == 2
    assert said.err == (
        "deskhand: error: --sheet is 'out.jpg'; expected a name that ends in .png\n"
    )


def test_what_happens_is_told_scene_by_scene(cli: Cli, demo: Path) -> None:
    told = cli("describe", demo)
    assert told.code == 0
    assert "0:00 Inbox of Dana" in told.out
    assert "0:02 Disk full" in told.out
    assert told.notes == ["the video has no sound"]
    document = json.loads(cli("describe", demo, "--json", "--no-speech").out)
    assert document["scenes"][0]["title"] == "Inbox of Dana"
    assert document["summary"] is None


def test_a_question_without_a_model_shows_the_moments(cli: Cli, demo: Path) -> None:
    asked = cli("ask", demo, "Is the disk full?", "--no-speech")
    assert asked.code == 0
    assert asked.out.startswith("  [0:02 - 0:0")
    assert asked.out.endswith("] shown: Disk full\n")
    assert asked.notes == ["no model is here to answer: these moments have words of the question"]
    absent = cli("ask", demo, "bicycle", "--no-speech", "--json")
    assert absent.code == 1
    assert json.loads(absent.out)["found"] is False


def test_moments_of_an_indexed_video_are_recalled(
    cli: Cli, demo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = json.loads(cli("index", demo, "--no-speech", "--json").out)["recording"]

    def deskhand(*args: str) -> Said:
        with pytest.raises(SystemExit) as left:
            main(list(args))
        captured = capfd.readouterr()
        return Said(left.value.code, captured.out, captured.err)

    found = json.loads(deskhand("recall", "disk full", "--json").out)
    assert found["ranking"][0] == f"[video:{kept}@0:02]"
    moment = found["moments"][0]
    assert (moment["line"], moment["source"], moment["is_there"]) == ("Disk full", "screen", True)
    sheet = tmp_path / "sheet.png"
    shown = deskhand("recall", "disk full", "--only", "recordings", "--sheet", str(sheet))
    assert "0:02 - 0:03 shown: Disk full" in shown.out
    with Image.open(sheet) as picture:
        assert picture.width > 300
    assert deskhand("recall", "disk full", "--app", "x").out == "nothing was found\n"
    assert deskhand("forget", "--query", "disk full", "--yes").out == (
        "1 line of recordings forgotten\n"
    )
    assert deskhand("forget", f"[video:{kept}@0:00]", "--yes").out == "1 recording forgotten\n"
    assert deskhand("recall", "inbox", "--json").code == 0
    assert json.loads(deskhand("recall", "inbox", "--json").out)["ranking"] == []
