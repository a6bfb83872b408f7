"""Types texts in many scripts into applications of four toolkits and reads back what arrived.

Each text is typed by the guarded hands into a real window on a virtual desktop, selected with
ctrl+a, copied with ctrl+c and compared with what was sent, character by character. Run it with:

    .venv/bin/python benchmarks/unicode_typing.py
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from deskhand.tools.actions import PressKeys, SetClipboard, TypeText
from deskhand.tools.desktop.apps import launch
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.processes import end_groups
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

TEXTS: Mapping[str, str] = {
    "ascii": 'The quick brown fox: 0123456789 <a href="x">~`!@#$%^&*()_+-=[]{}\\|;\',./?</a>',
    "latin": "Grüße aus Zürich – ein Café für 5 €, çà et là, señor Øystein Łódź",
    "greek": "Ελληνικά: Ένα μικρό τεστ, ΆΈΉΊΌΎΏ",
    "cyrillic": "Съешь же ещё этих мягких французских булок",
    "chinese": "你好，世界。我能吞下玻璃而不伤身体，敏捷的棕色狐狸跳过了懒狗",
    "japanese": "こんにちは、カタカナと漢字。「引用」ー々",
    "arabic": "مرحبا بالعالم، السلام عليكم ١٢٣",
    "hebrew": "שלום עולם, מה שלומך?",
    "devanagari": "नमस्ते दुनिया, क्षत्रिय",
    "emoji": "😀 👍🏽 👩‍👩‍👧 🇩🇪 ❤️ done",
    "lines": "first\tsecond\n\nlast line\n",
    "key names": "enter ctrl+s {TAB} [esc] \\n <Return> %{F4} alt+f4",
    "indented": "def greet():\n\tif True:\n\t\tprint('Grüße')\n    return 'ж'\n",
    "long": "The quick brown fox; съешь же ещё; 敏捷的棕色狐狸; ∀x∈ℝ. " * 16,
}
"""Name and text: eight scripts, texts that only look harmless, and two that are pasted."""

TOOLKITS = ("GTK", "Qt", "Tk", "Chromium")
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has tkinter
TK_APP = Path(__file__).parent.parent / "tests" / "apps" / "tk_text.py"
PAGE = """<!doctype html><meta charset="utf-8"><title>Typing</title>
<textarea autofocus style="position:fixed;inset:0;width:100%;height:100%;font-size:20px"
 onkeydown="if(event.key=='Tab'){event.preventDefault();setRangeText('\\t',selectionStart,selectionEnd,'end')}"
