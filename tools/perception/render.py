"""What is on a screen as compact text, for planners that read."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .elements import Element, Observation
from .layout import is_in_row

MAX_TEXT_CHARS = 200
"""Of one element; a whole paragraph of an editor is seldom needed to act."""
SHORT_TEXT_CHARS = 40
BETWEEN = " | "
"""Between the elements of one row of the screen."""
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
    like two, nor like a line of ours: quotes and control characters in it are escaped.

    Args:
        observation: Of the screen.
        elements: Some of its elements; all where not given.
        budget: Tokens at most. What is left out first: plain text of windows in the back, plain
            text, what can be acted on in the back; it is said how much that is.
        count: Counts tokens.
    """
    chosen = list(observation.elements if elements is None else elements)
    active = observation.active_window
    front = "" if active is None else active.title
    for stage in _stages(chosen, front):
        rendering = _render(observation, stage, len(chosen) - len(stage))
        if budget is None or count(rendering.text) <= budget:
            return rendering
    # Not even the controls in front fit: as many as there is room for.
    kept = list(stage)
    while kept and count(rendering.text) > (budget or 0):
        kept = kept[: len(kept) * 3 // 4]
        rendering = _render(observation, kept, len(chosen) - len(kept))
    return rendering


def render_element(element: Element, *, max_chars: int = MAX_TEXT_CHARS) -> str:
    """Return one element as it stands in a rendering."""
    role = "" if element.role == "text" else f" {element.role}"
    text = f" {quoted(element.text, max_chars)}" if element.text else ""
    states = f" ({', '.join(sorted(element.states))})" if element.states else ""
    return f"{element.id}{role}{text}{states}"


def quoted(text: str, max_chars: int = MAX_TEXT_CHARS) -> str:
    """Return text of a screen as a JSON string on one line, shortened if it is long."""
    if len(text) > max_chars:
        text = text[: max_chars - 1] + "…"
    return "".join(
        json.dumps(character)[1:-1] if _is_control(character) else character
        for character in json.dumps(text, ensure_ascii=False)
    )


def _is_control(character: str) -> bool:
    """Tell whether a character ends a line or changes how others are shown."""
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs")


def _stages(elements: Sequence[Element], front: str) -> Iterable[list[Element]]:
    def is_plain(element: Element) -> bool:
        return element.role == "text"

    yield list(elements)
    yield [e for e in elements if e.window == front or not is_plain(e)]
    yield [e for e in elements if not is_plain(e) or len(e.text) <= SHORT_TEXT_CHARS]
    yield [e for e in elements if not is_plain(e)]
    yield [e for e in elements if not is_plain(e) and e.window == front]


def _render(observation: Observation, elements: Sequence[Element], left_out: int) -> Rendering:
    by_window: dict[str, list[Element]] = {}
    for element in elements:
        by_window.setdefault(element.window, []).append(element)
    lines: list[str] = []
    for title, own in by_window.items():
        if observation.windows or title:
            lines.append(_heading(observation, title))
        lines += _rows(own)
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
    note = f" ({', '.join(notes)})" if notes else ""
    return f"window {quoted(title)}{note}:"


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
