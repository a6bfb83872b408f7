"""Answers of checkpoints that describe how they write: reasoning, text and calls told apart."""

from collections.abc import Sequence
from typing import Any

from transformers.utils.chat_parsing import ResponseParser

from .tool_call_text import Answer, Call, InvalidCall, Schemas, TextGate, new_call_id

CONTENT = "content"
CALLS = "tool_calls"
REASONING = ("reasoning_content", "thinking")
"""Names of the fields of response templates, as transformers' own server knows them."""


class TemplateReader:
    """Reads an answer by the checkpoint's own response template.

    Args:
        template: As transformers takes it.
        stop: Strings that end the answer.
        tools: Gives arguments their types.
    """

    def __init__(self, template: dict[str, Any], *, stop: Sequence[str], tools: Schemas) -> None:
        self._template = template
        self._tools = list(tools)
        self._gate = TextGate(stop)
        self._parser: Any = None
        self._raw = ""
        self._space = ""
        self._has_text = False
        self._reasoning = ""
        self._calls: list[Call] = []
        self._invalid: list[InvalidCall] = []
        self._broken = ""

    @property
    def is_stopped(self) -> bool:
        """Whether a stop string came."""
        return self._gate.is_stopped

    def shown_control_tokens(self, tokenizer: Any) -> set[int]:
        """Return all but padding: the template knows which of them mean what."""
        return set(tokenizer.all_special_ids) - {tokenizer.pad_token_id}

    def begin(self, prompt: str) -> None:
        """Take the prompt: its end may be the beginning of the answer, such as `<think>`."""
        self._parser = ResponseParser(self._template, prefix=prompt, tools=self._tools)

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may be shown now."""
        return self._parse(self._gate.feed(piece))

    def finish(self, *, complete: bool) -> Answer:
        """Return the reasoning, the calls, and the text that was held back."""
        text = self._parse(self._gate.rest())
        if self._parser is not None and not self._broken:
            closed = len(self._calls)
            try:
                text += self._take(self._parser.finalize()[1])
            except (ValueError, TypeError, KeyError, IndexError) as error:
                self._break(error)
            if not complete:
                self._cut_off(closed)
        if self._broken:
            self._invalid.append(InvalidCall(text=self._raw, error=self._broken))
        return Answer(
            text=text,
            calls=tuple(self._calls),
            invalid=tuple(self._invalid),
            reasoning=self._reasoning.strip(),
        )

    def _cut_off(self, closed: int) -> None:
        """Take back the calls that the end of the answer closed, not the model."""
        for call in self._calls[closed:]:
            error = f"the call of {call.name!r} was cut off"
            self._invalid.append(InvalidCall(text=self._raw, error=error))
        del self._calls[closed:]

    def _parse(self, text: str) -> str:
        self._raw += text
        if not text or self._broken:
            return ""
        try:
            return self._take(self._parser.feed(text))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            self._break(error)
            return ""

    def _break(self, error: Exception) -> None:
        """Stop parsing: after a part that does not parse it is unknown where the next begins."""
        self._broken = f"the answer does not follow its template: {' '.join(str(error).split())}"

    def _take(self, events: Sequence[dict[str, Any]]) -> str:
        shown = ""
        for event in events:
            kind, field = event["type"], event["field"]
            if kind == "region_chunk" and field == CONTENT:
                shown += self._trimmed(event["text"])
            elif kind == "region_chunk" and field in REASONING:
                self._reasoning += event["text"]
            elif kind == "region_close" and field == CALLS:
                self._add_call(event["value"])
        return shown

    def _trimmed(self, text: str) -> str:
        """Leave out space around the text; that at its end is held back until text follows."""
        whole = self._space + text if self._has_text else text.lstrip()
        kept = whole.rstrip()
        self._space = whole[len(kept) :]
        self._has_text = self._has_text or bool(kept)
        return kept

    def _add_call(self, value: object) -> None:
        function = value.get("function") if isinstance(value, dict) else None
        function = function if isinstance(function, dict) else {}
        name, arguments = function.get("name"), function.get("arguments", {})
        if not isinstance(name, str) or not name or not isinstance(arguments, dict):
            error = "expected a call with the name of a tool and its arguments"
            self._invalid.append(InvalidCall(text=self._raw, error=error))
            return
        if not self._tools:
            error = f"a call of {name!r} came where no tools were offered"
            self._invalid.append(InvalidCall(text=self._raw, error=error))
            return
        self._calls.append(Call(name=name, arguments=arguments, id=new_call_id()))
