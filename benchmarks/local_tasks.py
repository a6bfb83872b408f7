"""Tasks in plain words on real pages, with a small local model: seen, planned, done, checked.

Each page runs in Chromium on a virtual desktop, and tells a server here what was really done on it.
Right is: exactly that, and a run that ends as done. Nothing but this machine is used. Run it with:

    .venv/bin/python benchmarks/local_tasks.py MODEL.gguf

The first run on the pages of `HELD_OUT`: 3 of 5, one of the others a false success ("not by car"
left the box ticked), one sent off an empty answer and then asked; both were then mended.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.chromium import CHROMIUM
from deskhand.agent.planners.local import LocalPlanner
from deskhand.agent.planners.planner import Proposal, Turn
from deskhand.agent.planners.usage import Usage
from deskhand.agent.run_settings import RunResult, RunSettings
from deskhand.agent.runner import Company, run_task
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.tools.actions import Action
from deskhand.tools.desktop.apps import launch
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.processes import end_groups
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.models.chat_llama import ChatLlama
from deskhand.tools.safety.gate import Approval
from deskhand.tools.safety.policy import ActionContext, Decision

PAGES = Path(__file__).parent / "local_task_pages"
SIZE = (1024, 720)
LAUNCH_TIMEOUT_S = 120.0
SETTINGS = RunSettings(max_steps=25, max_seconds=1500.0)
CONTEXT_TOKENS = 6144


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A page, what is asked, and what the page must tell."""

    page: str
    task: str
    told: tuple[Any, ...]


TASKS = (
    Task(
        page="sign_up",
        task="Sign up with the first name Leonie and the e-mail leonie@post.example, country "
        "Italy. Agree to the terms and create the account.",
        told=(
            {"first": "Leonie", "mail": "leonie@post.example", "country": "Italy", "terms": True},
        ),
    ),
    Task(page="menu", task="Open the Edit menu and choose Undo.", told=("Undo",)),
    Task(
        page="tabs",
        task="Go to the Privacy tab and uncheck Send usage reports.",
        told=({"usage": False},),
    ),
    Task(page="dialog", task="Close the file and discard the changes.", told=("Discard",)),
    Task(page="table", task="Remove Bert Holm.", told=(["Remove", "Bert Holm"],)),
    Task(
        page="search",
        task="Search for lamp and add the Floor lamp to the basket.",
        told=({"search": "lamp"}, {"basket": "Floor lamp"}),
    ),
    Task(
        page="settings",
        task="Turn on Dark mode, turn off Sounds and save.",
        told=({"dark": True, "sound": False, "sync": True},),
    ),
    Task(
        page="wizard",
        task="Choose At work, go to the next step, enter the name Ines Roth, next, and finish.",
        told=({"use": "work", "name": "Ines Roth"},),
    ),
    Task(page="list", task="Delete the entry Call Ida.", told=({"deleted": "Call Ida"},)),
    Task(
        page="booking",
        task="Set the arrival date to 14.05.2027 and the nights to 3, then book.",
        told=({"date": "14.05.2027", "nights": "3"},),
    ),
)

HELD_OUT = (
    Task(
        page="held_out_subscribe",
        task="Fill in the form for Ada Lovelace, ada@example.org, subscribe to the newsletter and "
        "submit",
        # The page tells of each press on a field as well: none is needless.
        told=(
            {"click": "name"},
            {"click": "mail"},
            {
                "name": "Ada Lovelace",
                "mail": "ada@example.org",
                "country": "Austria",
                "letter": True,
            },
        ),
    ),
    Task(
        page="held_out_heating",
        task="Set the temperature to 22, choose Eco, turn on the child lock and apply.",
        told=({"wish": "22", "mode": "eco", "lock": True, "window": True},),
    ),
    Task(
        page="held_out_inbox",
        task='Reply to Piet Vries with "The price is fine" and send it.',
        told=({"to": "Piet Vries", "text": "The price is fine"},),
    ),
    Task(
        page="held_out_export",
        task="Start the export without charts, and download the report when it is ready.",
        told=({"started": False}, "download"),
    ),
    Task(
        page="held_out_survey",
        task="I go by bicycle and by train, not by car, it takes 35 minutes. I live in Linz. Send "
        "the answers.",
        told=({"used": ["bike", "train"], "minutes": "35", "town": "Linz"},),
    ),
)
"""Written before the planner was last changed; not looked at before their first run."""


