"""The MCP server against clients that should not get far: a table of what each gets.

    python benchmarks/mcp_security.py

Real servers (`deskhand mcp`, over stdio and over HTTP) on a virtual desktop, real requests. `held`
says whether what was promised is what came.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import httpx
import psutil
from mcp import ClientSession
from mcp.shared.exceptions import McpError
from rich.console import Console
from rich.table import Table

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from deskhand.tools.desktop.sandbox import Sandbox
from tests.mcp_sessions import (
    CLI,
    COMMAND,
    TOKEN,
    environment_of,
    http_server,
    over_http,
    over_stdio,
    text_of,
)

APP = Path(__file__).resolve().parent.parent / "tests" / "apps" / "delete_button.py"
HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "stranger", "version": "1"},
    },
}  # fmt: skip
RIGHT = {
    "Authorization": f"Bearer {TOKEN}",
    "Accept": "application/json, text/event-stream",
}
DELETE = {"text": "Delete all"}
PARALLEL = 200
NEXT_SERVED_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """What one attempt got."""

    attempt: str
    promised: str
    got: str
    held: bool


@dataclass(slots=True)
class Desk:
    """A virtual desktop with the window that has something to lose."""

    environment: Mapping[str, str]
    folder: Path
    rows: list[Row] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """A line for each press of the button."""
        return self.folder / "pressed"

    @property
    def note(self) -> Path:
        """What the window shows."""
        return self.folder / "note"

    def presses(self) -> int:
        """Return how often the button was pressed."""
        return len(self.log.read_text(encoding="utf-8").splitlines()) if self.log.exists() else 0

    def add(self, attempt: str, promised: str, got: str, held: bool) -> None:
        """Keep a row."""
        self.rows.append(Row(attempt, promised, " ".join(got.split()), held))

    def approve(self, *words: str) -> str:
        """Run `deskhand approve`; its last line."""
        done = subprocess.run(
            [*CLI, "approve", *words],
            env=dict(self.environment), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return (done.stdout or done.stderr).strip()


def main() -> int:
    """Print the table; 1 if a promise was not kept."""
    with tempfile.TemporaryDirectory() as name, Sandbox.start((1280, 800)) as sandbox:
        folder = Path(name)
        (folder / "recordings").mkdir()
        environment = environment_of(sandbox.env, folder)
        desk = Desk(environment=environment, folder=folder)
        desk.note.write_text("12 letters", encoding="utf-8")
        app = subprocess.Popen(
            [sys.executable, str(APP), str(desk.log), str(desk.note)],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with http_server(environment) as address:
                doors(desk, address)
                anyio.run(crowd, desk, address)
                anyio.run(leave_http, desk, address)
            anyio.run(over_one_session, desk)
            leave_stdio(desk)
        finally:
            app.terminate()
            app.wait(timeout=10)
    table = Table("attempt", "promised", "got", "held")
    for row in desk.rows:
        table.add_row(row.attempt, row.promised, row.got[:160], "yes" if row.held else "NO")
    Console(width=170).print(table)
    lost = sum(not row.held for row in desk.rows)
    print(
        f"{len(desk.rows) - lost} of {len(desk.rows)} held; the button was pressed only if told so"
    )
    return 1 if lost else 0


def doors(desk: Desk, address: str) -> None:
    """What is refused before it reaches a tool."""

    def status(url: str = address, **headers: str) -> httpx.Response:
        sent = {name: value for name, value in (RIGHT | headers).items() if value}
        return httpx.post(url, json=HELLO, headers=sent, timeout=30)

    in_address = f"{address}?token={TOKEN}"
    cases: list[tuple[str, int, Callable[[], httpx.Response]]] = [
        ("the right token", 200, status),
        ("no token", 401, lambda: status(Authorization="")),
        ("one letter wrong", 401, lambda: status(Authorization=f"Bearer {TOKEN[:-1]}x")),
        ("the token without Bearer", 401, lambda: status(Authorization=TOKEN)),
        ("the token in the address", 401, lambda: status(in_address, Authorization="")),
        ("Origin of a web page", 403, lambda: status(Origin="http://evil.example")),
        ("Origin null, as of a local file", 403, lambda: status(Origin="null")),
        ("Host of another name (DNS rebinding)", 421, lambda: status(Host="evil.example:80")),
        ("a session that is not there", 404, lambda: status(**{"Mcp-Session-Id": "0" * 32})),
    ]  # fmt: skip
    for attempt, expected, ask in cases:
        answer = ask()
        desk.add(attempt, str(expected), str(answer.status_code), answer.status_code == expected)
    huge = HELLO | {"params": {"_meta": {"x": "y" * 2_000_000}}}
    answer = httpx.post(address, json=huge, headers=RIGHT, timeout=30)
    desk.add("a body of 2 MB", "413", str(answer.status_code), answer.status_code == 413)
    listening = _listening(address)
    desk.add(
        "another machine's address",
        "listens on 127.0.0.1 only",
        listening,
        listening == "127.0.0.1",
    )


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"


def _listening(address: str) -> str:
    port = int(address.rsplit(":", 1)[1].split("/")[0])
    listening = [one.laddr for one in psutil.net_connections("inet") if one.status == "LISTEN"]
    return ", ".join(sorted({at.ip for at in listening if at and at.port == port}))


async def crowd(desk: Desk, address: str) -> None:
    """Many calls at once, and more sessions than there is room for."""
    answers: list[str] = []

    async def call(session: ClientSession) -> None:
        try:
            answers.append(text_of(await session.call_tool("list_windows", {})))
        except McpError as error:
            answers.append(f"turned away: {error}")

    started = time.monotonic()
    async with over_http(address) as session, anyio.create_task_group() as group:
        for _ in range(PARALLEL):
            group.start_soon(call, session)
    answered = sum('"Archive"' in answer for answer in answers)
    told = f"{answered} answered, {len(answers) - answered} turned away, in {_since(started)}"
    async with over_http(address) as session:
        after = text_of(await session.call_tool("list_windows", {}))
    held = len(answers) == PARALLEL and answered > 0 and '"Archive"' in after
    desk.add(f"{PARALLEL} calls at once", "each answered or told 429; the server lives", told, held)
    async with httpx.AsyncClient(headers=RIGHT, timeout=30) as web:
        codes = [(await web.post(address, json=HELLO)).status_code for _ in range(30)]
    async with over_http(address) as session:
        after = text_of(await session.call_tool("list_windows", {}))
    held = '"Archive"' in after and set(codes) == {200}
    told = f"{codes.count(200)} opened, the next client served: {'yes' if held else 'no'}"
    desk.add("30 sessions that nobody closes", "none locks others out", told, held)


async def leave_http(desk: Desk, address: str) -> None:
    """A client that is killed while its call runs."""
    del address
    with http_server(desk.environment) as own:
        await _leave_http(desk, own)


async def _leave_http(desk: Desk, address: str) -> None:
    async with _killed_in_call(desk, address):
        pass
    started = time.monotonic()
    with anyio.move_on_after(NEXT_SERVED_WITHIN_S) as scope:
        async with over_http(address) as session:
            await session.call_tool("press_keys", {"keys": "shift"})
    told = (
        "not served"
        if scope.cancelled_caught
        else f"served after {time.monotonic() - started:.1f} s"
    )
    desk.add(
        "HTTP client killed in a call of 250 s", "the next client is served", told,
        not scope.cancelled_caught,
    )  # fmt: skip


VANISH = """
import sys, anyio
from tests.mcp_sessions import over_http
async def main():
    async with over_http(sys.argv[1]) as session:
        async def told(*_): print("at work", flush=True)
        await session.call_tool(
            "wait_for", {"text": "what never comes", "timeout_s": 250}, progress_callback=told)
