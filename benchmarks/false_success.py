"""Acts on windows that misbehave, and shows which verdict each action gets.

A verdict is wrong if it says `confirmed` though the action had no effect, or denies an effect that
came late. Run it with:

    .venv/bin/python benchmarks/false_success.py
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deskhand.tools.actions import Action, Click, TextTarget, TypeText
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.hands import Hands
from deskhand.tools.outcome import Outcome
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.parse import load_parser

APP = Path(__file__).parent.parent / "tests" / "apps" / "false_success.py"
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has tkinter

CLICK = Click(target=TextTarget(text="Do the thing"))
TYPED = "a sentence that is typed while the keyboard goes elsewhere"

CASES: Mapping[str, tuple[str, frozenset[str]]] = {
    "honest": ("a button that works", frozenset({"confirmed"})),
    "idle": ("a button that does nothing", frozenset({"no_effect", "unverifiable"})),
    "runaway": ("a button that moves when the pointer arrives", frozenset({"diverged"})),
    "late-runaway": ("a button that moves when it is pressed", frozenset({"diverged"})),
    "thief": ("another program's dialog takes the keyboard", frozenset({"diverged"})),
    "slow": ("a button whose effect comes after 2 s", frozenset({"confirmed"})),
}
"""For each misbehaviour of the application: what it is, and the verdicts that are right."""


def act(misbehaviour: str, desktop: Desktop, env: Mapping[str, str]) -> Outcome:
    """Start the window with one misbehaviour, do one action on it, and return the verdict."""
    # The window must not open under the pointer: it would see it arrive before it is looked at.
    subprocess.run(["xdotool", "mousemove", "900", "700"], env=dict(env), timeout=10, check=True)
    app = subprocess.Popen(
        [SYSTEM_PYTHON, str(APP), misbehaviour],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        subprocess.run(
            ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Misbehaviour"],
            env=dict(env), stdout=subprocess.DEVNULL, timeout=20, check=True,
        )  # fmt: skip
        hands = Hands(desktop, Observer(desktop, load_parser()), env=env)
        action: Action = CLICK
        if misbehaviour == "thief":
            action = TypeText(text=TYPED, into=TextTarget(text="Your name"))
        return hands.perform(action)
    finally:
        os.killpg(app.pid, 9)
        app.wait()


def main() -> int:
    """Print the table; exit with 1 if any verdict is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=list(CASES))
    given = parser.parse_args()
    wrong = 0
    with Sandbox.start() as sandbox:
        os.environ.update(sandbox.variables)
        with Desktop.open() as desktop:
            for case in given.cases:
                what, right = CASES[case]
                outcome = act(case, desktop, sandbox.env)
                is_wrong = outcome.effect not in right
                wrong += is_wrong
                mark = "  WRONG" if is_wrong else ""
                print(
                    f"{what:<46} {outcome.effect:<13} {outcome.elapsed_s:4.1f} s  "
                    f"{outcome.evidence}{mark}",
                    flush=True,
                )
    print(f"{len(given.cases)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
