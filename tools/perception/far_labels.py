"""Labels far at the left of their control, as in a list of settings: told by the columns they form.

One text far away may be anything. Two controls, one below the other, each with a text in its row,
and these texts in one column as well: that is a form.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..desktop.geometry import Box
from .elements import Element, Role
from .layout import is_in_row, share_inside
from .ocr import TextLine

CONTROLS: frozenset[Role] = frozenset(("textbox", "combobox", "spinbutton", "slider", "switch"))
MAX_HEIGHT_PX = 60
SAME_COLUMN_PX = 4
MIN_LETTERS = 2
MIN_ROWS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    control: Element
    label: Element


def with_far_labels(elements: Sequence[Element], lines: Sequence[TextLine]) -> list[Element]:
    """Return the elements; controls without a label of their own have the one in their row.

    What such a control was called before, the value it holds, becomes a text of its own.

    Args:
        elements: In pixels of the region.
        lines: Its texts, tight.
    """
    pairs = [
        pair
        for element in elements
        if element.role in CONTROLS and element.box.height <= MAX_HEIGHT_PX
        if (pair := _pair(element, elements)) is not None
    ]
    named = {
        id(pair.control): pair.label.text
        for pair in pairs
        if sum(_is_one_form(pair, other) for other in pairs) >= MIN_ROWS
    }
    found: list[Element] = []
    for element in elements:
        label = named.get(id(element))
        held = [] if label is None else _held(element, lines)
        if label is None or not _is_unnamed(element, held):
            found.append(element)
            continue
        found.append(replace(element, text=label))
        if element.text:
            found += [
                Element(
                    id=0, role="text", text=line.text, box=line.box, score=min(1.0, line.score),
                    source="ocr",
                )
                for line in held
            ]  # fmt: skip
    return found


def _pair(control: Element, elements: Sequence[Element]) -> _Pair | None:
    """Return a control and the nearest thing at its left, if that is a text."""
    beside = [
        other
        for other in elements
        if other is not control
        and other.box.right <= control.box.left + 2
        and is_in_row(other.box, control.box)
    ]
    nearest = max(beside, key=lambda other: other.box.right, default=None)
    if nearest is None or nearest.role not in ("text", "option"):
        return None
    n_letters = sum(character.isalpha() for character in nearest.text)
    return _Pair(control=control, label=nearest) if n_letters >= MIN_LETTERS else None


def _is_one_form(pair: _Pair, other: _Pair) -> bool:
    """Tell whether two pairs stand one below the other; a pair does with itself."""
    a, b = pair.control.box, other.control.box
    is_column = min(abs(a.right - b.right), abs(a.left - b.left)) <= SAME_COLUMN_PX
    return is_column and abs(pair.label.box.left - other.label.box.left) <= SAME_COLUMN_PX


def _held(element: Element, lines: Sequence[TextLine]) -> list[TextLine]:
    box: Box = element.box
    return [line for line in lines if share_inside(line.box, box) > 0.8]


def _is_unnamed(element: Element, held: Sequence[TextLine]) -> bool:
    return not element.text or any(line.text in (element.text, f"{element.text} ") for line in held)
