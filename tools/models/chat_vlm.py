"""A LangChain chat model over a local vision-language model.

Pictures, tools, streaming and async work with every agent LangChain builds. With tools bound, a
call is never streamed as text: it leaves as tool call chunks at the end, or an agent that streams
would take the call for the answer and go on without its approval step.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    CallbackManagerForLLMRun,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream, generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, ValidationError

from ...memory.errors import BadArgumentError, ConfigError
from .answer_readers import reader_for
from .cancelling import current_cancel
from .load_report import LoadReport
from .tool_call_text import OPEN, Answer, Schemas
from .vlm import LocalVLM, load_vlm
from .vlm_generation import Finished, Generation, Sampling
from .vlm_messages import to_turns, with_system
from .vlm_placement import Quantisation

NO_LIMIT = 2**31
"""Tokens: more than any model takes, for counting what does not fit."""
MUST_CALL = "You must call one of the functions now; answer with the call and nothing else."
MUST_CALL_ONE = "You must call the function {name} now; answer with the call and nothing else."


class ChatLocalVLM(BaseChatModel):
    """A chat model that runs a local checkpoint; `load` makes one.

    Every call also takes `cancel` (a threading.Event), `max_new_tokens` and `timeout_s` as keyword
    arguments. An answer that was cancelled or ran out of time is returned as far as it came;
    `response_metadata["finish_reason"]` says so: stop, length, cancelled or deadline. One that was
    cancelled calls no tools. Cancelling the asyncio task of a call ends it as well. The metadata
    also has `seconds`, `pictures_left_out` (how many of the oldest pictures had no room) and
    `invalid_calls` (why each of the message's `invalid_tool_calls` is none).

    A tool choice is asked for in the prompt; decoding is not constrained by it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    vlm: LocalVLM = Field(exclude=True, repr=False)
    """The loaded model; several chat models may share it."""
    context_tokens: int
    """Room for prompt and answer together."""
    max_new_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=0.0, ge=0.0)
    timeout_s: float | None = None
    """Seconds for one call, waiting for the model included; None for no limit. Reading the prompt
    is one step that is not interrupted."""
    cancel: threading.Event | None = Field(default=None, exclude=True, repr=False)
    """Ends every answer of this chat model while it is set."""
    # Any: LogitsProcessor of transformers, which a field of pydantic cannot check.
    logits_processors: Callable[[], Sequence[Any]] | None = Field(
        default=None, exclude=True, repr=False
    )
    """Makes the processors of one answer, for constrained decoding; called once an answer."""

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        max_pixels: int | None = None,
        device: str | None = None,
        dtype: str | None = None,
        attention: str | None = None,
        quantisation: Quantisation | None = None,
        context_tokens: int | None = None,
        **settings: Any,
    ) -> "ChatLocalVLM":
        """Load a checkpoint folder.

        Args:
            path: The folder; see `load_vlm` for it and the next five.
            max_pixels: The largest area of a picture.
            device: Where to run.
            dtype: Number format.
            attention: Implementation of attention.
            quantisation: 4bit or 8bit.
            context_tokens: Room for prompt and answer together; None for all the model takes.
            **settings: Fields of the class: max_new_tokens, temperature, timeout_s, …

        Raises:
            ConfigError: An argument is wrong, or asks for what this machine has not.
            MissingExtraError: A package is not installed.
            ModelUnavailable: The folder is no complete checkpoint of a vision-language chat model.
        """
        unknown = sorted(set(settings) - set(cls.model_fields))
        if unknown:
            raise ConfigError(f"unknown setting {unknown[0]!r} of a local vision model")
        if context_tokens is not None and context_tokens < 1:
            raise ConfigError(f"context_tokens is {context_tokens}; expected 1 or more, or None")
        vlm = load_vlm(
            path,
            max_pixels=max_pixels,
            device=device,
            dtype=dtype,
            attention=attention,
            quantisation=quantisation,
        )
        most = vlm.context_tokens
        if context_tokens is not None and context_tokens > most:
            raise ConfigError(f"context_tokens is {context_tokens}; this model takes {most}")
        try:
            return cls(vlm=vlm, context_tokens=context_tokens or most, **settings)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            raise ConfigError(f"{name} is {first['input']!r}: {first['msg']}") from error

    @property
    def report(self) -> LoadReport:
        """How the model was loaded."""
        return self.vlm.report

    def close(self) -> None:
        """Free the model's memory, once what is running has ended; it cannot be used again."""
        self.vlm.close()

    @property
    def _llm_type(self) -> str:
        return "deskhand-local-vlm"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {
            "path": str(self.report.path),
            "max_new_tokens": self.max_new_tokens,
            "temperature": self.temperature,
        }

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | bool | dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[Any, AIMessage]:
        """Return a model that may call these tools.

        Args:
            tools: In any form LangChain converts.
            tool_choice: None or "auto" leaves it to the model, "none" offers no tools, "any",
                "required" or True asks for a call, a tool's name (or OpenAI's dict) for this one.
            **kwargs: Bound as well.

        Raises:
            BadArgumentError: The choice is none of these.
        """
        schemas = [convert_to_openai_tool(tool) for tool in tools]
        _choose(schemas, tool_choice)
        return self.bind(tools=schemas, tool_choice=tool_choice, **kwargs)

    def get_token_ids(self, text: str) -> list[int]:
        """Return the model's own token ids of a text."""
        with self.vlm.lock:
            ids = self.vlm.processor.tokenizer.encode(text, add_special_tokens=False)
        return list(ids)

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """Return how many tokens the prompt of these messages takes, its pictures included."""
        schemas = [convert_to_openai_tool(tool) for tool in tools or ()]
        turns = to_turns(messages)
        with self.vlm.lock:
            return self.vlm.writer.write(turns, schemas, limit=NO_LIMIT, context=NO_LIMIT).tokens

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Generator[ChatGenerationChunk, None, None]:
        call = _CallArguments(self, kwargs)
        turns = to_turns(messages)
        if call.demand:
            turns = with_system(turns, call.demand)
        limit = self.context_tokens - call.max_new_tokens

        generation = Generation(
            self.vlm,
            lambda: self.vlm.writer.write(
                turns, call.tools, limit=limit, context=self.context_tokens
            ),
            sampling=Sampling(
                max_new_tokens=call.max_new_tokens,
                temperature=self.temperature,
                logits_processors=self.logits_processors() if self.logits_processors else (),
            ),
            reader=reader_for(self.vlm.processor.tokenizer, stop=stop or (), tools=call.tools),
            cancels=call.cancels,
            timeout_s=call.timeout_s,
        )
        for piece in generation.pieces():
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        finished = generation.finished
        assert finished is not None, "pieces() ran to its end"
        yield ChatGenerationChunk(message=self._last_chunk(finished))

    def _last_chunk(self, finished: Finished) -> AIMessageChunk:
        """Return the chunk with what was held back, taken apart, and how the answer ended."""
        answer = finished.answer
        if finished.reason == "cancelled":
            # Whoever cancels wants nothing to happen any more, least of all by an agent's tools.
            answer = answer.without_calls("the answer was cancelled")
        # Where LangChain looks for reasoning, to make a reasoning block of it.
        reasoning = {"reasoning_content": answer.reasoning} if answer.reasoning else {}
        return AIMessageChunk(
            content=answer.text,
            additional_kwargs=reasoning,
            tool_call_chunks=_chunks_of(answer),
            chunk_position="last",
            response_metadata={
                "model_name": self.report.path.name,
                "finish_reason": finished.reason,
                "seconds": finished.seconds,
                "pictures_left_out": finished.pictures_left_out,
                "invalid_calls": [call.error for call in answer.invalid],
            },
            usage_metadata=UsageMetadata(
                input_tokens=finished.input_tokens,
                output_tokens=finished.output_tokens,
                total_tokens=finished.input_tokens + finished.output_tokens,
            ),
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, **kwargs))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        leaving = threading.Event()
        chunks = self._stream(messages, stop, _leaving=leaving, **kwargs)
        step: asyncio.Future[ChatGenerationChunk | None] | None = None
        try:
            while True:
                step = asyncio.ensure_future(asyncio.to_thread(next, chunks, None))
                # Shielded: a thread cannot be cancelled, and what it reads from must be waited for.
                chunk = await asyncio.shield(step)
                if chunk is None:
                    return
                yield chunk
        finally:
            leaving.set()
            if step is not None:
                await asyncio.wait([step])
                if not step.cancelled():
                    step.exception()  # seen, should the reader have left before it was raised
            await asyncio.to_thread(chunks.close)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages, stop, **kwargs))


