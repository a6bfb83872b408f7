"""An element in plain words: its kind as people call it, what is written on it, and its state."""

from collections.abc import Iterable, Mapping

from ..perception.elements import Element, Role
from ..safety.fence import defuse
from .fields import Field

MAX_TEXT_CHARS = 160
"""Of one element: a paragraph is seldom all of the answer."""
MAX_NAMED = 10
"""In a list of elements."""
KIND_NAMES: Mapping[Role, str] = {
    "text": "", "checkbox": "check box", "radio": "radio button", "textbox": "field",
    "combobox": "list", "spinbutton": "number field", "menuitem": "menu", "scrollbar": "scroll bar",
    "progressbar": "progress bar", "treeitem": "tree item", "option": "row", "cell": "",
}  # fmt: skip
"""What people call them; the others by the name of their role."""
_STATES = {
    "checked": "ticked", "unchecked": "not ticked", "mixed": "partly ticked",
    "selected": "selected", "disabled": "disabled (greyed out)", "focused": "has the keyboard",
    "expanded": "open",
}  # fmt: skip
_OTHERWISE: Mapping[Role, Mapping[str, str]] = {
    "switch": {"ticked": "on", "not ticked": "off"},
    "radio": {"ticked": "chosen", "not ticked": "not chosen"},
}
"""States that other kinds than check boxes have other words for."""


def one_line(text: str) -> str:
    """Return text of a screen on one line, short, with no control token in it."""
    plain = " ".join(defuse(text).split())
    return plain if len(plain) <= MAX_TEXT_CHARS else plain[: MAX_TEXT_CHARS - 1] + "…"


def told(element: Element, field: Field | None = None) -> str:
    """Return an element in words: its kind, what is written on it, and its state."""
    states = element.states
    kind = KIND_NAMES.get(element.role, element.role)
    if field is not None:
        name = f'{kind} "{one_line(field.label)}"' if field.label else kind
        words = f'{name} = "{one_line(field.value)}"' if field.value else f"{name} (empty)"
    elif kind:
        words = f'{kind} "{one_line(element.text)}"' if element.text.strip() else kind
    else:
        words = one_line(element.text)
    otherwise = _OTHERWISE.get(element.role, {})
    notes = [otherwise.get(note, note) for state, note in _STATES.items() if state in states]
    return f"{words}: {', '.join(notes)}" if notes else words


def names_of(elements: Iterable[Element], *, limit: int = MAX_NAMED) -> str:
    """Return elements by kind and text, in one line; of many the first, and how many more."""
    elements = list(elements)
    named = [element for element in elements if element.text.strip()][:limit]
    names = [f'{KIND_NAMES.get(e.role, e.role)} "{one_line(e.text)}"'.strip() for e in named]
    more = len(elements) - len(named)
    return ", ".join([*names, *([f"{more} more"] if more else [])])
