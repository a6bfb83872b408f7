"""One call of a chat model: counted, timed, and with an error that says what to do."""

import json
import time
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

from ...memory.errors import DeskhandError, ModelOutputError
from ...tools.models.call_errors import refuses_forced_call, unavailable
from ...tools.perception.render import estimate_tokens
from .chat_prompt import prompt_text
from .chat_tools import action_tools
from .planner import Turn
from .usage import ModelCall, Price, Usage

PICTURE_TOKENS = 1500
"""About what a picture of 1280x800 costs, for servers that do not say."""


class CountedModel:
    """A chat model that is given the actions as tools, or tools of its own.

    Args:
        model: The model.
        name: What records and errors call it.
        price: What its tokens cost, if that is known.
        tools: What it may call, in its provider's form, nothing for answers in text; None for the
            actions, one of which it must call. Any: a provider's JSON.
    """

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        price: Price | None,
        *,
        tools: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        self.name = name
        self._price = price
        self._tools = action_tools() if tools is None else tools
        self._bound: Runnable[LanguageModelInput, BaseMessage] = model
        self._unforced: Runnable[LanguageModelInput, BaseMessage] | None = None
        """What is asked of a model that refuses to be made to call a tool."""
        if tools is None:
            self._bound = model.bind_tools(action_tools(), tool_choice="any")
            self._unforced = model.bind_tools(action_tools())
        elif tools:
            self._bound = model.bind_tools(tools)

    def call(
        self, messages: Sequence[BaseMessage], turn: Turn, *, n_pictures: int
    ) -> tuple[AIMessage, Usage]:
        """Return the model's answer and what it cost; both are told to the run's record.

        Raises:
            BudgetExceeded: If the run may not call a model any more.
            ModelUnavailable: If there is no answer.
        """
        turn.calls.check(turn.step)
        prompt = prompt_text(messages)
        started = time.monotonic()
        try:
            answer = self._ask(list(messages))
        # Each provider's package has a tree of errors of its own, with no common root.
        except Exception as error:
            failed = ModelCall(
                model=self.name,
                answer=f"error: {type(error).__name__}",
                seconds=_since(started),
                price=None if self._price is None else 0.0,
                n_pictures=n_pictures,
                prompt=prompt,
            )
            turn.calls.note(turn.step, failed)
            if isinstance(error, DeskhandError):  # a model of our own says itself what is wrong
                raise
            raise unavailable(self.name, error) from error
        if not isinstance(answer, AIMessage):
            raise ModelOutputError(f"{self.name} gave a {type(answer).__name__}, no message")
        call = self._count(answer, prompt, _since(started), n_pictures)
        turn.calls.note(turn.step, call)
        return answer, call.usage

    def _ask(self, messages: list[BaseMessage]) -> BaseMessage:
        try:
            return self._bound.invoke(messages)
        except Exception as error:
            if self._unforced is None or not refuses_forced_call(error):
                raise
        # Some models that think first refuse it. An answer in text is told to it, and asked again.
        self._bound, self._unforced = self._unforced, None
        return self._bound.invoke(messages)

    def _count(self, answer: AIMessage, prompt: str, seconds: float, n_pictures: int) -> ModelCall:
        said = answer.usage_metadata
        is_told = said is not None and said["input_tokens"] > 0
        if said is not None and is_told:
            taken, given = said["input_tokens"], said["output_tokens"]
            cached = int(said.get("input_token_details", {}).get("cache_read") or 0)
        else:
            told = prompt + (json.dumps(self._tools) if self._tools else "")
            taken = estimate_tokens(told) + n_pictures * PICTURE_TOKENS
            given = estimate_tokens(f"{answer.text} {answer.tool_calls}")
            cached = 0
        price = None
        if self._price is not None:
            price = self._price.of(input_tokens=taken, cached_tokens=cached, output_tokens=given)
        return ModelCall(
            model=self.name,
            answer=", ".join(call["name"] for call in answer.tool_calls) or "text",
            input_tokens=taken,
            output_tokens=given,
            cached_tokens=cached,
            seconds=seconds,
            price=price,
            is_estimate=not is_told,
            n_pictures=n_pictures,
            prompt=prompt,
        )


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
