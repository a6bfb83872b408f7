"""Somebody else's agent gets a desktop: its tools beside ours, and a person is asked.

    python examples/foreign_langgraph_agent.py --model openai:gpt-5.4-mini
    python examples/foreign_langgraph_agent.py --model http://127.0.0.1:8000/v1 --model-name qwen3

The agent is LangChain's own. It looks a price up with a tool of its own, works out a sum on a real
calculator on a virtual desktop, and stops before anything risky until you say yes or no.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.langchain_approvals import ApprovalMiddleware
from deskhand.tools.models.chat_models import ModelAccess, load_chat_model
from deskhand.tools.safety.approvals import Approvals
from deskhand.tools.safety.gate import Gate
from deskhand.tools.safety.policy import MODEL_RULES, Policy
from deskhand.tools.toolkit import DesktopToolkit

TASK = "How much are 6 pumps? Look the price up, and work it out on the calculator on the screen."
PROMPT = "You use the desktop through tools. Only the effect `confirmed` means that it worked."


@tool
def price_of(article: str) -> str:
    """Return the price of an article."""
    return {"pump": "7 euros"}.get(article, "unknown")


def ask_person(asked: dict[str, Any]) -> dict[str, Any]:
    """Show what the agent wants to do, and return the decision."""
    action = asked["action_requests"][0]
    said = input(f"The agent wants to {action['description']}. Yes or no? ")
    is_yes = said.strip().casefold() in ("y", "yes")
    return {"decisions": [{"type": "approve" if is_yes else "reject"}]}


def main() -> None:
    """Run the agent, and print what it says in the end."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--model", required=True, help="provider:name, or a server's address")
    options.add_argument("--model-name", default="", help="of a server")
    options.add_argument("--task", default=TASK)
    given = options.parse_args()
    model = load_chat_model(given.model, ModelAccess(server_model=given.model_name)).model
    with tempfile.TemporaryDirectory() as folder, Sandbox.start() as sandbox:
        os.environ.update(sandbox.variables)
        with Desktop.open() as desktop:
            approvals = Approvals(Path(folder))
            gate = Gate(Policy(rules=MODEL_RULES), approvals.approver)
            tools = DesktopToolkit(desktop, gate=gate, env=sandbox.env).get_tools()
            agent: Any = create_agent(
                model,
                tools=[*tools, price_of],
                system_prompt=PROMPT,
                middleware=[ApprovalMiddleware(approvals, tools, allowed=["price_of"])],
                checkpointer=InMemorySaver(),
            )
            next(one for one in tools if one.name == "launch_app").invoke(
                {"command": ["galculator"]}
            )
            config = {"configurable": {"thread_id": "1"}}
            state = agent.invoke({"messages": [("user", given.task)]}, config)
            while paused := state.get("__interrupt__"):
                answers = {one.id: ask_person(one.value) for one in paused}
                state = agent.invoke(Command(resume=answers), config)
            print(state["messages"][-1].text)


if __name__ == "__main__":
    main()
