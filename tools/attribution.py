"""Which of the changes on a screen an action can have caused, and what they can prove."""

from collections.abc import Sequence
from dataclasses import dataclass

from .desktop.backend import Window
from .desktop.capture import Pixels
from .desktop.geometry import Box
from .grounding import Prepared
from .perception.change import changed_regions, is_caret_like, is_frame_only
from .perception.elements import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different after an action, sorted by what it can prove."""

    strong: tuple[Box, ...] = ()
    """Changes that the action can have caused and that are more than a focus mark."""
    weak: tuple[Box, ...] = ()
    """Focus rings, carets, and the pressed look of the target itself."""
    elsewhere: tuple[Box, ...] = ()
    """Changes in windows of other applications: not this action's doing."""
    opened: tuple[Window, ...] = ()
    closed: tuple[Window, ...] = ()
    retitled: tuple[Window, ...] = ()
    thief: Window | None = None
    """A window of another application that opened and took the keyboard."""

    @property
    def all(self) -> tuple[Box, ...]:
        """Every changed region."""
        return self.strong + self.weak + self.elsewhere


def sort_changes(
    prepared: Prepared,
    before: Pixels,
    after: Pixels,
    windows_before: Sequence[Window],
    windows_after: Sequence[Window],
    *,
    moving: Sequence[Box],
) -> Changes:
    """Compare two pictures of the whole desktop and sort what changed by what it can prove."""
    known = {window.id: window for window in windows_before}
    now = {window.id: window for window in windows_after}
    target = prepared.window
    opened = tuple(window for window in windows_after if window.id not in known)
    closed = tuple(window for window in windows_before if window.id not in now)
    retitled = tuple(
        window
        for window in windows_after
        if window.id in known and known[window.id].title != window.title
        and _same_app(window, target)
    )  # fmt: skip
    foreign = tuple(window for window in opened if not _same_app(window, target))
    thief = next((window for window in foreign if window.is_active), None)
    element = None if prepared.place is None else prepared.place.element
    strong: list[Box] = []
    weak: list[Box] = []
    elsewhere: list[Box] = []
    view = prepared.observation.capture.view
    others = [
        inside
        for window in windows_after
        if not _same_app(window, target) and not window.is_minimized
        and (inside := view.box_from_desktop(window.box)) is not None
    ]  # fmt: skip
    own = [
        inside
        for window in windows_after
        if _same_app(window, target) and (inside := view.box_from_desktop(window.box)) is not None
    ]
    for box in changed_regions(before, after, ignore=moving):
        if _is_back(prepared.observation.capture.pixels, after, box):
            continue
        in_own = any(box.intersect(window) for window in own)
        if target is not None and not in_own and any(is_inside(box, other) for other in others):
            elsewhere.append(box)
        elif is_caret_like(box) or is_frame_only(before, after, box):
            weak.append(box)
        elif _is_own_look(box, element):
            weak.append(box)
        else:
            strong.append(box)
    return Changes(
        strong=tuple(strong),
        weak=tuple(weak),
        elsewhere=tuple(elsewhere),
        opened=tuple(window for window in opened if _same_app(window, target)),
        closed=tuple(window for window in closed if _same_app(window, target)),
        retitled=retitled,
        thief=thief,
    )


def _is_back(seen: Pixels, after: Pixels, box: Box) -> bool:
    """Tell whether a place looks again as it did before the pointer came.

    Between that look and the baseline only the pointer moved: what came with it and is gone now, a
    tooltip or a highlight, is no effect.
    """
    if seen.shape != after.shape:
        return False
    area = slice(box.top, box.bottom), slice(box.left, box.right)
    return bool((seen[area] == after[area]).all(axis=2).mean() > 0.98)


def _same_app(window: Window, target: Window | None) -> bool:
    if target is None:
        return True
    if window.pid is not None and target.pid is not None:
        return window.pid == target.pid
    if window.client is not None and target.client is not None:
        return window.client == target.client
    return window.app == target.app


def is_inside(box: Box, outer: Box) -> bool:
    """Tell whether a box lies wholly in another."""
    common = box.intersect(outer)
    return common is not None and common.area == box.area


def _is_own_look(box: Box, element: Element | None) -> bool:
    """Tell whether a change is no more than the pressed or focused look of a clicked button."""
    if element is None or element.role in ("checkbox", "radio", "textbox", "tab"):
        return False
    return is_inside(box, element.box.inflate(6))
