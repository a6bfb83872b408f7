"""Waiting for a text or a window, as an action of its own."""

import time

from .actions import WaitFor
from .desktop.desktop import Desktop
from .outcome import Outcome
from .perception.ground import sees
from .perception.observe import Observer

POLL_S = 0.1


def wait_for(desktop: Desktop, observer: Observer, action: WaitFor) -> Outcome:
    """Look until the awaited text or window is there (or gone), or the time is up."""
    deadline = time.monotonic() + action.timeout_s
    while True:
        observation = observer.observe()
        if action.what == "window":
            wanted = action.text.casefold()
            there = any(
                wanted in window.title.casefold() or wanted in window.app.casefold()
                for window in observation.windows
            )
        else:
            there = sees(observation, action.text)
        if there == action.present:
            state = "is there" if there else "is gone"
            return Outcome(effect="confirmed", evidence=f'{action.what} "{action.text}" {state}')
        if time.monotonic() >= deadline:
            state = "did not appear" if action.present else "is still there"
            return Outcome(
                effect="diverged",
                evidence=f'{action.what} "{action.text}" {state} in {action.timeout_s:g} s',
            )
        desktop.takeover.sleep(POLL_S)
