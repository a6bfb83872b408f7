"""The colour of a thing, as people name it, told from its pixels against what surrounds it.

What counts is the share of the pixels that differ from the ground around the thing: a blue button
is blue also with a white text on it, and a red sign on a white ground is red. Hues are HSV's, in
degrees; the limits were set on the tuning half of `benchmarks/find_elements.py`.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..desktop.capture import Pixels
from ..desktop.geometry import Box

Colour = Literal[
    "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown", "black", "grey",
    "white",
]  # fmt: skip
COLOURS: tuple[Colour, ...] = get_args(Colour)
COLOUR_WORDS: dict[str, Colour] = {colour: colour for colour in COLOURS} | {
    "gray": "grey", "violet": "purple", "magenta": "pink", "turquoise": "cyan", "teal": "cyan",
    "golden": "yellow", "gold": "yellow",
}  # fmt: skip

MIN_CHROMA, MIN_SATURATION = 36, 0.12
"""Largest less smallest channel, and as a share of the largest: with less, antialiasing and warm
greys would have a hue."""
MIN_DEEP_CHROMA, MIN_DEEP_SATURATION = 26, 0.35
"""Dark colours have less of it."""
DARK, LIGHT = 80, 232
"""Brightest channel: below is black, above (without a hue) is white."""
BROWN_MAX = 165
"""An orange this dark is brown."""
HUES: tuple[tuple[float, Colour], ...] = (
    (14, "red"), (42, "orange"), (68, "yellow"), (168, "green"), (193, "cyan"), (256, "blue"),
    (296, "purple"), (340, "pink"), (361, "red"),
)  # fmt: skip
"""Where each ends."""
NEIGHBOURS: tuple[tuple[Colour, Colour], ...] = (
    ("red", "pink"), ("orange", "brown"), ("orange", "yellow"), ("cyan", "blue"),
    ("purple", "pink"), ("black", "grey"), ("grey", "white"),
)  # fmt: skip
"""What some call so too."""
NEIGHBOUR_SHARE = 0.4

RIM_PX = 4
GROUND_STEP = 24
"""A channel that differs by so much from the ground is no ground."""
MIN_PIXELS = 12
CLEAR_SHARE = 0.22
"""Of the coloured pixels of a thing: it has that colour. Icons have outlines in other colours."""
TRACE_SHARE = 0.08
"""With less of it, it does not have it."""


def share_of(colour: Colour, pixels: Pixels, box: Box) -> float | None:
    """Return the share of a thing's own pixels that have a colour, None if it has none of its own.

    Args:
        colour: Which.
        pixels: The picture.
        box: Where the thing is.
    """
    shares = shares_in(pixels, box)
    if shares is None:
        return None
    own = shares[colour]
    for first, second in NEIGHBOURS:
        if colour in (first, second):
            own += NEIGHBOUR_SHARE * shares[second if colour == first else first]
    return min(1.0, own)


def shares_in(pixels: Pixels, box: Box) -> dict[Colour, float] | None:
    """Return the share of each colour among a thing's own pixels, None if it has hardly any."""
    height, width = pixels.shape[:2]
    inside = box.intersect(Box.of_size(width, height))
    around = box.inflate(RIM_PX).intersect(Box.of_size(width, height))
    if inside is None or around is None:
        return None
    part = pixels[around.top : around.bottom, around.left : around.right].astype(np.int16)
    is_rim = np.ones(part.shape[:2], np.bool_)
    is_rim[
        inside.top - around.top : inside.bottom - around.top,
        inside.left - around.left : inside.right - around.left,
    ] = False
    if not is_rim.any():
        return None
    ground = np.median(part[is_rim], axis=0)
    own = part[~is_rim]
    own = own[np.abs(own - ground).max(axis=1) > GROUND_STEP]
    if len(own) < MIN_PIXELS:
        return None
    named = _named(own.astype(np.uint8))
    return {colour: float((named == place).mean()) for place, colour in enumerate(COLOURS)}


def main_colour(pixels: Pixels, box: Box) -> Colour | None:
    """Return what a person would call a thing's colour first; a hue wins over black and white."""
    shares = shares_in(pixels, box)
    if shares is None:
        return None
    hued = {colour: share for colour, share in shares.items() if colour in COLOURS[:9]}
    best = max(hued, key=lambda colour: hued[colour])
    if hued[best] >= CLEAR_SHARE:
        return best
    return max(shares, key=lambda colour: shares[colour])


def _named(own: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return for each pixel, RGB in rows, the place of its colour in `COLOURS`."""
    most = own.max(axis=1).astype(np.int64)
    chroma = most - own.min(axis=1)
    hue = _hues(own.astype(np.float64), most, chroma)
    ends = np.array([end for end, _ in HUES])
    names = np.array([COLOURS.index(colour) for _, colour in HUES])
    named = names[np.searchsorted(ends, hue, side="right")]
    is_brown = (named == COLOURS.index("orange")) & (most <= BROWN_MAX)
    named = np.where(is_brown, COLOURS.index("brown"), named)
    plain = np.where(
        most < DARK,
        COLOURS.index("black"),
        np.where(most > LIGHT, COLOURS.index("white"), COLOURS.index("grey")),
    )
    saturation = chroma / np.maximum(most, 1)
    has_hue = ((chroma >= MIN_CHROMA) & (saturation >= MIN_SATURATION)) | (
        (chroma >= MIN_DEEP_CHROMA) & (saturation >= MIN_DEEP_SATURATION)
    )
    return np.asarray(np.where(has_hue, named, plain), np.int64)


def _hues(
    own: NDArray[np.float64], most: NDArray[np.int64], chroma: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the hue of each pixel in degrees, 0 where it has none."""
    red, green, blue = own.T
    span = np.maximum(chroma, 1)
    sixths = np.select(
        [red == most, green == most],
        [(green - blue) / span % 6, (blue - red) / span + 2],
        (red - green) / span + 4,
    )
    return np.where(chroma > 0, sixths * 60, 0.0)
