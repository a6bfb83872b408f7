"""Reads an answer while it is written: what may be shown now, and what it comes to in the end.

A checkpoint may describe its own way of writing with a response template: how it marks reasoning
and calls. Where there is none, calls are expected in the tags of `tool_call_text.py`.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from .tool_call_text import CLOSE, OPEN, Answer, Schemas, TextGate, parse_answer


class AnswerReader(Protocol):
    """Reads one answer."""

    @property
    def is_stopped(self) -> bool:
        """Whether the answer has come to a stop string."""

    def shown_control_tokens(self, tokenizer: Any) -> set[int]:
        """Return the ids of control tokens whose text is part of what `feed` is given."""

    def begin(self, prompt: str) -> None:
        """Take the prompt, control tokens included, before the first piece."""

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may be shown now."""

    def finish(self, *, complete: bool) -> Answer:
        """Return what was not shown yet, taken apart.

        Args:
            complete: The model ended by itself. What was cut off is no call.
        """


def reader_for(tokenizer: Any, *, stop: Sequence[str], tools: Schemas) -> AnswerReader:
    """Return the reader for a checkpoint's answers."""
    template = getattr(tokenizer, "response_template", None)
    if template is None:
        return TagReader(stop=stop, tools=tools)
    from .template_reader import TemplateReader

    return TemplateReader(template, stop=stop, tools=tools)


class TagReader:
    """Reads text with tagged calls; without tools, all of it is text."""

    def __init__(self, *, stop: Sequence[str], tools: Schemas) -> None:
        self._tools = tools
        self._gate = TextGate(stop, calls=bool(tools))

    @property
    def is_stopped(self) -> bool:
        """Whether a stop string came."""
        return self._gate.is_stopped

    def shown_control_tokens(self, tokenizer: Any) -> set[int]:
        """Return the tags, in vocabularies where they are single control tokens."""
        if not self._tools:
            return set()
        return {
            tokenizer.added_tokens_encoder[tag]
            for tag in (OPEN, CLOSE)
            if tag in tokenizer.added_tokens_encoder
        }

    def begin(self, prompt: str) -> None:
        """Need nothing of the prompt."""

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may be shown now."""
        return self._gate.feed(piece)

    def finish(self, *, complete: bool) -> Answer:
        """Return the calls, and the text that was held back for them."""
        rest = self._gate.rest()
        if not self._tools:
            return Answer(text=rest, calls=(), invalid=())
        return parse_answer(rest, self._tools, complete=complete)