anyio.run(main)
"""


@asynccontextmanager
async def _killed_in_call(desk: Desk, address: str) -> AsyncIterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", VANISH, address],
        env=dict(desk.environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=APP.parent.parent.parent,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.kill()
    process.wait()
    process.stdout.close()
    yield


def leave_stdio(desk: Desk) -> None:
    """The same over stdio: the server is the client's child, and must not outlive it."""
    server = subprocess.Popen(
        COMMAND,
        env=dict(desk.environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    call = {
        "jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {
            "name": "wait_for", "arguments": {"text": "what never comes", "timeout_s": 250},
            "_meta": {"progressToken": 1},
        },
    }  # fmt: skip
    for message in (HELLO, {"jsonrpc": "2.0", "method": "notifications/initialized"}, call):
        server.stdin.write(json.dumps(message) + "\n")
        server.stdin.flush()
    while "notifications/progress" not in server.stdout.readline():
        pass
    started = time.monotonic()
    server.stdin.close()
    try:
        server.wait(timeout=NEXT_SERVED_WITHIN_S)
        told = f"ended after {_since(started)}"
    except subprocess.TimeoutExpired:
        told = "still runs"
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    server.stdout.close()
    desk.add("stdio client gone in a call of 250 s", "the server ends", told, told != "still runs")


async def over_one_session(desk: Desk) -> None:
    """What a client that is let in still may not do."""
    options = ("--files", str(desk.folder / "recordings"))
    async with over_stdio(desk.environment, *options) as session:
        await arguments(desk, session)
        await paths(desk, session)
        await approvals(desk, session)


async def arguments(desk: Desk, session: ClientSession) -> None:
    """Arguments that are none."""
    huge = await session.call_tool("type_text", {"typed": "x" * 2_000_000})
    desk.add("text of 2 MB to type", "an error", text_of(huge), bool(huge.isError))
    for attempt, name, given in (
        ("an argument nobody knows", "click", {"text": "x", "force": True}),
        ("a number that is none", "click", {"x": float("inf"), "y": 1, "view": "v1"}),
        ("an element that never was", "click", {"element": 10**9}),
        ("a tool that approves", "approve", {"token": "0" * 12}),
    ):
        try:
            result = await session.call_tool(name, given)
            desk.add(attempt, "an error", text_of(result), bool(result.isError))
        except McpError as error:
            desk.add(attempt, "an error", str(error), True)


async def paths(desk: Desk, session: ClientSession) -> None:
    """Files outside of the folder that is served."""
    folder = desk.folder / "recordings"
    (folder / "link.wav").symlink_to("/etc/passwd")
    for attempt, path in (
        ("a path outside", "/etc/passwd"),
        ("a path that climbs out", f"{folder}/../../../etc/passwd"),
        ("a link that leads out", f"{folder}/link.wav"),
    ):
        result = await session.call_tool("transcribe_audio", {"path": path})
        said = text_of(result)
        held = bool(result.isError) and "root:" not in said
        desk.add(attempt, "refused", said.replace(str(folder), "FOLDER"), held)


async def approvals(desk: Desk, session: ClientSession) -> None:
    """An approval serves for what was approved, once."""

    async def click(**more: object) -> str:
        return text_of(await session.call_tool("click", DELETE | more))

    def token() -> str:
        waiting = json.loads(desk.approve("--json"))
        return str(waiting[-1]["token"])

    def refused(attempt: str, said: str, presses: int) -> None:
        held = "approval_required" in said and desk.presses() == presses
        first = said.splitlines()[0].replace(said.split("approve ")[1].split("`")[0], "TOKEN")
        desk.add(attempt, "approval_required, not done", first, held)

    refused("a click on Delete, nobody asked", await click(), 0)
    made_up = desk.approve("0" * 12)
    desk.add(
        "approving a token that is made up", "an error", made_up, "error: no request" in made_up
    )
    desk.approve(token())
    refused("approved, but clicked twice at once", await click(count=2), 0)
    said = await click()
    desk.add(
        "approved, then the very same call", "done once", said.split("\n")[0], desk.presses() == 1
    )
    refused("the approval replayed", await click(), 1)
    desk.approve(token())
    desk.note.write_text("13 letters, one unread", encoding="utf-8")
    await anyio.sleep(0.5)  # the window shows it within a tenth
    refused("approved, then the screen changed", await click(), 1)
    desk.approve("--deny", token())
    said = await click()
    desk.add("denied by the person", "refused", said.split("\n")[0], desk.presses() == 1)


if __name__ == "__main__":
    sys.exit(main())
