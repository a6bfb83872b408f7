"""The columns of a table: from where to where each goes, and what of a line or a header is its."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..desktop.geometry import Box
from .elements import Element, Role
from .table_tracks import ALIGNED_PX, Side, Track

MAX_CELL_GAP = 0.8
"""In heights of a line: controls that stand closer, as Edit and Remove do, or a picture so close to
a text, are in one cell."""
READ: frozenset[Role] = frozenset(("text", "cell", "treeitem", "option"))
"""Kinds that are columns of their own however close they stand."""
MAX_COMMON = 0.3
"""Share of the narrower of two columns that may lie beside the other."""
MOST_LEFT, MOST_RIGHT = 0.2, 0.8
"""Share of a column's elements that begin farther left, and end farther left, than it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From where to where a column goes, and how it is aligned."""

    left: int
    right: int
    side: Side
    roles: frozenset[Role]
    """Of most of what stands in it."""


def find_spans(tracks: Sequence[Track], height: float) -> list[Span]:
    """Return the columns that the tracks make, from left to right."""
    spans: list[Span] = []
    for track in sorted(tracks, key=lambda t: min(e.box.left for e in t.elements)):
        lefts = sorted(e.box.left for e in track.elements)
        rights = sorted(e.box.right for e in track.elements)
        # One cell that was read together with the next one makes no column wide.
        left = lefts[round(MOST_LEFT * (len(lefts) - 1))]
        right = rights[round(MOST_RIGHT * (len(rights) - 1))]
        counts = Counter(element.role for element in track.elements)
        roles = frozenset(role for role in counts if 2 * counts[role] >= counts.total())
        new = Span(left=left, right=right, side=track.side, roles=roles)
        last = spans[-1] if spans else None
        if last is not None and _is_one(last, new, height):
            spans[-1] = Span(
                left=min(last.left, left),
                right=max(last.right, right),
                side=last.side,
                roles=last.roles | roles,
            )
        else:
            spans.append(new)
    return spans


def _is_one(last: Span, new: Span, height: float) -> bool:
    common = last.right - new.left
    if common > MAX_COMMON * min(last.right - last.left, new.right - new.left):
        return True
    are_controls = not (last.roles | new.roles) & READ
    is_picture = last.roles <= {"icon", "image"}
    return (are_controls or is_picture) and -common < MAX_CELL_GAP * height


def spans_of_header(
    head: Sequence[Sequence[Element]],
    body: Sequence[Sequence[Sequence[Element]]],
    spans: Sequence[Span],
) -> list[Span] | None:
    """Return the columns with those that have a name and one or two cells; None if there are none.

    Too few cells make no track: the name says that they are a column.
    """
    cells = [e for row in body for cell in row for e in cell]
    new: list[Span] = []
    for element in (e for cell in head for e in cell):
        box = element.box
        under = [e.box for e in cells if _overlap(e.box, box) > 0]
        left = min([box.left, *(other.left for other in under)])
        right = max([box.right, *(other.right for other in under)])
        is_apart = all(min(right, s.right) <= max(left, s.left) for s in [*spans, *new])
        if under and is_apart:
            roles = frozenset({element.role})
            new.append(Span(left=left, right=right, side="left", roles=roles))
    return sorted([*spans, *new], key=lambda span: span.left) if new else None


def _overlap(a: Box, b: Box) -> int:
    return min(a.right, b.right) - max(a.left, b.left)


def cells_of(elements: Sequence[Element], spans: Sequence[Span]) -> list[list[Element]]:
    """Return the elements of one line by column."""
    cells: list[list[Element]] = [[] for _ in spans]
    for element in elements:
        left, _, right, _ = element.box.xyxy

        def fit(number: int, left: int = left, right: int = right) -> float:
            span = spans[number]
            return min(right, span.right) - max(left, span.left)

        # Where it has nothing in common with any, the nearest: the least negative.
        cells[max(range(len(spans)), key=fit)].append(element)
    return cells


def header_cells(header: Sequence[Element], spans: Sequence[Span]) -> list[list[Element]]:
    """Return the elements of a header by column.

    A header over right-aligned numbers may begin far left of them.
    """
    over = {
        element.id: number
        for element in header
        for number, span in enumerate(spans)
        if min(element.box.right, span.right) - max(element.box.left, span.left) > 0
        or abs(element.box.left - span.left) <= ALIGNED_PX
    }
    taken = set(over.values())
    cells: list[list[Element]] = [[] for _ in spans]
    last, end = 0, -1000
    for element in header:
        if element.id in over:
            last = over[element.id]
        elif element.role != "text" or element.box.left - end > element.box.height:
            last = max(last, _slot(element, spans, taken))
            taken.add(last)
        # Else it goes on with what is before it.
        cells[last].append(element)
        end = element.box.right
    return cells


def _slot(element: Element, spans: Sequence[Span], taken: Collection[int]) -> int:
    """Return the column that a header without one right below it is of."""
    x = element.box.centre[0]
    after = next((n for n, span in enumerate(spans) if span.left > x), len(spans))
    if after in (0, len(spans)):
        return min(after, len(spans) - 1)
    before = after - 1
    sides = spans[before].side, spans[after].side
    if (before in taken) != (after in taken):
        return after if before in taken else before
    if sides == ("left", "left"):
        return before
    if sides == ("right", "right"):
        return after
    return before if x - spans[before].right <= spans[after].left - x else after
