"""Whether screens are found by their looks alone: smaller, in another theme, parts of them.

    nice .venv/bin/python benchmarks/memory_looks.py

Drawn screens of five kinds in the same fonts: pages of text, tables, forms, terminals, cards. Each
way of asking says how many of the asked for screens came first, and how often something was found
that is not kept at all.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deskhand.memory.records import NewScreen, Query
from deskhand.memory.screens import VisualMemory

Picture = NDArray[np.uint8]
SIZE = (1280, 720)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LIGHT = ((250, 250, 250), (20, 20, 20), (30, 90, 200))
DARK = ((30, 30, 34), (230, 230, 230), (90, 150, 255))
ABSENT = 100_000
"""Seeds from here on are of screens that are not kept."""


def draw(seed: int, *, is_dark: bool = False) -> Picture:
    """Draw a screen; the seed decides all but the theme."""
    chance = random.Random(seed)
    paper, ink, bar = DARK if is_dark else LIGHT
    image = Image.new("RGB", SIZE, paper)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(chance.choice([13, 14, 16]))

    def words(count: int) -> str:
        several = ("".join(chance.choices(LETTERS, k=chance.randint(2, 10))) for _ in range(count))
        return " ".join(
            w if chance.random() < 0.8 else f"{chance.randint(1, 9999):,}" for w in several
        )

    kind = chance.choice(["page", "table", "form", "terminal", "cards"])
    pen.rectangle((0, 0, SIZE[0], 34), fill=bar)
    pen.text((10, 8), words(4), font=font, fill=(255, 255, 255))
    step, left, count = {
        "page": (22, 200, 11), "table": (24, 30, 2), "form": (48, 60, 2),
        "terminal": (18, 8, 12), "cards": (180, 40, 3),
    }[kind]  # fmt: skip
    for y in range(60, SIZE[1] - 30, step):
        across = range(left, SIZE[0] - 150, 180) if kind == "table" else (left,)
        for x in across:
            pen.text((x, y), words(count), font=font, fill=ink)
        if kind == "table":
            pen.line((20, y - 3, SIZE[0] - 20, y - 3), fill=(128, 128, 128))
        elif kind == "form":
            pen.rectangle((300, y - 6, 300 + chance.randint(200, 700), y + 24), outline=ink)
            pen.text((310, y), words(3), font=font, fill=ink)
        elif kind == "cards":
            for _ in range(12):
                x = chance.randint(40, SIZE[0] - 120)
                top = chance.randint(y + 20, y + 110)
                colour = tuple(chance.randint(0, 255) for _ in range(3))
                pen.ellipse((x, top, x + chance.randint(10, 80), top + 40), fill=colour)
    return np.asarray(image)


def part(picture: Picture, wide: int, tall: int, seed: int) -> Picture:
    """Cut a part out below the bar, anywhere."""
    chance = random.Random(seed)
    x, y = chance.randint(0, SIZE[0] - wide), chance.randint(40, SIZE[1] - tall)
    return np.ascontiguousarray(picture[y : y + tall, x : x + wide])


def sized(picture: Picture, scale: float) -> Picture:
    """Return a picture in another size."""
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=way)
    return np.asarray(resized, dtype=np.uint8)


def compressed(picture: Picture) -> Picture:
    """Return a picture after a poor JPEG."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


WAYS: dict[str, Callable[[int], Picture]] = {
    "the same": draw,
    "half the size": lambda seed: sized(draw(seed), 0.5),
    "the dark theme": lambda seed: draw(seed, is_dark=True),
    "600 x 400 of it": lambda seed: part(draw(seed), 600, 400, seed),
    "  at 0.7": lambda seed: sized(part(draw(seed), 600, 400, seed), 0.7),
    "  at 1.5": lambda seed: sized(part(draw(seed), 600, 400, seed), 1.5),
    "  in the dark theme": lambda seed: part(draw(seed, is_dark=True), 600, 400, seed),
    "  after a poor JPEG": lambda seed: compressed(part(draw(seed), 600, 400, seed)),
    "400 x 300 of it": lambda seed: part(draw(seed), 400, 300, seed),
    "200 x 150 of it": lambda seed: part(draw(seed), 200, 150, seed),
}


def main() -> int:
    """Print a row a way of asking."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--screens", type=int, default=100)
    options.add_argument("--asked", type=int, default=25)
    given = options.parse_args()
    step = max(1, given.screens // given.asked)
    with tempfile.TemporaryDirectory() as folder, VisualMemory.open(Path(folder)) as memory:
        ids: dict[int, str] = {}
        for seed in range(given.screens):
            new = NewScreen(pixels=draw(seed), lines=(f"screen {seed}",), time=datetime.now(UTC))
            ids[seed] = memory.add(new).id
        asked = list(ids)[::step][: given.asked]
        for name, way in WAYS.items():
            started = time.process_time()
            hits = [memory.search(Query(image=way(seed))) for seed in asked]
            cpu_ms = (time.process_time() - started) / len(asked) * 1000
            right = sum(
                bool(each) and each[0].record.id == ids[seed]
                for each, seed in zip(hits, asked, strict=True)
            )
            none = sum(not each for each in hits)
            absent = sum(bool(memory.search(Query(image=way(ABSENT + seed)))) for seed in asked)
            print(
                f"{name:20} first {right:3} of {len(asked)}, nothing found {none:3}; "
                f"of strangers found {absent:3}; {cpu_ms:5.0f} ms CPU"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
