"""Who is let in to the MCP server over HTTP, and how often."""

from collections.abc import Mapping

import anyio
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from deskhand.memory.errors import ConfigError
from deskhand.tools.mcp_http import BURST, CALLS_PER_S, MAX_WAIT_S, Doorkeeper, make_app
from deskhand.tools.mcp_rooms import Rooms
from deskhand.tools.mcp_server import make_server

TOKEN = "a-token-of-this-test-alone"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def statuses(door: Doorkeeper, headers: Mapping[str, str], count: int) -> list[int]:
    async def ask() -> list[int]:
        transport = httpx.ASGITransport(app=door)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
            return [(await web.get("/mcp", headers=headers)).status_code for _ in range(count)]

    return anyio.run(ask)


def test_what_comes_too_fast_waits_and_far_too_much_is_refused() -> None:
    clock, waited = Clock(), list[float]()

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    door = Doorkeeper(PlainTextResponse("in"), token=TOKEN, clock=clock, sleep=sleep)
    # Whoever has no token uses nothing up.
    assert set(statuses(door, {"Authorization": "Bearer x"}, 3 * BURST)) == {401}
    assert statuses(door, RIGHT, BURST) == [200] * BURST
    assert not waited
    in_line = round(MAX_WAIT_S * CALLS_PER_S)
    assert statuses(door, RIGHT, in_line + 5) == [200] * in_line + [429] * 5
    assert waited == pytest.approx([(n + 1) / CALLS_PER_S for n in range(in_line)])
    clock.now += 2.0
    assert statuses(door, RIGHT, 60).count(200) == round(2 * CALLS_PER_S)


def test_a_token_must_be_a_secret() -> None:
    server = make_server(lambda _approver: pytest.fail("no client came"), fallback=lambda *_: None)
    with pytest.raises(ConfigError, match="the token is 5 characters long; use 16 or more"):
        make_app(server, port=1, token="short")


class Sessions:
    """Opens and ends sessions as the protocol says; more than three are refused."""

    def __init__(self) -> None:
        self.there: list[str] = []
        self.opened = 0
        self.release = anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        session = request.headers.get("mcp-session-id")
        answer = PlainTextResponse("done")
        if session is None and len(self.there) == 3:
            answer = PlainTextResponse("full", status_code=503)
        elif session is None:
            self.opened += 1
            self.there.append(str(self.opened))
            answer = PlainTextResponse("new", headers={"mcp-session-id": str(self.opened)})
        elif session not in self.there:
            answer = PlainTextResponse("no such session", status_code=404)
        elif request.method == "DELETE":
            self.there.remove(session)
        elif request.method == "GET":
            await self.release.wait()
        await answer(scope, receive, send)


def test_whoever_comes_again_gets_the_place_of_a_session_that_nobody_uses() -> None:
    async def task() -> None:
        sessions = Sessions()
        transport = httpx.ASGITransport(app=Rooms(sessions, at_most=3))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:

            async def status(session: str | None = None, method: str = "POST") -> int:
                headers = {} if session is None else {"Mcp-Session-Id": session}
                return (await web.request(method, "/mcp", headers=headers)).status_code

            assert [await status() for _ in range(3)] == [200] * 3
            assert await status("1") == 200
            # Of those at rest the one that was used last stays.
            assert await status() == 200
            assert sessions.there == ["1", "3", "4"]
            assert await status("2") == 404
            async with anyio.create_task_group() as group:
                for one in sessions.there:
                    group.start_soon(status, one, "GET")
                await anyio.wait_all_tasks_blocked()
                assert await status() == 503  # each of them has somebody at the other end
                assert sessions.there == ["1", "3", "4"]
                sessions.release.set()
            assert await status("4", "DELETE") == 200
            assert await status() == 200
            assert sessions.there == ["1", "3", "5"]

    anyio.run(task)