></textarea>"""
"""In a page, tab moves to the next field; here it is put in, so that it can be read back."""

NOTHING = "(nothing was copied)"
COPY_TIMEOUT_S = 5.0
POLL_S = 0.05
READY_S = 2.0
"""From its window to a field that takes keys: Chromium loads its page in the meantime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came of one text in one toolkit."""

    toolkit: str
    name: str
    sent: str
    arrived: str
    typing_s: float

    @property
    def is_exact(self) -> bool:
        """Every character, in order, and nothing else."""
        return self.arrived == self.sent


def permit(action: TypeText | PressKeys | SetClipboard) -> Permit:
    """Return leave for one action on a desktop of our own."""
    return Gate().authorize(action, ActionContext())


def press(desktop: Desktop, *keys: str) -> None:
    """Press keys together."""
    desktop.input.press_keys(permit(PressKeys(keys=keys)), keys)


def type_and_read_back(desktop: Desktop, window: Window, text: str) -> tuple[str, float]:
    """Replace what the window's field holds with the text; return what it then holds.

    Returns:
        What ctrl+a ctrl+c puts on the clipboard, and the seconds the typing took.
    """
    desktop.input.focus_window(permit(PressKeys(keys=("a",))), window)
    press(desktop, "ctrl", "a")
    press(desktop, "delete")
    started = time.monotonic()
    desktop.input.type_text(permit(TypeText(text=text)), text)
    typing_s = time.monotonic() - started
    desktop.input.set_clipboard(permit(SetClipboard(text=NOTHING)), NOTHING)
    press(desktop, "ctrl", "a")
    press(desktop, "ctrl", "c")
    deadline = time.monotonic() + COPY_TIMEOUT_S
    while (arrived := desktop.get_clipboard()) == NOTHING and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return arrived, typing_s


def commands(folder: Path) -> Mapping[str, Sequence[str]]:
    """Return the command that opens an empty text field, for each toolkit."""
    page = folder / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    return {
        "GTK": ("mousepad", "--disable-server"),
        "Qt": ("featherpad", "--standalone"),
        "Tk": (SYSTEM_PYTHON, str(TK_APP)),
        "Chromium": (
            "chromium", "--no-sandbox", "--test-type", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--password-store=basic", f"--user-data-dir={folder / 'profile'}",
            f"--app=file://{page}",
        ),
    }  # fmt: skip


@contextmanager
def opened_desktop(sandbox: Sandbox, folder: Path) -> Iterator[Desktop]:
    """Yield the desktop of the sandbox; this process acts on no other one."""
    os.environ.update(sandbox.variables)
    with Desktop.open(sandbox.display, panic_file=folder / "panic") as desktop:
        yield desktop


@contextmanager
def opened(desktop: Desktop, sandbox: Sandbox, command: Sequence[str]) -> Iterator[Window]:
    """Yield the window of a program that is ended afterwards."""
    groups: list[int] = []
    try:
        yield launch(
            command,
            env=sandbox.env,
            windows=desktop.windows,
            timeout_s=60,
            sleep=time.sleep,
            on_start=groups.append,
        )
    finally:
        end_groups(groups, patience_s=5)


def run(
    toolkits: Sequence[str], names: Sequence[str], *, on_arrival: Callable[[Arrival], None]
) -> list[Arrival]:
    """Type each text into each toolkit's field on a virtual desktop."""
    arrivals = []
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Sandbox.start() as sandbox,
        opened_desktop(sandbox, Path(folder)) as desktop,
    ):
        for toolkit in toolkits:
            with opened(desktop, sandbox, commands(Path(folder))[toolkit]) as window:
                time.sleep(READY_S)
                for name in names:
                    arrived, typing_s = type_and_read_back(desktop, window, TEXTS[name])
                    arrival = Arrival(
                        toolkit=toolkit,
                        name=name,
                        sent=TEXTS[name],
                        arrived=arrived,
                        typing_s=typing_s,
                    )
                    on_arrival(arrival)
                    arrivals.append(arrival)
    return arrivals


def table(arrivals: Sequence[Arrival]) -> str:
    """Return a Markdown table, a row a text and a column a toolkit."""
    toolkits = list(dict.fromkeys(arrival.toolkit for arrival in arrivals))
    found = {(arrival.name, arrival.toolkit): arrival for arrival in arrivals}
    lines = [f"| text | {' | '.join(toolkits)} |", f"|---|{'---|' * len(toolkits)}"]
    for name in dict.fromkeys(arrival.name for arrival in arrivals):
        cells = [found[name, toolkit] for toolkit in toolkits]
        shown = ["exact" if cell.is_exact else f"`{cell.arrived!r:.80}`" for cell in cells]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table; exit code 1 unless every text arrived exactly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--toolkit", action="append", choices=TOOLKITS, help="default: all")
    parser.add_argument("--text", action="append", choices=TEXTS, help="default: all")
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    arguments = parser.parse_args()

    def show(arrival: Arrival) -> None:
        word = "exact" if arrival.is_exact else f"arrived {arrival.arrived!r}"
        print(
            f"{arrival.toolkit}: {arrival.name}: {word}, {len(arrival.sent)} characters "
            f"in {arrival.typing_s:.2f} s",
            file=sys.stderr,
            flush=True,
        )

    arrivals = run(arguments.toolkit or TOOLKITS, arguments.text or tuple(TEXTS), on_arrival=show)
    n_exact = sum(arrival.is_exact for arrival in arrivals)
    if arguments.json:
        print(json.dumps([asdict(arrival) for arrival in arrivals], ensure_ascii=False))
    else:
        print(f"{table(arrivals)}\n\n{n_exact} of {len(arrivals)} arrived exactly")
    return 0 if n_exact == len(arrivals) else 1


if __name__ == "__main__":
    sys.exit(main())
