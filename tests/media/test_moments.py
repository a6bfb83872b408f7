"""Moments of videos: texts found when they are shown, absent ones not, and nothing read twice."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.embedding import Vectors
from deskhand.memory.errors import ConfigError
from deskhand.tools.media.contact_sheet import contact_sheet, thumbnails
from deskhand.tools.media.moments import VideoAnswer, find_in_video
from deskhand.tools.media.video_index import index_video
from deskhand.tools.perception.ocr import OcrEngine, TextLine, load_ocr

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import KnownWords
from tests.videos import screen, steady, write_video

ROOT = Path(__file__).parent.parent.parent
SHOWN = [
    (0.0, screen("Inbox of Dana", "Budget for March")),
    (3.0, screen("Inbox of Dana", "Budget for March", "Order number 48213")),
    (6.5, screen("Terminal", "Build failed: missing library")),
    (10.0, screen("Terminal", "Build failed: missing library", "Disk full")),
    (12.5, screen("Settings", "Wi-Fi is turned off")),
]
END_S = 15.0


class CountingOcr:
    """The real engine, counting the pictures it reads."""

    def __init__(self, engine: OcrEngine) -> None:
        self._engine = engine
        self.pictures = 0

    def read(self, pixels: np.ndarray, *more: object, **options: object) -> Sequence[TextLine]:
        self.pictures += 1
        return self._engine.read(pixels)

    def read_boxes(self, pixels: np.ndarray, boxes: Sequence[object]) -> Sequence[TextLine]:
        raise AssertionError("not used")

    def can_read(self, character: str) -> bool:
        return self._engine.can_read(character)


@pytest.fixture(scope="module")
def engine() -> OcrEngine:
    return load_ocr()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "demo.mp4"
    return write_video(path, steady(SHOWN, until_s=END_S))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache") / "videos"


def ask(video: Path, query: str, engine: OcrEngine, kept: Path, **more: object) -> VideoAnswer:
    return find_in_video(
        video,
        query,
        ocr=engine,
        kept_in=kept,
        **{"speech_model": None, **more},  # type: ignore[arg-type]  # from the tests
    )


@pytest.mark.parametrize(
    ("query", "start_s", "end_s"),
    [
        ("Budget for March", 0.0, 6.5),
        ("order number 48213", 3.0, 6.5),
        ("when does the build fail", 6.5, 12.5),
        ("disk full", 10.0, 12.5),
        ("Wi-Fi turned off", 12.5, END_S),
    ],
)
def test_texts_are_found_when_they_are_shown(
    video: Path, engine: OcrEngine, kept: Path, query: str, start_s: float, end_s: float
) -> None:
    answer = ask(video, query, engine, kept)
    assert answer.verdict == "found"
    best = answer.moments[0]
    assert best.start_s == pytest.approx(start_s, abs=1.0)
    assert best.end_s == pytest.approx(end_s, abs=1.0)
    assert best.source == "screen"
    assert best.words


@pytest.mark.parametrize("query", ["holiday photos", "order number 77120", "Betriebsrat"])
def test_what_is_not_there_is_not_found(
    video: Path, engine: OcrEngine, kept: Path, query: str
) -> None:
    assert ask(video, query, engine, kept).verdict != "found"
    assert ask(video, "holiday photos", engine, kept).moments == ()


def test_another_question_reads_nothing_again(video: Path, engine: OcrEngine, kept: Path) -> None:
    counting = CountingOcr(engine)
    folder = kept.parent / "fresh"
    first = ask(video, "disk full", counting, folder)
    assert first.newly_read == counting.pictures == first.pictures == 5
    again = ask(video, "Wi-Fi", counting, folder)
    assert (again.newly_read, counting.pictures) == (0, 5)
    moved = video.with_name("elsewhere.mp4")
    moved.write_bytes(video.read_bytes())
    assert ask(moved, "Wi-Fi", counting, folder).newly_read == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}


def test_a_killed_indexing_goes_on_after_the_last_picture(video: Path, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from deskhand.tools.media.video_index import index_video\n"
        "def stop(done_s, total_s):\n"
        "    if done_s > 5: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"index_video({str(video)!r}, on_progress=stop)\n"
    )
    env = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    killed = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=tmp_path, check=False, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    folder = tmp_path / "deskhand" / "videos"
    (kept,) = folder.iterdir()
    assert kept.read_bytes().count(b"\n") == 3
    with kept.open("ab") as file:
        file.write(b'{"start_s": 10.0, "at_')  # what the kill may leave of the next line
    index = index_video(video, kept_in=folder)
    assert (len(index.looks), index.newly_read) == (5, 2)
    whole = index_video(video, kept_in=tmp_path / "other")
    assert (whole.looks, whole.end) == (index.looks, index.end)
    assert index_video(video, kept_in=folder).newly_read == 0


def test_speech_is_searched_as_well(tmp_path: Path, engine: OcrEngine) -> None:
    path = write_video(tmp_path / "a.mkv", steady(SHOWN[:1], until_s=2.0), sound_s=2.0)
    answer = ask(path, "Budget", engine, tmp_path / "kept", speech_model=KnownWords())
    assert answer.has_heard
    silent = write_video(tmp_path / "b.mkv", steady(SHOWN[:1], until_s=2.0))
    answer = ask(silent, "Budget", engine, tmp_path / "kept", speech_model=KnownWords())
    assert answer.notes[0] == "the video has no sound"
    assert answer.verdict == "found"


def test_a_line_that_was_covered_is_found_when_it_first_appears(
    tmp_path: Path, engine: OcrEngine
) -> None:
    whole = screen("Inbox of Dana", "", "Parcel 7741 handed over")
    covered = whole.copy()
    covered[100:180, 20:560] = 200
    shown = [(0.0, screen("Inbox of Dana")), (2.0, whole), (4.0, covered), (6.0, whole)]
    path = write_video(tmp_path / "a.mp4", steady(shown, until_s=8.0))
    moments = ask(path, "parcel 7741", engine, tmp_path / "kept").moments
    assert [one.start_s for one in moments[:2]] == pytest.approx([2.0, 6.0], abs=0.3)


class TwoThings:
    """An embedder that knows computers from all else."""

    space, dimensions = "two things", 2

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        known = ("disk", "storage", "full")
        rows = [[1.0, 0.0] if any(w in t.lower() for w in known) else [0.0, 1.0] for t in texts]
        return np.array(rows, np.float32)


def test_meaning_finds_what_words_do_not(video: Path, engine: OcrEngine, kept: Path) -> None:
    assert ask(video, "no storage left", engine, kept).moments == ()
    answer = ask(video, "no storage left", engine, kept, embedder=TwoThings())
    best = answer.moments[0]
    assert (best.evidence, best.words) == ("Disk full", ())
    assert answer.by_meaning


def test_a_moment_has_its_picture(video: Path, engine: OcrEngine, kept: Path) -> None:
    moments = ask(video, "disk full", engine, kept).moments
    (first, *_rest) = thumbnails(video, moments, width=320)
    assert first.shape == (180, 320, 3)
    red = (first[..., 0] > 180) & (first[..., 1] < 90)
    assert 100 < red.sum() < 2000
    assert contact_sheet(video, moments).width == 2 * 488 + 8


def test_questions_that_say_nothing_are_refused(video: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_in_video(video, "  ")
    assert str(caught.value) == (
        "the query is empty; expected words that are shown or said in the video"
    )
    with pytest.raises(ConfigError) as caught:
        find_in_video(video, "a", limit=0)
    assert str(caught.value) == "limit is 0; expected 1 or more"
