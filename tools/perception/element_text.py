"""One element as text: nothing that is written on a screen can look like a line of ours."""

import json
import unicodedata

from .elements import Element

MAX_TEXT_CHARS = 200
"""Of one element; a whole paragraph of an editor is seldom needed to act."""


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
