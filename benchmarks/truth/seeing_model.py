"""A chat model that looks at the picture it was really sent, finds the red in it, and says so."""

import base64
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from PIL import Image

from deskhand.agent.planners.gui_models import gui_format

RED = (220, 20, 30)

Say = Callable[[float, float, tuple[int, int]], AIMessage]
"""From the middle of the red and the size of the picture to an answer."""


def images_in(messages: Sequence[BaseMessage]) -> list[Image.Image]:
    """Return the pictures of a conversation, as a server would decode them."""
    return [
        Image.open(io.BytesIO(base64.b64decode(block["base64"])))
        for message in messages
        if isinstance(message.content, list)
        for block in message.content
        if isinstance(block, dict) and block["type"] == "image"
    ]


def middle_of_red(image: Image.Image) -> tuple[float, float]:
    """Return where the red is, (0, 0) if there is none."""
    pixels = np.asarray(image)
    rows, columns = np.nonzero((pixels[:, :, 0] > 205) & (pixels[:, :, 1] < 100))
    if not len(rows):
        return 0.0, 0.0
    across, down = columns.min() + columns.max() + 1, rows.min() + rows.max() + 1
    return float(across) / 2, float(down) / 2


class SeeingModel(BaseChatModel):
    """Says one thing of its script after the other, the last one for ever."""

    script: list[Say]
    asked: list[list[BaseMessage]] = []
    """The conversations it was sent."""
    bound: list[Any] = []
    """The tools it was given, each time."""

    @property
    def _llm_type(self) -> str:
        return "seeing"

    def bind_tools(self, tools: Sequence[Any], **_kwargs: Any) -> Any:
        """Take the tools it may call."""
        self.bound.append(tools)
        return self

    def _generate(self, messages: list[BaseMessage], *_args: Any, **_kwargs: Any) -> ChatResult:
        image = images_in(messages)[-1]
        say = self.script[min(len(self.asked), len(self.script) - 1)]
        self.asked.append(messages)
        message = say(*middle_of_red(image), image.size)
        return ChatResult(generations=[ChatGeneration(message=message)])


def text(words: str) -> Say:
    """Say these words."""
    return lambda *_: AIMessage(words)


def call(name: str, **arguments: Any) -> Say:
    """Call a tool."""
    called = {"name": name, "args": arguments, "id": "1", "type": "tool_call"}
    return lambda *_: AIMessage("", tool_calls=[called])


def computer_call(*checks: str, **action: Any) -> Say:
    """Call OpenAI's computer tool, with safety checks."""
    pending = [{"id": "1", "code": "c", "message": check} for check in checks]
    block = {"type": "computer_call", "action": action, "pending_safety_checks": pending}
    return lambda *_: AIMessage([block])


def click_on_red(form: str) -> Say:
    """Click the red, in the words of a GUI model's format."""

    def say(x: float, y: float, size: tuple[int, int]) -> AIMessage:
        place = [int(x), int(y)]
        if gui_format(form).family.space.parts is not None:
            place = [round(x * 1000 / size[0]), round(y * 1000 / size[1])]
        if form.startswith("ui-tars"):
            action = f"click(point='<point>{place[0]} {place[1]}</point>')"
            return AIMessage(f"Thought: Press it.\nAction: {action}")
        if form.startswith("qwen"):
            arguments = {"action": "left_click", "coordinate": place}
            document = json.dumps({"name": "computer_use", "arguments": arguments})
            return AIMessage(f"Press it.\n<tool_call>\n{document}\n</tool_call>")
        if form.startswith("claude"):
            return call("computer", action="left_click", coordinate=place)(x, y, size)
        return computer_call(type="click", button="left", x=place[0], y=place[1])(x, y, size)

    return say
