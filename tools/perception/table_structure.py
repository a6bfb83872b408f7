"""Tables and lists with columns: which elements of a screen stand in one row, and under what.

Found by how boxes line up, by nothing else: no pixels, no ruling lines, and nothing is kept from
one look to the next. Forms, menus, keypads and paragraphs line up as well; `table_kinds` tells them
from tables.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ..desktop.geometry import Box
from .elements import Element, Observation
from .layout import share_inside
from .table_columns import Span, cells_of, find_spans, header_cells, spans_of_header
from .table_kinds import is_flow, is_header, is_table
from .table_tracks import Line, Track, find_lines, find_tracks, is_joined

MIN_HEADER_PX = 5
"""What is lower is dust of a sign of sorting."""
MAX_HEADER_GAP = 3.0
"""From a header to the first row, in heights of a line."""
CLOSE = 0.75
"""Of the usual gap between rows: what is closer is a further line of the same row."""

IN_ROW = 0.8
"""Share of a text that lies in a row, if it belongs to it."""
MAX_PANE = 0.6
"""Share of the lines that a pane beside a table fills, if that tells it from a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    """What its header says; empty where it has none."""
    header: tuple[int, ...]
    """Numbers of the elements of its header."""
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table."""

    box: Box
    cells: tuple[tuple[int, ...], ...]
    """For each column the numbers of the elements there, from left to right and from top to
    bottom; empty for an empty cell."""
    repeated: tuple[int, ...] = ()
    """Numbers of texts in it whose words the links in its cells say again."""

    @property
    def elements(self) -> tuple[int, ...]:
        """The numbers of all its elements."""
        return (*(number for cell in self.cells for number in cell), *self.repeated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, or a list with columns. All boxes in pixels of the capture."""

    box: Box
    columns: tuple[Column, ...]
    """From left to right."""
    rows: tuple[Row, ...]
    """From top to bottom, without the header."""

    @property
    def elements(self) -> frozenset[int]:
        """The numbers of all its elements."""
        header = [number for column in self.columns for number in column.header]
        return frozenset(header).union(*(row.elements for row in self.rows))

    def row_of(self, element_id: int) -> Row | None:
        """Return the row that an element stands in, None for another one and for the header."""
        return next((row for row in self.rows if element_id in row.elements), None)


def find_tables(observation: Observation) -> tuple[Table, ...]:
    """Return the tables on a screen, window by window, from top to bottom.

    What lies in an open menu or list is none. Takes some milliseconds on a full screen.
    """
    view = observation.capture.view
    fronts = [
        box for popup in observation.popups if (box := view.box_from_desktop(popup.box)) is not None
    ]
    windows: dict[str, list[Element]] = {}
    for element in observation.elements:
        if not any(front.contains(*element.box.centre) for front in fronts):
            windows.setdefault(element.window, []).append(element)
    return tuple(table for own in windows.values() for table in tables_among(own))


def tables_among(elements: Sequence[Element]) -> tuple[Table, ...]:
    """Return the tables among the elements of one region, from top to bottom."""
    lines = find_lines(elements)
    in_lines = {element.id for line in lines for element in line.elements}
    left_out = [element for element in elements if element.id not in in_lines]
    tables = []
    for joined in _joined(find_tracks(lines)):
        table = _table(joined, lines)
        if table is not None:
            tables.append(_with_repeated(table, left_out))
    return tuple(sorted(tables, key=lambda table: (table.box.top, table.box.left)))


def _with_repeated(table: Table, texts: Sequence[Element]) -> Table:
    """Return a table with the texts in its rows that were left out of the lines."""
    within = [e for e in texts if e.role == "text" and share_inside(e.box, table.box) > IN_ROW]
    if not within:
        return table
    rows = []
    for row in table.rows:
        own = tuple(e.id for e in within if share_inside(e.box, row.box) > IN_ROW)
        rows.append(replace(row, repeated=own))
    return replace(table, rows=tuple(rows))


def _joined(tracks: Sequence[Track]) -> Iterable[list[Track]]:
    """Yield the tracks that stand in the same lines together."""
    waiting = list(tracks)
    while waiting:
        group = [waiting.pop(0)]
        for known in group:
            new = [track for track in waiting if is_joined(known, track)]
            waiting = [track for track in waiting if track not in new]
            group += new
        if len(group) > 1:
            yield group


def _table(tracks: Sequence[Track], lines: Sequence[Line]) -> Table | None:
    height = median(e.box.height for track in tracks for e in track.elements)
    spans = find_spans(tracks, height)
    first = _first_line(tracks, lines)
    last = max(track.lines[-1] for track in tracks)
    left = spans[0].left - round(height)
    right = max(e.box.right for track in tracks for e in track.elements)
    while len(spans) > 1:
        within = [own for line in lines[: last + 1] if (own := _between(line, left, right))]
        above = sum(bool(_between(line, left, right)) for line in lines[:first])
        body = [cells_of(own, spans) for own in within]
        above += _n_sparse(body[above:])
        head, body = _split_header(within, body, above, spans, height)
        if head is not None and (more := spans_of_header(head, body, spans)):
            spans = more
            head, body = (
                cells_of([e for cell in head for e in cell], spans),
                [cells_of([e for cell in row for e in cell], spans) for row in body],
            )
        beside = None if len(body) < 2 else _pane_beside(head, body)
        if beside is None:
            rows = _rows(body)
            is_one = is_table(head, rows) and not is_flow(body)
            return _build(head, rows, spans) if is_one else None
        if beside == 0:
            left, spans = spans[0].right, spans[1:]
        else:
            right, spans = spans[-1].left, spans[:-1]
    return None


