"""Records the display of the environment as `deskhand record` does; prints when it began.

    recording.py WIDTHxHEIGHT SECONDS FILE

A process of its own, so that what it costs and how it is scheduled is apart from what it records.
"""

import sys
from pathlib import Path

from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.mss_grab import grab_at
from deskhand.tools.desktop.sandbox import parse_size
from deskhand.tools.media.recording import Recorder


def record(size_wh: tuple[int, int], seconds: float, path: Path) -> None:
    """Record, and print the monotonic time of the first picture."""
    region = Box.of_size(*size_wh)
    with Recorder(path, grab_at(region), max_s=seconds, overwrite=True) as recorder:
        print(recorder.began, flush=True)
        while not recorder.wait(1.0):
            pass


if __name__ == "__main__":
    record(parse_size(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
