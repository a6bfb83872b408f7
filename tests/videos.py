"""Videos of texts at known times, for the tests of tools/media."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SIZE = (640, 360)
Picture = NDArray[np.uint8]
Shown = tuple[float, Picture]
"""When a picture appears, and the picture."""


def screen(*lines: str, size: tuple[int, int] = SIZE) -> Picture:
    """Return a light screen with some lines of text."""
    picture = Image.new("RGB", size, (245, 245, 245))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=24)
    for index, line in enumerate(lines):
        draw.text((30, 30 + 50 * index), line, fill=(20, 20, 20), font=font)
    return np.asarray(picture)


def plain(shade: int, size: tuple[int, int] = SIZE) -> Picture:
    return np.full((size[1], size[0], 3), shade, dtype=np.uint8)


def steady(shown: Sequence[Shown], until_s: float, *, rate: int = 10) -> Iterator[Shown]:
    """Yield frames at a constant rate: at each time, the last picture that has appeared."""
    for index in range(round(until_s * rate)):
        at_s = index / rate
        yield at_s, [picture for time_s, picture in shown if time_s <= at_s + 1e-9][-1]


def write_video(
    path: Path,
    shown: Sequence[Shown] | Iterator[Shown],
    *,
    size: tuple[int, int] = SIZE,
    gop: int = 250,
    sound_s: float | None = None,
    starts_s: float = 0.0,
) -> Path:
    """Write a video of pictures at their very times, in H.264, with a silent track if asked."""
    options = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=1000)
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size = "yuv420p", gop
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.options = {"preset": "ultrafast", "crf": "20", "x264-params": "scenecut=0"}
        sound: av.AudioStream | None = None
        if sound_s is not None:
            sound = container.add_stream("aac", rate=16000, layout="mono")
        for at_s, picture in shown:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round((starts_s + at_s) * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and sound_s is not None:
            for start in range(0, round(sound_s * 16000), 1024):
                silence = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
                )
                silence.sample_rate, silence.pts = 16000, start
                container.mux(sound.encode(silence))
            container.mux(sound.encode(None))
    return path


def with_sound(pictures: Path, sound: Path, path: Path) -> Path:
    """Put the tracks of two files into one."""
    with (
        av.open(str(pictures)) as seen,
        av.open(str(sound)) as heard,
        av.open(str(path), "w") as container,
    ):
        # All tracks before the first packet: with it the head of the file is written.
        tracks = [
            (one, container.add_stream_from_template(one.streams[0])) for one in (seen, heard)
        ]
        for source, track in tracks:
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = track
                    container.mux(packet)
    return path


def turned_clockwise(path: Path) -> Path:
    """Mark an mp4 as filmed with the phone upright: to be shown a quarter turn clockwise.

    The matrix of the track header (ISO 14496-12) takes (x, y) to (ax + cy, bx + dy).
    """
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    one = 1 << 16
    for index, value in enumerate((0, one, 0, -one, 0, 0)):
        place = at + 4 * index
        content[place : place + 4] = value.to_bytes(4, "big", signed=True)
    path.write_bytes(bytes(content))
    return path
