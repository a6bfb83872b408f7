"""Kills a run with SIGKILL at every place it can be, resumes it, and counts what happened.

A window has six buttons, each of which appends its own line to a file. A run clicks them in turn.
For every place in the loop the run is killed there in its third step and resumed by a new process.
Right is: every line exactly once. Where the screen cannot tell, the resumed run must stop and ask;
then it is resumed once more with the true answer. Run it with:

    .venv/bin/python benchmarks/kill_and_resume.py
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WORDS = ("one", "two", "three", "four", "five", "six")
TASK = "\n".join(f'click "Append {word}"' for word in WORDS)
KILLED_STEP = 3
APP = Path(__file__).parent.parent / "tests" / "apps" / "append_lines.py"
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has tkinter

PLACES = (
    "enter:observe", "leave:observe", "enter:plan", "leave:plan", "enter:guard", "leave:guard",
    "enter:act", "intended", "committed", "effect", "acted", "leave:act",
    "enter:verify", "leave:verify",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of one kill."""

    place: str
    lines_at_kill: Sequence[str]
    status: str
    """How the run ended that took up the killed one."""
    reason: str
    end: str
    """How it ended after a question was answered; the same as `status` where none was."""
    lines: Sequence[str]

    @property
    def is_right(self) -> bool:
        """Every line once and in order, with or without a question."""
        return self.end == "done" and tuple(self.lines) == WORDS


class Witness:
    """Answers the question whether an action was done."""

    def __init__(self, says: str | None) -> None:
        self.says = says

    def approve(self, _action: object, _context: object, _decision: object) -> None:
        """Approve nothing."""

    def answer(self, _question: str) -> str | None:
        """Say what was seen."""
        return self.says


def child(folder: Path, place: str, says: str | None) -> None:
    """Run in this process and be killed at a place of the third step, or resume."""
    from deskhand.agent.run_settings import RunSettings
    from deskhand.agent.runner import Company, resume_task, run_task
    from deskhand.agent.trajectory.run_folder import RunFolder
    from deskhand.tools.desktop.desktop import Desktop

    seen = 0

    def on_event(event: str) -> None:
        nonlocal seen
        seen += event == place
        if event == place and seen == KILLED_STEP:
            os.kill(os.getpid(), signal.SIGKILL)

    along = Company(on_event=on_event, person=Witness(says))
    with Desktop.open() as desktop:
        if place == "resume":
            run = RunFolder.open(folder)
            result = resume_task(folder=run, settings=RunSettings(), desktop=desktop, along=along)
        else:
            run = RunFolder.create(folder, TASK)
            result = run_task(
                TASK, folder=run, settings=RunSettings(), desktop=desktop, along=along
            )
    print(json.dumps({"status": result.status, "reason": result.reason}))


def _child(arguments: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, __file__, *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def trial(place: str, env: Mapping[str, str], folder: Path) -> Trial:
    """Kill a run at one place, resume it, and return what happened.

    Args:
        place: One of `PLACES`.
        env: Environment of the desktop to use.
        folder: An empty folder for this trial.
    """
    log = folder / "lines.txt"
    app = subprocess.Popen(
        [SYSTEM_PYTHON, str(APP), str(log)],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_window(env)
        runs = folder / "runs"
        killed = _child(["--child", place, str(runs)], env)
        if killed.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the run was not killed at {place}: {killed.stderr[-2000:]}")
        at_kill = _written(log)
        (run,) = runs.iterdir()
        result = end = _resume(run, env)
        if result["status"] == "asked":
            is_done = _written(log)[-1:] == [WORDS[KILLED_STEP - 1]]
            end = _resume(run, env, says="done" if is_done else "not done")
    finally:
        app.kill()
        app.wait()
    return Trial(
        place=place,
        lines_at_kill=at_kill,
        status=result["status"],
        reason=result["reason"],
        end=end["status"],
        lines=_written(log),
    )


def _resume(run: Path, env: Mapping[str, str], *, says: str | None = None) -> Mapping[str, str]:
    answer = [] if says is None else ["--says", says]
    resumed = _child(["--child", "resume", str(run), *answer], env)
    if resumed.returncode != 0:
        raise RuntimeError(f"the resumed run failed: {resumed.stderr[-2000:]}")
    result: Mapping[str, str] = json.loads(resumed.stdout.splitlines()[-1])
    return result


def _written(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").split() if log.exists() else []


def _wait_for_window(env: Mapping[str, str]) -> None:
    subprocess.run(
        ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Append lines"],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=20,
        check=True,
    )


def main() -> int:
    """Print the table; exit with 1 if any trial is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--child", nargs=2, metavar=("PLACE", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--says", help=argparse.SUPPRESS)
    parser.add_argument("places", nargs="*", default=PLACES)
    given = parser.parse_args()
    if given.child:
        place, folder = given.child
        child(Path(folder), place, given.says)
        return 0
    from deskhand.tools.desktop.sandbox import Sandbox

    wrong = 0
    with Sandbox.start() as sandbox:
        env = {**os.environ, **sandbox.env}
        print(f"{'killed at':<15} {'lines then':<11} {'resumed':<8} lines after")
        for place in given.places:
            with tempfile.TemporaryDirectory() as name:
                row = trial(place, env, Path(name))
            wrong += not row.is_right
            verdict = "" if row.is_right else "  WRONG"
            print(
                f"{row.place:<15} {len(row.lines_at_kill):<11} {row.status:<8} "
                f"{' '.join(row.lines)}{verdict}",
                flush=True,
            )
            if row.status != "done":
                print(f"{'':<15} {row.reason}", flush=True)
    print(f"{len(given.places)} kills, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
