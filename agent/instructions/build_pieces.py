"""The pieces that all sentences are built of: texts in quotes, names, places and errors."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from lark import Token, Transformer
from lark.tree import Meta
from pydantic import ValidationError

from ...memory.errors import InstructionError
from ...tools.actions import Action
from .sentences import Act, Source

Made = TypeVar("Made")

MAX_SEEN_CHARS = 200
"""As the actions and targets have it."""
ESCAPES = {"n": "\n", "t": "\t"}


def error_at(text: str, offset: int, message: str) -> InstructionError:
    """Return the error for a place in a text, with the place in front of the message."""
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return InstructionError(f"line {line}, column {column}: {message}", line=line, column=column)


class Pieces(Transformer[Token, Any]):
    """Reads texts and names of what is parsed, and says where an error is.

    Args:
        text: The text that was parsed.
    """

    # `Any` in here: lark hands over what the parts of a rule became as one mixed list.

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def _source(self, meta: Meta) -> Source:
        start = meta.start_pos
        return Source(
            line=self._text.count("\n", 0, start) + 1,
            column=start - self._text.rfind("\n", 0, start),
            start=start,
            text=self._text[start : meta.end_pos],
        )

    def _error(self, place: Meta | Token, message: str) -> InstructionError:
        return error_at(self._text, place.start_pos or 0, message)

    def _act(self, meta: Meta, kind: Callable[..., Action], **given: Any) -> Act:
        return Act(action=self._checked(meta, kind, given), source=self._source(meta))

    def _checked(self, meta: Meta, kind: Callable[..., Made], given: Mapping[str, Any]) -> Made:
        try:
            return kind(**given)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in problem["loc"])
            raise self._error(meta, f"{field}: {problem['msg']}") from None

    def _string(self, token: Token) -> str:
        """Return what a text in quotes says."""

        def escape(match: re.Match[str]) -> str:
            sign = match[1]
            if sign in ESCAPES:
                return ESCAPES[sign]
            if sign in "\\\"'“”‘’":
                return sign
            message = f"{match[0]!s} has no meaning in quotes; a backslash itself is written \\\\"
            raise error_at(self._text, (token.start_pos or 0) + 1 + match.start(), message)

        return re.sub(r"\\(.)", escape, token[1:-1], flags=re.DOTALL)

    def _word_or_string(self, token: Token) -> str:
        return self._string(token) if token.type == "STRING" else str(token)

    def _seen_text(self, token: Token) -> str:
        text = self._string(token)
        if not 1 <= len(text) <= MAX_SEEN_CHARS:
            raise self._error(token, f"words on the screen are 1 to {MAX_SEEN_CHARS} characters")
        return text

    def _name(self, meta: Meta, name: Token | list[Token]) -> str:
        """Return a name that may stand in quotes or not, without the word `window` after it."""
        if isinstance(name, Token):
            return self._seen_text(name)
        words = name[:-1] if len(name) > 1 and name[-1].casefold() == "window" else name
        text = " ".join(words)
        if len(text) > MAX_SEEN_CHARS:
            raise self._error(meta, f"a name is 1 to {MAX_SEEN_CHARS} characters")
        return text

    def _whole_number(self, token: Token) -> int:
        if "." in token:
            raise self._error(token, f"expected a whole number, got {token!s}")
        return int(token)
