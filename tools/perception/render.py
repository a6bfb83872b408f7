"""What is on a screen as compact text, for planners that read."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .element_text import quoted, render_element
from .elements import Element, Observation
from .layout import is_in_row
from .modality import blocker_of, without_blocked
from .table_structure import Table, find_tables
from .table_text import BETWEEN, render_table

SHORT_TEXT_CHARS = 40
TABLE_PARTS = (2, 4, 8)
"""Under a budget a table is cut to such a part of its rows before other text is left out."""
MIN_ROWS = 2
"""Rows of a table that are shown at least, if it is shown as one."""
TABLE_END = "end of the table"
DESKTOP = "outside of all windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A screen as text."""

    text: str
    shown: tuple[int, ...]
    """Numbers of the elements in it."""
    left_out: int
    """How many elements did not fit."""


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text costs, rather too many than too few.

    Words are counted by four letters, digits and signs one by one, other scripts by letter.
    """
    words = sum(-(-len(word) // 4) for word in re.findall(r"[A-Za-z]+", text))
    others = sum(1 for c in text if not (c.isascii() and c.isalpha()) and c != " ")
    return -(-(words + others) * 11 // 10)


def render_elements(
    observation: Observation,
    elements: Iterable[Element] | None = None,
    *,
    budget: int | None = None,
    count: Callable[[str], int] = estimate_tokens,
) -> Rendering:
    """Return the elements as text: window by window, a line for each row of the screen.

    Each element is its number, its kind (none for plain text), its text as a JSON string and its
    states: `12 textbox "Name" (focused)`. Whatever is written on the screen, an element cannot look
    like two, nor like a line of ours: quotes and control characters in it are escaped. A table has
    a line that names its columns, and one a row with its cells in their order, empty ones as `-`.

    Args:
        observation: Of the screen.
        elements: Some of its elements; all where not given.
        budget: Tokens at most. What is left out first: windows that a modal dialog blocks, plain
            text of windows in the back, later rows of tables, plain text, what can be acted on in
            the back; it is said how much that is.
        count: Counts tokens.
    """
    chosen = list(observation.elements if elements is None else elements)
    tables = find_tables(observation)
    for stage in _stages(observation, chosen, tables):
        rendering = _render(observation, stage, len(chosen) - len(stage), tables)
        if budget is None or count(rendering.text) <= budget:
            return rendering
    # Not even the controls in front fit: as many as there is room for.
    kept = list(stage)
    while kept and count(rendering.text) > (budget or 0):
        kept = kept[: len(kept) * 3 // 4]
        rendering = _render(observation, kept, len(chosen) - len(kept), tables)
    return rendering


def _stages(
    observation: Observation, elements: Sequence[Element], tables: Sequence[Table]
) -> Iterable[list[Element]]:
    active = observation.active_window
    front = "" if active is None else active.title

    def is_plain(element: Element) -> bool:
        return element.role == "text"

    yield list(elements)
    # Who asks for a blocked window alone is told of it.
    free = without_blocked(observation, elements) or list(elements)
    yield free
    yield (shown := [e for e in free if e.window == front or not is_plain(e)])
    if tables:
        for divisor in TABLE_PARTS:
            later = _later_rows(tables, divisor)
            yield [e for e in shown if e.id not in later]
    yield [e for e in free if not is_plain(e) or len(e.text) <= SHORT_TEXT_CHARS]
    yield [e for e in free if not is_plain(e)]
    yield [e for e in free if not is_plain(e) and e.window == front]


def _later_rows(tables: Sequence[Table], divisor: int) -> frozenset[int]:
    """Return the numbers of what stands in all but the first rows of tables."""
    return frozenset(
        number
        for table in tables
        for row in table.rows[max(MIN_ROWS, len(table.rows) // divisor) :]
        for number in row.elements
    )


def _render(
    observation: Observation,
    elements: Sequence[Element],
    left_out: int,
    tables: Sequence[Table],
) -> Rendering:
    by_window: dict[str, list[Element]] = {}
    for element in elements:
        by_window.setdefault(element.window, []).append(element)
    lines: list[str] = []
    for title, own in by_window.items():
        if observation.windows or title:
            lines.append(_heading(observation, title))
        lines += _lines(own, tables)
    if left_out:
        lines.append(f"… {left_out} more left out; ask for one window, or look for a text")
    return Rendering(text="\n".join(lines), shown=tuple(e.id for e in elements), left_out=left_out)


def _heading(observation: Observation, title: str) -> str:
    if not title:
        return f"{DESKTOP}:"
    window = next((window for window in observation.windows if window.title == title), None)
    notes = []
    if window is not None and window.is_active:
        notes.append("active")
    if window is not None and window.is_modal:
        notes.append("modal: its application's other windows wait for it")
    elif window is not None and window.is_dialog:
        notes.append("dialog")
    blocker = None if window is None else blocker_of(observation.windows, window)
    if blocker is not None:
        notes.append(f"blocked by the dialog {quoted(blocker.title)}")
    note = f" ({', '.join(notes)})" if notes else ""
    return f"window {quoted(title)}{note}:"


def _lines(elements: Sequence[Element], tables: Sequence[Table]) -> list[str]:
    """Return the lines of one window; a table stands where its first element does."""
    by_id = {element.id: element for element in elements}
    parts = [(table, rows) for table in tables if (rows := _rows_shown(table, by_id)) is not None]
    table_of = {number: part for part in parts for number in part[0].elements}
    lines: list[str] = []
    waiting: list[Element] = []
    told: list[Table] = []
    for element in elements:
        if element.id not in table_of:
            waiting.append(element)
            continue
        table, n_rows = table_of[element.id]
        if table not in told:
            lines += [*_between(waiting, told), *render_table(table, by_id, n_rows)]
            waiting = []
            told.append(table)
    return [*lines, *_between(waiting, told)]


def _between(elements: Sequence[Element], told: Sequence[Table]) -> list[str]:
    """Return the lines of what is in no table; the first after a table is told from its rows."""
    rows = _rows(elements)
    return [TABLE_END, *rows] if told and rows else rows


def _rows_shown(table: Table, elements: Mapping[int, Element]) -> int | None:
    """Return how many rows of a table are shown, None if it is not all of its first rows.

    Of a row in part nobody could tell an empty cell from one that is left out.
    """
    header = [number for column in table.columns for number in column.header]
    n_shown = [sum(number in elements for number in row.elements) for row in table.rows]
    rows = 0
    while rows < len(n_shown) and n_shown[rows] == len(table.rows[rows].elements):
        rows += 1
    is_clean = not any(n_shown[rows:]) and all(number in elements for number in header)
    return rows if is_clean and rows >= min(MIN_ROWS, len(table.rows)) else None


def _rows(elements: Sequence[Element]) -> list[str]:
    rows: list[list[Element]] = []
    for element in elements:
        last = rows[-1][-1] if rows else None
        goes_on = (
            last is not None
            and is_in_row(last.box, element.box)
            and element.box.left >= last.box.left
        )
        if goes_on:
            rows[-1].append(element)
        else:
            rows.append([element])
    return [BETWEEN.join(map(render_element, row)) for row in rows]
