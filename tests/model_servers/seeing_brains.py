"""What a GUI model answers: it finds colours in the picture it was really sent, and nothing else.

Deeds are in the words of no format; each server says them in its own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from deskhand.tools.models.calibrate import COLOURS

TOLERANCE = 60
"""Sum over red, green and blue; pictures are drawn at other sizes, which blends edges."""
MIN_PIXELS = 40
SQUARE = re.compile(r"the (\w+) square")
"""As a calibration asks, in whatever words of a family or a format stand before it."""


@dataclass(frozen=True)
class Deed:
    """What the model wants done, in pixels of the picture it was sent."""

    kind: str
    """click, type, wait or done."""
    x: int = 0
    y: int = 0
    text: str = ""
    checks: tuple[str, ...] = ()
    """Safety checks that come with it."""


SeeingBrain = Callable[[str, Image.Image], Deed]
"""From a prompt's text and its last picture to a deed."""


def middle_of(picture: Image.Image, colour: tuple[int, int, int]) -> tuple[int, int] | None:
    """Return where a colour is, None if it is not there."""
    off = np.abs(np.asarray(picture.convert("RGB")).astype(int) - colour).sum(axis=2)
    rows, columns = np.nonzero(off < TOLERANCE)
    if len(rows) < MIN_PIXELS:
        return None
    return int(columns.min() + columns.max() + 1) // 2, int(rows.min() + rows.max() + 1) // 2


def fill_in_colours(text: str, *, checks: tuple[str, ...] = ()) -> SeeingBrain:
    """Point at the squares of a calibration; else fill in and save `tests/apps/colour_form.py`.

    Args:
        text: What is typed.
        checks: Come with the press of Save.
    """

    def think(prompt: str, picture: Image.Image) -> Deed:
        square = SQUARE.search(prompt)
        if square is not None:
            found = middle_of(picture, COLOURS[square[1]])
            return Deed("wait") if found is None else Deed("click", *found)
        seen = {name: middle_of(picture, colour) for name, colour in COLOURS.items()}
        if seen["green"] is not None:
            return Deed("done", text="It says that it is saved.")
        if seen["purple"] is not None and seen["red"] is not None:
            return Deed("click", *seen["red"], checks=checks)
        if seen["blue"] is not None:
            return Deed("type", text=text)
        return Deed("wait") if seen["orange"] is None else Deed("click", *seen["orange"])

    return think


def halved(brain: SeeingBrain) -> SeeingBrain:
    """Answer as behind a server that halves what it is sent: in pixels of the half picture."""

    def think(prompt: str, picture: Image.Image) -> Deed:
        half = picture.resize((picture.width // 2, picture.height // 2))
        return brain(prompt, half)

    return think
