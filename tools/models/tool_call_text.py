"""Tool calls in the text a model writes: their two formats, read by an exact grammar.

Hermes and Qwen write JSON, `<tool_call>{"name": …, "arguments": {…}}</tool_call>`; Qwen3-Coder and
Qwen3.5 write tags, `<function=NAME><parameter=KEY>VALUE</parameter></function>`, in the same pair.
What does not parse is kept as an invalid call with the reason; it is never guessed at.
"""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

OPEN = "<tool_call>"
CLOSE = "</tool_call>"
_FUNCTION = re.compile(r"\s*<function=([^<>\s]+)>\s*")
_PARAMETER = re.compile(r"<parameter=([^<>\s]+)>\n?(.*?)\n?</parameter>\s*", re.DOTALL)
_FUNCTION_END = re.compile(r"</function>\s*")
_SPACE = re.compile(r"\s*")

Schemas = Sequence[Mapping[str, Any]]
"""Tools in OpenAI's form: `{"type": "function", "function": {"name": …, "parameters": …}}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that parsed. Whether its arguments fit the tool is for the tool to say."""

    name: str
    arguments: dict[str, Any]
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidCall:
    """What stood where a call should be."""

    text: str
    """As written, tags included."""
    error: str
    """Why it is no call, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A model's answer, taken apart."""

    text: str
    """What is no call, without the space around it."""
    calls: tuple[Call, ...]
    invalid: tuple[InvalidCall, ...]
    reasoning: str = ""
    """What the model thought aloud, of those that mark it."""

    def without_calls(self, why: str) -> "Answer":
        """Return the answer with its calls among the invalid ones."""
        refused = tuple(
            InvalidCall(text=f"{OPEN}{call.name} {json.dumps(call.arguments)}{CLOSE}", error=why)
            for call in self.calls
        )
        return replace(self, calls=(), invalid=self.invalid + refused)


class _NoCall(Exception):
    """The text at this place is no call; the message says why."""


def parse_answer(text: str, tools: Schemas, *, complete: bool) -> Answer:
    """Take an answer apart into text and calls.

    Args:
        text: What the model wrote, or its rest from the first call on.
        tools: Gives the arguments of the tag format their types.
        complete: The model ended by itself. Then the closing tag of a last call may be missing, as
            some models leave it out; in an answer that was cut off such a call is invalid.
    """
    rest: list[str] = []
    calls: list[Call] = []
    invalid: list[InvalidCall] = []
    at = 0
    while (start := text.find(OPEN, at)) >= 0:
        rest.append(text[at:start])
        body = start + len(OPEN)
        try:
            name, arguments, at = _read_call(text, body, tools)
            at = _read_close(text, at, complete)
            calls.append(Call(name=name, arguments=arguments, id=new_call_id()))
        except _NoCall as error:
            end = text.find(CLOSE, body)
            at = len(text) if end < 0 else end + len(CLOSE)
            invalid.append(InvalidCall(text=text[start:at], error=str(error)))
    rest.append(text[at:])
    words = "\n".join(part.strip() for part in rest if part.strip())
    return Answer(text=words, calls=tuple(calls), invalid=tuple(invalid))


def new_call_id() -> str:
    """Return an id for a call; models give them none."""
    return f"call_{uuid.uuid4().hex[:12]}"


def _read_call(text: str, at: int, tools: Schemas) -> tuple[str, dict[str, Any], int]:
    function = _FUNCTION.match(text, at)
    return _read_json(text, at) if function is None else _read_tags(text, function, tools)


def _read_close(text: str, at: int, complete: bool) -> int:
    at = _end(_SPACE, text, at)
    if text.startswith(CLOSE, at):
        return at + len(CLOSE)
    if at == len(text) and complete:
        return at
    came = "the end of the answer" if at == len(text) else repr(text[at : at + 20])
    raise _NoCall(f"expected {CLOSE} after the call, got {came}")


