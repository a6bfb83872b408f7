r"""The grammars of models' answers: the whole answer must be of one, or it is refused.

Only wrappers that are documented are taken off: a fence, a thinking block, end tokens. Nothing is
evaluated, and no numbers are picked out of prose: `re.findall(r"\d+")` makes (0, 45) of 0.45.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ....memory.errors import ModelOutputError
from .spaces import Number

Syntax = Callable[[str], "tuple[Number, ...] | None"]
"""Returns the numbers of an answer of its form (none for "not there"), None if it has another."""

MAX_ANSWER_CHARS = 100_000  # a model that thinks aloud writes tens of thousands
SHOWN_CHARS = 200
_NUMBER = r"(-?(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{1,20})?)"
_FENCES = ("```", "```json", "```python")
_ENDS = ("<|im_end|>", "<|endoftext|>", "<end_of_turn>", "<eos>", "</s>")
_THINKING = re.compile(r"(?:<think>)?(?:(?!</?think>).)*+</think>", re.DOTALL)


def shown(text: str) -> str:
    """Return a model's text as it may stand in an error message."""
    return repr(text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…")


def unwrap(text: str, *, thinks: bool = False) -> str:
    """Return an answer without what is documented to stand round it.

    Args:
        text: The answer.
        thinks: Whether the model may think aloud first; the block's beginning may be in its prompt.

    Raises:
        ModelOutputError: If it is longer than any answer is.
    """
    if len(text) > MAX_ANSWER_CHARS:
        raise ModelOutputError(f"expected an answer, got {len(text)} characters")
    text = text.strip()
    while text.endswith(_ENDS):
        text = next(text.removesuffix(end) for end in _ENDS if text.endswith(end)).rstrip()
    if thinks and (block := _THINKING.match(text)):
        text = text[block.end() :].lstrip()
    first, _, rest = text.partition("\n")
    if first.rstrip() in _FENCES and rest.endswith("```"):
        return rest.removesuffix("```").strip()
    return text


def number(written: str) -> Number:
    """Return a number; an int only if it was written without a decimal point."""
    return float(written) if "." in written else int(written)


def form(*grammars: str) -> Syntax:
    r"""Return a syntax of regular expressions, in which ` ` is optional space and `N` a number.

    >>> form(r"\( N , N \)")("(12, 0.45)")
    (12, 0.45)
    """
    patterns = [
        re.compile(grammar.replace(" ", r"\s*").replace("N", _NUMBER), re.DOTALL)
        for grammar in grammars
    ]

    def parse(text: str) -> tuple[Number, ...] | None:
        for pattern in patterns:
            if found := pattern.fullmatch(text):
                return tuple(number(group) for group in found.groups())
        return None

    return parse


def load_json(text: str) -> Any:
    """Return JSON data; any type.

    Raises:
        ValueError: If it is not JSON, names a key twice, or holds NaN or Infinity.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key occurs twice")
        return found

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no number")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def numbers_of(value: object, *counts: int) -> tuple[Number, ...] | None:
    """Return a JSON list of so many numbers; None for anything else. True is no number."""
    if not isinstance(value, list) or len(value) not in counts:
        return None
    return tuple(value) if all(type(part) in (int, float) for part in value) else None


def json_form(read: Callable[[Any], "tuple[Number, ...] | None"]) -> Syntax:
    """Return a syntax for a JSON document; a list of one stands for the one, an empty one for none.

    A list of several is an error: one place was asked for.
    """

    def parse(text: str) -> tuple[Number, ...] | None:
        try:
            document = load_json(text)
        except ValueError:
            return None
        if document == []:
            return ()
        if isinstance(document, list) and all(isinstance(part, dict) for part in document):
            if len(document) > 1:
                raise ModelOutputError(f"expected one place, got {len(document)}")
            document = document[0]
        return read(document)

    return parse


def labelled(key: str, *counts: int) -> Syntax:
    """Return a syntax such as `{"point_2d": [x, y], "label": "…"}`."""

    def read(document: Any) -> tuple[Number, ...] | None:
        if not isinstance(document, dict) or set(document) - {key, "label"}:
            return None
        return numbers_of(document.get(key), *counts)

    return json_form(read)


def fields(fixed: Mapping[str, tuple[object, ...]], *names: str) -> Syntax:
    """Return a syntax for a JSON object with numbers under some names and given values else."""

    def read(document: Any) -> tuple[Number, ...] | None:
        if not isinstance(document, dict) or not set(names) <= set(document):
            return None
        rest = {key: value for key, value in document.items() if key not in names}
        if any(key not in fixed or value not in fixed[key] for key, value in rest.items()):
            return None
        if any(None not in fixed[key] and key not in rest for key in fixed):
            return None
        return numbers_of([document[name] for name in names], len(names))

    return json_form(read)


def listed(key: str, *names: str) -> Syntax:
    """Return a syntax such as `{"points": [{"x": …, "y": …}]}`."""
    inner = fields({}, *names)

    def read(document: Any) -> tuple[Number, ...] | None:
        if not isinstance(document, dict) or set(document) != {key}:
            return None
        return inner(json.dumps(document[key]))

    return json_form(read)


def tool_call(name: str, actions: tuple[str, ...], *keys: str) -> Syntax:
    """Return a syntax for a call that points: Qwen's `<tool_call>` round name and arguments.

    Args:
        name: The tool's.
        actions: The values of `action` that point; none if the tool has no such argument.
        keys: `coordinate` for a list, or two names for two numbers.
    """

    def parse(text: str) -> tuple[Number, ...] | None:
        found = parse_tool_call(text)
        if found is None or found[0] != name:
            return None
        arguments = dict(found[1])
        if actions and arguments.pop("action", None) not in actions:
            return None
        if set(arguments) != set(keys):
            return None
        if len(keys) == 1:
            return numbers_of(arguments[keys[0]], 2, 4)
        return numbers_of([arguments[key] for key in keys], len(keys))

    return parse


def parse_tool_call(text: str) -> tuple[str, dict[str, Any]] | None:
    """Return the name and arguments of `<tool_call>{…}</tool_call>`, None if it is none."""
    text = text.strip()
    if not (text.startswith("<tool_call>") and text.endswith("</tool_call>")):
        return None
    try:
        call = load_json(text.removeprefix("<tool_call>").removesuffix("</tool_call>"))
    except ValueError:
        return None
    if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
        return None
    name, arguments = call["name"], call["arguments"]
    is_call = isinstance(name, str) and isinstance(arguments, dict)
    return (name, arguments) if is_call else None


def write_tool_call(name: str, arguments: Mapping[str, Any]) -> str:
    """Return a call that came as data as the text it is parsed from and recorded as."""
    call = json.dumps({"name": name, "arguments": dict(arguments)}, ensure_ascii=False)
    return f"<tool_call>\n{call}\n</tool_call>"
