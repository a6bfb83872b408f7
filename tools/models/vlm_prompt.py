"""Turns become the tensors a vision model takes, within a limit of tokens.

Whatever stands in texts, the control tokens of the result are the chat template's own: screen text
is data, and a `<|im_start|>` in it must not begin a turn.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError
from PIL import Image

from ...memory.errors import BadArgumentError
from .load_report import Choice
from .tool_call_text import Schemas
from .vlm_messages import LEFT_OUT, Turn, in_words, pictures_of, without_oldest
from .vlm_processor import PictureSizes, chat_template
from .vlm_tokens import PictureTokens

logger = logging.getLogger(__name__)

SLACK_TOKENS = 64
"""By so much may the estimate be too high; a picture too many is then left out after tokenising."""
BREAK = "\u200b"
"""Zero-width space: put into a control token, it makes plain text of it."""
PROBE_SIZE = (64, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What goes into the model."""

    inputs: Any
    """transformers' BatchFeature: every tensor in it must go to the model. Families know more than
    ids and pixels, and leaving one out gives other logits without an error."""
    tokens: int
    """With those of the pictures."""
    pictures_left_out: int


# Any: each family has a processor class of its own, without common types.
class PromptWriter:
    """Writes prompts for one checkpoint. Not thread safe: tokenizers are not.

    Args:
        processor: The checkpoint's.
        sizes: How large pictures may be.
    """

    def __init__(self, processor: Any, sizes: PictureSizes) -> None:
        self._processor = processor
        self._sizes = sizes
        self._picture_tokens = PictureTokens(processor)
        self._template = chat_template(processor)
        self._knows_tools = "tools" in self._template
        added = processor.tokenizer.added_tokens_decoder
        control = {
            number: token.content
            for number, token in added.items()
            if token.special or (token.content in self._template and not token.content.isspace())
        }
        self._control_ids = frozenset(control)
        longest_first = sorted(control.values(), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self._marks = self._marking_works(longest_first)

    def control_tokens(self) -> Choice:
        """Return the entry for the load report."""
        if self._marks:
            return Choice(
                value="encoded as text", why="transformers' sanitize_control_tokens works"
            )
        return Choice(
            value="broken up with a zero-width space",
            why="this processor cannot take sanitize_control_tokens",
        )

    def write(self, turns: Sequence[Turn], tools: Schemas, *, limit: int, context: int) -> Prompt:
        """Return a prompt of at most `limit` tokens; the oldest pictures are left out to reach it.

        The newest picture always stays: an answer about a picture that was left out is worth none.

        Args:
            turns: The conversation.
            tools: What may be called, in OpenAI's form.
            limit: The most tokens the prompt may have.
            context: The whole room, prompt and answer, for the message of the error.

        Raises:
            BadArgumentError: It does not fit with the newest picture alone, or the model's chat
                template does not take such a conversation.
        """
        if not self._knows_tools:
            turns, tools = in_words(turns, tools), ()
        try:
            return self._within(turns, tools, limit, context)
        except TemplateError as error:
            raise BadArgumentError(
                f"the model's chat template refuses this conversation: {error}"
            ) from error

    def _within(self, turns: Sequence[Turn], tools: Schemas, limit: int, context: int) -> Prompt:
        pictures = pictures_of(turns)
        left_out = self._first_guess(turns, tools, pictures, limit)
        while True:
            inputs = self._tokenise(without_oldest(turns, left_out), tools)
            needed = int(inputs["input_ids"].shape[1])
            if needed <= limit:
                break
            if left_out >= len(pictures) - 1:
                raise BadArgumentError(
                    f"the prompt needs {needed} tokens, {limit} are free ({context} less "
                    f"{context - limit} for the answer); send less text, or smaller pictures"
                )
            left_out += 1
        if left_out:
            logger.info("%d of %d pictures left out of the prompt", left_out, len(pictures))
        return Prompt(inputs=inputs, tokens=needed, pictures_left_out=left_out)

    def _first_guess(
        self, turns: Sequence[Turn], tools: Schemas, pictures: Sequence[Image.Image], limit: int
    ) -> int:
        """Return how many pictures to leave out, so that not every number has to be tried."""
        if len(pictures) < 2:
            return 0
        tokenizer = self._processor.tokenizer
        sizes = [self._sizes.fit(picture).size for picture in pictures]
        line = len(tokenizer.encode(LEFT_OUT, add_special_tokens=False))
        rendered = self._render(without_oldest(turns, len(pictures)), tools)
        lines_only = len(tokenizer.encode(rendered, add_special_tokens=False))
        for left_out in range(len(pictures) - 1):
            kept = sizes[left_out:]
            needed = lines_only - line * len(kept) + self._picture_tokens.total(kept)
            if needed <= limit + SLACK_TOKENS:
                return left_out
        return len(pictures) - 1

    def _render(self, turns: Sequence[Turn], tools: Schemas) -> str:
        rendered = self._processor.apply_chat_template(
            [_as_dict(turn) for turn in turns],
            tools=list(tools) or None,
            add_generation_prompt=True,
            tokenize=False,
        )
        return str(rendered)

    def _tokenise(self, turns: Sequence[Turn], tools: Schemas) -> Any:
        conversation = [self._fitted(_as_dict(turn)) for turn in turns]
        offered: Any = list(tools) or None
        # transformers marks the values of calls and schemas and leaves their keys as they are.
        values = not self._marks
        conversation = self._broken_up(conversation, values=values)
        offered = self._broken_up(offered, values=values)
        return self._apply(conversation, offered, marks=self._marks)

    def _apply(self, conversation: Any, tools: Any, *, marks: bool) -> Any:
        return self._processor.apply_chat_template(
            conversation,
            tools=tools,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            sanitize_control_tokens=marks,
            # Empty, SmolVLM would put its own among the template's and warn of them each time.
            processor_kwargs={"padding": True},
        )

    def _fitted(self, turn: dict[str, Any]) -> dict[str, Any]:
        content = [
            {**part, "image": self._sizes.fit(part["image"])} if part["type"] == "image" else part
            for part in turn["content"]
        ]
        return {**turn, "content": content}

    def _broken_up(self, value: Any, *, values: bool) -> Any:
        """Return a structure without control tokens in its keys and, if asked, its values."""
        if isinstance(value, str):
            return self._plain(value) if values else value
        if isinstance(value, dict):
            return {
                self._plain(key): self._broken_up(item, values=values)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._broken_up(item, values=values) for item in value]
        return value

    def _plain(self, text: str) -> str:
        broken = self._control.sub(lambda found: found[0][0] + BREAK + found[0][1:], text)
        ids = self._processor.tokenizer.encode(broken, add_special_tokens=False)
        if not self._control_ids.isdisjoint(ids):
            raise BadArgumentError(f"control tokens in a text cannot be taken out: {text[:80]!r}")
        return broken

    def _marking_works(self, tokens: Sequence[str]) -> bool:
        """Whether transformers keeps the control tokens of texts apart; some processors raise."""
        picture = Image.new("RGB", PROBE_SIZE)
        counts = []
        for text in ("text", " ".join(tokens)):
            turn = Turn(role="user", parts=(picture, text))
            try:
                made = self._apply([_as_dict(turn)], None, marks=True)
            except (ValueError, TypeError, AttributeError, NotImplementedError, TemplateError):
                return False
            ids = made["input_ids"][0].tolist()
            counts.append(sum(number in self._control_ids for number in ids))
        return counts[0] == counts[1]


def _as_dict(turn: Turn) -> dict[str, Any]:
    """Return a turn as chat templates take it, texts that follow each other as one.

    Gemma's template, for one, reads only the first part of a system turn.
    """
    content: list[dict[str, Any]] = []
    for part in turn.parts:
        if not isinstance(part, str):
            content.append({"type": "image", "image": part})
        elif content and content[-1]["type"] == "text":
            content[-1] = {"type": "text", "text": content[-1]["text"] + part}
        else:
            content.append({"type": "text", "text": part})
    written: dict[str, Any] = {"role": turn.role, "content": content}
    if turn.calls:
        written["tool_calls"] = [{"type": "function", "function": call} for call in turn.calls]
    if turn.name:
        written["name"] = turn.name
    return written
