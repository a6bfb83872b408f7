"""What a tool is: a function, what it takes, and what it may do; offered by LangChain and MCP.

What a tool quotes (a screen, a clipboard) reaches the model in a fence, errors included: they name
what was found instead.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from langchain_core.tools import StructuredTool, ToolException
from pydantic import BaseModel, ValidationError

from ..memory.errors import BadArgumentError, DeskhandError
from .safety.fence import Fence, defuse


@dataclass(frozen=True, slots=True)
class Quoting:
    """An answer of which one part is somebody else's words."""

    ours: str
    theirs: str


class QuotingError(ToolException):
    """A failure of which one part is somebody else's words."""

    def __init__(self, ours: str, theirs: str) -> None:
        super().__init__(f"{ours}: {theirs}")
        self.told = Quoting(ours, theirs)


Result = tuple[str | Quoting | list[dict[str, Any]], dict[str, Any]]
"""What the model reads, and the artifact for the program around it."""
Told = tuple[str | list[dict[str, Any]], dict[str, Any]]
"""The same with what is quoted in its fence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """One tool: what a LangChain tool or an MCP server needs to offer it."""

    name: str
    description: str
    arguments: type[BaseModel]
    call: Callable[..., Result]
    read_only: bool
    destructive: bool
    quotes: str = ""
    """Whose words are in the answer, such as `the screen`; empty for our own alone."""

    @classmethod
    def of(
        cls,
        call: Callable[..., Result],
        arguments: type[BaseModel],
        *,
        read_only: bool = False,
        destructive: bool = False,
        quotes: str = "",
    ) -> Self:
        """Return the tool that a function is: its name, and its docstring as the description."""
        return cls(
            name=call.__name__,
            description=" ".join((call.__doc__ or "").split()),
            arguments=arguments,
            call=call,
            read_only=read_only,
            destructive=destructive,
            quotes=quotes,
        )

    def run(self, given: Mapping[str, Any]) -> Told:
        """Return the answer to a call as it came over a wire.

        Raises:
            ToolException: With what the model is told; nothing else for what is foreseen.
        """
        try:
            known = self.arguments.model_validate(given)
        except ValidationError as error:
            raise ToolException(str(BadArgumentError(_in_a_line(self.name, error)))) from None
        return self._answer({name: getattr(known, name) for name in known.model_fields_set})

    def _answer(self, given: Mapping[str, Any]) -> Told:
        try:
            content, artifact = self.call(**given)
        except QuotingError as error:
            raise ToolException(self._told(error.told)) from error
        except ValidationError as error:  # of what the arguments were made into
            told = str(BadArgumentError(_in_a_line(self.name, error)))
            raise ToolException(told) from error
        except (DeskhandError, ToolException) as error:
            # Where nothing is quoted, an error repeats arguments: a file's name, and what is in it.
            said = str(error) if self.quotes else defuse(str(error))
            raise ToolException(self._told(Quoting("", said))) from error
        match content:
            case list():
                return content, artifact
            case str():
                return self._told(Quoting("", content)), artifact
            case Quoting():
                return self._told(content), artifact

    def _told(self, told: Quoting) -> str:
        theirs = told.theirs
        if not theirs:
            return told.ours
        if self.quotes:
            theirs = Fence().wrap(theirs, self.quotes)
        elif told.ours:
            return f"{told.ours}: {theirs}"
        return f"{told.ours}\n{theirs}" if told.ours else theirs

    def structured(self) -> StructuredTool:
        """Return it as a LangChain tool; our errors are what the model reads."""

        @functools.wraps(self.call)
        def run(**given: Any) -> Told:
            return self._answer(given)

        return StructuredTool(
            name=self.name,
            description=self.description,
            func=run,
            args_schema=self.arguments,
            response_format="content_and_artifact",
            handle_tool_error=True,
            handle_validation_error=lambda error: (
                _in_a_line(self.name, error) if isinstance(error, ValidationError) else str(error)
            ),
            metadata={"read_only": self.read_only, "destructive": self.destructive},
        )


def _in_a_line(tool: str, error: ValidationError) -> str:
    wrong = error.errors(include_url=False, include_context=False)
    told = []
    for one in wrong[:3]:
        place = "".join(f"{part}: " for part in one["loc"])
        told.append(place + one["msg"].removeprefix("Value error, "))
    return f"{tool}: {'; '.join(told)}"
