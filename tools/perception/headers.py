"""The heads of a table's columns: wide frames in a row that touch each other; each is a button."""

from collections.abc import Sequence

import numpy as np

from ..desktop.geometry import Box
from .elements import Element, Role
from .layout import BoxSet, share_inside
from .ocr import TextLine

HEIGHT_PX = (16, 44)
MIN_WIDTH_PX = 34
TOUCH_PX = 3
BODY_PX = 120
BODY_SLACK_PX = 8
MIN_HEADS = 3
MIN_LETTERS = 2
ROLES: frozenset[Role] = frozenset(("text", "textbox", "combobox", "button", "option"))


def with_headers(
    elements: Sequence[Element], lines: Sequence[TextLine], frames: BoxSet
) -> list[Element]:
    """Return the elements; the heads of a list's columns are buttons, with their frame as box.

    Args:
        elements: In pixels of the region.
        lines: Its texts, tight.
        frames: Its frames.
    """
    texts = BoxSet(line.box for line in lines)
    tabs = BoxSet(element.box for element in elements if element.role == "tab")
    heads = [
        head
        for row in _rows(frames)
        if not any((tabs.shares_inside(box) > 0.5).any() for box in row)
        for head in _heads(row, lines, texts, frames)
    ]
    kept = list(elements)
    for box, line in heads:
        kept = [
            e
            for e in kept
            if (e.role not in ROLES or share_inside(e.box, box.inflate(2)) < 0.9)
            and not _is_body(e, box)
        ]
        kept.append(
            Element(
                id=0, role="button", text=line.text, box=box, score=min(1.0, line.score),
                source="widget",
            )
        )  # fmt: skip
    return kept


def _is_body(element: Element, head: Box) -> bool:
    """Tell whether what was taken for an editor is the rest of the list below a head."""
    box = element.box
    is_below = head.bottom - TOUCH_PX <= box.top <= head.bottom + BODY_PX
    return (
        element.role == "textbox"
        and box.height > HEIGHT_PX[1]
        and is_below
        and head.left - BODY_SLACK_PX <= box.left <= head.left + BODY_SLACK_PX
    )


def _rows(frames: BoxSet) -> list[list[Box]]:
    """Return the frames that touch each other side by side, from left to right."""
    left, top, right, bottom = frames.xyxy.T
    low, high = HEIGHT_PX
    fits = (bottom - top >= low) & (bottom - top <= high) & (right - left >= MIN_WIDTH_PX)
    boxes = sorted((Box(*row) for row in frames.xyxy[fits].tolist()), key=lambda b: (b.top, b.left))
    rows: list[list[Box]] = []
    for box in boxes:
        row = next((row for row in reversed(rows[-40:]) if _goes_on(row[-1], box)), None)
        if row is None:
            rows.append([box])
        else:
            row.append(box)
    return [row for row in rows if len(row) >= MIN_HEADS]


def _goes_on(last: Box, box: Box) -> bool:
    return (
        abs(box.left - last.right) <= TOUCH_PX
        and abs(box.top - last.top) <= 1
        and abs(box.bottom - last.bottom) <= 1
    )


def _heads(
    row: Sequence[Box], lines: Sequence[TextLine], texts: BoxSet, frames: BoxSet
) -> list[tuple[Box, TextLine]]:
    """Return the frames of a row and their texts, if each holds one text and none is a cell."""
    named = []
    for box in row:
        inside = [lines[i] for i in np.flatnonzero(texts.shares_inside(box) > 0.8).tolist()]
        letters = [c for line in inside for c in line.text if c.isalpha()]
        if len(inside) == 1 and len(letters) >= MIN_LETTERS:
            named.append((box, inside[0]))
    if len(named) < MIN_HEADS or len(named) < 0.75 * len(row):
        return []
    # Cells of a table have others right above and below them.
    left, top, right, bottom = frames.xyxy.T
    for box, _ in named:
        is_below = (
            (np.minimum(np.abs(top - box.bottom), np.abs(bottom - box.top)) <= TOUCH_PX)
            & (np.abs(left - box.left) <= TOUCH_PX)
            & (np.abs(right - box.right) <= TOUCH_PX)
            & (bottom - top <= 1.5 * box.height)
        )
        if is_below.any():
            return []
    is_left = [line.box.left - box.left <= 0.25 * box.width for box, line in named]
    return named if sum(is_left) >= 0.6 * len(named) else []
