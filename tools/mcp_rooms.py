"""Room for new sessions over HTTP: clients come again without closing the session they had.

Spoken in the protocol alone: a session is named in the header of the answer that opens it, and is
ended by DELETE. So this holds whatever the package keeps inside.

Source: Model Context Protocol, revision 2025-11-25, Streamable HTTP, "Session Management".
"""

from collections import Counter
from collections.abc import Iterable

from ..memory.errors import MissingExtraError

try:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "starlette", extra="mcp") from error

SESSION = b"mcp-session-id"


class Rooms:
    """Ends the session that has been idle for longest when another one needs its place.

    Args:
        handler: Answers the requests of all sessions.
        at_most: Sessions at a time. Where all have a request or a stream open, none is ended, and
            the handler refuses the new one.
    """

    def __init__(self, handler: ASGIApp, *, at_most: int) -> None:
        self._handler = handler
        self._at_most = at_most
        self._open: dict[bytes, None] = {}
        """The sessions, the one that was used last at the end."""
        self._busy: Counter[bytes] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, making room for the session that it may open."""
        session = _header(scope["headers"])
        if session is None:
            await self._make_room(scope)
        elif session in self._open:
            self._open[session] = self._open.pop(session)
            self._busy[session] += 1
        own = session if session in self._open else None

        async def tell(message: Message) -> None:
            nonlocal own
            if message["type"] == "http.response.start":
                named = _header(message.get("headers", ()))
                if session is None and named is not None and message["status"] < 300:
                    own = named
                    self._open[own] = None
                    self._busy[own] += 1
                elif session is not None and (
                    message["status"] == 404 or scope["method"] == "DELETE"
                ):
                    self._open.pop(session, None)
            await send(message)

        try:
            await self._handler(scope, receive, tell)
        finally:
            if own is not None:
                self._busy[own] -= 1
                self._busy += Counter()  # forgets those at rest

    async def _make_room(self, scope: Scope) -> None:
        if len(self._open) < self._at_most:
            return
        idle = next((one for one in self._open if not self._busy[one]), None)
        if idle is None:
            return
        del self._open[idle]
        kept = [(name, value) for name, value in scope["headers"] if name in (b"host", b"origin")]
        ending = dict(scope) | {"method": "DELETE", "headers": [*kept, (SESSION, idle)]}

        async def nothing_more() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def unheard(_message: Message) -> None:
            pass

        await self._handler(ending, nothing_more, unheard)


def _header(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    return next((value for name, value in headers if name.lower() == SESSION), None)
