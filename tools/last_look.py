"""The last look before an event: is the target, the keyboard, the window still what it was?"""

import time

from ..memory.errors import ActionFailed
from .desktop.backend import Window
from .desktop.desktop import Desktop
from .desktop.geometry import Box
from .grounding import Place, Prepared, topmost_at
from .perception.change import same_patch
from .perception.settle import settle
from .safety.gate import Permit

HOVER_SETTLE_S = 0.06
"""After the pointer arrives and before the press: long enough for a widget that reacts to hovering
(highlights, or runs away) to have drawn itself."""

TEXT_PAD_PX = 2
POINT_PATCH_PX = 16
WINDOW_PATIENCE_S = 2.0
LAUNCH_QUIET_S = 0.6
"""Applications draw an empty window first and fill it in several steps."""


class TargetGone(ActionFailed):
    """Right before the press, the target was no longer where it had been seen."""


class LastLook:
    """Looks once more where an action is about to land.

    Args:
        desktop: The desktop.
    """

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop

    def keep_focus(self, prepared: Prepared, permit: Permit) -> None:
        """Make sure that keys go to the window that had the keyboard when they were chosen.

        Raises:
            TargetGone: If another window has it now. Only where a person was asked meanwhile, who
                had to turn to a terminal to answer, is the focus put back.
        """
        wanted, now = prepared.window, self._desktop.active_window()
        if wanted is None or (now is not None and now.id == wanted.id):
            return
        if permit.decision.verdict != "ask":
            title = "no window" if now is None else f'"{now.title}"'
            raise TargetGone(
                f'"{wanted.title}" had the keyboard, now {title} has it; nothing was pressed'
            )
        self._desktop.input.focus_window(permit, wanted)

    def wait_until_ready(self, window: Window) -> None:
        """Wait until a new window has the keyboard and is drawn: keys sent before that get lost."""
        takeover = self._desktop.takeover
        deadline = time.monotonic() + WINDOW_PATIENCE_S
        while time.monotonic() < deadline:
            active = self._desktop.active_window()
            if active is not None and active.id == window.id:
                break
            takeover.sleep(0.05)
        settle(
            self._desktop.grab,
            quiet_s=LAUNCH_QUIET_S, sleep=takeover.sleep, check=takeover.check,
        )  # fmt: skip

    def patch(self, prepared: Prepared, place: Place | None) -> Box:
        """Return what is looked at to know a target again: its box, or a little around a point."""
        assert place is not None
        if place.element is not None:
            # Nothing around a frame: tooltips come up right beside what the pointer is on.
            pad = TEXT_PAD_PX if place.element.role == "text" else 0
            box = place.element.box.inflate(pad)
        else:
            x, y = round(place.point.x), round(place.point.y)
            box = Box(x, y, x, y).inflate(POINT_PATCH_PX)
        inside = box.intersect(prepared.observation.capture.view.box)
        assert inside is not None  # the point lies inside the picture
        return inside

    def check_target(self, prepared: Prepared, place: Place | None) -> None:
        """Look once more, with the pointer on the target, before the press that counts.

        Raises:
            TargetGone: If the place now shows something else, or another window lies over it.
        """
        assert place is not None
        self._desktop.takeover.sleep(HOVER_SETTLE_S)
        view = prepared.observation.capture.view
        expected = prepared.window
        now = topmost_at(self._desktop.windows(), *view.to_desktop(place.point))
        if expected is not None and (now is None or now.id != expected.id):
            title = "the bare desktop" if now is None else f'"{now.title}"'
            raise TargetGone(
                f'"{expected.title}" was at the target, now it is {title}; nothing was pressed'
            )
        box = self.patch(prepared, place)
        if not same_patch(prepared.observation.capture.pixels, self._desktop.grab(), box):
            raise TargetGone("the target changed or moved before the press; nothing was pressed")
