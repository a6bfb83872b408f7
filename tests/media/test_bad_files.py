"""Files that are wrong in all ways: the line each gets, the exit code, and nothing left behind."""

import io
import os
import re
import resource
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from deskhand.agent.cli import main
from deskhand.tools.media import transcribe as transcribe_module
from deskhand.tools.media import windows as windows_module
from deskhand.tools.media.video_cache import keep_private

# The other tests' parts are no package; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).parent.parent.parent))

from tests.sounds import JFK, KnownWords, Track, read, silence, tone, write

RNG = np.random.default_rng(5)


def empty(folder: Path) -> Path:
    path = folder / "empty.wav"
    path.write_bytes(b"")
    return path


def renamed_text(folder: Path) -> Path:
    path = folder / "notes.mp4"
    path.write_text("Dear diary, this is no film.\n" * 50, encoding="utf-8")
    return path


def random_bytes(folder: Path) -> Path:
    path = folder / "noise.wav"
    path.write_bytes(RNG.integers(0, 256, 50_000, dtype=np.uint8).tobytes())
    return path


def speech(folder: Path, name: str, codec: str, **more: object) -> Path:
    sound, _condition = read(JFK)
    return write(folder / name, Track(channels=sound[None], codec=codec))


def truncated(folder: Path) -> Path:
    path = speech(folder, "cut.mp3", "libmp3lame")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def without_index(folder: Path) -> Path:
    path = write(folder / "cut.mp4", Track(channels=tone(3.0)[None], codec="aac"), picture_s=3)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def silent_film(folder: Path) -> Path:
    return write(folder / "film.mp4", picture_s=1)


def no_samples(folder: Path) -> Path:
    path = folder / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    return path


