"""A connection to an X11 server: how it is opened, how long it waits, and what is said of its end.

python-xlib 0.33 waits for an answer without an end, and its connections are for one thread at a
time: a thread that sends while another one reads loses its answer to it and waits for ever. So
whoever shares a connection holds a lock for as long as it is used, and no answer is waited for
longer than `ANSWER_TIMEOUT_S`.
"""

import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import Xlib.error
from Xlib.display import Display

from ...memory.errors import DisplayError

ANSWER_TIMEOUT_S = 10.0
"""A server on a busy machine answers late; one that another client has grabbed, not at all."""


def open_display(name: str, opened: ExitStack, *, timeout_s: float = ANSWER_TIMEOUT_S) -> Display:
    """Return a new connection, closed with the stack.

    Args:
        name: Such as `:0`.
        opened: Closes it.
        timeout_s: How long an answer may take.

    Raises:
        DisplayError: If the display cannot be opened.
    """
    try:
        display = Display(name)
    except (Xlib.error.DisplayError, Xlib.error.XauthError, OSError) as error:
        raise DisplayError(
            f"display {name} cannot be opened: {_reason(error)}; check DISPLAY, or use --sandbox"
        ) from error
    opened.callback(_close, display)
    limit_waits(display, timeout_s)
    return display


def limit_waits(display: Display, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
    """Let a connection raise `DisplayError` where an answer takes too long; it can be used on.

    A connection whose waits are limited already keeps its limit.
    """
    core = display.display
    if not isinstance(core.send_and_recv, _LimitedExchange):
        # Set on this one connection: python-xlib has no place to say it.
        core.send_and_recv = _LimitedExchange(core, timeout_s)


@contextmanager
def on_display() -> Iterator[None]:
    """Say in our words that the display went away.

    Raises:
        DisplayError: If it did.
    """
    try:
        yield
    except (Xlib.error.ConnectionClosedError, ConnectionError) as error:
        raise DisplayError("the display is gone: its server ended or was restarted") from error


class _LimitedExchange:
    """`send_and_recv` of a connection, which waits for an answer only so long.

    Its contract is python-xlib's: called with `send_recv_lock` held, returns with it released;
    callers ask again until they have what they wait for.
    """

    def __init__(self, core: Any, timeout_s: float) -> None:  # Any: Xlib ships no types
        self._core = core
        self._exchange = core.send_and_recv
        self._timeout_s = timeout_s

    def __call__(
        self,
        flush: object = None,
        event: object = None,
        request: int | None = None,
        recv: object = None,
    ) -> None:
        if request is None:
            self._exchange(flush=flush, event=event, recv=recv)
            return
        deadline = time.monotonic() + self._timeout_s
        self._exchange(recv=True)  # sends what is queued, reads what is there, does not wait
        while self._is_awaited(request):
            left = deadline - time.monotonic()
            unsent = [self._core.socket] if self._core.data_send else []
            if left <= 0 or not any(select.select([self._core.socket], unsent, [], left)):
                raise DisplayError(
                    f"the display gave no answer in {self._timeout_s:g} s: its server stands "
                    "still, or another program has grabbed it; try again"
                )
            self._core.send_recv_lock.acquire()
            self._exchange(recv=True)

    def _is_awaited(self, serial: int) -> bool:
        core = self._core
        return any(sent._serial == serial for sent in core.sent_requests) or any(
            queued._serial == serial for queued, _ in core.request_queue
        )


def _reason(error: Exception) -> str:
    """Return what the server said; Xlib puts it into its message as it came, a line of bytes."""
    said = getattr(error, "msg", None)
    if isinstance(said, bytes):
        return said.decode("utf-8", "replace").strip()
    return str(error)


def _close(display: Display) -> None:
    with suppress(Xlib.error.ConnectionClosedError, OSError):  # gone already
        display.close()
