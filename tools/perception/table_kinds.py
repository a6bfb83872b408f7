"""What makes aligned elements a table, and what a form, a menu, a keypad or a paragraph."""

import re
from collections import Counter
from collections.abc import Sequence

from .elements import Element, Role

Cells = Sequence[Sequence[Element]]
"""One row: for each column what stands there."""

FIELDS: frozenset[Role] = frozenset(
    ("textbox", "combobox", "spinbutton", "slider", "switch", "scrollbar", "progressbar")
)
DATA: frozenset[Role] = frozenset(("text", "cell", "link", "treeitem", "option"))
PICTURES: frozenset[Role] = frozenset(("icon", "image"))
KEYS: frozenset[Role] = frozenset(("button", "combobox", "tab"))
MIN_ROWS = 3
MIN_FILLED = 0.6
"""Of a column's cells, for it to count."""
MIN_ALL_FILLED = 0.45
MIN_PURE = 0.7
"""Of a column's cells are of one kind."""
LONG_WORDS = 5
"""A cell with so many words is a sentence."""
MIN_SENTENCES = 0.6
MAX_PITCH = 5.0
"""From row to row in heights of their text: cards and icons with names stand farther apart."""
MAX_TEXTS = 1.5
"""Pieces of text in a cell's line, on average."""
MIN_CHARS = 2
"""Of the longer half of the cells: tables of characters and keypads have one in each."""
_CHORD = re.compile(
    r"(?:(?:ctrl|control|alt|shift|super|meta|cmd|strg)\b.*|[⌘⌥⇧⌃].*|f\d{1,2}|del(?:ete)?|esc)",
    re.IGNORECASE,
)


def _main(cell: Sequence[Element]) -> Element:
    """Return what a cell is about: an icon before a name is only its picture."""
    return next((element for element in cell if element.role not in PICTURES), cell[0])


def kind_of(cell: Sequence[Element]) -> str:
    """Return what a cell holds: `number`, `words`, or the role of what it is about."""
    first = _main(cell)
    if first.role not in ("text", "cell"):
        return first.role
    digits = sum(character.isdigit() for character in first.text)
    return "number" if digits * 2 >= len(first.text.replace(" ", "")) else "words"


def is_header(cells: Cells, body: Sequence[Cells]) -> bool:
    """Tell whether a row names the columns of the rows below it."""
    named = [n for n, cell in enumerate(cells) if any(element.text for element in cell)]
    if len(named) < 2 or len(named) < len(cells) / 2 or len(body) < 2:
        return False
    kinds = {number: kind_of(cells[number]) for number in named}
    fields = [element.role in FIELDS for cell in cells for element in cell]
    # The caption of a column may be framed as a field is.
    if 2 * sum(fields) > len(fields) or "number" in kinds.values():
        return False
    below = {number: _usual_kind([row[number] for row in body]) for number in named}
    # Buttons and links that sort stand over plain cells, words over numbers and controls.
    return any(below[number] not in (None, kinds[number]) for number in named)


def _usual_kind(column: Sequence[Sequence[Element]]) -> str | None:
    kinds = Counter(kind_of(cell) for cell in column if cell)
    return kinds.most_common(1)[0][0] if kinds else None


def is_table(header: Cells | None, rows: Sequence[Cells]) -> bool:
    """Tell whether rows with common columns are a table.

    Args:
        header: What is above the first row, if that names the columns.
        rows: All with as many columns, at least two.
    """
    if len(rows) + (header is not None) < MIN_ROWS or len(rows) < 2:
        return False
    columns = [[row[number] for row in rows] for number in range(len(rows[0]))]
    filled = [sum(map(bool, column)) / len(rows) for column in columns]
    full = [c for c, share in zip(columns, filled, strict=True) if share >= MIN_FILLED]
    if len(full) < 2 or sum(filled) / len(filled) < MIN_ALL_FILLED:
        return False
    if sum(map(_purity, full)) / len(full) < MIN_PURE or _pitch(rows) > MAX_PITCH:
        return False
    if _is_form(rows) or _is_menu(full) or _is_listing(full) or _is_keypad(full):
        return False
    return _has_data(full) and not all(map(_is_prose, _data(full)))


