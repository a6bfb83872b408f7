"""Clients that are not ours on servers of ours, for tests and benchmarks."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

TOKEN = "a-token-of-this-test-alone"
START_TIMEOUT_S = 60.0
CLI = (sys.executable, "-m", "deskhand.agent.cli")
COMMAND = (*CLI, "mcp")


def environment_of(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return what a server on a virtual desktop needs, its state in a folder of its own."""
    return {
        **env,
        "XDG_STATE_HOME": str(folder / "state"),
        "DESKHAND_MCP_TOKEN": TOKEN,
        "DESKHAND_ACCESSIBILITY": "off",
    }


@asynccontextmanager
async def over_stdio(
    environment: Mapping[str, str], *options: str, **callbacks: Any
) -> AsyncIterator[ClientSession]:
    """Start a server, and be its client for the time of the block."""
    server = StdioServerParameters(
        command=COMMAND[0], args=[*COMMAND[1:], *options], env=dict(environment)
    )
    with Path(os.devnull).open("w", encoding="utf-8") as quiet:
        async with (
            stdio_client(server, errlog=quiet) as (incoming, outgoing),
            ClientSession(incoming, outgoing, **callbacks) as session,
        ):
            await session.initialize()
            yield session


@contextmanager
def http_server(environment: Mapping[str, str], *options: str) -> Iterator[str]:
    """Run a server over HTTP for the time of the block; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "--http", str(port), *options],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(timeout=START_TIMEOUT_S)


@asynccontextmanager
async def over_http(address: str, **callbacks: Any) -> AsyncIterator[ClientSession]:
    """Be a client of a server over HTTP."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as web,
        streamable_http_client(address, http_client=web) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing, **callbacks) as session,
    ):
        await session.initialize()
        yield session


def text_of(result: types.CallToolResult) -> str:
    """Return the one text that a result is."""
    [block] = result.content
    assert isinstance(block, types.TextContent)
    return block.text
