"""Times the OCR of computer-control-mcp on pictures; runs in a virtual environment of its own.

usage: PYTHON-OF-ITS-VENV peer_ocr.py PICTURE...   (needs a display: the package asks for windows)

Its real tool function is called with its defaults. Only where the pixels come from is replaced, and
its engine is wrapped to be timed. The font that its engine fetches from the network, to draw
results which nobody asks for, is left out. Prints one JSON line a picture.
"""

import contextlib
import json
import os
import sys
import time
from typing import Any

with contextlib.redirect_stdout(sys.stderr):
    # The package is only there in its own environment.
    from computer_control_mcp import core  # type: ignore[import-not-found,unused-ignore]
    from PIL import Image
    from rapidocr.utils.vis_res import VisRes

MAX_WARM_UP_PX = 200


class TimedEngine:
    """Calls the package's engine and keeps what it found and how long it took."""

    def __init__(self, engine: Any) -> None:  # Any: the package has no types
        self._engine = engine
        self.texts: list[tuple[str, list[list[float]]]] = []
        self.wall_s = self.cpu_s = 0.0

    def __call__(self, image: Any) -> Any:  # Any: as above
        """Return what the engine gives for an image."""
        wall, cpu = time.perf_counter(), time.process_time()
        output = self._engine(image)
        self.wall_s, self.cpu_s = time.perf_counter() - wall, time.process_time() - cpu
        boxes = [] if output.boxes is None else output.boxes
        self.texts = [
            (text, box.tolist()) for box, text in zip(boxes, output.txts or (), strict=True)
        ]
        return output


def main() -> int:
    """Print what each picture's OCR gave, one JSON object a line."""
    # Another release of the package is what the types are checked with.
    VisRes.get_font_path = lambda *_: ""  # type: ignore[attr-defined,unused-ignore]
    engine = core.engine = TimedEngine(core.engine)
    for number, path in enumerate([sys.argv[1], *sys.argv[1:]]):
        picture = Image.open(path).convert("RGB")
        if number == 0:
            picture = picture.crop((0, 0, MAX_WARM_UP_PX, MAX_WARM_UP_PX))
        core._mss_screenshot = lambda region=None, picture=picture: picture
        engine.texts, engine.wall_s, engine.cpu_s = [], 0.0, 0.0
        wall = time.perf_counter()
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                answer = core.take_screenshot_with_ocr()
        if engine.wall_s == 0.0:
            print(f"the tool did not reach its engine: {answer[:300]}", file=sys.stderr)
            return 1
        if number:
            record = {
                "path": path, "texts": engine.texts, "wall_s": engine.wall_s,
                "cpu_s": engine.cpu_s, "call_s": time.perf_counter() - wall,
            }  # fmt: skip
            print(json.dumps(record), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
