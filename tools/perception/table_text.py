"""A table as text: a line that names its columns, and one a row with its cells in their order."""

import re
from collections.abc import Mapping, Sequence

from .element_text import quoted, render_element
from .elements import Element
from .table_structure import Row, Table

BETWEEN = " | "
"""Between the elements of one row of the screen."""
EMPTY = "-"
"""An empty cell, and a column without a name. A dash that is written in a cell is in quotes."""
MAX_BARE_CHARS = 60
_BARE = re.compile(r"[A-Za-zÀ-ÿ0-9+€$£-][A-Za-zÀ-ÿ0-9.,:/%€$£_+-]*(?: [A-Za-zÀ-ÿ0-9.:/%€$£_+-]+)*")
_LIKE_OURS = re.compile(r"\d+(?:$| )|-$|.*,(?!\d)")
"""What begins like an element, is the sign of an empty cell, or goes on with a comma."""


def render_table(table: Table, elements: Mapping[int, Element], n_rows: int) -> list[str]:
    """Return a table's lines: its heading, and one for each of the first rows.

    What can be acted on has its number; of plain texts the first in each row has, and the others
    are found by what they say. They stand without quotes where nothing in them could be taken for
    a sign of ours.

    Args:
        table: The table.
        elements: By number; all in the heading and in the rows that are shown.
        n_rows: How many rows are shown.
    """
    lines = [_heading(table, elements)]
    lines += [_row(row, elements) for row in table.rows[:n_rows]]
    if n_rows < len(table.rows):
        lines.append(f"… {len(table.rows) - n_rows} more rows of this table")
    return lines


def _heading(table: Table, elements: Mapping[int, Element]) -> str:
    size = f"table of {len(table.rows)} rows"
    names = [_name([elements[number] for number in c.header]) for c in table.columns]
    if all(name == EMPTY for name in names):
        return f"{size}, {len(names)} columns without names:"
    return f"{size}; columns: {BETWEEN.join(names)}"


def _name(header: Sequence[Element]) -> str:
    if all(map(_is_plain, header)):
        return _plain(" ".join(element.text for element in header))
    return ", ".join(map(render_element, header))


def _row(row: Row, elements: Mapping[int, Element]) -> str:
    cells = []
    has_number = False
    for numbers in row.cells:
        parts: list[str] = []
        own = [elements[number] for number in numbers]
        texts = [element for element in own if _is_plain(element)]
        for element in own:
            if not _is_plain(element):
                parts.append(render_element(element))
            elif element is texts[0]:
                # The lines of one cell are one text.
                text = " ".join(part.text for part in texts)
                parts.append(_plain(text) if has_number else f"{element.id} {quoted(text)}")
                has_number = True
        cells.append(", ".join(parts) or EMPTY)
    return BETWEEN.join(cells)


def _is_plain(element: Element) -> bool:
    return element.role == "text" and not element.states


def _plain(text: str) -> str:
    """Return text of a cell without a number, in quotes where it could be taken for one of ours."""
    if not text:
        return EMPTY
    is_bare = _BARE.fullmatch(text) is not None and _LIKE_OURS.match(text) is None
    return text if is_bare and len(text) <= MAX_BARE_CHARS else quoted(text)
