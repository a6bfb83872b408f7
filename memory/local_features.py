"""Points of a picture by which a part of it is found again, in another size or theme as well.

ORB (Rublee and others, ICCV 2011) on the outlines of a picture: those are the same in a light and a
dark theme. As many points a cell of a fixed grid, so that a part of a screen has about the points
that the screen has there. The first 20 bits of a descriptor's 256 are its sign: screens that
share signs in the same arrangement are candidates; of those it counts how many points really lie
where one move and one scale put them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .picture_hashes import outlines_of

LONG_SIDE = 1280
"""Larger pictures are shrunk to it; on 4K screens text is large enough."""
CELL = 80
KEPT_A_CELL = 8
ASKED_A_CELL = 12
"""A part is cut anywhere, so its cells lie elsewhere: more points are asked for than are kept."""
EDGE_PX = 6
"""So near to the edge of a picture, at each of its sizes, no point is taken. ORB's own 31 leaves
little of a part of 400 x 300; what lies beyond the edge is taken to mirror what is before it."""
BLUR = 1.5
SIGN_BITS = 20
SIGNS = 1 << SIGN_BITS
TRIED_SCALES = (0.33, 0.5, 0.7, 1.0, 1.4, 2.0)
BIN_PX = 24
MOST_BINS = 1024
SAME_POINT = 60
"""Bits of 256 in which a point may differ from itself in another size or quality."""
OFF_PX = 4.0
SCALES = (0.25, 4.0)
TURN = 0.05
"""Screens are not turned: what only fits so is chance. In radians."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a picture."""

    places: NDArray[np.float32]
    """`(n, 2)`: x and y."""
    descriptors: NDArray[np.uint8]
    """`(n, 32)`."""

    @property
    def signs(self) -> NDArray[np.uint32]:
        """Return a number below `SIGNS` for each point; alike points mostly share it."""
        # ORB orders its bits by how much they tell (section 4.3): the first 20.
        first, second, third = self.descriptors[:, :3].astype(np.uint32).T
        return np.asarray(first | second << 8 | (third & 15) << 16, dtype=np.uint32)

    def to_bytes(self) -> bytes:
        """Return the points as they are kept, 36 bytes each."""
        places = np.round(self.places).astype("<u2")
        return np.hstack([places.view(np.uint8), self.descriptors]).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Points":
        """Return the points that `to_bytes` wrote."""
        rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, 36)
        places = np.ascontiguousarray(rows[:, :4]).view("<u2").astype(np.float32)
        return cls(places, np.ascontiguousarray(rows[:, 4:]))


def points_of(pixels: NDArray[np.uint8], *, a_cell: int = KEPT_A_CELL) -> Points:
    """Return the strongest points of each cell of a picture.

    Args:
        pixels: RGB, `(height, width, 3)`.
        a_cell: How many of each cell of 80 pixels.
    """
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    scale = LONG_SIDE / max(gray.shape)
    if scale < 1:
        shrunk = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        gray = np.asarray(shrunk, dtype=np.uint8)
    soft = cv2.GaussianBlur(outlines_of(gray), (0, 0), BLUR)
    cells = (gray.shape[0] // CELL + 1) * (gray.shape[1] // CELL + 1)
    orb = cv2.ORB.create(
        nfeatures=cells * a_cell * 4,
        scaleFactor=1.2,
        nlevels=8,
        edgeThreshold=EDGE_PX,
        fastThreshold=5,
    )
    found = _strongest(orb.detect(soft, None), a_cell)
    kept, descriptors = orb.compute(soft, found)
    if descriptors is None or not len(kept):
        return Points(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
    places = np.array([point.pt for point in kept], dtype=np.float32)
    return Points(places, np.asarray(descriptors, dtype=np.uint8))


def votes_for(
    asked: Points,
    signs: NDArray[np.uint32],
    places: NDArray[np.float32],
    owners: NDArray[np.int64],
) -> dict[int, int]:
    """Return for each picture how many of its points agree on where it shows what is asked for.

    Two points with signs that differ in one bit at most vote for a move, at each of a few scales.
    Chance votes scatter, those of a true part fall together.

    Args:
        asked: The points of what is looked for.
        signs: Of the points of all pictures.
        places: Of the same points, `(n, 2)`.
        owners: The picture of each point.
    """
    if not len(asked.places):
        return {}
    by_sign = np.full(SIGNS, -1, dtype=np.int32)
    for flip in (
        *(1 << bit for bit in range(SIGN_BITS)),
        0,
    ):  # the sign itself last: it goes before a neighbour's
        by_sign[asked.signs ^ flip] = np.arange(len(asked.places))
    match = by_sign[signs]
    alike = np.flatnonzero(match >= 0)
    here, there, owner = asked.places[match[alike]], places[alike], owners[alike]
    votes: dict[int, int] = {}
    for scale in TRIED_SCALES:
        move = np.floor((there - scale * here) / BIN_PX).astype(np.int64) + MOST_BINS // 2
        key = (owner * MOST_BINS + move[:, 0]) * MOST_BINS + move[:, 1]
        bins, several = np.unique(key, return_counts=True)
        whose = bins // (MOST_BINS * MOST_BINS)
        for at in np.flatnonzero(several > 1):
            one = int(whose[at])
            votes[one] = max(votes.get(one, 0), int(several[at]))
    return votes


def count_fitting(asked: Points, kept: Points) -> int:
    """Return how many points of a picture lie in another where one move and scale put them."""
    if len(asked.places) < 4 or len(kept.places) < 4:
        return 0
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).match(asked.descriptors, kept.descriptors)
    pairs = [(m.queryIdx, m.trainIdx) for m in matches if m.distance < SAME_POINT]
    if len(pairs) < 4:
        return 0
    here = asked.places[[pair[0] for pair in pairs]]
    there = kept.places[[pair[1] for pair in pairs]]
    cv2.setRNGSeed(0)  # the same answer each time
    fit, inside = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=OFF_PX)
    if fit is None or not np.isfinite(fit).all():
        return 0
    scale = float(np.hypot(fit[0, 0], fit[1, 0]))
    turn = float(np.arctan2(fit[1, 0], fit[0, 0]))
    if not SCALES[0] <= scale <= SCALES[1] or abs(turn) > TURN:
        return 0
    # Of several points that go to one, one counts.
    return len({tuple(place) for place in there[inside.ravel() > 0].tolist()})


def _strongest(points: "Sequence[cv2.KeyPoint]", a_cell: int) -> "list[cv2.KeyPoint]":
    taken: dict[tuple[int, int], int] = {}
    kept = []
    for point in sorted(points, key=lambda one: -one.response):
        cell = (int(point.pt[0]) // CELL, int(point.pt[1]) // CELL)
        if taken.get(cell, 0) < a_cell:
            taken[cell] = taken.get(cell, 0) + 1
            kept.append(point)
    return kept
