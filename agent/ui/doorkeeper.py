"""Who is let in to the watch page: one link for one browser, then a cookie; this machine alone.

A page that can approve actions must not be reached by other sites, by other users of the machine,
or by a name that was made to point here (DNS rebinding). So every request needs a Host that is
ours, an Origin that is ours where there is one, and the cookie that a link of one use brought. What
leaves says that nothing from elsewhere may be loaded, and no script run that is not ours.

Cookies know no ports: a browser would show ours to any other server of this machine that it visits.
They know paths, though, so the page lies under a path that nobody else can guess.
"""

import hmac
import secrets
from collections.abc import Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from ...memory.errors import MissingExtraError

try:
    from starlette.datastructures import Headers, MutableHeaders
    from starlette.responses import HTMLResponse, PlainTextResponse, Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "starlette", extra="ui") from error

HOST = "127.0.0.1"
COOKIE = "deskhand"
TOKEN_BYTES = 32
PLACE_BYTES = 12
NEEDS_LINK = "open the link that `deskhand ui` printed last; each serves one browser, once\n"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; media-src 'self'; "
    "connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""`unsafe-eval`: Vue compiles the templates of its components. Scripts in the markup need the nonce
of their page, so text that came to be markup runs nothing."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ENTER = (
    '<!doctype html><title>deskhand</title><link rel="icon" href="data:,">'
    '<meta http-equiv="refresh" content="0; url={place}/"><a href="{place}/">Go on</a>'
)
"""No redirect: after a click on another site a browser keeps a strict cookie back for all of it."""


class Doorkeeper:
    """Lets in who has the cookie, and gives the cookie for a link.

    Args:
        app: What the requests go to; their `root_path` says where the page lies.
        port: Where this is served.
        on_link: Told each new link, the first one included: when one is used, the next one is made.
    """

    def __init__(self, app: ASGIApp, *, port: int, on_link: Callable[[str], None]) -> None:
        self._app = app
        self._port = port
        self._on_link = on_link
        self._cookie = secrets.token_urlsafe(TOKEN_BYTES)
        self._place = "/" + secrets.token_urlsafe(PLACE_BYTES)
        self._token = ""
        self._new_link()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to whoever has no business here, else pass on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        placed = {**scope, "root_path": self._place}
        if scope["type"] == "websocket":
            if refusal is None:
                await self._app(placed, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        nonce = secrets.token_urlsafe(16)
        answer = self._answer_to_link(scope) if refusal is None else refusal
        if answer is None and not self._is_known(scope):
            answer = PlainTextResponse(NEEDS_LINK, status_code=403)
        app = self._app if answer is None else answer
        await app(placed, receive, _Leaving(send, self._policy(nonce), nonce))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self._hosts():
            return PlainTextResponse("this page is served to this machine only\n", status_code=403)
        origin = headers.get("origin")
        is_socket = scope["type"] == "websocket"
        is_foreign = origin is not None and origin not in {f"http://{h}" for h in self._hosts()}
        # A page of another port of this machine is of the same site, and sends our cookie.
        site = headers.get("sec-fetch-site", "none")
        is_visit = headers.get("sec-fetch-mode", "navigate") == "navigate" and not is_socket
        if is_foreign or (site not in ("same-origin", "none") and not is_visit):
            return PlainTextResponse("another site asks for this\n", status_code=403)
        if is_socket and (origin is None or not self._is_known(scope)):
            return PlainTextResponse(NEEDS_LINK, status_code=403)
        return None

    def _answer_to_link(self, scope: Scope) -> Response | None:
        """Return the page that brings the cookie to whoever followed a link."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] != "/" or not given:
            return None
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return PlainTextResponse(NEEDS_LINK, status_code=403)
        self._new_link()
        entered = HTMLResponse(ENTER.format(place=self._place))
        entered.set_cookie(
            COOKIE, self._cookie, httponly=True, samesite="strict", path=f"{self._place}/"
        )
        return entered

    def _is_known(self, scope: Scope) -> bool:
        if not scope["path"].startswith(f"{self._place}/"):
            return False
        try:
            cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
        except CookieError:
            return False
        given = cookies.get(COOKIE)
        return given is not None and hmac.compare_digest(
            given.value.encode(), self._cookie.encode()
        )

    def _new_link(self) -> None:
        self._token = secrets.token_urlsafe(TOKEN_BYTES)
        self._on_link(f"http://{HOST}:{self._port}/?token={self._token}")

    def _hosts(self) -> tuple[str, str]:
        return f"{HOST}:{self._port}", f"localhost:{self._port}"

    def _policy(self, nonce: str) -> str:
        sockets = " ".join(f"ws://{host}" for host in self._hosts())
        return CONTENT_POLICY.format(nonce=nonce, sockets=sockets)


class _Leaving:
    """Adds the headers to a response, and the nonce to the scripts that a page's markup begins.

    A response that brings a policy of its own, as a report does, keeps it.
    """

    def __init__(self, send: Send, policy: str, nonce: str) -> None:
        self._send = send
        self._policy = policy
        self._nonce = nonce
        self._held: MutableMapping[str, Any] | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            is_ours = "content-security-policy" not in headers
            headers.setdefault("Content-Security-Policy", self._policy)
            headers.setdefault("Cache-Control", "no-store")
            if is_ours and headers.get("content-type", "").startswith("text/html"):
                self._held = message
                return
        elif self._held is not None:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = self._body.replace(b"<script", f'<script nonce="{self._nonce}"'.encode())
            MutableHeaders(scope=self._held)["Content-Length"] = str(len(body))
            await self._send(self._held)
            message = {**message, "body": body}
            self._held = None
        await self._send(message)
