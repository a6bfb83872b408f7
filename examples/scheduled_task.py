"""A task that runs by itself at a time, and waits for your yes where it is risky.

    python examples/scheduled_task.py --at 18:00 'click "Delete all" in window "Archive"'
    deskhand approve                  # on any terminal: what waits; then: deskhand approve TOKEN

It looks at the same desktop as you do. Where the policy asks, it says so (here on stderr; put your
mail or chat in `notify`) and waits; after a while it ends, and the same command goes on from there,
also after a kill or a restart: steps that were done are not done twice. For every day, a line of
cron will do: 0 18 * * * DISPLAY=:0 python scheduled_task.py --at now '…'
"""

import argparse
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from deskhand.agent.run_settings import RunSettings
from deskhand.agent.runner import Company, resume_task, run_task
from deskhand.agent.trajectory.run_folder import RunFolder, list_runs
from deskhand.agent.trajectory.run_info import DesktopPlace
from deskhand.memory.errors import ApprovalRequired
from deskhand.tools.actions import Action
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.safety.approvals import Approvals, default_folder
from deskhand.tools.safety.gate import Approval
from deskhand.tools.safety.policy import ActionContext, Decision


def notify(text: str) -> None:
    """Tell the user; replace this by whatever reaches you."""
    print(text, file=sys.stderr, flush=True)


class SomewhereElse:
    """A person who is elsewhere, and answers with `deskhand approve` or on `deskhand ui`."""

    def __init__(self, patience_s: float) -> None:
        self._approvals = Approvals(default_folder())
        self._patience_s = patience_s

    def approve(
        self, action: Action, context: ActionContext, decision: Decision
    ) -> Approval | None:
        """Wait for the answer; None if it does not come, which stops the run."""
        ends_at = time.monotonic() + self._patience_s
        told = ""
        while True:
            try:
                return self._approvals.approver(action, context, decision)
            except ApprovalRequired as asked:
                if asked.remedy != told:
                    told = asked.remedy
                    notify(f"{decision.reason}? {told}")
            if time.monotonic() > ends_at:
                return None
            time.sleep(0.5)

    def answer(self, question: str) -> None:
        """Nobody is here to answer questions."""
        notify(question)


def wait_until(at: str) -> None:
    """Wait for a time of the day, such as 18:00; `now` is now."""
    if at == "now":
        return
    hour, minute = map(int, at.split(":"))
    now = datetime.now()
    due = now.replace(hour=hour, minute=minute, second=0)
    time.sleep(((due if due > now else due + timedelta(days=1)) - now).total_seconds())


def main() -> int:
    """Run or go on; 0 if the task is done, 3 if it waits for a person."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("task", help="sentences of the instruction language")
    options.add_argument("--at", default="now", help="HH:MM, or now")
    options.add_argument("--state", type=Path, default=Path("scheduled"), help="folder of the runs")
    options.add_argument("--patience", type=float, default=300.0, help="seconds to wait for a yes")
    given = options.parse_args()
    wait_until(given.at)
    along = Company(person=SomewhereElse(given.patience), watchers_answer=False)
    settings = RunSettings()
    with Desktop.open() as desktop:
        runs = [run for run in list_runs(given.state) if run.info.task == given.task]
        if runs and runs[0].info.status in ("asked", "stopped", "running"):
            ended = resume_task(folder=runs[0], settings=settings, desktop=desktop, along=along)
        else:
            folder = RunFolder.create(
                given.state, given.task, planner="instructions", model=None,
                desktop=DesktopPlace(display="", size=(desktop.box.width, desktop.box.height)),
                config=settings.to_json(),
            )  # fmt: skip
            ended = run_task(
                given.task, folder=folder, settings=settings, desktop=desktop, along=along
            )
    print(f"{ended.status}: {ended.reason}")
    return {"done": 0, "asked": 3}.get(ended.status, 1)


if __name__ == "__main__":
    sys.exit(main())