def _read_json(text: str, at: int) -> tuple[str, dict[str, Any], int]:
    at = _end(_SPACE, text, at)
    try:
        read, at = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        raise _NoCall(f"expected a JSON object: {error}") from error
    if not isinstance(read, dict):
        raise _NoCall(f"expected a JSON object, got {type(read).__name__}")
    name, arguments = read.get("name"), read.get("arguments", {})
    if isinstance(arguments, str):  # OpenAI's wire format, which some models were trained on
        try:
            arguments = _DECODER.decode(arguments)
        except (ValueError, RecursionError) as error:
            raise _NoCall(f"expected arguments to be a JSON object: {error}") from error
    if not isinstance(name, str) or not name:
        raise _NoCall(f"expected name to be a tool's name, got {name!r}")
    if not isinstance(arguments, dict):
        raise _NoCall(f"expected arguments to be a JSON object, got {type(arguments).__name__}")
    return name, arguments, at


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _read_tags(
    text: str, function: re.Match[str], tools: Schemas
) -> tuple[str, dict[str, Any], int]:
    name, at = function[1], function.end()
    types = _types_of(name, tools)
    arguments: dict[str, Any] = {}
    while parameter := _PARAMETER.match(text, at):
        key, value = parameter[1], parameter[2]
        if key in arguments:
            raise _NoCall(f"parameter {key!r} is given twice")
        arguments[key] = _typed(key, value, types.get(key))
        at = parameter.end()
    end = _FUNCTION_END.match(text, at)
    if end is None:
        raise _NoCall(f"expected <parameter=…> or </function>, got {text[at : at + 20]!r}")
    return name, arguments, end.end()


def _types_of(name: str, tools: Schemas) -> dict[str, str]:
    """Return the JSON types of a tool's parameters, of those that have a single one."""
    for tool in tools:
        function = tool.get("function", {})
        if function.get("name") == name:
            properties = function.get("parameters", {}).get("properties", {})
            return {
                key: schema["type"]
                for key, schema in properties.items()
                if isinstance(schema.get("type"), str)
            }
    return {}


def _typed(key: str, value: str, json_type: str | None) -> object:
    """Return a tagged value by the type its schema gives; without one, JSON if it is JSON."""
    if json_type == "string":
        return value
    try:
        read: object = _DECODER.decode(value)
    except (ValueError, RecursionError) as error:
        if json_type is None:
            return value
        raise _NoCall(f"expected {key} to be of type {json_type}, got {value[:40]!r}") from error
    return read


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    assert found is not None, "a pattern that matches the empty text"
    return found.end()


class TextGate:
    """Lets an answer's text through as it is written, and holds back what may turn out no text.

    Held back are: everything from the first call on, if there are tools; the beginning of what may
    become a call or a stop string; with tools, also the space before it. From the first stop string
    on, everything is dropped.

    Args:
        stop: Strings that end the answer and do not belong to it.
        calls: Whether calls are expected; without, their tags are text like any other.
    """

    def __init__(self, stop: Sequence[str] = (), *, calls: bool = False) -> None:
        self._stop = [string for string in stop if string]
        self._calls = calls
        self._text = ""
        self._sent = 0
        self.is_stopped = False
        """A stop string came."""

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may be shown now."""
        if self.is_stopped:
            return ""
        # A stop string may have begun in what was held back, never in what was sent.
        self._text += piece
        found = [at for string in self._stop if (at := self._text.find(string, self._sent)) >= 0]
        if found:
            self.is_stopped = True
            self._text = self._text[: min(found)]
        return self._send(self._safe())

    def rest(self) -> str:
        """Return what is still held back."""
        return self._send(len(self._text))

    def _send(self, end: int) -> str:
        start, self._sent = self._sent, max(self._sent, end)
        return self._text[start : self._sent]

    def _safe(self) -> int:
        waited_for = [] if self.is_stopped else list(self._stop)
        text = self._text
        if self._calls:
            start = text.find(OPEN, self._sent)
            if start >= 0:
                return len(text[:start].rstrip())
            waited_for += [] if self.is_stopped else [OPEN]
        safe = len(text) - max((_begun(text, string) for string in waited_for), default=0)
        return len(text[:safe].rstrip()) if self._calls else safe


def _begun(text: str, string: str) -> int:
    """Return how many characters at the end of the text may be the beginning of the string."""
    longest = min(len(string) - 1, len(text))
    return next((n for n in range(longest, 0, -1) if text.endswith(string[:n])), 0)