class _CallArguments:
    """What one call asks for, beside its messages.

    Raises:
        BadArgumentError: A keyword argument is unknown, or leaves no room for a prompt.
    """

    def __init__(self, chat: ChatLocalVLM, given: dict[str, Any]) -> None:
        rest = dict(given)
        rest.pop("stream", None)  # LangChain's own; it has been followed by calling _stream
        schemas, self.demand = _choose(rest.pop("tools", None) or [], rest.pop("tool_choice", None))
        self.tools: Schemas = schemas
        self.max_new_tokens: int = rest.pop("max_new_tokens", chat.max_new_tokens)
        self.timeout_s: float | None = rest.pop("timeout_s", chat.timeout_s)
        cancels = (
            rest.pop("cancel", None), rest.pop("_leaving", None), chat.cancel, current_cancel()
        )  # fmt: skip
        self.cancels: list[threading.Event] = [event for event in cancels if event is not None]
        if rest:
            raise BadArgumentError(
                f"unknown argument {sorted(rest)[0]!r}; a call takes stop, tools, tool_choice, "
                f"max_new_tokens, timeout_s and cancel"
            )
        if not 0 < self.max_new_tokens < chat.context_tokens:
            raise BadArgumentError(
                f"max_new_tokens is {self.max_new_tokens}; expected 1 or more, and less than the "
                f"{chat.context_tokens} tokens for prompt and answer together"
            )


