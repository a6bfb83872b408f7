"""What can be named on a screen, and what an agent perceives at one step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..desktop.backend import Popup, Window
from ..desktop.capture import Capture
from ..desktop.geometry import Box, Point

Role = Literal[
    "text", "button", "textbox", "checkbox", "radio", "switch", "combobox", "spinbutton",
    "slider", "scrollbar", "progressbar", "link", "menuitem", "tab", "option", "treeitem",
    "cell", "icon", "image",
]  # fmt: skip
"""WAI-ARIA names; `text` is anything readable of which no more is known, `icon` a small picture
that can be clicked and of which no more is known."""

Source = Literal["ocr", "widget", "accessibility", "icon", "vlm"]

State = Literal["checked", "unchecked", "mixed", "disabled", "selected", "focused", "expanded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One thing on the screen that can be named or acted on."""

    id: int
    """The number shown to people and models (its mark). What is still there at the next look keeps
    its number; what is new gets one that was never used."""
    role: Role
    text: str
    """What is written on it; for a box with nothing on it, the label beside it or empty."""
    box: Box
    """In pixels of the capture it was found in."""
    score: float
    """Confidence of the source, in [0, 1]."""
    source: Source
    """What found it, or gave its name: `accessibility` where the name is not to be read on it."""
    states: frozenset[State] = frozenset()
    window: str = ""
    """Title of the topmost window it lies in; empty on the bare desktop or where unknown."""
    clickable: tuple[float, float] | None = None
    """Where to click, in capture pixels; None means the middle of the box."""

    @property
    def click_at(self) -> tuple[float, float]:
        """Where a click on this element goes, in capture pixels."""
        return self.box.centre if self.clickable is None else self.clickable


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is perceived at one step."""

    capture: Capture
    elements: Sequence[Element]
    """Open menus first, then window by window, topmost first; each in reading order."""
    windows: Sequence[Window] = ()
    """Topmost first; empty for a picture from a file."""
    popups: Sequence[Popup] = ()
    """Open menus, lists and tooltips, topmost first."""
    moving: Sequence[Box] = field(default=())
    """Where the screen was still changing when the capture was taken (caret, spinner, video)."""
    carets: Sequence[Box] = ()
    """Where a text cursor was seen to blink, in capture pixels; empty where nobody watched."""
    settled: bool = True
    """False if the screen was still changing when patience ran out."""

    @property
    def active_window(self) -> Window | None:
        """The window that has the keyboard, if any."""
        return next((window for window in self.windows if window.is_active), None)

    def element(self, element_id: int) -> Element | None:
        """Return the element with this number, or None."""
        return next((element for element in self.elements if element.id == element_id), None)

    def click_point(self, element: Element) -> Point:
        """Return where to click an element, as a point of this observation's view."""
        return self.capture.view.point(*element.click_at)
