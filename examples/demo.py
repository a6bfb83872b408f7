"""The main job on a virtual desktop: write a note, save it, compute, copy the result into the note.

A real editor (mousepad) and a real calculator (galculator) are driven through pixels, mouse and
keyboard. Every step is checked; at the end the saved file is compared with what it must hold.
"""

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from deskhand.agent.run_settings import RunSettings
from deskhand.agent.runner import Company, run_task
from deskhand.agent.trajectory.recording import StepRecord
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.agent.trajectory.run_info import DesktopPlace
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox

LINES = ("Grüße aus Zürich – ein Café, 5 €", "你好，世界")
RESULT = "42"

TASK = """
open mousepad
type "{first}\\n{second}" and expect "{seen}"
click File in window "Mousepad"
click "Save As..." and expect window "Save As"
type "{path}" into Name, replacing what is there
click Save in window "Save As" and expect window "{name}"
open galculator
click 1 in window "galculator"
click 7 in window "galculator"
click 6 in window "galculator"
click 4 in window "galculator"
click sqrt in window "galculator" and expect "{result}"
press ctrl+c
switch to mousepad
press enter
press ctrl+v and expect "{result}"
press ctrl+s
"""


def main() -> int:
    """Run the demonstration; exit with 0 if the file holds exactly the text."""
    console = Console(stderr=True)
    folder = Path(tempfile.mkdtemp(prefix="deskhand-demo-"))
    note = folder / "note.txt"
    task = TASK.format(
        first=LINES[0], second=LINES[1], seen="Café", path=note, name=note.name, result=RESULT
    ).strip()

    def show(record: StepRecord) -> None:
        effect = record.outcome["effect"]
        colour = "green" if effect == "confirmed" else "yellow"
        console.print(
            f"{record.step:>2} [{colour}]{effect:<12}[/] {record.outcome['elapsed_s']:4.1f} s  "
            f"{escape(record.sentence)}",
            soft_wrap=True,
        )

    with Sandbox.start() as sandbox:
        os.environ.update(sandbox.variables)
        place = DesktopPlace(
            display=sandbox.display, size=sandbox.size, sandbox_folder=str(sandbox.folder)
        )
        run = RunFolder.create(Path("runs").absolute(), task, desktop=place)
        along = Company(env=sandbox.env, on_step=show, on_launch=sandbox.register)
        with Desktop.open() as desktop:
            result = run_task(
                task, folder=run, settings=RunSettings(), desktop=desktop, along=along
            )
    written = note.read_text(encoding="utf-8") if note.exists() else ""
    expected = "\n".join((*LINES, RESULT))
    is_right = result.status == "done" and written.rstrip("\n") == expected
    console.print(f"{result.status}: {result.reason or 'every step was settled'}")
    console.print(f"the file {'holds exactly the text' if is_right else f'is wrong: {written!r}'}")
    print(result.report)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