def _choose(
    schemas: Sequence[dict[str, Any]], choice: str | bool | dict[str, Any] | None
) -> tuple[list[dict[str, Any]], str]:
    """Return the tools a choice leaves, and what to tell the model; "" for nothing."""
    if isinstance(choice, dict):
        choice = choice.get("function", choice).get("name", str(choice))
    if choice in (None, "auto", False):
        return list(schemas), ""
    if choice == "none":
        return [], ""
    if choice in ("any", "required", True):
        return list(schemas), MUST_CALL if schemas else ""
    chosen = [schema for schema in schemas if schema["function"]["name"] == choice]
    if not chosen:
        names = ", ".join(schema["function"]["name"] for schema in schemas) or "none are bound"
        raise BadArgumentError(
            f"tool_choice is {choice!r}; expected auto, none, any, required or a tool: {names}"
        )
    return chosen, MUST_CALL_ONE.format(name=choice)


def _chunks_of(answer: Answer) -> list[ToolCallChunk]:
    """Return the calls as chunks; of invalid ones LangChain makes `invalid_tool_calls`.

    Their text has to begin with what is no JSON: LangChain completes JSON that was cut off, and
    would make a call without a name of it.
    """
    valid = [
        ToolCallChunk(
            name=call.name,
            args=json.dumps(call.arguments, ensure_ascii=False),
            id=call.id,
            index=index,
            type="tool_call_chunk",
        )
        for index, call in enumerate(answer.calls)
    ]
    invalid = [
        ToolCallChunk(
            name=None,
            args=call.text if call.text.startswith(OPEN) else f"{OPEN}{call.text}",
            id=None,
            index=index,
            type="tool_call_chunk",
        )
        for index, call in enumerate(answer.invalid, start=len(valid))
    ]
    return valid + invalid
