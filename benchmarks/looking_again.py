"""Looking again after an action beside looking for the first time: how much faster, how exact.

A text editor and a page stand side by side on a virtual desktop and are used at random: typing,
menus, dialogs, scrolling, check boxes, fields, moved windows. After each action the same picture is
read by a parser that has seen the screen before, and by a new one that has not.

    python benchmarks/looking_again.py --steps 500
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.chromium import CHROMIUM
from deskhand.memory.errors import ActionFailed
from deskhand.tools.desktop.apps import launch
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.processes import end_groups, family
from deskhand.tools.desktop.sandbox import Sandbox, parse_size
from deskhand.tools.perception.elements import Element
from deskhand.tools.perception.parse import ScreenParser, load_parser
from deskhand.tools.perception.settle import settle

PAGE = Path(__file__).parent / "scenes" / "pages" / "sign_up.html"
TEXT = Path(__file__).parent.parent / "README.md"
WORDS = ("alpha", "Invoice 4711", "42", "the quick fox", "Dear Ada,", "x = y + 1")
LAUNCH_TIMEOUT_S = 60.0
PAGE_BUTTON = "Create account"


class User:
    """Somebody who uses the two windows at random, beside deskhand's own hands.

    Args:
        desktop: What they see.
        env: Of the virtual desktop.
        seed: For the same session again.
    """

    def __init__(self, desktop: Desktop, env: dict[str, str], seed: int) -> None:
        self._desktop = desktop
        self._env = env
        self._random = random.Random(seed)
        self._pending: list[Callable[[], str]] = []
        self.elements: Sequence[Element] = ()
        """What was on the screen at the last look."""

    def act(self) -> str:
        """Do something and return what kind of action it was."""
        if self._pending:
            return self._pending.pop(0)()
        actions: tuple[tuple[int, Callable[[], str]], ...] = (
            (6, self._type), (3, self._edit), (3, self._menu), (2, self._dialog),
            (3, self._scroll), (5, self._tick), (4, self._fill), (1, self._move), (2, self._switch),
        )  # fmt: skip
        weights = [weight for weight, _ in actions]
        return self._random.choices([action for _, action in actions], weights)[0]()

    def _editor(self) -> None:
        window = self._window("Mousepad")
        self._mouse(window[0] + 300, window[1] + 500)
        self._do("click", "1")

    def _type(self) -> str:
        self._editor()
        self._do("type", "--delay", "5", self._random.choice(WORDS))
        return "type in the editor"

    def _edit(self) -> str:
        self._editor()
        self._keys(self._random.choice(("BackSpace", "Return", "Down", "shift+Down", "ctrl+z")))
        return "edit"

    def _menu(self) -> str:
        self._editor()
        self._keys(self._random.choice(("alt+f", "alt+e", "alt+v", "alt+d")))
        self._pending = [self._escape]
        return "open a menu"

    def _dialog(self) -> str:
        self._editor()
        self._keys(self._random.choice(("ctrl+shift+s", "ctrl+h", "ctrl+l")))
        self._pending = [self._escape]
        return "open a dialog"

    def _escape(self) -> str:
        self._keys("Escape")
        return "close it"

    def _scroll(self) -> str:
        left, top = self._window(self._random.choice(("Mousepad", "Create")))[:2]
        self._mouse(left + 300, top + 400)
        button = self._random.choice(("4", "5"))
        self._do("click", "--repeat", "3", "--delay", "20", button)
        return "scroll"

    def _tick(self) -> str:
        boxes = [e for e in self.elements if e.role in ("checkbox", "radio")]
        if not boxes:
            return self._scroll()
        x, y = self._random.choice(boxes).click_at
        self._mouse(round(x), round(y))
        self._do("click", "1")
        return "check box"

    def _fill(self) -> str:
        page = self._window("Create")
        fields = [
            e for e in self.elements
            if e.role == "textbox" and e.box.height < 60 and e.box.left > page[0] and e.text
        ]  # fmt: skip
        if not fields:
            return self._scroll()
        x, y = self._random.choice(fields).click_at
        self._mouse(round(x), round(y))
        self._do("click", "1")
        self._do("type", "--delay", "5", self._random.choice(WORDS))
        return "type in a field"

    def _move(self) -> str:
        window = next(w for w in self._desktop.windows() if "Mousepad" in w.title)
        x, y = self._random.randint(0, 40), self._random.randint(20, 60)
        self._do("windowmove", str(window.id), str(x), str(y))
        return "move a window"

    def _switch(self) -> str:
        left, top, right, _ = self._window(self._random.choice(("Mousepad", "Create")))
        self._mouse((left + right) // 2, top + 8)
        self._do("click", "1")
        return "switch windows"

    def _window(self, title: str) -> tuple[int, int, int, int]:
        return next(w.box.xyxy for w in self._desktop.windows() if title in w.title)

    def _mouse(self, x: int, y: int) -> None:
        self._do("mousemove", str(x), str(y))

    def _keys(self, *chords: str) -> None:
        self._do("key", *chords)

    def _do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self._env, check=True, timeout=20)


def await_page(desktop: Desktop) -> None:
    """Return once the page has been drawn.

    Raises:
        ActionFailed: If it never is.
    """
    parser = load_parser()
    deadline = time.monotonic() + LAUNCH_TIMEOUT_S
    while time.monotonic() < deadline:
        settle(desktop.grab)
        elements = parser.parse(desktop.capture(), desktop.windows(), desktop.popups())
        if any(element.text == PAGE_BUTTON for element in elements):
            return
    raise ActionFailed(f"the page never showed {PAGE_BUTTON!r}")


def look(parser: ScreenParser, desktop: Desktop) -> None:
    """Read the screen once, unmeasured."""
    parser.parse(desktop.capture(), desktop.windows(), desktop.popups())


def session(desktop: Desktop, user: User, steps: int) -> list[tuple[str, float, float, bool]]:
    """Return for each step its kind, seconds of both looks, and whether they agree."""
    again = load_parser()
    look(again, desktop)
    results = []
    for number in range(steps):
        kind = user.act()
        settle(desktop.grab)
        windows, popups = desktop.windows(), desktop.popups()
        capture = desktop.capture()
        began = time.perf_counter()
        elements = again.parse(capture, windows, popups)
        took = time.perf_counter() - began
        new = load_parser()
        began = time.perf_counter()
        truth = new.parse(capture, windows, popups)
        full = time.perf_counter() - began
        is_same = [replace(e, id=0) for e in elements] == [replace(e, id=0) for e in truth]
        results.append((kind, took, full, is_same))
        user.elements = elements
        if (number + 1) % 50 == 0:
            print(f"  {number + 1} steps", flush=True)
    return results


def report(results: Sequence[tuple[str, float, float, bool]]) -> None:
    """Print the table."""
    by_kind: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for kind, took, full, _ in results:
        by_kind[kind].append((took, full))
    counts = Counter(kind for kind, *_ in results)
    print(f"\n{'after':22} {'steps':>5}  {'again ms':>8}  {'first ms':>8}  times faster")
    for kind, _ in counts.most_common():
        again, first = zip(*by_kind[kind], strict=True)
        times = [b / a for a, b in by_kind[kind]]
        print(
            f"{kind:22} {len(again):5}  {1000 * statistics.median(again):8.0f}"
            f"  {1000 * statistics.median(first):8.0f}  {statistics.median(times):.1f}"
        )
    again_s = np.array([took for _, took, _, _ in results])
    first_s = np.array([full for _, _, full, _ in results])
    for name, share in (("median", 50), ("90th percentile", 90)):
        a, f = np.percentile(again_s, share), np.percentile(first_s, share)
        print(f"{name:22} {len(results):5}  {1000 * a:8.0f}  {1000 * f:8.0f}  {f / a:.1f}")
    ratios = first_s / again_s
    print(
        f"step by step: {np.median(ratios):.1f} times faster at the median, "
        f"{np.percentile(ratios, 10):.1f} times or more in 90 % of the steps"
    )
    same = sum(is_same for *_, is_same in results)
    print(f"identical elements in {same} of {len(results)} steps")


def main() -> None:
    """Run the session and print its table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--steps", type=int, default=100)
    options.add_argument("--size", type=parse_size, default=(1920, 1080), metavar="WxH")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with (
        Sandbox.start(chosen.size) as sandbox,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    ):
        os.environ.update(sandbox.variables)
        with Desktop.open(sandbox.display) as desktop:
            started: list[int] = []
            try:
                run(desktop, sandbox, Path(folder), chosen, started)
            finally:
                end_groups([pid for one in started for pid in family(one)], patience_s=4.0)


