"""From an action to the places it lands on: elements, points and windows of one observation."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..memory.errors import Ambiguous, BadArgumentError, NotFound
from .actions import (
    Action,
    Drag,
    ElementTarget,
    FocusWindow,
    PointTarget,
    PressKeys,
    Target,
    TextTarget,
    TypeText,
    target_of,
)
from .desktop.backend import Window
from .desktop.geometry import Box, Point
from .finding.cascade import element_at, locate
from .finding.description import parse_description
from .finding.icon_names import other_names
from .finding.sources import NO_MODELS, Sources
from .perception.elements import Element, Observation
from .perception.ground import blocked_by
from .perception.modality import blocking_dialog
from .perception.text_match import match_text
from .safety.policy import ActionContext, has_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one target is."""

    point: Point
    """Where the pointer goes, in the observation's view."""
    element: Element | None
    """What was found there; None for a bare point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An action with everything it names found on the screen. Nothing has been done yet."""

    action: Action
    observation: Observation
    place: Place | None = None
    """Where the action lands; for a drag, where it ends."""
    start: Place | None = None
    """Where a drag begins."""
    window: Window | None = None
    """The window that receives the action."""

    @property
    def context(self) -> ActionContext:
        """Return what the policy looks at."""
        element = _named(self.place, target_of(self.action))
        if isinstance(self.action, Drag):
            element = _both(_named(self.start, self.action.source), element)
        if self.place is None and isinstance(self.action, PressKeys | TypeText):
            element = _focused(self.observation, self.window)
        return ActionContext(
            element=element,
            window_title="" if self.window is None else self.window.title,
            app="" if self.window is None else self.window.app,
            shown=_shown(self.observation, self.window),
        )


def _named(place: Place | None, target: Target | None) -> Element | None:
    return None if place is None else _as_named(place, target)


def _both(dragged: Element | None, onto: Element | None) -> Element | None:
    """Return what is dragged, called also by what it is dropped on: either may be risky."""
    if dragged is None or onto is None or dragged.id == onto.id or not onto.text:
        return onto if dragged is None else dragged
    return replace(dragged, text=", ".join(filter(None, (dragged.text, onto.text))))


def _focused(observation: Observation, window: Window | None) -> Element | None:
    """Return what has the keyboard, where the applications tell it."""
    return next(
        (
            element
            for element in observation.elements
            if "focused" in element.states and (window is None or element.window == window.title)
        ),
        None,
    )


def _shown(observation: Observation, window: Window | None) -> str:
    """Return a hash of what a window shows, in words and their kinds; of all without a window."""
    elements = [
        f"{element.role} {sorted(element.states)} {element.text}"
        for element in observation.elements
        if window is None or element.window == window.title
    ]
    return hashlib.sha256("\n".join(elements).encode()).hexdigest()


def prepare(action: Action, observation: Observation, sources: Sources = NO_MODELS) -> Prepared:
    """Find what the action names.

    A description is looked for by its words first; only where these alone find nothing, or several
    things, the cascade goes on to kind, colour and place, and then to the models among `sources`.

    What a modal dialog blocks is refused by its number and where only words are given. Words with
    their window are taken: whether a dialog is modal is what its program says, and may be wrong.
    So are points: who names one has seen the picture.

    Raises:
        NotFound: If it is not on the screen, or blocked by a dialog.
        Ambiguous: If several things answer equally well.
        StaleView: If a point belongs to another picture.
        BadArgumentError: If an element number or a point is outside.
        ModelUnavailable: If a model that may not click would have to tell the place.
    """
    if isinstance(action, FocusWindow):
        named = find_window(observation.windows, action.title)
        return Prepared(action=action, observation=observation, window=named)
    target = target_of(action)
    place = None if target is None else _locate(target, observation, action, sources)
    start = None
    if isinstance(action, Drag):
        start = _locate(action.source, observation, action, sources)
    window = observation.active_window if place is None else window_at(observation, place.point)
    return Prepared(action=action, observation=observation, place=place, start=start, window=window)


def _locate(target: Target, observation: Observation, action: Action, sources: Sources) -> Place:
    match target:
        case ElementTarget(id=number):
            element = observation.element(number)
            if element is None:
                raise BadArgumentError(
                    f"there is no element {number}; the latest look has {len(observation.elements)}"
                )
            dialog = blocking_dialog(observation, element)
            if dialog is not None:
                raise NotFound(f"element {number} is {blocked_by(element, dialog)}")
        case PointTarget(x=x, y=y, view=view):
            own = observation.capture.view
            point = Point(x, y, view)
            own.to_desktop(point)  # refuses a point of another view
            return Place(point=own.point(x, y), element=element_at(observation, x, y))
        case TextTarget():
            if isinstance(action, TypeText) and target.role is None:
                target = target.model_copy(update={"role": "textbox"})
            found = locate(observation, target, sources, is_for_click=True)
            return Place(point=found.point, element=found.element)
    return Place(point=observation.click_point(element), element=element)


def _as_named(place: Place, target: Target | None) -> Element | None:
    """Return what is acted on, as the policy is to judge it: also by what it was called.

    An icon that was found by its looks has no text of its own: "the trash can" must be as risky as
    a button on which "Delete" is written.
    """
    element = place.element
    if not isinstance(target, TextTarget):
        return element
    if element is None:
        x, y = int(place.point.x), int(place.point.y)
        element = Element(
            id=0, role=target.role or "icon", text="", box=Box(x, y, x + 1, y + 1), score=0.5,
            source="vlm",
        )  # fmt: skip
        words = target.text
    else:
        words = parse_description(target.text).words
    names = (words, *other_names(words, is_icon=False))
    if has_word(element.text, tuple(filter(None, names))):
        return element  # it says itself what it is
    if any(match_text(name, element.text) is not None for name in names):
        names = (words,)  # it says so, but was misread: a caret makes "Delete" a "Deletel"
    return replace(element, text=", ".join(filter(None, (element.text, *names))))


def window_at(observation: Observation, point: Point) -> Window | None:
    """Return the topmost window under a point."""
    x, y = observation.capture.view.to_desktop(point)
    return topmost_at(observation.windows, x, y)


def topmost_at(windows: Sequence[Window], x: float, y: float) -> Window | None:
    """Return the topmost window at a place in desktop units."""
    return next((w for w in windows if not w.is_minimized and w.box.contains(x, y)), None)


def find_window(windows: Sequence[Window], words: str) -> Window:
    """Return the one window whose title or application name holds the words.

    An exact title wins over a part of one, a title over an application name.

    Raises:
        NotFound: Listing the windows there are.
        Ambiguous: Listing the windows that match equally well.
    """
    wanted = words.casefold()
    tests = (
        lambda w: w.title.casefold() == wanted,
        lambda w: wanted in w.title.casefold(),
        lambda w: wanted in w.app.casefold(),
    )
    for test in tests:
        matching = [window for window in windows if test(window)]
        if len(matching) == 1:
            return matching[0]
        if matching:
            titles = ", ".join(f'"{window.title}"' for window in matching)
            raise Ambiguous(
                f'{len(matching)} windows match "{words}": {titles}; give more of the title',
                candidates=matching,
            )
    titles = ", ".join(f'"{window.title}"' for window in windows) or "none"
    raise NotFound(f'no window matches "{words}"; open windows: {titles}')
