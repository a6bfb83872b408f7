"""A client of `deskhand mcp` through langchain-mcp-adapters: seven times six on a real calculator.

    python examples/mcp_client.py

No model is needed: the tools are called here as an agent would call them. One session is kept for
all calls; each session has a desktop's memory of its own, and over stdio a process.
"""

import asyncio
import sys
from typing import Any

from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

SERVER: Any = {
    "transport": "stdio",
    "command": sys.executable,
    "args": ["-m", "deskhand.agent.cli", "mcp", "--sandbox"],
}


def text_of(content: Any) -> str:
    """Return the text of a tool's answer."""
    blocks = content if isinstance(content, list) else [content]
    return " ".join(one if isinstance(one, str) else one.get("text", "") for one in blocks)


async def run() -> None:
    """Do the task, and print the effect of each call."""
    client = MultiServerMCPClient({"desktop": SERVER})
    async with client.session("desktop") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        print(f"{len(tools)} tools")
        steps: list[tuple[str, dict[str, Any]]] = [
            ("launch_app", {"command": ["galculator"]}),
            ("click", {"text": "7", "role": "button"}),
            ("click", {"text": "*", "role": "button"}),
            ("click", {"text": "6", "role": "button"}),
            ("click", {"text": "=", "role": "button"}),
            ("wait_for", {"text": "42"}),
        ]
        for name, given in steps:
            effect = text_of(await tools[name].ainvoke(given)).split("\n")[0]
            print(f"{name} {next(iter(given.values()))}: {effect}")


if __name__ == "__main__":
    asyncio.run(run())
