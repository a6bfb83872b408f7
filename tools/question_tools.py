"""Questions about the screen as LangChain tools."""

from collections.abc import Callable, Sequence

from langchain_core.tools import ToolException
from pydantic import BaseModel, ConfigDict, Field

from ..memory.errors import ConfigError
from .models.chat_models import LOCAL_MODEL, LoadedChatModel, best_there, load_chat_model
from .perception.element_text import render_element
from .perception.elements import Observation
from .questions.ask import MAX_QUESTION_CHARS, ask
from .questions.describe import describe
from .tool_spec import Result, ToolSpec


class AskScreenArguments(BaseModel):
    """Arguments of ask_screen."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(
        min_length=1, max_length=MAX_QUESTION_CHARS, description="In plain words."
    )


class DescribeScreenArguments(BaseModel):
    """Arguments of describe_screen."""

    model_config = ConfigDict(extra="forbid")


class QuestionTools:
    """Tools that answer questions about what a look shows.

    Args:
        look: Looks at the screen.
        model: Who answers; None for the best that is on this machine, loaded at the first question.
    """

    def __init__(
        self, look: Callable[[], Observation], *, model: LoadedChatModel | None = None
    ) -> None:
        self._look = look
        self._model = model

    def specs(self) -> Sequence[ToolSpec]:
        """Return the tools."""
        return (
            ToolSpec.of(self.ask_screen, AskScreenArguments, read_only=True, quotes="the screen"),
            ToolSpec.of(
                self.describe_screen, DescribeScreenArguments, read_only=True, quotes="the screen"
            ),
        )

    # Each tool's docstring is what the model reads.

    def ask_screen(self, question: str) -> Result:
        """Answer a question about what is on the screen, with the elements the answer rests on."""
        model = self._loaded()
        if model is None:
            raise ToolException(
                "there is no model to answer questions; use read_screen instead, or bring one: "
                f"deskhand models pull {LOCAL_MODEL}"
            )
        answered = ask(self._look(), question, model)
        lines = [answered.text]
        lines += [f"rests on: {render_element(element)}" for element in answered.elements]
        if answered.claims:
            lines.append(f"not said by any text on the screen: {', '.join(answered.claims)}")
        return "\n".join(lines), answered.to_json()

    def describe_screen(self) -> Result:
        """Describe the screen: its windows and dialogs, and what is focused, selected, disabled."""
        described = describe(self._look(), self._loaded())
        lines = [line for line in (described.text, *described.facts) if line]
        if described.claims:
            lines.append(f"not said by any text on the screen: {', '.join(described.claims)}")
        return "\n".join(lines), described.to_json()

    def _loaded(self) -> LoadedChatModel | None:
        if self._model is None:
            name = best_there()
            try:
                self._model = None if name is None else load_chat_model(name)
            except ConfigError as error:
                raise ToolException(str(error)) from error
        return self._model
