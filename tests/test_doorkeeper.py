"""Who is let in to the watch page, and what leaves it."""

import re

import httpx
import pytest

pytest.importorskip("starlette")

import anyio
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from deskhand.agent.ui.doorkeeper import NEEDS_LINK, Doorkeeper

PORT = 8765
HOME = f"http://127.0.0.1:{PORT}"
REFUSED = 403


class Door:
    """A page with its doorkeeper, and the links it gave out."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self.place = "/not-known-yet"

        async def page(_request: object) -> HTMLResponse:
            return HTMLResponse("<p>the page</p><script>1</script><script type=module>2</script>")

        async def plain(_request: object) -> PlainTextResponse:
            return PlainTextResponse("<script>no markup</script>")

        async def own_policy(_request: object) -> HTMLResponse:
            return HTMLResponse("<script>1</script>", headers={"Content-Security-Policy": "own"})

        async def socket(socket: WebSocket) -> None:
            await socket.accept()
            await socket.close()

        app = Starlette(
            routes=[
                Route("/", page), Route("/plain", plain), Route("/own", own_policy),
                WebSocketRoute("/socket", socket),
            ]
        )  # fmt: skip
        self.app = Doorkeeper(app, port=PORT, on_link=self.links.append)

    def get(self, address: str, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
                sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
                return await client.get(address, headers=sent)

        return anyio.run(ask)

    def enter(self) -> str:
        """Follow the newest link, learn where the page lies, and return the cookie."""
        given = self.get(self.links[-1]).headers["set-cookie"]
        self.place = re.findall(r"Path=(/[\w-]{16})/;", given)[0]
        return given.partition(";")[0]

    def page(self, path: str = "/", **headers: str) -> httpx.Response:
        """Ask for something where the page lies."""
        return self.get(self.place + path, **headers)

    def connect(self, **headers: str) -> str:
        """Return what becomes of a WebSocket."""
        said: list[str] = []

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            said.append(message["type"])

        scope = {
            "type": "websocket", "path": f"{self.place}/socket",
            "query_string": b"", "subprotocols": [],
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        anyio.run(self.app, scope, receive, send)
        return said[0].removeprefix("websocket.")


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_link_lets_one_browser_in_once(door: Door) -> None:
    (link,) = door.links
    assert re.fullmatch(rf"{HOME}/\?token=[\w-]{{43}}", link)
    assert door.get("/").status_code == REFUSED
    entered = door.get(link)
    assert entered.status_code == 200
    place = re.findall(r'content="0; url=(/[\w-]{16})/"', entered.text)[0]
    assert f"Path={place}/;" in entered.headers["set-cookie"]
    assert "HttpOnly" in entered.headers["set-cookie"]
    assert "SameSite=strict" in entered.headers["set-cookie"]
    again = door.get(link)
    assert (again.status_code, again.text) == (REFUSED, NEEDS_LINK)
    assert "set-cookie" not in again.headers
    assert len(door.links) == 2
    assert door.links[1] != link


def test_the_cookie_opens_the_page(door: Door) -> None:
    page = door.page(cookie=door.enter())
    assert (page.status_code, "the page" in page.text) == (200, True)
    assert len(door.links) == 2


@pytest.mark.parametrize(
    "path", ["/", "/plain", "/{place}", "/{place}x/", "//{place}/", "/x/{place}/"]
)
def test_the_page_lies_where_nobody_can_guess(door: Door, path: str) -> None:
    cookie = door.enter()
    answer = door.get(HOME + path.format(place=door.place[1:]), cookie=cookie)
    assert (answer.status_code, answer.text) == (REFUSED, NEEDS_LINK)


@pytest.mark.parametrize("cookie", ["", "deskhand=", "deskhand=wrong", "deskhand=ä", ";=;", "\x00"])
def test_a_wrong_cookie_opens_nothing(door: Door, cookie: str) -> None:
    door.enter()
    page = door.page(cookie=cookie)
    assert (page.status_code, page.text) == (REFUSED, NEEDS_LINK)


@pytest.mark.parametrize("token", ["", "wrong", "%00", "a&token=b"])
def test_a_wrong_token_opens_nothing(door: Door, token: str) -> None:
    assert door.get(f"/?token={token}").status_code == REFUSED
    assert len(door.links) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": f"evil.example:{PORT}"},
        {"host": "127.0.0.1"},
        {"host": f"127.0.0.1:{PORT + 1}"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},  # another port of localhost
    ],
)
def test_other_sites_are_turned_away_even_with_the_cookie(
    door: Door, headers: dict[str, str]
) -> None:
    cookie = door.enter()
    assert door.page(cookie=cookie, **headers).status_code == REFUSED


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": HOME, "sec-fetch-site": "same-origin"},
        {"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"},
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},
    ],
)
def test_the_page_itself_is_let_in(door: Door, headers: dict[str, str]) -> None:
    cookie = door.enter()
    assert door.page(cookie=cookie, **headers).status_code == 200


def test_a_socket_needs_host_origin_and_cookie(door: Door) -> None:
    cookie = door.enter()
    ours = {"host": f"127.0.0.1:{PORT}", "origin": HOME, "cookie": cookie}
    assert door.connect(**ours) == "accept"
    for name in ours:
        assert door.connect(**{key: ours[key] for key in ours if key != name}) == "close"
    for name, value in {
        "host": "evil.example", "origin": "http://evil.example", "cookie": "deskhand=wrong"
    }.items():  # fmt: skip
        assert door.connect(**(ours | {name: value})) == "close"


def test_what_leaves_loads_nothing_from_elsewhere_and_runs_only_its_own_scripts(
    door: Door,
) -> None:
    cookie = door.enter()
    page = door.page(cookie=cookie)
    policy = page.headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    for sources in rules.values():
        assert not re.search(r"https?:|\*", sources)
    assert "unsafe-inline" not in rules["script-src"]
    (nonce,) = re.findall(r"'nonce-([^']+)'", rules["script-src"])
    assert re.findall(r"<script nonce=\"([^\"]+)\"", page.text) == [nonce, nonce]
    assert int(page.headers["content-length"]) == len(page.content)
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"
    again = door.page(cookie=cookie)
    assert nonce not in again.headers["content-security-policy"]


def test_only_pages_of_ours_get_a_nonce(door: Door) -> None:
    cookie = door.enter()
    assert door.page("/plain", cookie=cookie).text == "<script>no markup</script>"
    own = door.page("/own", cookie=cookie)
    assert own.headers["content-security-policy"] == "own"
    assert own.text == "<script>1</script>"
