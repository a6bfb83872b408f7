"""What was shown becomes a video; what goes wrong is said, and nothing is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from deskhand.memory.errors import ConfigError, DisplayError
from deskhand.tools.desktop.capture import Pixels
from deskhand.tools.media.frames import open_video
from deskhand.tools.media.recording import Recorder
from deskhand.tools.perception.ocr import load_ocr
from tests.videos import screen


class Shown:
    """A screen whose picture is set by the test; a look can be waited for."""

    def __init__(self, picture: Pixels) -> None:
        self.picture = picture
        self.error: Exception | None = None
        self._looked = threading.Condition()
        self._looks = 0

    @contextmanager
    def open(self) -> Iterator[Callable[[], Pixels]]:
        yield self._grab

    def show(self, picture: Pixels) -> None:
        """Show a picture until it was seen."""
        self.picture = picture
        with self._looked:
            seen = self._looks
            assert self._looked.wait_for(lambda: self._looks >= seen + 2, timeout=20)

    def _grab(self) -> Pixels:
        if self.error is not None:
            raise self.error
        with self._looked:
            self._looks += 1
            self._looked.notify_all()
        return self.picture


def frames(path: Path) -> list[tuple[float, Pixels]]:
    with open_video(path) as video:
        return [(frame.time_s, frame.rgb()) for frame in video.frames()]


def test_what_was_shown_is_there_and_can_be_read(tmp_path: Path) -> None:
    shown = Shown(screen("first page", size=(641, 361)))
    with Recorder(tmp_path / "a.mp4", shown.open, fps=30) as recorder:
        shown.show(screen("second page", size=(641, 361)))
        shown.show(screen("third page 4711", size=(641, 361)))
    recording = recorder.stop()
    assert recording.size_wh == (642, 362)
    assert recording.ended == "stopped"
    assert recording.n_bytes == (tmp_path / "a.mp4").stat().st_size
    seen = frames(tmp_path / "a.mp4")
    assert len(seen) == recording.frames == 4  # three pages, and the last one at the end
    times = [at_s for at_s, _ in seen]
    assert times == sorted(set(times))
    assert times[-1] == pytest.approx(recording.duration_s, abs=0.002)
    texts = [" ".join(line.text for line in load_ocr().read(picture)) for _, picture in seen]
    assert texts == ["first page", "second page", "third page 4711", "third page 4711"]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "a.mp4"]


def test_a_recording_that_is_not_ended_plays(tmp_path: Path) -> None:
    shown = Shown(screen("first page"))
    recorder = Recorder(tmp_path / "a.mp4", shown.open, fps=30).start()
    deadline = time.monotonic() + 60
    copy = tmp_path / "as a kill would leave it.mp4"
    while True:
        copy.write_bytes((tmp_path / "a.mp4").read_bytes())
        if copy.stat().st_size > 2000 and len(frames(copy)) >= 1:
            break
        assert time.monotonic() < deadline
        shown.show(screen(f"page at {time.monotonic()}"))
    recorder.stop()


def test_it_ends_by_itself(tmp_path: Path) -> None:
    shown = Shown(screen("a page"))
    recorder = Recorder(tmp_path / "a.mp4", shown.open, fps=30, max_s=0.2).start()
    assert recorder.wait(60)
    assert recorder.stop().ended == "time"
    rng = np.random.default_rng(1)
    large = Recorder(tmp_path / "b.mp4", shown.open, fps=60, max_bytes=100_000).start()
    while not large.wait(0):
        shown.picture = rng.integers(0, 255, (360, 640, 3), dtype=np.uint8)
    assert large.stop().ended == "size"


def test_a_screen_that_goes_away_leaves_what_was_seen(tmp_path: Path) -> None:
    shown = Shown(screen("a page"))
    recorder = Recorder(tmp_path / "a.mp4", shown.open, fps=30).start()
    shown.error = DisplayError("the display is gone")
    assert recorder.wait(60)
    recording = recorder.stop()
    assert (recording.ended, recording.why) == ("failed", "the display is gone")
    assert len(frames(tmp_path / "a.mp4")) == recording.frames == 2


def test_without_a_screen_no_file_is_left(tmp_path: Path) -> None:
    shown = Shown(screen("a page"))
    shown.error = DisplayError("no screen")
    with pytest.raises(DisplayError, match="no screen"):
        Recorder(tmp_path / "a.mp4", shown.open).start()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    shown = Shown(screen("a page"))
    path = tmp_path / "a.mp4"
    path.write_bytes(b"mine")
    with pytest.raises(ConfigError, match=r"a\.mp4 is there already; name another file"):
        Recorder(path, shown.open)
    assert path.read_bytes() == b"mine"
    with Recorder(path, shown.open, overwrite=True):
        pass
    assert frames(path)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.avi", {}, r"'.*a\.avi' is no name of a recording; expected one with \.mp4"),
        ("a.mp4", {"fps": 0.0}, r"fps is 0\.0; expected more than 0 and at most 60"),
        ("a.mp4", {"max_s": -1.0}, r"the length is -1\.0 s; expected more than 0"),
        ("none/a.mp4", {}, r"cannot write .*a\.mp4: No such file or directory"),
    ],
)
def test_what_cannot_be_recorded(
    tmp_path: Path, name: str, options: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        Recorder(tmp_path / name, Shown(screen("x")).open, **options)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
