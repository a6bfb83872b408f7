"""Clients that are not ours list and call every tool of the MCP server, and do a task with it.

    python benchmarks/mcp_clients.py
    python benchmarks/mcp_clients.py --task      # the transcript of the task alone

The clients are the official Python SDK's, langchain-mcp-adapters, and the MCP inspector's command
line where npm brings it. A real server (`deskhand mcp`) on a virtual desktop, over stdio and over
HTTP. A tool that is refused by the gate was called as well: the refusal is the answer.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from langchain_core.messages import ToolMessage
from langchain_mcp_adapters.tools import load_mcp_tools
from mcp import ClientSession, types
from rich.console import Console
from rich.table import Table

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from deskhand.tools.desktop.sandbox import Sandbox
from tests.mcp_sessions import (
    COMMAND,
    TOKEN,
    environment_of,
    http_server,
    over_http,
    over_stdio,
)
from tests.videos import screen, steady, write_video

INSPECTOR = "@modelcontextprotocol/inspector@0.21.2"  # runs on the Node.js of today's Debian
INSTALL_TIMEOUT_S, CALL_TIMEOUT_S = 300.0, 120.0

Call = Callable[[str, dict[str, Any]], Awaitable[str]]
"""Calls a tool; the first line of its answer, `error: …` if it is one."""


@dataclass(frozen=True, slots=True)
class Client:
    """A connected client."""

    names: Sequence[str]
    call: Call


def arguments(recording: Path) -> dict[str, dict[str, Any]]:
    """Return for every tool what it is called with."""
    place = {"text": "7", "role": "button"}
    return {
        "screenshot": {"window": "galculator"},
        "read_screen": {},
        "find_element": {"text": "7"},
        "click": place,
        "type_text": {"typed": "8"},
        "press_keys": {"keys": "escape"},
        "scroll": {"direction": "down", "notches": 1},
        "drag": {"source": place, "target": {"text": "8", "role": "button"}},
        "wait_for": {"text": "galculator", "what": "window"},
        "list_windows": {},
        "focus_window": {"title": "galculator"},
        "launch_app": {"command": ["sh", "-c", "exit 0"]},
        "get_clipboard": {},
        "set_clipboard": {"text": "kept"},
        "classify_image": {"labels": ["a calculator", "a letter"]},
        "ask_screen": {"question": "Which digit is on the display?"},
        "describe_screen": {},
        "remember_screen": {"tags": ["seen"]},
        "recall_screens": {"tags": ["seen"]},
        "search_images": {"query": "calculator"},
        "transcribe_audio": {"path": str(recording)},
        "remember_recording": {"path": str(recording)},
        "summarise_audio": {"path": str(recording)},
        "ask_video": {"path": str(recording), "question": "Which house is shown?"},
        "describe_video": {"path": str(recording)},
        "start_recording": {"seconds": 5},
        "stop_recording": {},
        "find_in_video": {"path": str(recording), "query": "country"},
    }


@dataclass(slots=True)
class Tally:
    """What one client got over one transport."""

    client: str
    transport: str
    listed: int = 0
    answered: int = 0
    refused: int = 0
    """By the gate, waiting for an approval: the answer that is due."""
    told: int = 0
    """Errors that say what is missing, such as a model."""
    problems: int = 0
    seconds: float = 0.0


MISSING = (
    "there is no model", "models pull", "no model", "has no pictures", "not pulled",
    "nothing is recorded",  # a session of its own for each call records nothing of another's
)  # fmt: skip


async def exercise(client: Client, tally: Tally, given: Mapping[str, dict[str, Any]]) -> None:
    """Call every tool that is listed."""
    started = time.monotonic()
    tally.listed = len(client.names)
    tally.problems = int(not client.names)
    for name in client.names:
        if name not in given:
            tally.problems += 1
            print(f"  no arguments are written here for {name}", file=sys.stderr)
            continue
        said = await client.call(name, given[name])
        if "approval_required" in said:
            tally.refused += 1
        elif not said.startswith("error: "):
            tally.answered += 1
        elif any(words in said for words in MISSING):
            tally.told += 1
        else:
            tally.problems += 1
            print(f"  {tally.client} {tally.transport} {name}: {said}", file=sys.stderr)
    tally.seconds = time.monotonic() - started


def _line(result: types.CallToolResult) -> str:
    texts = [block.text for block in result.content if isinstance(block, types.TextContent)]
    pictures = len(result.content) - len(texts)
    said = " ".join(" ".join(texts).split()) + (f" + {pictures} picture" if pictures else "")
    return f"error: {said}" if result.isError else said


async def sdk(session: ClientSession) -> Client:
    """Return the official SDK's client."""

    async def call(name: str, given: dict[str, Any]) -> str:
        return _line(await session.call_tool(name, given))

    return Client([tool.name for tool in (await session.list_tools()).tools], call)


async def adapters(session: ClientSession) -> Client:
    """Return LangChain's adapters."""
    tools = {tool.name: tool for tool in await load_mcp_tools(session)}

    async def call(name: str, given: dict[str, Any]) -> str:
        request = {"name": name, "args": given, "id": "1", "type": "tool_call"}
        message = await tools[name].ainvoke(request)
        assert isinstance(message, ToolMessage)
        said = " ".join(str(message.text).split())
        return f"error: {said}" if message.status == "error" else said

    return Client(list(tools), call)


