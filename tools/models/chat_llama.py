"""A LangChain chat model over the llama.cpp engine of this process."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
)
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import ConfigDict

from ...memory.errors import BadArgumentError
from .cancelling import current_cancel
from .llama import CONTEXT_TOKENS, LlamaEngine, LlamaSettings, load_engine

MAX_TOKENS = 256


class ChatLlama(BaseChatModel):
    """A local model as a LangChain chat model; text only.

    Per call: `stop`, `max_tokens`, `temperature`, `grammar` (GBNF), `deadline_s` and `cancel` (a
    threading.Event that ends the answer where it is).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: LlamaEngine
    max_tokens: int = MAX_TOKENS
    temperature: float = 0.0
    deadline_s: float | None = None
    """Seconds after which an answer ends where it is; None for none."""

    @classmethod
    def load(
        cls, path: Path, *, threads: int | None = None, context_tokens: int = CONTEXT_TOKENS
    ) -> "ChatLlama":
        """Load a GGUF file, or take the engine that has it loaded already.

        Args:
            path: The file.
            threads: That work on one answer; None for one for each core, at most 8.
            context_tokens: Of a whole prompt with its answer.

        Raises:
            ModelUnavailable: If the file is not there or cannot be loaded.
        """
        settings = LlamaSettings(context_tokens=context_tokens, threads=threads)
        return cls(engine=load_engine(path, settings))

    @property
    def _llm_type(self) -> str:
        return "deskhand-llama"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"model": self.engine.path.name, "temperature": self.temperature}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = self.engine.chat(
            _plain(messages),
            max_tokens=kwargs.get("max_tokens", self.max_tokens),
            temperature=kwargs.get("temperature", self.temperature),
            stop=stop,
            grammar=kwargs.get("grammar", ""),
            deadline_s=kwargs.get("deadline_s", self.deadline_s),
            cancels=[e for e in (kwargs.get("cancel"), current_cancel()) if e is not None],
        )
        message = AIMessage(
            content=answer.text,
            usage_metadata=UsageMetadata(
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                total_tokens=answer.input_tokens + answer.output_tokens,
                input_token_details=InputTokenDetails(cache_read=answer.cached_tokens),
            ),
            response_metadata={
                "finish_reason": answer.finish_reason,
                "model_name": self.engine.path.name,
                "seconds": round(answer.seconds, 3),
            },
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def _plain(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    return [{"role": _role(message), "content": _content(message)} for message in messages]


def _role(message: BaseMessage) -> str:
    match message:
        case SystemMessage():
            return "system"
        case HumanMessage():
            return "user"
        case AIMessage():
            return "assistant"
        case _:
            raise BadArgumentError(
                f"a local model takes system, human and AI messages, not {message.type!r}"
            )


def _content(message: BaseMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    pieces = []
    for part in message.content:
        if isinstance(part, str):
            pieces.append(part)
        elif part.get("type") == "text":
            pieces.append(str(part["text"]))
        else:
            kind = part.get("type", "nothing")
            raise BadArgumentError(f"a local model reads text only; the message holds {kind!r}")
    return "".join(pieces)
