"""Lines of a screen, and tracks: what stands below each other, aligned by an edge or the middle."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from .elements import Element
from .repetition import texts_of_links

Side = Literal["left", "right", "middle"]
SIDES: tuple[tuple[Side, Callable[[Element], float]], ...] = (
    ("left", lambda e: e.box.left),
    ("right", lambda e: e.box.right),
    ("middle", lambda e: e.box.centre[0]),
)
MAX_CELL_PX = 60
"""What is higher is an editor, a picture or a pane."""
MIN_CELL_PX = 4
MIN_TRACK = 3
"""Fewer below each other are chance."""
SAME_LINE = 0.45
"""Of the height: the middles of boxes in one line differ by less."""
ALIGNED_PX = 4
"""Edges of text differ by as much: letters begin with more or less of a rim."""
MAX_HOLE = 4.0
"""A track ends where the next one is more usual distances away."""
MAX_PITCH = 6.0
"""In heights: what is farther apart is not below each other in a list."""
JOINED = 0.6
"""Of the shorter of two tracks, as far as they go along together, stands in common lines."""

MAX_HALF_PITCH = 1.2
"""Half of the way from one line of a cell to its next, in heights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What stands beside each other, from left to right."""

    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Elements below each other that are aligned, one a line."""

    side: Side
    lines: tuple[int, ...]
    """The lines' numbers, ascending."""
    elements: tuple[Element, ...]


def find_lines(elements: Sequence[Element]) -> list[Line]:
    """Return the lines from top to bottom.

    A text that is told again by the links in it is left out.
    """
    repeated = texts_of_links(elements)
    parts = [
        e for e in elements if MIN_CELL_PX <= e.box.height <= MAX_CELL_PX and e.id not in repeated
    ]
    lines: list[list[Element]] = []
    middle = height = 0.0
    for element in sorted(parts, key=lambda e: (e.box.centre[1], e.box.left)):
        y = element.box.centre[1]
        if lines and y - middle <= SAME_LINE * min(height, element.box.height):
            lines[-1].append(element)
            middle += (y - middle) / len(lines[-1])
            height = max(height, element.box.height)
        else:
            lines.append([element])
            middle, height = y, element.box.height
    return [Line(elements=tuple(sorted(line, key=lambda e: e.box.left))) for line in lines]


def find_tracks(lines: Sequence[Line]) -> list[Track]:
    """Return the tracks, the longest first; an element is in one at most."""
    place = {e.id: number for number, line in enumerate(lines) for e in line.elements}
    elements = [element for line in lines for element in line.elements]
    candidates = [
        (side, run)
        for side, edge in SIDES
        for group in _aligned(elements, edge)
        for run in _runs(group)
    ]
    candidates.sort(key=lambda candidate: -len(candidate[1]))  # stable: left before right
    tracks: list[Track] = []
    taken: set[int] = set()
    for side, run in candidates:
        for rest in _runs([element for element in run if element.id not in taken]):
            taken.update(element.id for element in rest)
            numbers = tuple(place[element.id] for element in rest)
            tracks.append(Track(side=side, lines=numbers, elements=tuple(rest)))
    return tracks


def _aligned(elements: Sequence[Element], edge: Callable[[Element], float]) -> list[list[Element]]:
    """Return groups whose edges are at one place."""
    groups: list[list[Element]] = []
    for element in sorted(elements, key=edge):
        if groups and edge(element) - edge(groups[-1][0]) <= ALIGNED_PX:
            groups[-1].append(element)
        else:
            groups.append([element])
    return groups


def _runs(group: Sequence[Element]) -> list[list[Element]]:
    """Return parts of a group without large holes, each from top to bottom, one a line."""
    if len(group) < MIN_TRACK:
        return []
    runs: list[list[Element]] = []
    ordered = sorted(group, key=lambda e: e.box.centre[1])
    pitches = [
        after.box.centre[1] - before.box.centre[1]
        for before, after in zip(ordered, ordered[1:], strict=False)
    ]
    height = median(element.box.height for element in ordered)
    usual = min(median(pitches), MAX_PITCH * height)
    for element in ordered:
        last = runs[-1][-1] if runs else None
        if last is None or element.box.centre[1] - last.box.centre[1] > MAX_HOLE * max(usual, 1):
            runs.append([element])
        elif element.box.centre[1] - last.box.centre[1] > SAME_LINE * height:
            runs[-1].append(element)
    return [run for run in runs if len(run) >= MIN_TRACK]


def is_joined(a: Track, b: Track) -> bool:
    """Tell whether two tracks stand in the same lines."""
    first, last = max(a.lines[0], b.lines[0]), min(a.lines[-1], b.lines[-1])
    if last > first:
        common = len(set(a.lines) & set(b.lines))
        shorter = min(_count_between(track.lines, first, last) for track in (a, b))
        if common >= MIN_TRACK and common >= JOINED * shorter:
            return True
    return _is_beside_pairs(a, b) or _is_beside_pairs(b, a)


def _count_between(lines: Sequence[int], first: int, last: int) -> int:
    return bisect_left(lines, last + 1) - bisect_left(lines, first)


def _is_beside_pairs(cells: Track, pieces: Track) -> bool:
    """Tell whether each of some cells stands beside the middle of two lines of one cell."""
    middles = [element.box.centre[1] for element in pieces.elements]
    beside = 0
    for cell in cells.elements:
        y = cell.box.centre[1]
        after = bisect_left(middles, y)
        if 0 < after < len(middles):
            above, below = y - middles[after - 1], middles[after] - y
            is_near = max(above, below) < MAX_HALF_PITCH * cell.box.height
            beside += is_near and abs(above - below) <= ALIGNED_PX
    return beside >= MIN_TRACK and beside >= JOINED * len(cells.elements)
