"""The LangChain tools on a real calculator: they look, act, refuse, and report errors as errors."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import BaseTool

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.models.pull import pull
from deskhand.tools.models.registry import entry_named
from deskhand.tools.models.tiny_clips import build_tiny_clip
from deskhand.tools.safety.gate import Gate
from deskhand.tools.safety.policy import Policy, Rule
from deskhand.tools.toolkit import DesktopToolkit

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

NAMES = (
    "screenshot", "read_screen", "find_element", "click", "type_text", "press_keys", "scroll",
    "drag", "wait_for", "list_windows", "focus_window", "launch_app", "get_clipboard",
    "set_clipboard", "classify_image", "ask_screen", "describe_screen",
)  # fmt: skip

Tools = Mapping[str, BaseTool]


@pytest.fixture
def tools(desktop: Desktop, sandbox: Sandbox) -> Tools:
    return {tool.name: tool for tool in DesktopToolkit(desktop, env=sandbox.env).get_tools()}


@pytest.fixture
def calculator(launch: Callable[..., Window]) -> Window:
    return launch("galculator")


def call(tools: Tools, name: str, **given: Any) -> ToolMessage:
    """Call a tool as an agent does and return its message."""
    message = tools[name].invoke(ToolCall(name=name, args=given, id="call-1", type="tool_call"))
    assert isinstance(message, ToolMessage)
    return message


def inside(message: ToolMessage) -> str:
    """Return what stands in the fence of an answer that is nothing but a fence."""
    found = re.fullmatch(
        r"\[untrusted (\w{16}): the \w+\]\n(.*)\n\[end \1\]", str(message.content), re.DOTALL
    )
    assert found is not None, message.content
    return found[2]


def test_what_there_is(tools: Tools) -> None:
    assert tuple(tools) == NAMES
    for tool in tools.values():
        assert tool.metadata is not None
        assert set(tool.metadata) == {"read_only", "destructive"}
        assert tool.description
        described = tool.args_schema.model_json_schema()["properties"].values()  # type: ignore[union-attr]  # all are models
        assert all("description" in field for field in described), tool.name


def test_reading_and_clicking_by_number(tools: Tools, calculator: Window) -> None:
    read = call(tools, "read_screen", window="galculator")
    seven = next(e for e in read.artifact["elements"] if e["text"] == "7")
    assert (seven["role"], seven["window"]) == ("button", "galculator")
    clicked = call(tools, "click", element=seven["id"])
    # The verdict is ours; what was seen is the screen's.
    assert re.match(r"confirmed\n\[untrusted \w{16}: the screen\]\n", str(clicked.content))
    assert clicked.artifact["effect"] == "confirmed"


def test_reading_within_a_budget_and_only_what_is_new(tools: Tools, calculator: Window) -> None:
    whole = call(tools, "read_screen")
    tight = call(tools, "read_screen", budget=60)
    assert 'window "galculator" (active):' in str(whole.content)
    assert "more left out" in str(tight.content)
    assert len(str(tight.content)) < len(str(whole.content))
    nothing = call(tools, "read_screen", only_news=True)
    assert inside(nothing) == "since the last look:\nnothing changed"
    call(tools, "click", text="7", role="button")
    assert "since the last look:" in str(call(tools, "read_screen", only_news=True).content)


def test_news_of_one_window_and_within_a_budget(tools: Tools, calculator: Window) -> None:
    call(tools, "read_screen")
    # Far from the key that was clicked last: its tooltip may still hide those around it.
    call(tools, "click", text="9", role="button")
    news = inside(call(tools, "read_screen", window="galculator", only_news=True))
    assert news.startswith("since the last look:\n")
    assert '"9"' in news
    call(tools, "click", text="8", role="button")
    tight = call(tools, "read_screen", window="galculator", only_news=True, budget=50)
    assert len(inside(tight)) <= 200
    missing = call(tools, "read_screen", window="nowhere", only_news=True)
    assert missing.status == "error"


def test_a_limit_on_marks(tools: Tools, calculator: Window) -> None:
    few = call(tools, "screenshot", marks=True, max_marks=5, window="galculator")
    assert len(few.artifact["marked"]) == 5
    assert "; 5 elements are marked, " in few.content[0]["text"]  # type: ignore[index]  # blocks
    read = call(tools, "read_screen", window="galculator")
    roles = {e["id"]: e["role"] for e in read.artifact["elements"]}
    assert all(roles[number] not in ("text", "icon") for number in few.artifact["marked"])
    wrong = call(tools, "screenshot", max_marks=5)
    assert wrong.status == "error"
    assert "max_marks is for a picture with marks; add marks=true" in str(wrong.content)


def test_zooming_in_on_an_element(tools: Tools, calculator: Window) -> None:
    read = call(tools, "read_screen", window="galculator")
    eight = next(e for e in read.artifact["elements"] if (e["role"], e["text"]) == ("button", "8"))
    shot = call(tools, "screenshot", zoom=eight["id"])
    left, _, right, _ = eight["box"]
    # The key and its surroundings, larger than life; what is clicked there is the key.
    assert shot.artifact["width"] > 2 * (right - left + 100)
    middle = shot.artifact["width"] / 2, shot.artifact["height"] / 2
    clicked = call(tools, "click", x=middle[0], y=middle[1], view=shot.artifact["view"])
    assert clicked.artifact["effect"] == "confirmed"
    assert "there is no element 9999" in str(call(tools, "screenshot", zoom=9999).content)


def test_clicking_a_position_of_a_screenshot(tools: Tools, calculator: Window) -> None:
    shot = call(tools, "screenshot", window="galculator")
    assert [block["type"] for block in shot.content] == ["text", "image"]  # type: ignore[index]  # blocks
    found = call(tools, "find_element", text="8", role="button")
    left, top, right, bottom = found.artifact["elements"][0]["box"]
    shot = call(tools, "screenshot", window="galculator")
    box = calculator.box
    x, y = (left + right) / 2 - box.left, (top + bottom) / 2 - box.top
    clicked = call(tools, "click", x=x, y=y, view=shot.artifact["view"])
    assert clicked.artifact["effect"] == "confirmed"
    assert call(tools, "find_element", text="8").artifact["elements"]


def test_a_position_of_an_older_screenshot_is_refused(tools: Tools, calculator: Window) -> None:
    old = call(tools, "screenshot").artifact["view"]
    call(tools, "screenshot")
    message = call(tools, "click", x=5, y=5, view=old)
    assert message.status == "error"
    assert inside(message) == f"view {old} is not of the latest screenshot; take a new one"


def test_errors_are_errors(tools: Tools, calculator: Window) -> None:
    missing = call(tools, "click", text="no such thing anywhere")
    assert missing.status == "error"
    assert inside(missing).startswith('"no such thing anywhere" is not on the screen')
    two_ways = call(tools, "click", text="7", element=1)
    assert two_ways.status == "error"
    nothing = call(tools, "launch_app", command=["galculatr"])
    assert nothing.status == "error"
    assert "did you mean 'galculator'" in str(nothing.content)


def test_the_same_gate(desktop: Desktop, sandbox: Sandbox, calculator: Window) -> None:
    gate = Gate(Policy(rules=(Rule(name="no-eight", verdict="deny", words=("8",)),)))
    toolkit = DesktopToolkit(desktop, gate=gate, env=sandbox.env)
    tools = {tool.name: tool for tool in toolkit.get_tools()}
    message = call(tools, "click", text="8", role="button")
    assert message.status == "error"
    assert "denied by policy" in str(message.content)


def test_clipboard_windows_and_waiting(tools: Tools, calculator: Window) -> None:
    assert call(tools, "set_clipboard", text="Grüße 你好").artifact["effect"] == "confirmed"
    assert call(tools, "get_clipboard").artifact["text"] == "Grüße 你好"
    listed = call(tools, "list_windows").artifact["windows"]
    assert "galculator" in [window["title"] for window in listed]
    waited = call(tools, "wait_for", text="galculator", what="window", timeout_s=5)
    assert waited.artifact["effect"] == "confirmed"
    gone = call(tools, "wait_for", text="never there", timeout_s=0)
    assert gone.artifact["effect"] == "diverged"


def test_classifying_what_is_on_the_screen(
    tools: Tools, calculator: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = ["a number", "an arrow"]
    missing = call(tools, "classify_image", labels=labels)
    assert missing.status == "error"
    assert str(missing.content).endswith("deskhand models pull clip-vit-b-32")
    monkeypatch.setenv("DESKHAND_MODELS", str(tmp_path / "models"))
    pull(entry_named("siglip-base"), source=build_tiny_clip("siglip", tmp_path / "tiny"))
    read = call(tools, "read_screen", window="galculator")
    seven = next(e for e in read.artifact["elements"] if e["text"] == "7")
    seen = {}
    for name, place in {
        "all": {},
        "window": {"window": "galculator"},
        "element": {"element": seven["id"]},
    }.items():
        said = call(tools, "classify_image", labels=labels, **place)
        assert said.status == "success", said.content
        seen[name] = said.artifact["probabilities"]["a number"]
    # Three different pictures.
    assert len(set(seen.values())) == 3
    gone = call(tools, "classify_image", labels=labels, element=9999)
    assert gone.content == "there is no element 9999 on the screen; look again"
