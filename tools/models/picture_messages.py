"""Chat messages with pictures in them, and what a chat model answered, as plain data."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from ...memory.errors import ModelOutputError
from ..desktop.capture import Capture
from .answers import Answer


def system(text: str) -> BaseMessage:
    """Return a system message."""
    return SystemMessage(text)


def assistant(text: str) -> BaseMessage:
    """Return what the model said before."""
    return AIMessage(text)


def user(*parts: str | Capture) -> BaseMessage:
    """Return a user's message of texts and pictures, in this order; empty texts are left out."""
    blocks: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Capture):
            encoded = base64.b64encode(part.to_png()).decode("ascii")
            blocks.append({"type": "image", "base64": encoded, "mime_type": "image/png"})
        elif part:
            blocks.append({"type": "text", "text": part})
    return HumanMessage(content_blocks=blocks)  # type: ignore[arg-type]  # typed dicts


def ask(
    model: BaseChatModel, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] = ()
) -> Answer:
    """Send messages and return the answer.

    Args:
        model: Any chat model that sees.
        messages: The conversation.
        tools: What it may call, in its provider's form.

    Raises:
        ModelOutputError: If it called a tool with arguments that are not JSON.
    """
    runnable = model.bind_tools(tools) if tools else model
    return read_answer(runnable.invoke(list(messages)))


def read_answer(message: BaseMessage) -> Answer:
    """Return what a model said, and the tools it called.

    Raises:
        ModelOutputError: If it called a tool with arguments that are not JSON.
    """
    calls: list[tuple[str, Mapping[str, Any]]] = []
    checks: list[str] = []
    if isinstance(message, AIMessage):
        if message.invalid_tool_calls:
            broken = message.invalid_tool_calls[0]
            raise ModelOutputError(
                f"expected arguments in JSON, got a call of {broken['name']!r} with "
                f"{broken['args']!r}"
            )
        calls = [(call["name"], call["args"]) for call in message.tool_calls]
    for block in _blocks_of_openai(message):
        calls.append(("computer", block.get("action") or {}))
        pending = block.get("pending_safety_checks") or []
        checks += [str(check.get("message") or check.get("code") or check) for check in pending]
    return Answer(
        text=str(message.text),
        calls=tuple(calls),
        checks=tuple(checks),
    )


def _blocks_of_openai(message: BaseMessage) -> list[Mapping[str, Any]]:
    """Return the computer calls, which langchain-openai leaves where it found them."""
    content = message.content if isinstance(message.content, list) else []
    outputs = message.additional_kwargs.get("tool_outputs", [])
    return [
        block
        for block in (*content, *outputs)
        if isinstance(block, dict) and block.get("type") == "computer_call"
    ]
