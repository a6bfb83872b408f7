"""Recordings that are wrong in some way, made on the spot, for the benchmark of bad inputs."""

import os
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import numpy as np

from tests.sounds import JFK, SPEECH, Track, read, silence, tone, write
from tests.videos import screen, steady, turned_clockwise, write_video

Outcome = Literal["read", "refused"]

RNG = np.random.default_rng(5)
EIGHT_K = (7680, 4320)
LINES = ("Inbox of Dana", "Disk almost full")
QUERY = "disk almost full"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadFile:
    """One way for a recording to be wrong, and what is right to do with it."""

    name: str
    make: Callable[[Path], Path]
    """Makes it in a folder."""
    heard: Outcome
    """By `audio transcribe`."""
    seen: Outcome
    """By `video find`."""
    is_locked: bool = False
    """Whether it lies there for another user only."""
    is_disk_full: bool = False
    """Whether there is no room for what is kept."""


def _empty(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.write_bytes(b"")
    return path


def _text(folder: Path) -> Path:
    path = folder / "diary.mp4"
    path.write_text("Dear diary, this is no film.\n" * 50, encoding="utf-8")
    return path


def _noise(folder: Path) -> Path:
    path = folder / "noise.mp4"
    path.write_bytes(RNG.integers(0, 256, 200_000, dtype=np.uint8).tobytes())
    return path


def _film(path: Path, *, seconds: float = 6.0, sound: bool = True) -> Path:
    """Write a screencast with speech; its index lies at the end of an mp4."""
    options = {}
    if path.name.startswith("fragments"):
        options = {"movflags": "frag_keyframe+empty_moov"}
    elif path.name.startswith("fast"):
        options = {"movflags": "+faststart"}
    speech = np.clip(read(JFK)[0], -1, 1)
    with av.open(str(path), "w", options=options) as container:
        pictures = container.add_stream("libx264", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 640, 360, "yuv420p"
        pictures.gop_size = 10
        track = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        shown = [(0.0, screen(LINES[0])), (1.0, screen(*LINES))]
        done = 0
        for at_s, picture in steady(shown, seconds):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(pictures.encode(frame))
            # Side by side, as players need them: a cut loses the end of both.
            while isinstance(track, av.AudioStream) and done < at_s * 16_000:
                block = np.ascontiguousarray(speech[done : done + 1024])[np.newaxis]
                one = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                one.sample_rate, one.pts = 16_000, done
                container.mux(track.encode(one))
                done += block.shape[1]
        container.mux(pictures.encode(None))
        if isinstance(track, av.AudioStream):
            container.mux(track.encode(None))
    return path


def _cut(path: Path, share: float = 0.6) -> Path:
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * share)])
    return path


def _no_pictures_in_track(folder: Path) -> Path:
    path = folder / "nothing.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        container.start_encoding()
    return path


def _no_samples(folder: Path) -> Path:
    path = folder / "nothing.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    return path


def _eight_k(folder: Path) -> Path:
    picture = screen(*LINES, size=EIGHT_K)
    return write_video(folder / "8k.mp4", [(0.0, picture), (1.0, picture)], size=EIGHT_K)


def _variable_rate(folder: Path) -> Path:
    shown = [(0.0, screen(LINES[0])), (0.04, screen(LINES[0])), (31.7, screen(*LINES))]
    return write_video(folder / "variable.mkv", [*shown, (95.0, screen())], sound_s=1.0)


def _turned(folder: Path) -> Path:
    shown = [(0.0, np.rot90(screen(*LINES, size=(360, 640))))]
    return turned_clockwise(write_video(folder / "turned.mp4", list(steady(shown, 2.0))))


def _antiphase(folder: Path) -> Path:
    one = read(JFK)[0]
    return write(folder / "antiphase.wav", Track(channels=np.stack([one, -one]), layout="stereo"))


def _mp3(path: Path) -> Path:
    return write(path, Track(channels=read(JFK)[0][None], codec="libmp3lame"))


