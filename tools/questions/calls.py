"""One call of a chat model about a screen: timed, counted, with errors that say what to do."""

import time
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from ...memory.errors import DeskhandError
from ..models.call_errors import unavailable
from ..models.chat_models import LoadedChatModel
from ..models.gbnf import grammar_arguments
from ..models.picture_messages import system, user
from .answered import Cost
from .chat_model import Prompt


def call_small(
    loaded: LoadedChatModel, messages: Sequence[BaseMessage], *, grammar: str, max_tokens: int
) -> tuple[str, Cost]:
    """Return what a model writes that follows a grammar, and what it took.

    Raises:
        ModelUnavailable: If there is no answer.
    """
    return _call(
        loaded, messages, max_tokens=max_tokens, **grammar_arguments(loaded.model, grammar)
    )


def call_chat(loaded: LoadedChatModel, prompt: Prompt) -> tuple[str, Cost]:
    """Return what a model answers to a prompt, and what it took.

    Raises:
        ModelUnavailable: If there is no answer.
    """
    return _call(loaded, [system(prompt.system), user(*prompt.parts)])


def _call(
    loaded: LoadedChatModel, messages: Sequence[BaseMessage], **arguments: Any
) -> tuple[str, Cost]:
    # Any: what each kind of model takes beside messages.
    started = time.monotonic()
    try:
        message = loaded.model.invoke(list(messages), **arguments)
    # Each provider's package has a tree of errors of its own, with no common root.
    except Exception as error:
        if isinstance(error, DeskhandError):  # a model of our own says itself what is wrong
            raise
        raise unavailable(loaded.name, error) from error
    used = message.usage_metadata if isinstance(message, AIMessage) else None
    cost = Cost(
        seconds=round(time.monotonic() - started, 3),
        input_tokens=0 if used is None else used["input_tokens"],
        output_tokens=0 if used is None else used["output_tokens"],
    )
    return str(message.text), cost