class Pages(SimpleHTTPRequestHandler):
    """Serves the pages and keeps what they tell."""

    told: list[Any]

    def __init__(self, *args: Any, told: list[Any], **kwargs: Any) -> None:
        self.told = told
        super().__init__(*args, directory=str(PAGES), **kwargs)

    def do_POST(self) -> None:
        """Keep what a page tells."""
        self.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class Approving:
    """A person who says yes to what these tasks ask for."""

    def approve(self, _action: Action, _context: ActionContext, _decision: Decision) -> Approval:
        """Approve."""
        return Approval(answer="approve", by="benchmark")

    def answer(self, _question: str) -> None:
        """Know no answer."""


@dataclass(slots=True)
class Metered:
    """The planner with what it cost."""

    inner: LocalPlanner
    usage: Usage = field(default_factory=Usage)
    name: str = "local"

    def plan(self, turn: Turn) -> Proposal:
        """Return the next action."""
        proposal = self.inner.plan(turn)
        self.usage += proposal.usage
        return proposal


@contextmanager
def serving(told: list[Any]) -> Iterator[str]:
    """Serve the pages on loopback and yield their address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, told=told))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def do_task(
    task: Task, model: ChatLlama, desktop: Desktop, env: Mapping[str, str], folder: Path
) -> tuple[RunResult, list[Any], Metered]:
    """Open the page, do the task, and return how it ended and what the page told."""
    told: list[Any] = []
    groups: list[int] = []
    profile = folder / "profile"
    with serving(told) as address:
        command = (
            *CHROMIUM, f"--user-data-dir={profile}", f"--app={address}/{task.page}.html",
            f"--window-size={SIZE[0]},{SIZE[1]}", "--window-position=0,0",
        )  # fmt: skip
        try:
            launch(
                command, env=env, windows=desktop.windows, timeout_s=LAUNCH_TIMEOUT_S,
                sleep=time.sleep, on_start=groups.append,
            )  # fmt: skip
            planner = Metered(LocalPlanner(task.task, model))
            result = run_task(
                task.task,
                folder=RunFolder.create(folder / "runs", task.task),
                settings=SETTINGS,
                desktop=desktop,
                planner=planner,
                along=Company(person=Approving(), env=env),
            )
        finally:
            end_groups(groups, patience_s=10.0)
    return result, told, planner


def main() -> int:
    """Print the table; exit with 1 if any task was not done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a GGUF file")
    parser.add_argument("pages", nargs="*", help="some of the pages")
    parser.add_argument("--threads", type=int)
    parser.add_argument(
        "--held-out", action="store_true", help="the pages the planner was not made with"
    )
    parser.add_argument("--keep", type=Path, help="where the run folders are kept")
    given = parser.parse_args()
    model = ChatLlama.load(given.model, threads=given.threads, context_tokens=CONTEXT_TOKENS)
    tasks = HELD_OUT if given.held_out else TASKS
    chosen = [task for task in tasks if not given.pages or task.page in given.pages]
    right = 0
    with Sandbox.start(SIZE) as sandbox:
        os.environ.update(sandbox.variables)
        with Desktop.open() as desktop:
            for task in chosen:
                started = time.monotonic()
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
                    result, told, planner = do_task(task, model, desktop, sandbox.env, Path(name))
                    if given.keep is not None:
                        shutil.copytree(Path(name) / "runs", given.keep / task.page)
                is_right = result.status == "done" and tuple(told) == task.told
                right += is_right
                print(
                    f"{task.page:<18} {'right' if is_right else 'WRONG':<6} {result.status:<7} "
                    f"{result.steps:>2} steps, {time.monotonic() - started:5.0f} s, of these "
                    f"{planner.usage.seconds:4.0f} s in {planner.usage.calls} calls, "
                    f"{planner.usage.input_tokens} tokens read, "
                    f"{planner.usage.output_tokens} written",
                    flush=True,
                )
                if not is_right:
                    print(f"          told {told}; {result.reason}", flush=True)
    print(f"{right}/{len(chosen)} right")
    return 0 if right == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
