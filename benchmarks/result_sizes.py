"""What one look at a 4K screen costs an agent over MCP, beside computer-control-mcp.

    python benchmarks/result_sizes.py
    python benchmarks/result_sizes.py --vocabulary qwen.tiktoken     # texts counted exactly

Both servers run on the same three screens and are asked by the official client over stdio. Bytes
are of the whole result as it goes over the wire (common clients refuse 1 MB); tokens are of what a
model is given: the texts, the structured content, which some clients hand on as well, and the
pictures as Qwen3-VL counts them, one for each 32 x 32 pixels. Sides over 1568 px are marked: models
shrink such pictures themselves, and places in them are off. `ask_screen` needs a model; questions
and answers stand below the table.
"""

import argparse
import base64
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from PIL import Image
from rich.console import Console
from rich.table import Table

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.scenes.scenes import SCENES
from benchmarks.token_cost import QWEN_3_VL_PX, Count, exact_count, picture_tokens
from benchmarks.truth import peer
from benchmarks.truth.recorder import Studio
from deskhand.memory.errors import ActionFailed
from deskhand.tools.perception.render import estimate_tokens
from deskhand.tools.tool_results import MAX_SIDE_PX
from tests.mcp_sessions import COMMAND, environment_of

SIZE = (3840, 2160)
QUESTIONS = {
    "mail": "Which message is about an invoice?",
    "geany": "Which file is open in the editor?",
    "table": "What is the price of article 10437?",
}
"""One for each screen."""
REFUSED_BYTES = 1_000_000
TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one result costs."""

    screen: str
    tool: str
    n_bytes: int
    text_tokens: int
    structured_tokens: int
    """Clients may hand the structured part to the model beside the text."""
    picture_tokens: int
    largest_side: int
    seconds: float
    said: str


async def costs(
    server: StdioServerParameters,
    screen: str,
    calls: Sequence[tuple[str, dict[str, Any]]],
    count: Count,
) -> list[Cost]:
    """Return what each call's result costs."""
    found = []
    with Path(os.devnull).open("w", encoding="utf-8") as quiet:
        async with (
            stdio_client(server, errlog=quiet) as (incoming, outgoing),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            for name, given in calls:
                started = time.monotonic()
                with anyio.fail_after(TIMEOUT_S):
                    result = await session.call_tool(name, given)
                found.append(_cost(result, screen, name, given, time.monotonic() - started, count))
    return found


def _cost(
    result: types.CallToolResult,
    screen: str,
    name: str,
    given: Mapping[str, Any],
    seconds: float,
    count: Count,
) -> Cost:
    texts = [block.text for block in result.content if isinstance(block, types.TextContent)]
    sizes = [_size(block.data) for block in result.content if isinstance(block, types.ImageContent)]
    options = ", ".join(str(value) for key, value in given.items() if key != "question")
    return Cost(
        screen=screen,
        tool=f"{name}({options})" if options else name,
        n_bytes=len(result.model_dump_json(exclude_none=True).encode()),
        text_tokens=sum(count(text) for text in texts),
        structured_tokens=count(json.dumps(result.structuredContent))
        if result.structuredContent
        else 0,
        picture_tokens=sum(picture_tokens(size, QWEN_3_VL_PX) for size in sizes),
        largest_side=max((max(size) for size in sizes), default=0),
        seconds=seconds,
        said=("error: " if result.isError else "") + " ".join(" ".join(texts).split()),
    )


def _size(encoded: str) -> tuple[int, int]:
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        return picture.size


async def measure(
    env: Mapping[str, str], screen: str, peer_python: Path, count: Count
) -> list[Cost]:
    """Ask both servers about what is on the screen now."""
    with tempfile.TemporaryDirectory() as folder:
        own = environment_of(env, Path(folder))
        ours = StdioServerParameters(command=COMMAND[0], args=list(COMMAND[1:]), env=own)
        asked: list[tuple[str, dict[str, Any]]] = [
            ("read_screen", {}),
            ("read_screen", {"budget": 500}),
            ("screenshot", {}),
            ("ask_screen", {"question": QUESTIONS[screen]}),
        ]
        found = await costs(ours, screen, asked, count)
        theirs = StdioServerParameters(
            command=str(peer_python), args=[str(peer.SERVER)], env=dict(env)
        )
        asked = [("take_screenshot", {}), ("take_screenshot_with_ocr", {})]
        return found + await costs(theirs, screen, asked, count)


def show(found: Sequence[Cost]) -> None:
    """Print the table, and what was answered."""
    table = Table("screen", "tool")
    for column in ("bytes", "text tokens", "structured", "picture", "longest side", "s"):
        table.add_column(column, justify="right")
    for one in found:
        heavy = "  refused" if one.n_bytes > REFUSED_BYTES else ""
        shrunk = "  shrunk" if one.largest_side > MAX_SIDE_PX else ""
        table.add_row(
            one.screen, one.tool, f"{one.n_bytes:,}{heavy}", f"{one.text_tokens:,}",
            f"{one.structured_tokens:,}", f"{one.picture_tokens:,}",
            f"{one.largest_side or '-'}{shrunk}", f"{one.seconds:.1f}",
        )  # fmt: skip
    Console(width=130).print(table)
    for one in found:
        if one.tool == "ask_screen":
            print(f"{one.screen}: {QUESTIONS[one.screen]} {one.said[:160]}")
        elif "rror" in one.said[:40]:
            print(f"{one.screen}: {one.tool} said {one.said[:160]}")


def main() -> int:
    """Print the table; 1 if a screen did not come up."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--vocabulary", type=Path, metavar="FILE")
    options.add_argument("--folder", type=Path, help="keeps the other server's environment")
    chosen = options.parse_args()
    count = estimate_tokens if chosen.vocabulary is None else exact_count(chosen.vocabulary)
    print(
        "tokens of texts " + ("estimated" if chosen.vocabulary is None else "by Qwen's vocabulary")
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) if chosen.folder is None else chosen.folder.resolve()
        found: list[Cost] = []
        try:
            python = peer.install(folder)
            with Studio(SIZE, Path(name)) as studio:
                for scene in (scene for scene in SCENES if scene.name in QUESTIONS):
                    with studio.shown(scene) as env:
                        found += anyio.run(measure, env, scene.name, python, count)
        except ActionFailed as error:
            print(f"missing: {error}", file=sys.stderr)
            return 1
    show(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
