"""Who is let in to the MCP server over HTTP, and how often."""

from collections.abc import Mapping

import anyio
import httpx
import pytest
from starlette.responses import PlainTextResponse

from deskhand.memory.errors import ConfigError
from deskhand.tools.mcp_http import BURST, CALLS_PER_S, MAX_WAIT_S, Doorkeeper, make_app
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
