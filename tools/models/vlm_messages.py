"""LangChain messages as the turns a vision model's chat template can render."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from PIL import Image

from ...memory.errors import BadArgumentError
from .picture_blocks import read_picture
from .tool_call_text import CLOSE, OPEN, Schemas

Role = Literal["system", "user", "assistant", "tool"]
ROLES: dict[str, Role] = {"system": "system", "human": "user", "ai": "assistant", "tool": "tool"}
NOT_SAID = ("tool_call", "tool_call_chunk", "invalid_tool_call", "reasoning")
"""Blocks that are no part of a turn's text; calls are taken from `tool_calls`."""
LEFT_OUT = "[An older picture was left out here for lack of room.]\n"

HERMES = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""
"""The prompt Hermes and Qwen models are trained on; from the chat template of Qwen2.5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a conversation."""

    role: Role
    parts: tuple[str | Image.Image, ...]
    """Texts and pictures in their order."""
    calls: tuple[dict[str, Any], ...] = ()
    """The tool calls of an assistant: `{"name": …, "arguments": {…}}`."""
    name: str = ""
    """The tool a tool turn answers for."""


def to_turns(messages: Sequence[BaseMessage]) -> list[Turn]:
    """Return the turns of a conversation, with pictures of tool turns in the user turn after them.

    Most templates render only the text of a tool turn, so its pictures would be lost there.

    Raises:
        BadArgumentError: A message, block or picture of a kind that cannot be shown to the model.
    """
    turns: list[Turn] = []
    waiting: list[str | Image.Image] = []
    for message in messages:
        turn = _turn(message)
        if turn.role == "tool":
            pictures = [part for part in turn.parts if not isinstance(part, str)]
            if pictures:
                waiting += [f"Picture from the tool {turn.name}:" if turn.name else "Picture:"]
                waiting += pictures
                texts = tuple(part for part in turn.parts if isinstance(part, str))
                turn = replace(turn, parts=texts or ("The picture follows.",))
        elif waiting:
            if turn.role == "user":  # two user turns in a row are refused by some templates
                turn = replace(turn, parts=(*waiting, *turn.parts))
            else:
                turns.append(Turn(role="user", parts=tuple(waiting)))
            waiting = []
        turns.append(turn)
    if waiting:
        turns.append(Turn(role="user", parts=tuple(waiting)))
    if not turns:
        raise BadArgumentError("expected at least one message, got none")
    return turns


def _turn(message: BaseMessage) -> Turn:
    role = ROLES.get(message.type.removesuffix("MessageChunk").lower())
    if role is None:
        raise BadArgumentError(
            f"expected a message of type {', '.join(ROLES)}, got {message.type!r}"
        )
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return Turn(
        role=role,
        parts=tuple(_parts(message)) or ("",),  # some templates look at a first part
        calls=tuple({"name": call["name"], "arguments": call["args"]} for call in calls),
        name=(message.name or "") if isinstance(message, ToolMessage) else "",
    )


def _parts(message: BaseMessage) -> Iterator[str | Image.Image]:
    # content_blocks turns every provider's way of writing content into one.
    for block in message.content_blocks:
        if block["type"] in ("text", "text-plain"):
            yield str(block.get("text", ""))
        elif block["type"] == "image":
            yield read_picture(block)
        elif block["type"] not in NOT_SAID:
            raise BadArgumentError(
                f"a {message.type} message may hold texts and pictures, got {_kind(block)!r}"
            )


def _kind(block: Mapping[str, Any]) -> object:
    # LangChain wraps what it does not know.
    inner = block.get("value")
    return inner.get("type", block["type"]) if isinstance(inner, dict) else block["type"]


def with_system(turns: Sequence[Turn], text: str) -> list[Turn]:
    """Return the turns with a text at the end of the system turn, made if there is none."""
    if turns[0].role == "system":
        return [replace(turns[0], parts=(*turns[0].parts, f"\n\n{text}")), *turns[1:]]
    return [Turn(role="system", parts=(text,)), *turns]


def in_words(turns: Sequence[Turn], tools: Schemas) -> list[Turn]:
    """Return the turns with tools, calls and results as text, for templates that know of none.

    Such a template drops tools and calls silently. User turns that then stand in a row become one:
    some templates refuse them.
    """
    written: list[Turn] = []
    for turn in turns:
        if turn.role == "tool":
            text = "".join(part for part in turn.parts if isinstance(part, str))
            answer = f"<tool_response>\n{text}\n</tool_response>"
            turn = Turn(role="user", parts=(answer,))
        elif turn.calls:
            calls = [
                f"{OPEN}\n{json.dumps(call, ensure_ascii=False)}\n{CLOSE}" for call in turn.calls
            ]
            turn = replace(turn, parts=(*turn.parts, "\n".join(["", *calls])), calls=())
        last = written[-1] if written else None
        if last is not None and last.role == turn.role == "user":
            parts = (*last.parts, "\n", *turn.parts)
            written[-1] = replace(last, parts=parts)
        else:
            written.append(turn)
    if not tools:
        return written
    listed = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
    return with_system(written, HERMES.format(tools=listed))


def pictures_of(turns: Sequence[Turn]) -> list[Image.Image]:
    """Return all pictures, oldest first."""
    return [part for turn in turns for part in turn.parts if not isinstance(part, str)]


def without_oldest(turns: Sequence[Turn], number: int) -> list[Turn]:
    """Return the turns with so many of the oldest pictures replaced by a line that says so."""
    left = number
    thinned: list[Turn] = []
    for turn in turns:
        parts: list[str | Image.Image] = []
        for part in turn.parts:
            if isinstance(part, str) or left == 0:
                parts.append(part)
            else:
                left -= 1
                parts.append(LEFT_OUT)
        thinned.append(replace(turn, parts=tuple(parts)))
    return thinned
