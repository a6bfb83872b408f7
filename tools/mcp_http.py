"""The MCP server over HTTP, on this machine alone: a token, checked headers, a limit of calls."""

import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio

from ..memory.errors import ConfigError, MissingExtraError
from .mcp_rooms import Rooms

try:
    import uvicorn
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.types import ASGIApp, Receive, Scope, Send
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "mcp", extra="mcp") from error

HOST = "127.0.0.1"
PATH = "/mcp"
TOKEN_BYTES = 32
MIN_TOKEN_CHARS = 16
CALLS_PER_S = 20.0
BURST = 60
MAX_WAIT_S = 15.0
"""What comes too fast waits; the official client ends its session at a 429, so that comes last."""
MAX_SESSIONS = 8
SESSION_IDLE_S = 600.0
"""A session without a connection that nobody closed makes room for another after this."""
MAX_BODY_BYTES = 1_000_000


class Doorkeeper:
    """Lets requests in that carry the token, and no faster than they may come.

    Args:
        app: What the requests go to.
        token: The secret; compared in constant time.
        clock: Monotonic seconds.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()
        self._clock = clock
        self._sleep = sleep
        self._left = float(BURST)
        self._at = clock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 without the token, 429 if far too many wait, else pass on in time."""
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self._expected):
                refusal = PlainTextResponse(
                    "the token is missing or wrong",
                    status_code=401,
                    headers={"WWW-Authenticate": 'Bearer realm="deskhand"'},
                )
                await refusal(scope, receive, send)
                return
            wait_s = self._place_in_line()
            if wait_s is None:
                refusal = PlainTextResponse(
                    "too many requests",
                    status_code=429,
                    headers={"Retry-After": f"{MAX_WAIT_S:.0f}"},
                )
                await refusal(scope, receive, send)
                return
            if wait_s:
                await self._sleep(wait_s)
        await self._app(scope, receive, send)

    def _place_in_line(self) -> float | None:
        """Return how long a request has to wait; None if that is too long, and it is refused."""
        now = self._clock()
        self._left = min(float(BURST), self._left + (now - self._at) * CALLS_PER_S)
        self._at = now
        wait_s = max(0.0, 1 - self._left) / CALLS_PER_S
        if wait_s > MAX_WAIT_S:
            return None
        self._left -= 1
        return wait_s


def make_app(server: "Server[Any, Any]", *, port: int, token: str) -> ASGIApp:
    """Return the application that serves the tools at `PATH`.

    Raises:
        ConfigError: If the token is too short to be a secret.
    """
    if len(token) < MIN_TOKEN_CHARS:
        raise ConfigError(
            f"the token is {len(token)} characters long; use {MIN_TOKEN_CHARS} or more"
        )
    hosts = [f"{name}:{port}" for name in (HOST, "localhost")]
    manager = StreamableHTTPSessionManager(
        server,
        security_settings=TransportSecuritySettings(
            allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts]
        ),
        session_idle_timeout=SESSION_IDLE_S,
        max_sessions=MAX_SESSIONS,
        max_request_body_size=MAX_BODY_BYTES,
    )

    rooms = Rooms(manager.handle_request, at_most=MAX_SESSIONS)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    app = Starlette(routes=[Route(PATH, endpoint=rooms)], lifespan=lifespan)
    return Doorkeeper(app, token=token)


async def serve_http(server: "Server[Any, Any]", *, port: int, token: str) -> None:
    """Serve on this machine's loopback address until the process is told to end.

    Raises:
        ConfigError: If the port is taken.
    """
    config = uvicorn.Config(
        make_app(server, port=port, token=token),
        host=HOST,
        port=port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    try:
        await uvicorn.Server(config).serve()
    except SystemExit:
        raise ConfigError(f"cannot listen on port {port} of this machine; name another") from None
