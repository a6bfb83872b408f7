"""A supervisor with two workers: deskhand operates the desktop, the other one keeps the notes.

    python examples/supervisor.py --model openai:gpt-5.4-mini

The supervisor is any chat model. It gives the operator sentences of deskhand's instruction
language, which are carried out and checked without a model, and hands what was seen to the keeper.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import BaseTool, tool

from deskhand.agent.run_settings import RunSettings
from deskhand.agent.runner import Company, run_task
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.agent.trajectory.run_info import DesktopPlace
from deskhand.memory.errors import DeskhandError
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.models.chat_models import ModelAccess, load_chat_model

TASK = "Work out 12 times 12 on galculator, and put the result into the notes."
PROMPT = (
    "You lead two workers. `operate_desktop` takes sentences, one a line, such as: open "
    'galculator; click "7" in window "galculator"; expect "42". `keep_note` writes a note down.'
)


def operator(desktop: Desktop, place: DesktopPlace, along: Company, folder: Path) -> BaseTool:
    """Return the worker that deskhand is."""

    @tool
    def operate_desktop(sentences: str) -> str:
        """Carry out sentences on the desktop, one a line, and say whether each was seen to work."""
        settings = RunSettings()
        try:
            run = RunFolder.create(
                folder / "runs", sentences, planner="instructions", model=None, desktop=place,
                config=settings.to_json(),
            )  # fmt: skip
            done = run_task(sentences, folder=run, settings=settings, desktop=desktop, along=along)
        except DeskhandError as error:
            return f"not begun: {error}"
        return f"{done.status} after {done.steps} steps: {done.reason}"

    return operate_desktop


def keeper(notes: Path) -> BaseTool:
    """Return the other worker."""

    @tool
    def keep_note(text: str) -> str:
        """Write a note down."""
        with notes.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
        return f"{len(notes.read_text(encoding='utf-8').splitlines())} notes are kept"

    return keep_note


def main() -> None:
    """Run the supervisor, and print the notes."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--model", required=True, help="provider:name, or a server's address")
    options.add_argument("--model-name", default="", help="of a server")
    options.add_argument("--task", default=TASK)
    given = options.parse_args()
    model = load_chat_model(given.model, ModelAccess(server_model=given.model_name)).model
    with tempfile.TemporaryDirectory() as name, Sandbox.start() as sandbox:
        os.environ.update(sandbox.variables)
        with Desktop.open() as desktop:
            notes = Path(name) / "notes.txt"
            place = DesktopPlace(display=sandbox.display, size=sandbox.size)
            along = Company(env=sandbox.env, on_launch=sandbox.register)
            workers = [operator(desktop, place, along, Path(name)), keeper(notes)]
            supervisor: Any = create_agent(model, tools=workers, system_prompt=PROMPT)
            state = supervisor.invoke({"messages": [("user", given.task)]})
            print(state["messages"][-1].text)
            print(f"notes: {notes.read_text(encoding='utf-8') if notes.exists() else 'none'}")


if __name__ == "__main__":
    main()
