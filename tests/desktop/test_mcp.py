"""Clients that are not ours on the MCP server, over both transports, on a real virtual desktop."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from langchain_mcp_adapters.tools import load_mcp_tools
from mcp import ClientSession, types
from mcp.shared.exceptions import McpError

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.sandbox import Sandbox
from tests.mcp_sessions import (
    CLI,
    TOKEN,
    environment_of,
    http_server,
    over_http,
    over_stdio,
    text_of,
)

pytestmark = [pytest.mark.desktop, pytest.mark.slow]


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    return environment_of(sandbox.env, tmp_path)


@pytest.fixture
def address(environment: dict[str, str]) -> Iterator[str]:
    """The address of a server over HTTP."""
    with http_server(environment) as served_at:
        yield served_at


async def use_the_calculator(session: ClientSession) -> None:
    """Do a task by the tools: read, click, look; and fail as one should."""
    listed = {tool.name: tool for tool in (await session.list_tools()).tools}
    assert len(listed) >= 14
    read_hints, click_hints = listed["read_screen"].annotations, listed["click"].annotations
    assert read_hints is not None
    assert read_hints.readOnlyHint
    assert click_hints is not None
    assert click_hints.destructiveHint
    read = await session.call_tool("read_screen", {"window": "galculator"})
    assert 'button "7"' in text_of(read)
    clicked = await session.call_tool("click", {"text": "7", "role": "button"})
    assert text_of(clicked).startswith("confirmed\n[untrusted ")
    assert clicked.structuredContent is not None
    assert clicked.structuredContent["effect"] == "confirmed"
    shot = await session.call_tool("screenshot", {"window": "galculator"})
    assert [block.type for block in shot.content] == ["text", "image"]
    assert len(shot.model_dump_json()) < 900_000
    wrong = await session.call_tool("click", {"texty": "7"})
    assert wrong.isError
    assert text_of(wrong) == "click: texty: Extra inputs are not permitted"
    unknown = await session.call_tool("format_disk", {})
    assert unknown.isError
    assert text_of(unknown) == "there is no tool 'format_disk'"


def test_a_task_over_stdio(environment: dict[str, str], launch: Callable[..., Window]) -> None:
    launch("galculator")

    async def task() -> None:
        async with over_stdio(environment) as session:
            await use_the_calculator(session)

    anyio.run(task)


def test_a_task_over_http_and_doors_that_stay_shut(
    address: str, launch: Callable[..., Window]
) -> None:
    launch("galculator")

    async def task() -> None:
        async with over_http(address) as session:
            await use_the_calculator(session)
            # One desktop, one call at a time: what comes at once is answered one after the other.
            results: list[types.CallToolResult] = []

            async def call() -> None:
                results.append(await session.call_tool("list_windows", {}))

            async with anyio.create_task_group() as group:
                for _ in range(40):
                    group.start_soon(call)
            assert all('"galculator"' in text_of(result) for result in results)
            assert len(results) == 40

    anyio.run(task)
    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }  # fmt: skip
    right = {
        "Authorization": f"Bearer {TOKEN}",
        "Accept": "application/json, text/event-stream",
    }

    def status(**headers: str) -> int:
        sent = {name: value for name, value in (right | headers).items() if value}
        return httpx.post(address, json=hello, headers=sent, timeout=30).status_code

    assert status() == 200
    assert status(Authorization="") == 401
    assert status(Authorization="Bearer a-token-of-this-test-alonE") == 401
    assert status(Authorization=TOKEN) == 401
    assert status(Host="evil.example:80") == 421
    assert status(Origin="http://evil.example") == 403
    large = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/list",
        "params": {"_meta": {"x": "y" * 2_000_000}},
    }
    assert httpx.post(address, json=large, headers=right, timeout=30).status_code == 413
    assert status() == 200
    leave_in_a_call(address, hello, right)

    async def next_client() -> None:
        async with over_http(address) as session:
            with anyio.fail_after(60):
                await session.call_tool("press_keys", {"keys": "shift"})

    anyio.run(next_client)


def leave_in_a_call(address: str, hello: dict[str, Any], headers: dict[str, str]) -> None:
    """Be a client whose connection breaks while its call would run for minutes."""
    call = {
        "jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {
            "name": "wait_for", "arguments": {"text": "what never comes", "timeout_s": 250},
            "_meta": {"progressToken": 1},
        },
    }  # fmt: skip
    with httpx.Client(headers=headers, timeout=60) as web:
        web.headers["Mcp-Session-Id"] = web.post(address, json=hello).headers["Mcp-Session-Id"]
        web.post(address, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
        with web.stream("POST", address, json=call) as answer:
            next(line for line in answer.iter_lines() if "notifications/progress" in line)


def test_somebody_elses_adapter(environment: dict[str, str], launch: Callable[..., Window]) -> None:
    launch("galculator")

    async def task() -> None:
        async with over_stdio(environment, "--tools", "read_screen,click,screenshot") as session:
            tools = {tool.name: tool for tool in await load_mcp_tools(session)}
            assert set(tools) == {"read_screen", "click", "screenshot"}
            said = await tools["read_screen"].ainvoke({"window": "galculator"})
            assert 'button "7"' in json.dumps(said).replace('\\\\"', '"').replace('\\"', '"')

    anyio.run(task)


def test_only_tools_that_look(environment: dict[str, str]) -> None:
    async def task() -> None:
        async with over_stdio(environment, "--read-only") as session:
            names = {tool.name for tool in (await session.list_tools()).tools}
            assert {"read_screen", "screenshot", "list_windows"} <= names
            assert not {"click", "type_text", "launch_app", "set_clipboard"} & names
            assert (await session.call_tool("click", {"text": "7"})).isError

    anyio.run(task)


def test_memory_and_recordings_are_offered_only_where_they_are_named(
    environment: dict[str, str], tmp_path: Path
) -> None:
    own = environment | {"DESKHAND_MEMORY": str(tmp_path / "memory")}
    (tmp_path / "recordings").mkdir()

    async def task() -> None:
        named = ("--memory", "--files", str(tmp_path / "recordings"))
        async with over_stdio(own, *named) as session:
            names = {tool.name for tool in (await session.list_tools()).tools}
            assert {"remember_screen", "recall_screens", "transcribe_audio"} <= names
            kept = await session.call_tool("remember_screen", {"tags": ["x"]})
            assert text_of(kept).startswith("kept as [screen:")
            found = await session.call_tool("recall_screens", {"tags": ["x"]})
            assert "[screen:" in text_of(found)
            outside = await session.call_tool("transcribe_audio", {"path": "/etc/passwd"})
            assert outside.isError
        async with over_stdio(own) as session:
            without = {tool.name for tool in (await session.list_tools()).tools}
            assert not {"remember_screen", "recall_screens", "transcribe_audio"} & without

    anyio.run(task)


def test_the_clients_user_is_asked(environment: dict[str, str]) -> None:
    asked = []

    async def answer(_context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params.message)
        return types.ElicitResult(action="accept", content={"approve": len(asked) > 1})

    async def task() -> None:
        async with over_stdio(environment, elicitation_callback=answer) as session:
            refused = await session.call_tool("launch_app", {"command": ["sh", "-c", "exit 3"]})
            assert text_of(refused).startswith("refused\n")
            assert "launch sh: refused by the client's user" in text_of(refused)
            allowed = await session.call_tool("launch_app", {"command": ["sh", "-c", "exit 3"]})
            assert "sh ended with exit code 3" in text_of(allowed)

    anyio.run(task)
    assert asked == ["deskhand asks before this (rule runs-commands): launch sh"] * 2


def test_approval_out_of_band_where_the_client_cannot_ask(environment: dict[str, str]) -> None:
    command = {"command": ["sh", "-c", "exit 3"]}

    def approve(*words: str) -> str:
        done = subprocess.run(
            [*CLI, "approve", *words],
            env=environment, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout

    async def task() -> None:
        async with over_stdio(environment) as session:
            asked = text_of(await session.call_tool("launch_app", command))
            [waiting] = json.loads(approve("--json"))
            assert asked.startswith(
                "refused; approval_required: ask your user to run "
                f"`deskhand approve {waiting['token']}`, then call this again"
            )
            assert approve(waiting["token"]) == "approved: launch sh\n"
            other = await session.call_tool("launch_app", {"command": ["sh", "-c", "exit 4"]})
            assert "approval_required" in text_of(other)
            allowed = await session.call_tool("launch_app", command)
            assert "sh ended with exit code 3" in text_of(allowed)
            replayed = await session.call_tool("launch_app", command)
            assert "approval_required" in text_of(replayed)

    anyio.run(task)


def test_a_call_that_is_given_up_makes_room_for_the_next(environment: dict[str, str]) -> None:
    told = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        del total
        told.append((progress, message))

    async def task() -> None:
        async with over_stdio(environment) as session:
            async with anyio.create_task_group() as group:

                async def wait() -> None:
                    with pytest.raises(McpError, match="Request cancelled"):
                        await session.call_tool(
                            "wait_for",
                            {"text": "what never comes", "timeout_s": 250},
                            progress_callback=on_progress,
                        )

                group.start_soon(wait)
                while not told:
                    await anyio.sleep(0.1)
                number = next(iter(session._response_streams))
                gone = types.CancelledNotification(
                    params=types.CancelledNotificationParams(requestId=number)
                )
                await session.send_notification(types.ClientNotification(gone))
                # Answered while the other would still wait, and by hands that move again.
                with anyio.fail_after(60):
                    pressed = await session.call_tool("press_keys", {"keys": "shift"})
                assert not pressed.isError

    anyio.run(task)
    assert told[0] == (2.0, "wait_for is at work")