def _purity(column: Sequence[Sequence[Element]]) -> float:
    kinds = Counter(kind_of(cell) for cell in column if cell)
    return kinds.most_common(1)[0][1] / kinds.total()


def _pitch(rows: Sequence[Cells]) -> float:
    """Return how far the rows are apart, in heights of their elements."""
    boxes = [[e.box for cell in row for e in cell] for row in rows]
    tops = [min(box.top for box in row) for row in boxes]
    bottoms = [max(box.bottom for box in row) for row in boxes]
    gaps = sorted(top - bottom for top, bottom in zip(tops[1:], bottoms[:-1], strict=True))
    heights = sorted(box.height for row in boxes for box in row)
    return 1 + gaps[len(gaps) // 2] / heights[len(heights) // 2]


def _data(columns: Sequence[Sequence[Sequence[Element]]]) -> list[Sequence[Sequence[Element]]]:
    """Return the columns that hold something to read."""
    return [
        column
        for column in columns
        if 2 * sum(_main(cell).role in DATA for cell in column if cell) > sum(map(bool, column))
    ]


def is_flow(lines: Sequence[Cells]) -> bool:
    """Tell whether these are lines of running text whose words happen to be below each other."""
    texts = [sum(e.role == "text" for e in cell) for row in lines for cell in row if cell]
    return sum(texts) > MAX_TEXTS * sum(map(bool, texts))


def _has_data(columns: Sequence[Sequence[Sequence[Element]]]) -> bool:
    """Tell whether there are two columns to read, or one and the same controls beside it."""
    data = _data(columns)
    if len(data) >= 2:
        return True
    return len(data) == 1 and any(
        kind_of(cells[0]) in ("button", "checkbox")
        and len({element.text for cell in cells for element in cell}) == 1
        for column in columns
        if column is not data[0] and (cells := [cell for cell in column if cell])
    )


def _is_form(rows: Sequence[Cells]) -> bool:
    """Tell whether fields stand beside their labels."""
    cells = [cell for row in rows for cell in row if cell]
    fields = sum(_main(cell).role in FIELDS for cell in cells)
    columns = len(rows[0])
    labels = sum(
        1
        for row in rows
        for cell, following in zip(row, row[1:], strict=False)
        if cell and following and following[0].role in FIELDS and _main(cell).role == "text"
    )
    if columns <= 2:
        # A value with a colon before it, or a field with a label.
        colons = sum(bool(row[0]) and row[0][-1].text.endswith(":") for row in rows)
        return fields * 4 >= len(rows) or colons * 2 > len(rows)
    return labels * 2 >= len(rows) and fields * 3 >= len(cells)


def _is_menu(columns: Sequence[Sequence[Sequence[Element]]]) -> bool:
    cells = [cell for column in columns for cell in column if cell]
    if sum(_main(cell).role == "menuitem" for cell in cells) * 3 >= len(cells):
        return True
    last = [_main(cell).text.strip() for cell in columns[-1] if cell and _main(cell).role == "text"]
    return 2 * sum(_CHORD.fullmatch(text) is not None for text in last) > sum(
        map(bool, columns[-1])
    )


def _is_keypad(columns: Sequence[Sequence[Sequence[Element]]]) -> bool:
    cells = [_main(cell) for column in columns for cell in column if cell]
    lengths = sorted(len(cell.text) for cell in cells)
    if lengths[len(lengths) * 3 // 4] < MIN_CHARS:
        return True
    # Each key says something else; the buttons of a table say the same in each row.
    keys = [cell.text for cell in cells if cell.role in KEYS and cell.text]
    return len(keys) * 3 >= len(cells) and 2 * len(set(keys)) > len(keys)


def _is_listing(columns: Sequence[Sequence[Sequence[Element]]]) -> bool:
    """Tell whether these are the lines of an editor beside their numbers."""
    if len(columns) != 2:
        return False
    numbers = [_main(cell).text for cell in columns[0] if cell]
    if not all(number.isdecimal() for number in numbers):
        return False
    counted = [int(number) for number in numbers]
    return all(b - a == 1 for a, b in zip(counted, counted[1:], strict=False))


def _is_prose(column: Sequence[Sequence[Element]]) -> bool:
    texts = [_main(cell).text for cell in column if cell]
    return sum(len(text.split()) >= LONG_WORDS for text in texts) >= MIN_SENTENCES * len(texts)