def _first_line(tracks: Sequence[Track], lines: Sequence[Line]) -> int:
    """Return the first line that tracks have in common, or the one that reaches down beside it.

    An icon of a tool bar may stand exactly above those of a list.
    """
    counts = Counter(number for track in tracks for number in track.lines)
    first = min(number for number, count in counts.items() if count > 1)
    while first - 1 in counts:
        above, below = ([[e for e in lines[n].elements]] for n in (first - 1, first))
        if _gap(_box_of(above), _box_of(below)) >= 0:
            break
        first -= 1
    return first


def _n_sparse(lines: Sequence[list[list[Element]]]) -> int:
    """Return how many lines at the top are titles or tool bars, aligned with a column by chance."""
    for number, (line, below) in enumerate(zip(lines, lines[1:], strict=False)):
        # The first of two lines of one cell reaches down beside the other cells.
        is_part = _gap(_box_of(line), _box_of(below)) < 0
        if is_part or 2 * sum(map(bool, line)) >= len(line):
            return number
    return 0


def _between(line: Line, left: int, right: int) -> list[Element]:
    return [e for e in line.elements if left <= e.box.centre[0] and e.box.left < right]


def _split_header(
    lines: Sequence[Sequence[Element]],
    grid: Sequence[list[list[Element]]],
    above: int,
    spans: Sequence[Span],
    height: float,
) -> tuple[list[list[Element]] | None, list[list[list[Element]]]]:
    """Return the header by column, if there is one, and the lines below it.

    Args:
        lines: From the top of the region.
        grid: The same by column.
        above: How many of them are above all tracks.
        spans: The columns.
        height: Of a line.
    """
    for number in (above, above - 1):
        body = list(grid[number + 1 :])
        if number < 0 or number >= len(lines) or not body:
            continue
        head = [e for e in lines[number] if e.box.height >= MIN_HEADER_PX]
        gap = _box_of(body[0]).top - max((e.box.bottom for e in head), default=-1000)
        if gap > MAX_HEADER_GAP * height:
            continue
        named = header_cells(head, spans)
        if is_header(named, body):
            return named, body
    return None, list(grid[above:])


def _pane_beside(
    head: Sequence[Sequence[Element]] | None, body: Sequence[Sequence[Sequence[Element]]]
) -> int | None:
    """Return the number of an outer column that is a pane beside the table, such as a tree.

    Its lines are level with the table's, but they begin at the top and end where they end.
    """
    for number in (0, len(body[0]) - 1):
        filled = [bool(row[number]) for row in body]
        is_run = filled == sorted(filled, reverse=True)
        if is_run and not _is_named(head, number) and sum(filled) < MAX_PANE * len(filled):
            return number
    return None


def _is_named(head: Sequence[Sequence[Element]] | None, number: int) -> bool:
    """Tell whether a column has a part in the header, of the same kind as the others'."""
    if head is None or not head[number]:
        return False
    plain = [cell[0].role == "text" for cell in head if cell]
    return head[number][0].role != "text" or 2 * sum(plain) > len(plain)


def _rows(lines: Sequence[list[list[Element]]]) -> list[list[list[Element]]]:
    """Return the rows: lines that only go on with the cells of another one are put to it."""
    boxes = [_box_of(line) for line in lines]
    full = [sum(map(bool, line)) * 2 >= len(line) for line in lines]
    places = [number for number, is_full in enumerate(full) if is_full]
    gaps = [boxes[b].top - boxes[a].bottom for a, b in zip(places, places[1:], strict=False)]
    if not gaps:
        return list(lines)
    near = CLOSE * median(gaps)
    owner = list(range(len(lines)))
    for number in range(len(lines)):
        if full[number]:
            continue
        choices = [
            (gap, owner[other])
            for other in (number - 1, number + 1)
            if 0 <= other < len(lines)
            and (full[other] or (other < number and owner[other] != other))
            and (gap := _gap(boxes[number], boxes[other])) < near
        ]
        if choices:
            owner[number] = min(choices)[1]
    rows: list[list[list[Element]]] = []
    for number, line in enumerate(lines):
        if owner[number] != number:
            continue
        own = [lines[n] for n in range(len(lines)) if owner[n] == number]
        rows.append([[e for part in own for e in part[c]] for c in range(len(line))])
    return rows


def _gap(a: Box, b: Box) -> int:
    return max(a.top, b.top) - min(a.bottom, b.bottom)


def _box_of(cells: Iterable[Iterable[Element]]) -> Box:
    boxes = [element.box for cell in cells for element in cell]
    first, *others = boxes
    for box in others:
        first = first.union(box)
    return first


def _build(
    head: Sequence[Sequence[Element]] | None,
    rows: Sequence[Sequence[Sequence[Element]]],
    spans: Sequence[Span],
) -> Table:
    """Return the table as it is told: by numbers."""
    columns = []
    for number in range(len(spans)):
        header = [] if head is None else head[number]
        own = [header, *(row[number] for row in rows)]
        columns.append(
            Column(
                name=" ".join(element.text for element in header if element.text),
                header=tuple(element.id for element in header),
                box=_box_of(own),
            )
        )
    built = tuple(
        Row(box=_box_of(row), cells=tuple(tuple(e.id for e in cell) for cell in row))
        for row in rows
    )
    boxes = [*(column.box for column in columns), *(row.box for row in built)]
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.union(box)
    return Table(box=whole, columns=tuple(columns), rows=built)
