"""What a tool is: a function, what it takes, and what it may do; offered by LangChain and MCP."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from langchain_core.tools import StructuredTool, ToolException
from pydantic import BaseModel

from ..memory.errors import DeskhandError

Result = tuple[str | list[dict[str, Any]], dict[str, Any]]
"""What the model reads, and the artifact for the program around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """One tool: what a LangChain tool or an MCP server needs to offer it."""

    name: str
    description: str
    arguments: type[BaseModel]
    call: Callable[..., Result]
    read_only: bool
    destructive: bool

    @classmethod
    def of(
        cls,
        call: Callable[..., Result],
        arguments: type[BaseModel],
        *,
        read_only: bool = False,
        destructive: bool = False,
    ) -> Self:
        """Return the tool that a function is: its name, and its docstring as the description."""
        return cls(
            name=call.__name__,
            description=" ".join((call.__doc__ or "").split()),
            arguments=arguments,
            call=call,
            read_only=read_only,
            destructive=destructive,
        )

    def structured(self) -> StructuredTool:
        """Return it as a LangChain tool; our errors are what the model reads."""

        @functools.wraps(self.call)
        def run(**given: Any) -> Result:
            try:
                return self.call(**given)
            except DeskhandError as error:
                raise ToolException(str(error)) from error

        return StructuredTool(
            name=self.name,
            description=self.description,
            func=run,
            args_schema=self.arguments,
            response_format="content_and_artifact",
            handle_tool_error=True,
            handle_validation_error=True,
            metadata={"read_only": self.read_only, "destructive": self.destructive},
        )
