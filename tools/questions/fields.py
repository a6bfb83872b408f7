"""What a field is called and what it holds, told apart for whoever reads a screen as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..desktop.geometry import Box
from ..perception.elements import Element, Role
from ..perception.layout import is_in_row, share_inside
from ..perception.text_match import bare

HOLDING: frozenset[Role] = frozenset(("textbox", "combobox", "spinbutton"))
INSIDE = 0.8
"""Share of a text that lies in a field, if it is what the field holds."""
MAX_FIELD_PX = 60
"""What is higher is a pane: the texts in it are no value."""
LABEL_LEFT_PX = 220
LABEL_ABOVE_PX = 28
SAME_LEFT_PX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field with its label and its value."""

    label: str
    """Empty where nothing names it."""
    value: str
    """Empty where it holds nothing."""
    used: frozenset[int]
    """Numbers of the texts that are its label or its value."""


def read_field(field: Element, elements: Sequence[Element]) -> Field:
    """Return what a field is called and holds.

    The parser gives a field that holds nothing the text of its label, and one whose value it read
    apart as well; so a text that another element repeats is a label.
    """
    texts = [e for e in elements if e.role == "text" and e.text.strip() and e.id != field.id]
    if field.box.height > MAX_FIELD_PX:
        return Field(label="", value=field.text.strip(), used=frozenset())
    inside = [e for e in texts if share_inside(e.box, field.box) > INSIDE]
    outside = [e for e in texts if e not in inside]
    own = field.text.strip()
    held = " ".join(e.text.strip() for e in inside)
    named = [e for e in outside if bare(e.text) == bare(own)] if own else []
    label = _nearest(field.box, named) if named else _beside(field.box, outside)
    name = "" if label is None else label.text
    if named:
        value = held
    elif held and own and bare(held) != bare(own):
        name, value, label = own, held, None  # named by what no text on the screen says
    else:
        value = own or held
    used = {e.id for e in inside} | (set() if label is None else {label.id})
    return Field(label=name.strip().rstrip(":*").strip(), value=value, used=frozenset(used))


def _nearest(box: Box, texts: Sequence[Element]) -> Element | None:
    def distance(text: Element) -> int:
        sideways = max(0, box.left - text.box.right, text.box.left - box.right)
        return sideways + max(0, box.top - text.box.bottom, text.box.top - box.bottom)

    return min(texts, key=distance, default=None)


def _beside(box: Box, texts: Sequence[Element]) -> Element | None:
    """Return the text at the left of a field, or right above it."""
    left = [
        e for e in texts if -2 <= box.left - e.box.right <= LABEL_LEFT_PX and is_in_row(e.box, box)
    ]
    above = [
        e
        for e in texts
        if -4 <= box.top - e.box.bottom <= LABEL_ABOVE_PX
        and e.box.top < box.top
        and abs(e.box.left - box.left) <= SAME_LEFT_PX
    ]
    return max(left, key=lambda e: e.box.right, default=None) or max(
        above, key=lambda e: e.box.bottom, default=None
    )
