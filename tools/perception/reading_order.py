"""The order in which a person reads a screen."""

from collections.abc import Sequence

from .elements import Element

MAX_ROW_PX = 90
"""What is higher begins a row of its own: an editor's area is no row of a table."""


def in_reading_order(elements: Sequence[Element]) -> list[Element]:
    """Return elements row by row, each row from left to right."""
    rows: list[list[Element]] = []
    for element in sorted(elements, key=lambda e: (e.box.centre[1], e.box.left)):
        middle = element.box.centre[1]
        last = rows[-1][0].box if rows else None
        if last is not None and last.top <= middle < last.bottom and last.height < MAX_ROW_PX:
            rows[-1].append(element)
        else:
            rows.append([element])
    return [element for row in rows for element in sorted(row, key=lambda e: e.box.left)]
