"""Leaving a model's answer where it is once nobody waits for it any more.

A chat model's interface has no place to say so, least of all through the layers of an agent: it
goes along as a context variable, which our own models read between two tokens.
"""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

POLL_S = 0.05

_Result = TypeVar("_Result")
_cancel: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar(
    "cancel", default=None
)


def current_cancel() -> threading.Event | None:
    """Return what is set once nobody waits for this call any more; None where that is not told."""
    return _cancel.get()


def is_cancelled() -> bool:
    """Tell whether nobody waits any more for what this call gives."""
    cancel = _cancel.get()
    return cancel is not None and cancel.is_set()


def call_unless(check: Callable[[], None], work: Callable[[], _Result]) -> _Result:
    """Return what the work returns, or raise what `check` raises while it goes on.

    The work has a thread of its own. Left behind, it goes on until it looks at `is_cancelled`; what
    it gives or raises then is dropped. The answer of a hosted model cannot be ended: its server
    writes it to the end.

    Args:
        check: Asked every few hundredths of a second; raises to leave.
        work: Calls models.
    """
    cancel = threading.Event()
    context = contextvars.copy_context()
    context.run(_cancel.set, cancel)
    result: Future[_Result] = Future()

    def do() -> None:
        try:
            result.set_result(context.run(work))
        except BaseException as error:  # noqa: BLE001  # raised where somebody waits for it
            result.set_exception(error)

    threading.Thread(target=do, name="model", daemon=True).start()
    try:
        while not wait([result], POLL_S).done:
            check()
    except BaseException:
        cancel.set()
        raise
    return result.result()
