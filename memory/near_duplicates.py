"""Which screen that is kept already a new one is the same as."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .database import Database
from .errors import MemoryDamaged
from .picture_files import read_picture
from .picture_hashes import distance
from .records import NewScreen
from .screen_rows import Looks, ScreenRows, same_text_key, text_of

SAME_LOOKS = 4
"""Bits of 64: a blinking caret, the pointer, a bit of noise. Text is compared letter by letter."""
WORDY = 12
"""Letters from which the text says what a screen is. Below, its pixels are compared as well."""
TILES = (9, 16)
TILE = 10
SAME_TILE = 3.0
"""Mean difference of gray in a tile of 10 x 10 of 160 x 90 pixels; one new line of text is more."""


def find_same(
    database: Database, rows: ScreenRows, screen: NewScreen, looks: Looks
) -> tuple[int, str] | None:
    """Return number and id of the earlier near-duplicate, the one seen last, None if there is none.

    Texts, application, window and source must be the same to the letter, and the pictures alike.
    """
    candidates = database.connection.execute(
        "SELECT number, id, tones, outlines, width, height FROM screens WHERE same_text = ? "
        "ORDER BY last_seen DESC",
        (same_text_key(screen),),
    ).fetchall()
    height, width = screen.pixels.shape[:2]
    is_wordy = len(text_of(screen)) >= WORDY
    for number, id, tones, outlines, its_width, its_height in candidates:
        is_alike = (
            (its_width, its_height) == (width, height)
            and distance(tones, looks.tones) <= SAME_LOOKS
            and distance(outlines, looks.outlines) <= SAME_LOOKS
        )
        if is_alike and (is_wordy or _same_pixels(rows, id, screen.pixels)):
            return number, id
    return None


def _same_pixels(rows: ScreenRows, id: str, pixels: NDArray[np.uint8]) -> bool:
    try:
        earlier = read_picture(rows.picture(id))
    except MemoryDamaged:
        return False  # then both are kept, and `check` reports the file
    difference = np.abs(_small(earlier) - _small(pixels))
    tall, wide = TILES
    tiles = difference.reshape(tall, TILE, wide, TILE).mean(axis=(1, 3))
    return bool(tiles.max() <= SAME_TILE)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    tall, wide = TILES
    small = cv2.resize(gray, (wide * TILE, tall * TILE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)