def junk_inside(folder: Path) -> Path:
    path = speech(folder, "scratched.mp3", "libmp3lame")
    content = path.read_bytes()
    junk = RNG.integers(0, 256, 5000, dtype=np.uint8).tobytes()
    path.write_bytes(content[: len(content) // 2] + junk + content[len(content) // 2 :])
    return path


def all_junk(folder: Path) -> Path:
    """Return a file whose head is right and whose packets are all junk."""
    path = speech(folder, "hopeless.flac", "flac")
    content = bytearray(path.read_bytes())
    head = 200  # the stream's description, before the first frame
    content[head:] = RNG.integers(0, 256, len(content) - head, dtype=np.uint8).tobytes()
    path.write_bytes(bytes(content))
    return path


def a_folder(folder: Path) -> Path:
    path = folder / "recordings"
    path.mkdir()
    return path


def a_pipe(folder: Path) -> Path:
    path = folder / "pipe.wav"
    os.mkfifo(path)
    return path


def sound_of(name: str, samples: np.ndarray, **kind: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        return write(folder / name, Track(channels=np.atleast_2d(samples), **kind))  # type: ignore[arg-type]  # from the table

    return make


def strange_name(folder: Path) -> Path:
    """Return a file whose name has a line end, an escape code and a byte that is no UTF-8."""
    path = folder / os.fsdecode(b"two\nlines \x1b[31m and \xff.mp4")
    path.write_text("no film", encoding="utf-8")
    return path


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file, and what is said of it."""

    make: Callable[[Path], Path]
    code: int
    says: str
    """Its one line on stderr, `PATH` for the file."""
    has_text: bool = False


DAMAGED = "cannot be read as audio or video; it is cut off, damaged or of another kind"
INVALID = f"{DAMAGED} (Invalid data found when processing input)"
BY = "by known-words on cpu, int8"

CASES = {
    "empty": Case(
        make=empty, code=2, says="error: empty.wav is empty; expected an audio or video file"
    ),
    "text renamed": Case(make=renamed_text, code=2, says=f"error: notes.mp4 {INVALID}"),
    "random bytes": Case(make=random_bytes, code=2, says=f"error: noise.wav {INVALID}"),
    "cut mp4 without its index": Case(make=without_index, code=2, says=f"error: cut.mp4 {INVALID}"),
    "no sound": Case(
        make=silent_film, code=2, says="error: film.mp4 has no sound; it holds video only"
    ),
    "a name of two lines": Case(
        make=strange_name, code=2, says=f"error: two lines  [31m and  .mp4 {INVALID}"
    ),
    "all junk": Case(
        make=all_junk,
        code=2,
        says="error: hopeless.flac is damaged: none of its sound can be decoded",
    ),
    "missing": Case(
        make=lambda folder: folder / "none.mp3", code=2, says="error: there is no file PATH"
    ),
    "a folder": Case(
        make=a_folder, code=2, says="error: PATH is a folder; expected an audio or video file"
    ),
    "a pipe": Case(
        make=a_pipe,
        code=2,
        says="error: PATH is no regular file; expected an audio or video file",
    ),
    "0 s": Case(make=no_samples, code=0, says="no speech in 0.0 s of sound"),
    "50 ms": Case(make=sound_of("a.wav", tone(0.05)), code=0, says="no speech in 0.1 s of sound"),
    "silence": Case(
        make=sound_of("a.wav", silence(10.0)), code=0, says="no speech in 10.0 s of sound"
    ),
    "8 kHz": Case(
        make=sound_of("a.wav", read(JFK)[0][::2], rate_hz=8000),
        code=0,
        says=f"de (90 %), 11.0 s of sound in N s {BY}",
        has_text=True,
    ),
    "5.1": Case(
        make=sound_of("a.wav", np.tile(read(JFK)[0], (6, 1)), layout="5.1"),
        code=0,
        says=f"de (90 %), 11.0 s of sound in N s {BY}",
        has_text=True,
    ),
    "7.1": Case(
        make=sound_of("a.mka", np.tile(read(JFK)[0], (8, 1)), layout="7.1", codec="aac"),
        code=0,
        says=f"de (90 %), 11.0 s of sound in N s {BY}",
        has_text=True,
    ),
    "truncated": Case(
        make=truncated,
        code=0,
        says=f"de (90 %), 5.4 s of sound in N s {BY}\n"
        "the file ends earlier than it says it does: something is missing at its end",
        has_text=True,
    ),
    "junk inside": Case(
        make=junk_inside,
        code=0,
        says=f"de (90 %), 11.0 s of sound in N s {BY}\n"
        "the file is damaged: N pieces of it cannot be decoded",
        has_text=True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_file_gets_its_line_and_leaves_nothing(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case = CASES[name]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.setattr(transcribe_module, "load_speech_model", lambda _name: KnownWords())
    given = tmp_path / "given"
    given.mkdir()
    path = case.make(given)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as left:
        main(["audio", "transcribe", str(path)])
    out, err = capfd.readouterr()
    assert left.value.code == case.code
    assert (out != "") == case.has_text
    said = err.removeprefix("deskhand: ").replace(str(path), "PATH").strip()
    assert blurred(said) == blurred(case.says)
    assert sorted(tmp_path.rglob("*")) == before


def blurred(text: str) -> str:
    """Return text without what differs from run to run: how long it took, and what junk hits."""
    text = re.sub(r" in [\d.]+ s by", " in N s by", text.replace("11.1 s of", "11.0 s of"))
    return re.sub(r"\d+ pieces", "N pieces", text)


def test_a_file_that_may_not_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = speech(tmp_path, "private.flac", "flac")
    opened = Path.open

    # Whoever runs the tests may be root, who may read everything: then the system's answer is told.
    def refuse(self: Path, *args: object, **kwargs: object) -> io.IOBase:
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(self, *args, **kwargs)  # type: ignore[call-overload,no-any-return]  # as given

    path.chmod(0)
    if os.access(path, os.R_OK):
        monkeypatch.setattr(Path, "open", refuse)
        # What typer asks first; it would tell it in a box of its own.
        monkeypatch.setattr(os, "access", lambda *_args, **_kwargs: False)
    with pytest.raises(SystemExit) as left:
        main(["audio", "transcribe", str(path)])
    assert left.value.code == 2
    assert capfd.readouterr() == (
        "", f"deskhand: error: {path} cannot be read: Permission denied\n",
    )  # fmt: skip


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """Let no file become larger: the system refuses it as it does on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_no_work_is_lost_where_there_is_no_room_to_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(windows_module, "WINDOW_S", 4.0)
    path, kept = speech(tmp_path, "a.flac", "flac"), tmp_path / "kept"
    whole = transcribe_module.transcribe(path, model=KnownWords(), finished_in=kept)
    with files_of_at_most(100):
        found = transcribe_module.transcribe(path, model=KnownWords(), finished_in=kept)
    assert found.segments == whole.segments
    assert found.complete
    assert caplog.messages == [f"no progress is kept in {kept}: File too large"]
    assert not kept.exists()


def test_an_index_that_cannot_be_kept_answers_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, kept = tmp_path / "kept" / "a.npy", b"x" * 1000
    with files_of_at_most(100):
        keep_private(path, kept)
    assert caplog.messages == [f"{path} is not kept: File too large"]
    assert list(path.parent.iterdir()) == []
    keep_private(path, kept)
    assert path.read_bytes() == kept