def run(
    desktop: Desktop,
    sandbox: Sandbox,
    folder: Path,
    chosen: argparse.Namespace,
    started: list[int],
) -> None:
    """Open the two windows side by side and use them."""
    width, height = chosen.size
    text = folder / "notes.txt"
    text.write_text(TEXT.read_text(encoding="utf-8"), encoding="utf-8")

    def start(*command: str) -> int:
        window = launch(
            command,
            env=sandbox.env,
            windows=desktop.windows,
            timeout_s=LAUNCH_TIMEOUT_S,
            sleep=time.sleep,
            on_start=started.append,
        )
        return window.id

    def place(window: int, left: int, wide: int) -> None:
        subprocess.run(
            ["xdotool", "windowsize", str(window), str(wide), str(height - 120),
             "windowmove", str(window), str(left), "40"],
            env=sandbox.env, check=True, timeout=20,
        )  # fmt: skip

    place(start("mousepad", "--disable-server", str(text)), 10, width // 2 - 60)
    profile = f"--user-data-dir={folder / 'profile'}"
    place(start(*CHROMIUM, profile, f"--app={PAGE.as_uri()}"), width // 2, width // 2 - 40)
    await_page(desktop)
    user = User(desktop, dict(sandbox.env), chosen.seed)
    print(f"{chosen.steps} steps on {width}x{height} with two windows, seed {chosen.seed}")
    report(session(desktop, user, chosen.steps))


if __name__ == "__main__":
    main()
