"""What is new on a screen since the last look."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..desktop.backend import Window
from .element_text import quoted, render_element
from .elements import Element, Observation
from .render import estimate_tokens, render_elements

MAX_NEWS_SHARE = 0.5
"""If more than this share of a screen is new, the whole of it says more."""
MIN_MOVED = 3
SHORT_CHARS = 80
SINCE = "since the last look:"
WINDOWS, CAME, MOVED, WENT = range(4)
"""Kinds of news; the later are left out first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLook:
    """What is left of an earlier look without its picture."""

    elements: Sequence[Element]
    windows: Sequence[Window] = ()

    @property
    def active_window(self) -> Window | None:
        """The window that had the keyboard, if any."""
        return next((window for window in self.windows if window.is_active), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The differences between two looks, by the numbers of the elements."""

    added: tuple[Element, ...]
    removed: tuple[Element, ...]
    changed: tuple[tuple[Element, Element], ...]
    """Before and after: another text, kind or state."""
    moved: tuple[tuple[Element, Element], ...]
    """Before and after: the same, elsewhere."""


def news(before: Observation | PastLook, after: Observation) -> News:
    """Return what is different between two looks whose elements are numbered alike."""
    old = {element.id: element for element in before.elements}
    new = {element.id: element for element in after.elements}
    both = [(old[number], new[number]) for number in new if number in old]
    return News(
        added=tuple(e for number, e in new.items() if number not in old),
        removed=tuple(e for number, e in old.items() if number not in new),
        changed=tuple((a, b) for a, b in both if _content(a) != _content(b)),
        moved=tuple((a, b) for a, b in both if _content(a) == _content(b) and a.box != b.box),
    )


def render_news(
    before: Observation | PastLook,
    after: Observation,
    *,
    window: Window | None = None,
    budget: int | None = None,
    count: Callable[[str], int] = estimate_tokens,
) -> str:
    """Return what is new as text, or all there is now where most of it is new.

    Lines begin with + (came), - (went) and ~ (changed).

    Args:
        before: The earlier look.
        after: The later look.
        window: Only what is new in this window of the later look.
        budget: Tokens at most; what went is left out first, then moves, then what changed and
            came; it is said how much that is.
        count: Counts tokens.
    """
    if window is not None:
        before, after = _only(before, after, window)
    found = news(before, after)
    if len(found.added) + len(found.changed) > MAX_NEWS_SHARE * len(after.elements):
        head = "much has changed; the screen now:\n"
        rest = None if budget is None else max(0, budget - count(head))
        return head + render_elements(after, budget=rest, count=count).text
    lines = [
        *((WINDOWS, line) for line in _windows(before, after)),
        *((CAME, f"+ {render_element(e)}{_in_window(e, after)}") for e in found.added),
        *((CAME, f"~ {render_element(b)}, was {_was(a, b)}") for a, b in found.changed),
        *((WENT, f"- {render_element(e, max_chars=SHORT_CHARS)}") for e in found.removed),
        *((MOVED, line) for line in _moves(found.moved)),
    ]
    if not lines:
        return f"{SINCE}\nnothing changed"
    kept = list(range(len(lines)))
    while True:
        text = "\n".join([SINCE, *(lines[number][1] for number in sorted(kept))])
        if len(kept) < len(lines):
            text += f"\n… {len(lines) - len(kept)} more changes left out"
        if budget is None or not kept or count(text) <= budget:
            return text
        kept = sorted(kept, key=lambda number: (lines[number][0], number))[: len(kept) * 7 // 8]


def _only(
    before: Observation | PastLook, after: Observation, window: Window
) -> tuple[PastLook, Observation]:
    """Return both looks with nothing but one window."""
    old = [w for w in before.windows if w.id == window.id]
    titles = {w.title for w in old}
    return (
        PastLook(elements=[e for e in before.elements if e.window in titles], windows=old),
        replace(
            after,
            elements=[e for e in after.elements if e.window == window.title],
            windows=[w for w in after.windows if w.id == window.id],
        ),
    )


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


def _windows(before: Observation | PastLook, after: Observation) -> list[str]:
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
