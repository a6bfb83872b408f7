"""A chat model that says what it is told to, and turns to ask it about."""

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

from deskhand.agent.planners.chat import ChatPlanner
from deskhand.agent.planners.planner import Turn
from deskhand.agent.planners.usage import ModelCall
from deskhand.tools.perception.elements import Observation

from .form_desk import FormScreen

Answer = AIMessage | Exception
TASK = "put Ada into the form and save it"


def call(name: str, **arguments: Any) -> AIMessage:
    return calls((name, arguments))


def calls(*wanted: tuple[str, dict[str, Any]], said: str = "") -> AIMessage:
    return AIMessage(
        content=said,
        tool_calls=[
            {"name": name, "args": arguments, "id": f"call-{number}"}
            for number, (name, arguments) in enumerate(wanted)
        ],
        usage_metadata=UsageMetadata(
            input_tokens=1000,
            output_tokens=20,
            total_tokens=1020,
            input_token_details={"cache_read": 600},
        ),
    )


def say(text: str) -> AIMessage:
    used = UsageMetadata(input_tokens=700, output_tokens=12, total_tokens=712)
    return AIMessage(content=text, usage_metadata=used)


class ScriptedModel(BaseChatModel):
    """Gives one answer after the other, and keeps what it was asked."""

    answers: list[Any] = Field(default_factory=list)
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    bound: dict[str, Any] = Field(default_factory=dict)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **more: Any) -> Runnable[Any, AIMessage]:
        self.bound.update(tools=tools, **more)
        return self.bind()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_more: Any,
    ) -> ChatResult:
        self.asked.append(messages)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return ChatResult(generations=[ChatGeneration(message=answer)])


class StatusError(Exception):
    """As the providers' packages raise it."""

    def __init__(self, status_code: int, message: str = "secret sk-123 is wrong") -> None:
        super().__init__(message)
        self.status_code = status_code


class Book:
    """Keeps the calls that it is told of."""

    def __init__(self) -> None:
        self.calls: list[ModelCall] = []

    def check(self, step: int) -> None:
        pass

    def note(self, step: int, call: ModelCall) -> None:
        self.calls.append(call)


def look(screen: FormScreen) -> Observation:
    desktop = screen.desktop
    return Observation(
        capture=desktop.capture(), elements=screen.elements(), windows=desktop.windows()
    )


def turn(screen: FormScreen, **more: Any) -> Turn:
    first: dict[str, Any] = {
        "history": (), "step": 1, "last_outcome": None, "memory": {}, "task": TASK,
    }  # fmt: skip
    return Turn(observation=look(screen), **(first | more))


def planner(*answers: Answer, **more: Any) -> tuple[ChatPlanner, ScriptedModel]:
    model = ScriptedModel(answers=list(answers))
    return ChatPlanner(TASK, model, name="scripted", **more), model


def text_of(messages: Sequence[BaseMessage]) -> str:
    return "\n".join(message.text for message in messages)
