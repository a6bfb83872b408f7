"""Are two hundred widgets of four toolkits seen as what they are, in the state they are in?

python benchmarks/widget_states.py --misses
"""

import argparse
import html
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.chromium import CHROMIUM
from benchmarks.galleries.spec import IN_PAGE, ROWS, SWITCHES, TABS, WIDGETS
from deskhand.tools.desktop.apps import launch
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.processes import end_groups, family
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.perception.elements import Element
from deskhand.tools.perception.observe import Observer
from deskhand.tools.perception.parse import load_parser

GALLERIES = Path(__file__).resolve().parent / "galleries"
STATES = ("checked", "disabled", "selected")
ROLES = {"row": ("text", "option", "treeitem", "cell")}
"""Only the selected row of a list shows that it is one."""
WITH_SWITCHES = ("gtk", "browser")
SETTLE_S = 2.0
VALUES = {"Volume": 30, "Balance": 0}
STYLE = """
body{font:15px sans-serif} main{columns:3} p{margin:14px}
nav{border-bottom:1px solid #8888}
[role=tab]{display:inline-block;padding:9px 16px;margin-bottom:-1px}
[aria-selected=true]{border-bottom:3px solid #1a73e8}
[role=switch]{appearance:none;width:36px;height:20px;border-radius:10px;background:#888;
  position:relative;vertical-align:middle}
[role=switch]:checked{background:#1a73e8}
[role=switch]::after{content:"";position:absolute;left:2px;top:2px;width:16px;height:16px;
  border-radius:50%;background:#fff}
[role=switch]:checked::after{left:18px}
[role=switch]:disabled{opacity:.4}
::-webkit-inner-spin-button{opacity:1}
"""
"""Tabs and switches as most pages draw them: HTML has none. The arrows of a number field, which
else show under the pointer alone, always show: without them it is a field like any other."""


def page(dark: bool) -> str:
    """Return the gallery as a page with the browser's own widgets."""
    cells = []
    for kind, label, states in (*IN_PAGE, *SWITCHES):
        off = " disabled" if "disabled" in states else ""
        on = " checked" if "checked" in states else ""
        name = html.escape(label)
        cells.append(
            {
                "checkbox": f"<label><input type=checkbox{on}{off}> {name}</label>",
                "radio": f"<label><input type=radio{on}{off}> {name}</label>",
                "button": f"<button{off}>{name}</button>",
                "combobox": f"<select{off}><option>{name}<option>Madrid</select>",
                "textbox": f"<label>{name} <input{off}></label>",
                "slider": f"<label>{name} <input type=range value={VALUES.get(label)}></label>",
                "spinbutton": f"<label>{name} <input type=number value=3{off}></label>",
                "switch": f"<label>{name} <input type=checkbox role=switch{on}{off}></label>",
            }[kind]
        )
    scheme = "dark" if dark else "light"
    tabs = "".join(
        f"<span role=tab aria-selected={'true' if states else 'false'}>{label}</span>"
        for _, label, states in TABS
    )
    body = "".join(f"<p>{cell}" for cell in cells)
    rows = "".join(
        f"<option{' selected' if states else ''}>{html.escape(label)}" for _, label, states in ROWS
    )
    body += f"<p><select size={len(ROWS)}>{rows}</select>"
    return (
        f"<!doctype html><meta charset=utf-8><title>Gallery</title>"
        f"<style>:root{{color-scheme:{scheme}}}{STYLE}</style>"
        f"<nav>{tabs}</nav><main>{body}</main>"
    )


def judge(elements: Sequence[Element], toolkit: str) -> list[tuple[str, str, str]]:
    """Return for each widget its kind, label and what is wrong with it, empty if nothing is."""
    found = []
    switches = SWITCHES if toolkit.startswith(WITH_SWITCHES) else ()
    for kind, label, states in (*WIDGETS, *switches):
        alike = [element for element in elements if element.text == label]
        roles = ROLES.get(kind, (kind,))
        own = next((element for element in alike if element.role in roles), None)
        if own is None:
            seen = ", ".join(element.role for element in alike) or "nothing"
            found.append((kind, label, f"seen as {seen}"))
            continue
        wrong = [name for name in STATES if (name in own.states) != (name in states)]
        found.append((kind, label, f"wrong: {', '.join(wrong)}" if wrong else ""))
    return found


def report(name: str, judged: Sequence[tuple[str, str, str]], misses: bool) -> int:
    """Print one toolkit's row and return how many widgets are right."""
    kinds = dict.fromkeys(kind for kind, _, _ in judged)
    cells = []
    for kind in kinds:
        own = [wrong for other, _, wrong in judged if other == kind]
        cells.append(f"{kind} {own.count('')}/{len(own)}")
    right = sum(not wrong for _, _, wrong in judged)
    print(f"{name:18} {right:2}/{len(judged)}   {', '.join(cells)}")
    if misses:
        for kind, label, wrong in judged:
            if wrong:
                print(f"    {kind} {label}: {wrong}")
    return right


def main() -> None:
    """Show the galleries one by one and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--misses", action="store_true")
    options.add_argument("--pictures", type=Path, metavar="FOLDER", help="keep what was seen")
    chosen = options.parse_args()
    right, shown = 0, 0
    with (
        Sandbox.start((1280, 800)) as sandbox,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    ):
        os.environ.update(sandbox.variables)
        commands: dict[str, tuple[str, ...]] = {
            name: ("/usr/bin/python3", str(GALLERIES / f"gallery_{name}.py"))
            for name in ("gtk", "qt", "tk")
        }
        for scheme in ("light", "dark"):
            file = Path(folder) / f"{scheme}.html"
            file.write_text(page(scheme == "dark"), encoding="utf-8")
            profile = f"--user-data-dir={folder}/{scheme}"
            commands[f"browser, {scheme}"] = (
                *CHROMIUM,
                "--window-size=900,700",
                profile,
                f"--app={file.as_uri()}",
            )
        with Desktop.open(sandbox.display) as desktop:
            for name, command in commands.items():
                started: list[int] = []
                try:
                    launch(
                        command, env=sandbox.env, windows=desktop.windows, timeout_s=60,
                        sleep=time.sleep, on_start=started.append,
                    )  # fmt: skip
                    time.sleep(SETTLE_S)
                    seen = Observer(desktop, load_parser()).observe()
                    judged = judge(seen.elements, name)
                    right += report(name, judged, chosen.misses)
                    shown += len(judged)
                    if chosen.pictures is not None:
                        seen.capture.save(chosen.pictures / f"{name}.png")
                finally:
                    end_groups([pid for one in started for pid in family(one)], patience_s=4.0)
                    time.sleep(SETTLE_S)  # until its windows are gone as well
    print(f"{right} of {shown} widgets have the right kind and states")


if __name__ == "__main__":
    main()
