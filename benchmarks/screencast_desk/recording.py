"""Records an X11 display to H.264, ten pictures a second; prints when the first one was taken.

    recording.py DISPLAY WIDTHxHEIGHT SECONDS FILE

A process of its own, so that what it costs and how it is scheduled is apart from what it records.
"""

import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import mss
import numpy as np

from deskhand.tools.desktop.sandbox import parse_size

RATE = 10


def record(display: str, size_wh: tuple[int, int], seconds: float, path: Path) -> None:
    """Record; times of pictures are those at which they were taken."""
    area = {"left": 0, "top": 0, "width": size_wh[0], "height": size_wh[1]}
    with mss.MSS(display=display, with_cursor=True) as screen, av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height = size_wh
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        # As recorders of screens do; a key frame in 25 seconds.
        stream.options = {"preset": "veryfast", "crf": "26"}
        began = time.monotonic()
        print(began, flush=True)
        for number in range(round(seconds * RATE)):
            time.sleep(max(0.0, began + number / RATE - time.monotonic()))
            ticks = round((time.monotonic() - began) * 1000)
            shot = screen.grab(area)
            pixels = np.frombuffer(shot.bgra, np.uint8).reshape(shot.height, shot.width, 4)
            frame = av.VideoFrame.from_ndarray(pixels, format="bgra")
            frame.pts, frame.time_base = ticks, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    record(sys.argv[1], parse_size(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
