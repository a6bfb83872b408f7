"""Which windows take no input, because a modal dialog of theirs is open."""

from collections.abc import Iterable, Sequence

from ..desktop.backend import Window
from .elements import Element, Observation


def blocker_of(windows: Sequence[Window], window: Window) -> Window | None:
    """Return the modal dialog that a window waits for, the topmost if there are several.

    A dialog blocks the window it belongs to, the one that belongs to, and so on; one that belongs
    to no window in particular blocks all of its program that do not belong to it.
    """
    for dialog in windows:
        if not dialog.is_modal or dialog.is_minimized or dialog.id == window.id:
            continue
        owners = _owners(windows, dialog)
        if any(owner.id == window.id for owner in owners):
            return dialog
        is_own = any(owner.id == dialog.id for owner in _owners(windows, window))
        if not owners and not is_own and not window.is_modal and _is_same_program(dialog, window):
            return dialog
    return None


def blocking_dialog(observation: Observation, element: Element) -> Window | None:
    """Return the dialog that has to be closed before an element takes a click, if any.

    Of several windows with one title, the topmost at the place of the element counts.
    """
    windows = observation.windows
    if not any(window.is_modal for window in windows):
        return None
    named = [w for w in windows if w.title == element.window and not w.is_minimized]
    x, y = observation.capture.view.to_desktop(observation.click_point(element))
    here = [window for window in named if window.box.contains(x, y)] or named
    return blocker_of(windows, here[0]) if here else None


def is_blocked(observation: Observation, element: Element) -> bool:
    """Tell whether an element's window waits for a modal dialog."""
    return blocking_dialog(observation, element) is not None


def without_blocked(observation: Observation, elements: Iterable[Element]) -> list[Element]:
    """Return the elements that are not blocked."""
    return [element for element in elements if not is_blocked(observation, element)]


def _owners(windows: Sequence[Window], window: Window) -> list[Window]:
    """Return the windows a window belongs to, the nearest first."""
    by_id = {one.id: one for one in windows}
    owners: list[Window] = []
    owner = by_id.get(window.owner) if window.owner is not None else None
    while owner is not None and owner not in owners and owner.id != window.id:
        owners.append(owner)
        owner = by_id.get(owner.owner) if owner.owner is not None else None
    return owners


def _is_same_program(a: Window, b: Window) -> bool:
    if a.client is not None and b.client is not None:
        return a.client == b.client
    return a.pid is not None and a.pid == b.pid
