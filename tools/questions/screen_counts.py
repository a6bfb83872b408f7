"""What a program counts on a screen better than a model: lines by kind and state."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..perception.elements import Element, Observation, Role
from ..perception.table_structure import find_tables
from .element_words import KIND_NAMES, names_of, one_line
from .line import Line

COUNTED: tuple[Role, ...] = (
    "checkbox", "radio", "switch", "button", "textbox", "combobox", "tab", "link", "menuitem",
)  # fmt: skip


def counting_lines(observation: Observation) -> list[Line]:
    """Return lines that count things by kind and state, and tables by their rows."""
    lines: list[Line] = []
    elements = observation.elements
    for role in COUNTED:
        own = [element for element in elements if element.role == role]
        if len(own) > 1 or any(element.states for element in own):
            lines.append(_count(role, own))
    for state in ("selected", "disabled", "focused"):
        own = [element for element in elements if state in element.states]
        if own:
            what = {"focused": "has the keyboard"}.get(state, state)
            lines.append(Line(text=f"{what}: {names_of(own)}", elements=_ids(own)))
    if elements and not any("disabled" in element.states for element in elements):
        lines.append(Line(text="disabled: nothing"))
    for table in find_tables(observation):
        lines.append(
            Line(
                text=f"how many rows in the table: {len(table.rows)}",
                elements=tuple(sorted(table.elements)),
            )
        )
    windows = [window for window in observation.windows if not window.is_minimized]
    if len(windows) > 1:
        names = ", ".join(f'"{one_line(window.title)}"' for window in windows)
        lines.append(Line(text=f"how many open windows: {len(windows)} ({names})"))
    return [replace(line, is_kept=True) for line in lines]


def _count(role: Role, own: Sequence[Element]) -> Line:
    kind = KIND_NAMES.get(role, role)
    plural = "es" if kind.endswith(("x", "ch")) else "s"
    text = f"how many {kind}{plural}: {len(own)}"
    on, off = {"switch": ("on", "off"), "radio": ("chosen", "not chosen")}.get(
        role, ("ticked", "not ticked")
    )
    states = Counter(state for element in own for state in element.states)
    if states["checked"] or states["unchecked"]:
        ticked = [element for element in own if "checked" in element.states]
        names = f" ({names_of(ticked)})" if ticked else ""
        text += f", {on}: {states['checked']}{names}, {off}: {states['unchecked']}"
    return Line(text=text, elements=_ids(own))


def _ids(elements: Iterable[Element]) -> tuple[int, ...]:
    return tuple(element.id for element in elements)
