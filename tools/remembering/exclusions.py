"""Which windows are never remembered: password managers, private ones, and what a person names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self

from ..desktop.backend import Window
from ..desktop.geometry import Box
from ..perception.elements import Element, Observation

DEFAULT_APPS = (
    "keepass", "bitwarden", "1password", "lastpass", "enpass", "dashlane", "nordpass",
    "proton pass", "seahorse", "kwalletmanager", "pinentry", "gcr-prompter", "ssh-askpass",
    "polkit", "buttercup", "authenticator", "tor browser",
)  # fmt: skip
DEFAULT_WINDOWS = (
    "*private browsing*", "*private window*", "*(private)*", "*incognito*", "*inkognito*",
    "*inprivate*", "*navigation privée*", "*privates fenster*", "*privater modus*",
)  # fmt: skip
"""Firefox says it in every title, Chromium only in that of its first tab: see `PRIVATE_SIGN`."""
BROWSERS = ("chrom", "edge", "brave", "vivaldi", "opera")
PRIVATE_SIGN = re.compile(
    r"(?:.{0,3}\s)?(?:incognito|inkognito|inprivate|private|navigation privée|incógnito)"
    r"(?: \(\d+\))?",
    re.IGNORECASE,
)
"""What a private window of these has in its toolbar."""
TOOLBAR_PX = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """Patterns of applications and window titles; upper and lower case are the same."""

    apps: Sequence[str] = DEFAULT_APPS
    """A part of the application's name, or with * and ? the whole of it."""
    windows: Sequence[str] = DEFAULT_WINDOWS
    """The same for the title."""

    def also(self, patterns: Sequence[str]) -> Self:
        """Return these and more, each for the application's name and for the title."""
        return type(self)(apps=(*self.apps, *patterns), windows=(*self.windows, *patterns))

    def reason(self, window: Window) -> str | None:
        """Return the pattern that excludes a window by its name or title, None if none does."""
        for pattern in self.apps:
            if _fits(pattern, window.app):
                return pattern
        return next((p for p in self.windows if _fits(p, window.title)), None)

    def seen(self, observation: Observation) -> "Excluded":
        """Return what of a look is excluded, private windows told by their toolbars included."""
        view = observation.capture.view
        boxes: list[Box] = []
        reason = None
        clients: set[int] = set()
        for window in observation.windows:
            box = None if window.is_minimized else view.box_from_desktop(window.box)
            why = self.reason(window)
            if (
                why is None
                and box is not None
                and self.windows
                and _is_private(window, box, observation)
            ):
                why = "private window"
            if why is None:
                continue
            if window.is_active:
                reason = why
            if box is not None:
                boxes.append(box)
            if window.client is not None:
                clients.add(window.client)
        for popup in observation.popups:
            box = view.box_from_desktop(popup.box)
            if popup.client in clients and box is not None:
                boxes.append(box)
        return Excluded(reason=reason, boxes=tuple(boxes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """What of one look must not be kept."""

    reason: str | None
    """What excludes the active window, and with it the whole look; None if nothing does."""
    boxes: tuple[Box, ...]
    """Where excluded windows stand, whatever lies in front of them."""


def _fits(pattern: str, text: str) -> bool:
    pattern, text = pattern.casefold(), text.casefold()
    if any(sign in pattern for sign in "*?"):
        return fnmatchcase(text, pattern)
    return pattern in text


def _is_private(window: Window, box: Box, observation: Observation) -> bool:
    if not any(name in window.app.casefold() for name in BROWSERS):
        return False
    toolbar = Box(box.left, box.top, box.right, min(box.bottom, box.top + TOOLBAR_PX))

    def says_it(element: Element) -> bool:
        text = element.text.strip()
        return toolbar.contains(*element.box.centre) and bool(PRIVATE_SIGN.fullmatch(text))

    return any(says_it(element) for element in observation.elements)