def _junk_inside(folder: Path) -> Path:
    path = _mp3(folder / "scratched.mp3")
    content = path.read_bytes()
    junk = RNG.integers(0, 256, 20_000, dtype=np.uint8).tobytes()
    path.write_bytes(content[: len(content) // 2] + junk + content[len(content) // 2 :])
    return path


def _junk_in_film(folder: Path) -> Path:
    path = _film(folder / "scratched.mkv")
    content = bytearray(path.read_bytes())
    at = len(content) // 2
    content[at : at + 3000] = RNG.integers(0, 256, 3000, dtype=np.uint8).tobytes()
    path.write_bytes(bytes(content))
    return path


def _with_cover(folder: Path) -> Path:
    plain, path = _mp3(folder / "plain.mp3"), folder / "cover.mp3"
    with av.open(str(plain)) as source, av.open(str(path), "w") as container:
        track = container.add_stream_from_template(source.streams.audio[0])
        cover = container.add_stream("mjpeg")
        cover.width, cover.height, cover.pix_fmt = 640, 360, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(screen("Greatest hits"), format="rgb24")
        container.mux(cover.encode(picture))
        container.mux(cover.encode(None))
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = track
                container.mux(packet)
    plain.unlink()
    return path


def _pipe(folder: Path) -> Path:
    path = folder / "pipe.mp4"
    os.mkfifo(path)
    return path


def _folder(folder: Path) -> Path:
    path = folder / "recordings"
    path.mkdir()
    return path


def _playlist(folder: Path) -> Path:
    path = folder / "list.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n", encoding="utf-8")
    return path


def _strange_name(folder: Path) -> Path:
    path = folder / os.fsdecode(b"two\nlines \x1b[31m and \xff.mp4")
    path.write_text("no film", encoding="utf-8")
    return path


def _loop(folder: Path) -> Path:
    path = folder / "loop.mp4"
    path.symlink_to(path)
    return path


def _private(folder: Path) -> Path:
    path = _film(folder / "private.mp4", seconds=2)
    path.chmod(0)
    return path


def _sound(name: str, channels: np.ndarray, **kind: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        return write(folder / name, Track(channels=np.atleast_2d(channels), **kind))  # type: ignore[arg-type]  # from the table

    return make


def bad_files() -> tuple[BadFile, ...]:
    """Return all of them."""
    speech = read(SPEECH / "jfk.flac")[0]
    ok: Outcome = "read"
    no: Outcome = "refused"
    rows: tuple[tuple[str, Callable[[Path], Path], Outcome, Outcome], ...] = (
        ("empty file", _empty, no, no),
        ("text called .mp4", _text, no, no),
        ("random bytes called .mp4", _noise, no, no),
        ("mp4 cut off, its index missing", lambda at: _cut(_film(at / "cut.mp4")), no, no),
        ("mp4 with its index first, cut off", lambda at: _cut(_film(at / "fast.mp4")), ok, ok),
        ("mp4 in fragments, cut off", lambda at: _cut(_film(at / "fragments.mp4")), ok, ok),
        ("mkv with junk inside", _junk_in_film, ok, ok),
        ("mp4 without sound", lambda at: _film(at / "silent.mp4", sound=False), no, ok),
        ("m4a, sound only", _sound("a.m4a", speech, codec="aac"), ok, no),
        ("8 kHz mono", _sound("a.wav", speech[::2], rate_hz=8000), ok, no),
        ("7.1", _sound("a.mka", np.tile(speech, (8, 1)), layout="7.1", codec="aac"), ok, no),
        ("both channels cancel each other out", _antiphase, ok, no),
        ("mp3 with 20 kB of junk inside", _junk_inside, ok, no),
        ("mp3 with a cover", _with_cover, ok, no),
        ("wav without a sample", _no_samples, ok, no),
        ("50 ms of sound", _sound("a.wav", tone(0.05)), ok, no),
        ("silence", _sound("a.wav", silence(10.0)), ok, no),
        ("one picture", lambda at: write_video(at / "a.mp4", [(0, screen(*LINES))]), no, ok),
        ("a track without a picture", _no_pictures_in_track, no, no),
        ("variable rate, a frame in 30 s", _variable_rate, ok, ok),
        ("turned by 90 degrees", _turned, no, ok),
        ("7680 x 4320", _eight_k, no, ok),
        ("no such file", lambda at: at / "none.mp4", no, no),
        ("a folder", _folder, no, no),
        ("a pipe", _pipe, no, no),
        ("a device", lambda _at: Path("/dev/zero"), no, no),
        ("a link to itself", _loop, no, no),
        ("a name of two lines, not UTF-8", _strange_name, no, no),
        ("a playlist of an address", _playlist, no, no),
    )
    return (
        *(BadFile(name=name, make=make, heard=ear, seen=eye) for name, make, ear, eye in rows),
        BadFile(
            name="may not be read", make=_private, heard="refused", seen="refused", is_locked=True
        ),
        BadFile(
            name="no room for what is kept",
            make=lambda at: _film(at / "film.mp4"),
            heard="read",
            seen="read",
            is_disk_full=True,
        ),
    )