@dataclass(frozen=True, slots=True)
class Inspector:
    """The inspector's command line: a process, and so a session, for each request."""

    program: Path
    target: Sequence[str]
    environment: Mapping[str, str]

    def ask(self, *words: str) -> tuple[dict[str, Any] | None, str]:
        """Run it once; its answer, and what it said."""
        done = subprocess.run(
            ["node", str(self.program), *self.target, *words],
            env=dict(self.environment), capture_output=True, text=True, timeout=CALL_TIMEOUT_S,
            check=False,
        )  # fmt: skip
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            return None, " ".join((done.stderr or done.stdout).split())[-200:]
        return answer, ""

    def client(self) -> Client:
        """Return it as a client."""
        listed, said = self.ask("--method", "tools/list")
        if listed is None:
            print(f"  inspector: {said}", file=sys.stderr)
            return Client([], _nothing)

        async def call(name: str, given: dict[str, Any]) -> str:
            words = ["--method", "tools/call", "--tool-name", name]
            for key, value in given.items():
                is_text = isinstance(value, str) and not value.isdigit()
                written = value if is_text else json.dumps(value)
                words += ["--tool-arg", f"{key}={written}"]
            answer, said = await anyio.to_thread.run_sync(lambda: self.ask(*words))
            if answer is None:
                return f"error: {said}"
            return _line(types.CallToolResult.model_validate(answer))

        return Client([tool["name"] for tool in listed["tools"]], call)


async def _nothing(name: str, given: dict[str, Any]) -> str:
    raise NotImplementedError(name, given)


def install_inspector(folder: Path) -> Path | None:
    """Return the inspector's program; None where npm does not bring it."""
    if shutil.which("npm") is None:
        return None
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), INSPECTOR],
        capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False,
    )  # fmt: skip
    program = folder / "node_modules/@modelcontextprotocol/inspector/cli/build/index.js"
    return program if done.returncode == 0 and program.exists() else None


TASK: Sequence[tuple[str, dict[str, Any]]] = (
    ("read_screen", {"window": "galculator", "budget": 300}),
    *(("click", {"text": digit, "role": "button"}) for digit in "12"),
    ("click", {"text": "*", "role": "button"}),
    ("click", {"text": "9", "role": "button"}),
    ("click", {"text": "=", "role": "button"}),
    ("wait_for", {"text": "108"}),
    ("press_keys", {"keys": "ctrl+c"}),
    ("get_clipboard", {}),
    ("launch_app", {"command": ["sh", "-c", "rm -rf ~"]}),
)
"""Twelve times nine on a real calculator; and what a model must not do without being asked."""


async def do_task(session: ClientSession, transport: str) -> None:
    """Print each call with the effect that was seen and what came back."""
    print(f"\nthe task over {transport}")
    for name, given in TASK:
        result = await session.call_tool(name, dict(given))
        said = _line(result)
        size = len(result.model_dump_json())
        print(f"  {name:12} {json.dumps(given):46} {size:6} B  {said[:110]}")


@asynccontextmanager
async def connected(
    environment: Mapping[str, str], options: Sequence[str], transport: str
) -> AsyncIterator[tuple[ClientSession, Sequence[str]]]:
    """Connect over a transport; also what the inspector is given to do the same."""
    if transport == "stdio":
        async with over_stdio(environment, *options) as session:
            yield session, [*COMMAND, *options]
        return
    with http_server(environment, *options) as address:
        async with over_http(address) as session:
            header = f"Authorization: Bearer {TOKEN}"
            yield session, [address, "--transport", "http", "--header", header]


async def run(environment: dict[str, str], folder: Path, is_task_only: bool) -> int:
    """Do everything on one desktop; the number of problems."""
    recording = folder / "recordings" / "short.mp4"
    recording.parent.mkdir()
    shown = steady([(0.0, screen("the old country house"))], 2.0)
    write_video(recording, shown, sound_s=2.0)
    options = ("--memory", "--files", str(recording.parent))
    tallies = []
    inspector = None if is_task_only else install_inspector(folder / "npm")
    for transport in ("stdio", "HTTP"):
        async with connected(environment, options, transport) as (session, target):
            await do_task(session, transport)
            if is_task_only:
                continue
            clients = {"official SDK": await sdk(session), "adapters": await adapters(session)}
            if inspector is not None:
                clients["inspector"] = Inspector(inspector, target, environment).client()
            for name, client in clients.items():
                tallies.append(Tally(name, transport))
                await exercise(client, tallies[-1], arguments(recording))
    _print(tallies)
    if inspector is None and not is_task_only:
        print("the inspector's command line is not here (npm)")
    return sum(tally.problems for tally in tallies)


def _print(tallies: Sequence[Tally]) -> None:
    if not tallies:
        return
    columns = ("listed", "answered", "waits for approval", "says what is missing", "problems", "s")
    table = Table("client", "over")
    for column in columns:
        table.add_column(column, justify="right")
    for one in tallies:
        counts = (one.listed, one.answered, one.refused, one.told, one.problems)
        table.add_row(one.client, one.transport, *map(str, counts), f"{one.seconds:.1f}")
    print()
    Console(width=110).print(table)


def main() -> int:
    """Print the transcript and the table; 1 if there was a problem."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--task", action="store_true", help="the transcript of the task alone")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, Sandbox.start((1280, 800)) as sandbox:
        folder = Path(name)
        environment = environment_of(sandbox.env, folder)
        environment["DESKHAND_MEMORY"] = str(folder / "memory")
        app = subprocess.Popen(
            ["galculator"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            problems = anyio.run(run, environment, folder, given.task)
        finally:
            app.terminate()
            app.wait(timeout=10)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
