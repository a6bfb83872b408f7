"""Screens drawn for the memory's tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deskhand.memory.records import NewScreen

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
FONT_PX = 18


def draw(
    lines: Sequence[str],
    *,
    size_wh: tuple[int, int] = (640, 400),
    is_dark: bool = False,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Draw lines of text, with some boxes that a seed places."""
    paper, ink = ((28, 28, 32), (230, 230, 230)) if is_dark else ((250, 250, 250), (20, 20, 20))
    image = Image.new("RGB", size_wh, paper)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(FONT_PX)
    random = np.random.default_rng(seed)
    for _ in range(25 if seed else 0):
        x, y = int(random.integers(0, size_wh[0] - 60)), int(random.integers(0, size_wh[1] - 40))
        wide, tall = int(random.integers(20, 60)), int(random.integers(10, 40))
        pen.rectangle((x, y, x + wide, y + tall), outline=ink, width=2)
    for row, line in enumerate(lines):
        pen.text((20, 20 + row * 26), line, font=font, fill=ink)
    return np.asarray(image)


def screen(*lines: str, minutes: float = 0, seed: int = 0, **more: object) -> NewScreen:
    """Make a screen that shows its lines, so many minutes after noon."""
    return NewScreen(
        pixels=draw(lines, seed=seed),
        lines=lines,
        time=NOON + timedelta(minutes=minutes),
        **more,  # type: ignore[arg-type]  # app, window, tags and source
    )
