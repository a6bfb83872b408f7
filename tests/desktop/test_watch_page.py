"""The watch page in a real Chromium, beside real runs on virtual desktops of their own."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deskhand.agent.trajectory.recording import read_steps
from deskhand.agent.trajectory.run_folder import RunFolder
from deskhand.memory.errors import ApprovalRequired, RunError
from deskhand.memory.screens import VisualMemory
from deskhand.tools.actions import Click, TextTarget
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.safety.approvals import Approvals
from deskhand.tools.safety.gate import Approval, Gate
from deskhand.tools.safety.policy import ActionContext, Policy
from deskhand.tools.safety.self_approval import WATCH_PAGE
from deskhand.tools.toolkit import DesktopToolkit

# Run alone, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).parent.parent.parent))

from benchmarks.chromium import CHROMIUM
from tests.browser import Browser
from tests.mcp_sessions import CLI
from tests.memory_screens import screen as remembered
from tests.videos import screen, steady, write_video

pytestmark = [pytest.mark.desktop, pytest.mark.browser, pytest.mark.slow]

TIMEOUT_S = 60.0
YES = Approval(answer="approve", by="somebody careless")
DELETE = Click(target=TextTarget(text="Delete"))
FILES = ActionContext(window_title="Files", app="Files", shown="a.txt?")
HOSTILE = "<img src=x onerror=window.hacked=1> {{7*7}} `${7*7}`"
"""Markup, and what templates of several kinds would work out."""


@dataclass
class Served:
    """The page's server, with a home of its own."""

    folder: Path
    env: dict[str, str]
    process: "subprocess.Popen[bytes]"
    browsers: list[Browser] = field(default_factory=list)

    @property
    def links(self) -> list[str]:
        lines = (self.folder / "ui.log").read_text(encoding="utf-8").splitlines()
        return [line.split(": ", 1)[1] for line in lines if "?token=" in line]

    @property
    def origin(self) -> str:
        return self.links[0].partition("/?")[0]

    @property
    def approvals(self) -> Approvals:
        return Approvals(self.folder / "state" / "deskhand" / "approvals")

    def browser(self) -> Browser:
        browser = Browser(self.folder / f"profile-{len(self.browsers)}")
        self.browsers.append(browser)
        return browser

    def run(self, *sentences: str) -> "subprocess.Popen[bytes]":
        """Start a run that no terminal is at."""
        with (self.folder / "run.log").open("wb") as log:
            return subprocess.Popen(
                [*CLI, "run", "--sandbox", "--model", "instructions", "\n".join(sentences)],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def nothing_from_elsewhere(self) -> None:
        """Assert that the browsers asked nobody else, and had nothing to complain about."""
        ours = (self.origin, self.origin.replace("http", "ws"), "data:", "about:", "blob:")
        for browser in self.browsers:
            browser.evaluate("1")  # what was said meanwhile is read
            assert [one for one in browser.requests if not one.startswith(ours)] == []
            assert browser.complaints == []


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    env = dict(os.environ) | {
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "DESKHAND_RUNS": str(tmp_path / "runs"),
        "DESKHAND_MEMORY": str(tmp_path / "memory"),
        "DESKHAND_ACCESSIBILITY": "off",
    }
    videos = tmp_path / "videos"
    videos.mkdir()
    with (tmp_path / "ui.log").open("wb") as log:
        process = subprocess.Popen(
            [*CLI, "ui", "--no-open", "--files", str(videos)],
            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    served = Served(tmp_path, env, process)
    try:
        deadline = time.monotonic() + TIMEOUT_S
        while not served.links:
            assert process.poll() is None, (tmp_path / "ui.log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield served
    finally:
        for browser in served.browsers:
            browser.close()
        process.terminate()
        process.wait(TIMEOUT_S)


def test_a_run_is_watched_answered_paused_and_stopped(served: Served) -> None:
    page = served.browser()
    page.open(served.links[-1])
    page.wait_for_text("Nothing was run yet")
    run = served.run(
        "open mousepad",
        'type "Delete"',
        f'ask "Which letter is meant? {HOSTILE}"',
        'click "Delete"',
        "wait 2 seconds",
        *[f'type "{letter}"' for letter in "abcdefghijklmnopqrst"],
    )
    try:
        page.wait_for_text("The run asks", TIMEOUT_S)
        assert f"Which letter is meant? {HOSTILE}" in page.text()
        assert page.evaluate("document.querySelector('.screen img').naturalWidth") == 1280
        page.type_into("Answer", "the second one")
        page.wait_for_text("The run needs your yes", TIMEOUT_S)
        page.wait("document.title === '(1) deskhand watch page'")
        assert 'in "*Untitled 1 - Mousepad"' in page.text()
        # Where the click would land is drawn, and what can be used has a number.
        page.wait("document.querySelectorAll('svg .target').length === 1")
        assert page.evaluate("document.querySelectorAll('svg .usable').length") > 3
        page.click("Approve")
        page.wait("!document.body.innerText.includes('needs your yes')")
        page.click("Pause")
        page.wait_for_text("‖ paused", TIMEOUT_S)
        before = len(read_steps(RunFolder.open("last", served.folder / "runs").path))
        time.sleep(1.5)  # a run that went on would have settled a step by then
        assert len(read_steps(RunFolder.open("last", served.folder / "runs").path)) == before
        page.click("Go on")
        page.wait_for_text(f"step {before + 2}", TIMEOUT_S)
        page.click("Stop")
        page.wait_for_text("‖ stopped")
        assert run.wait(TIMEOUT_S) == 3
    finally:
        run.terminate()
        run.wait(TIMEOUT_S)
        place = RunFolder.open("last", served.folder / "runs").info.desktop
        assert place.sandbox_folder is not None
        with suppress(RunError):  # it is gone, where the run ended otherwise
            Sandbox.attach(Path(place.sandbox_folder)).close()  # kept for the run to go on
    folder = RunFolder.open("last", served.folder / "runs")
    assert folder.info.reason == "stopped: somebody who watches stopped it; resume the run to go on"
    steps = read_steps(folder.path)
    assert steps[2].outcome["answer"] == "the second one"
    assert (steps[3].sentence, steps[3].decision["by"]) == ("click Delete", "the watch page")
    assert steps[3].outcome["effect"] != "refused"
    # A step opens, before and after.
    page.click('type "Delete"')
    page.wait("document.querySelectorAll('.q-dialog .screen img').length === 2")
    assert page.evaluate("window.hacked") is None
    served.nothing_from_elsewhere()


def test_an_agent_of_another_program_is_answered(served: Served) -> None:
    page = served.browser()
    page.open(served.links[-1])
    page.wait_for_text("Nothing was run yet")
    page.evaluate(
        "new MutationObserver(() => { const button = [...document.querySelectorAll('button')]"
        ".find(one => one.innerText.includes('Deny')); if (button && window.first === undefined)"
        " window.first = button.disabled; }).observe(document, {subtree: true, childList: true})"
    )
    where = ActionContext(window_title=HOSTILE, app="Files", shown="a.txt?")
    decision = Policy().decide(DELETE, where)
    with pytest.raises(ApprovalRequired):
        served.approvals.approver(DELETE, where, decision)
    page.wait_for_text("An agent that uses the tools needs your yes")
    assert HOSTILE in page.text()
    page.click("Deny")
    page.wait("!document.body.innerText.includes('needs your yes')")
    answer = served.approvals.approver(DELETE, where, decision)
    assert answer is not None
    assert (answer.answer, answer.by) == ("refuse", "the watch page")
    # It took no click in its first moment: what was meant for the page before is no answer.
    assert page.evaluate("window.first") is True
    assert page.evaluate("window.hacked") is None
    served.nothing_from_elsewhere()


def test_a_link_serves_one_browser_once(served: Served) -> None:
    first, second = served.browser(), served.browser()
    first.open(served.links[0])
    first.wait_for_text("Nothing was run yet")
    place = first.evaluate("location.href")
    assert re.fullmatch(rf"{served.origin}/[\w-]{{16}}/", place)
    assert first.evaluate("document.cookie") == ""  # no script reads it
    second.open(served.links[0])
    second.wait_for_text("each serves one browser, once")
    second.open(place)
    second.wait_for_text("each serves one browser, once")
    second.open(f"{place}pictures/{'0' * 32}")
    second.wait_for_text("each serves one browser, once")
    second.open(served.links[1])
    second.wait_for_text("Nothing was run yet")


def test_runs_memory_and_videos_are_looked_through(served: Served) -> None:
    run = RunFolder.create(served.folder / "runs", f"a task with {HOSTILE}")
    run.end(status="failed", reason="it was only made for this test")
    decision = Policy().decide(DELETE, FILES)
    served.approvals.post(DELETE, FILES, decision, run=run.id, lock=run.path / "lock")
    with VisualMemory.open(served.folder / "memory") as memory:
        memory.add(remembered("Invoice 4711", "1,240.00 EUR", window=HOSTILE, app="Mail"))
        memory.add(remembered("Departure 14:30", minutes=5, seed=3, app="Travel"))
    shown = [(0.0, screen("Build started")), (4.0, screen("Deploy finished", HOSTILE))]
    write_video(served.folder / "videos" / "build.mp4", steady(shown, 8.0))
    page = served.browser()
    page.open(served.links[-1])
    page.wait_for_text("no picture yet")

    page.click("Memory")
    page.wait_for_text("what was seen last")
    assert "needs your yes" not in page.text()  # nobody waits for that
    page.wait("document.querySelectorAll('.gallery .q-img').length === 2")
    page.type_into("Words, or", "invoice 4711")
    page.wait_for_text("1 found, the best first")
    assert HOSTILE in page.text()
    page.click("[screen:")
    page.wait("document.querySelector('.q-dialog .screen img')?.naturalWidth === 640")
    page.click("close")
    page.wait("!document.querySelector('.q-dialog .screen')")

    page.click("Videos")
    page.wait_for_text("build.mp4")
    page.type_into("Words shown", "deploy finished")
    page.wait_for_text("found, the best first", TIMEOUT_S)
    page.click("Deploy finished")
    page.wait("document.querySelector('video')?.currentTime >= 3")
    page.click("close")
    page.wait("!document.querySelector('video')")
    page.type_into("Words shown", "zebra crossing")
    page.wait_for_text("not found in this video", TIMEOUT_S)

    page.click("Runs")
    page.wait_for_text("it was only made for this test")
    assert HOSTILE in page.text()
    page.open(page.evaluate("document.querySelector('td a').href"))
    page.wait_for_text("deskhand run")
    assert HOSTILE in page.text()
    assert page.evaluate("window.hacked") is None
    served.nothing_from_elsewhere()


def test_the_hands_cannot_approve_on_the_page(
    served: Served, sandbox: Sandbox, desktop: Desktop, launch: Callable[..., Window]
) -> None:
    with pytest.raises(ApprovalRequired):
        served.approvals.approver(DELETE, FILES, Policy().decide(DELETE, FILES))
    launch(
        *CHROMIUM, f"--user-data-dir={served.folder / 'profile'}", "--window-size=1000,760",
        "--window-position=0,0", served.links[-1], timeout_s=TIMEOUT_S,
    )  # fmt: skip
    allows_all = Gate(Policy(rules=(), default="allow"), lambda *_: YES)
    with closing(DesktopToolkit(desktop, gate=allows_all, env=sandbox.env)) as toolkit:
        tools = {tool.name: tool for tool in toolkit.get_tools()}
        call = {"type": "tool_call", "id": "1"}
        waited = tools["wait_for"].invoke(
            call | {"name": "wait_for", "args": {"text": "Approve", "timeout_s": 30}}
        )
        assert waited.status == "success", waited.content
        for name, given in (
            ("click", {"text": "Approve"}),
            ("press_keys", {"keys": "Tab"}),
            ("type_text", {"typed": "yes"}),
        ):
            said = tools[name].invoke(call | {"name": name, "args": given})
            assert said.status == "error"
            assert "denied by policy" in said.content
            assert WATCH_PAGE in said.content
    assert [request.answer for request in served.approvals.waiting()] == [""]
