"""Things on a real calculator are found and clicked by what is said of them, through the tools."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import BaseTool

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.desktop import Desktop
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.toolkit import DesktopToolkit

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

Tools = Mapping[str, BaseTool]


@pytest.fixture
def tools(desktop: Desktop, sandbox: Sandbox, launch: Callable[..., Window]) -> Iterator[Tools]:
    launch("galculator")
    toolkit = DesktopToolkit(desktop, env=sandbox.env)
    yield {tool.name: tool for tool in toolkit.get_tools()}
    toolkit.close()


def call(tools: Tools, name: str, **given: Any) -> ToolMessage:
    message = tools[name].invoke(ToolCall(name=name, args=given, id="call-1", type="tool_call"))
    assert isinstance(message, ToolMessage)
    return message


def test_a_key_is_found_by_its_neighbour_and_clicked(tools: Tools) -> None:
    found = call(tools, "find_element", text="the key left of 5")
    first = found.artifact["elements"][0]
    assert (first["role"], first["text"]) == ("button", "4")
    assert 0.6 < found.artifact["found"]["confidence"] < 0.95
    assert "found by ocr, confidence " in str(found.content)
    clicked = call(tools, "click", text="the key left of 5")
    assert clicked.artifact["effect"] == "confirmed"
    menu = call(tools, "find_element", text="the last menu")
    assert menu.artifact["elements"][0]["text"] == "Help"


def test_what_is_not_so_is_refused_and_equals_are_listed(tools: Tools) -> None:
    absent = call(tools, "click", text="the purple key")
    assert absent.status == "error"
    fence, said, *_ = str(absent.content).splitlines()
    assert fence.startswith("[untrusted ")
    assert said.startswith('"the purple key" is not on the screen')
    several = call(tools, "find_element", text="the key in the row of 5")
    assert several.status == "success"
    assert str(several.content).splitlines()[1] == "several answer equally well:"
    assert {"4", "6"} <= {element["text"] for element in several.artifact["elements"]}
    assert several.artifact["found"] is None
