"""What is new on a screen since the last look."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .element_text import quoted, render_element
from .elements import Element, Observation
from .render import render_elements

MAX_NEWS_SHARE = 0.5
"""If more than this share of a screen is new, the whole of it says more."""
MIN_MOVED = 3
SHORT_CHARS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The differences between two looks, by the numbers of the elements."""

    added: tuple[Element, ...]
    removed: tuple[Element, ...]
    changed: tuple[tuple[Element, Element], ...]
    """Before and after: another text, kind or state."""
    moved: tuple[tuple[Element, Element], ...]
    """Before and after: the same, elsewhere."""


def news(before: Observation, after: Observation) -> News:
    """Return what is different between two looks of one observer."""
    old = {element.id: element for element in before.elements}
    new = {element.id: element for element in after.elements}
    both = [(old[number], new[number]) for number in new if number in old]
    return News(
        added=tuple(e for number, e in new.items() if number not in old),
        removed=tuple(e for number, e in old.items() if number not in new),
        changed=tuple((a, b) for a, b in both if _content(a) != _content(b)),
        moved=tuple((a, b) for a, b in both if _content(a) == _content(b) and a.box != b.box),
    )


def render_news(before: Observation, after: Observation) -> str:
    """Return what is new as text, or the whole screen where most of it is.

    Lines begin with + (came), - (went) and ~ (changed).
    """
    found = news(before, after)
    if len(found.added) + len(found.changed) > MAX_NEWS_SHARE * len(after.elements):
        return "much has changed; the screen now:\n" + render_elements(after).text
    lines = ["since the last look:", *_windows(before, after)]
    lines += [f"+ {render_element(e)}{_in_window(e, after)}" for e in found.added]
    lines += [f"~ {render_element(b)}, was {_was(a, b)}" for a, b in found.changed]
    lines += [f"- {render_element(e, max_chars=SHORT_CHARS)}" for e in found.removed]
    lines += _moves(found.moved)
    if len(lines) == 1:
        lines.append("nothing changed")
    return "\n".join(lines)


def _content(element: Element) -> tuple[object, ...]:
    return element.role, element.text, element.states


def _was(before: Element, after: Element) -> str:
    if before.text != after.text:
        return quoted(before.text, SHORT_CHARS)
    if before.states != after.states:
        return ", ".join(sorted(before.states)) or "without a state"
    return before.role


def _in_window(element: Element, after: Observation) -> str:
    active = after.active_window
    if not element.window or (active is not None and active.title == element.window):
        return ""
    return f" in window {quoted(element.window)}"


def _windows(before: Observation, after: Observation) -> list[str]:
    old = {window.id: window for window in before.windows}
    new = {window.id: window for window in after.windows}
    lines = [f"+ window {quoted(w.title)}" for number, w in new.items() if number not in old]
    lines += [f"- window {quoted(w.title)}" for number, w in old.items() if number not in new]
    was, now = before.active_window, after.active_window
    if now is not None and (was is None or was.id != now.id):
        lines.append(f"~ window {quoted(now.title)} is active now")
    return lines


def _moves(moved: Sequence[tuple[Element, Element]]) -> list[str]:
    """Return how many elements moved together, as those of a scrolled pane or a window do."""
    ways = Counter((b.box.left - a.box.left, b.box.top - a.box.top) for a, b in moved)
    lines = [
        f"{count} elements moved by {dx:+d}, {dy:+d} pixels"
        for (dx, dy), count in ways.most_common()
        if count >= MIN_MOVED
    ]
    rest = sum(count for count in ways.values() if count < MIN_MOVED)
    return [*lines, f"{rest} elements moved a little"] if rest else lines
