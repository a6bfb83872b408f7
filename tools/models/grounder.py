"""From a description to a place on a picture, by any chat model that sees."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...memory.errors import BadArgumentError, ModelOutputError, NotFound
from ..desktop.capture import Capture
from ..desktop.geometry import Point, View
from .answers import Answer
from .coordinates.families import Family
from .coordinates.pictures import carry_back, locate, picture_for, zoom_for
from .coordinates.syntax import write_tool_call

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


MAX_DESCRIPTION_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """Where a model says that a thing is."""

    point: Point
    """In the capture it was asked about."""
    view: View
    """The capture's."""
    answers: tuple[str, ...]
    """What the model answered, word for word; two where it looked a second time."""
    sent: tuple[View, ...]
    """The pictures it saw."""
    confidence: None = None
    """A model's text tells none."""


class Grounder:
    """Asks a grounding model where things are.

    Args:
        model: Any LangChain chat model that sees; set its temperature to 0.
        family: How it is asked and what its answers mean.
        name: The model's name, as calibrations are kept under.
        revision: Which weights, as calibrations are kept under.
        zoom: Look a second time, at an enlarged part round the first answer.
    """

    def __init__(
        self,
        model: "BaseChatModel",
        family: Family,
        *,
        name: str,
        revision: str = "",
        zoom: bool = False,
    ) -> None:
        self.family = family
        self.name = name
        self.revision = revision
        self._model = model
        self._zoom = zoom

    def find(self, capture: Capture, description: str) -> Grounded:
        """Return where the thing is.

        Args:
            capture: What to look at; it is drawn at the family's size before it is sent.
            description: Such as `the Save button`.

        Raises:
            BadArgumentError: If the description is empty or too long.
            NotFound: If the model answers that it is not there, at the first look or the second.
            ModelOutputError: If the answer is not of the family's form.
        """
        sent = picture_for(self.family, capture)
        answer = self.ask(sent, description)
        point = self._point(answer, description, sent.view, capture.view)
        if not self._zoom:
            return Grounded(point=point, view=capture.view, answers=(answer,), sent=(sent.view,))
        near = zoom_for(self.family, capture, point)
        second = self.ask(near, description)
        return Grounded(
            point=self._point(second, description, near.view, capture.view),
            view=capture.view,
            answers=(answer, second),
            sent=(sent.view, near.view),
        )

    def ask(self, picture: Capture, description: str) -> str:
        """Return the model's answer for a picture as it is, word for word.

        A tool that was called is written as `<tool_call>…</tool_call>`.

        Raises:
            BadArgumentError: If the description is empty or too long.
            ModelOutputError: If it called several tools.
        """
        from . import picture_messages

        words = " ".join(description.split())
        if not 0 < len(words) <= MAX_DESCRIPTION_CHARS:
            raise BadArgumentError(
                f"expected a description of 1 to {MAX_DESCRIPTION_CHARS} characters, "
                f"got {len(words)}"
            )
        size = (picture.view.width, picture.view.height)
        prompt = self.family.prompt
        instructions, text = prompt.fill(words, size)
        parts = (text, picture) if prompt.text_first else (picture, text)
        messages = [picture_messages.user(*parts)]
        if instructions:
            messages.insert(0, picture_messages.system(instructions))
        tool = self.family.native_tool
        return written(
            picture_messages.ask(self._model, messages, [] if tool is None else [tool(*size)])
        )

    def _point(self, answer: str, description: str, sent: View, onto: View) -> Point:
        point = locate(answer, self.family, sent)
        if point is None:
            raise NotFound(f"{self.name} sees nothing that is {description!r}")
        return carry_back(point, sent, onto)


def written(answer: Answer) -> str:
    """Return an answer as the text that a family's syntax is for.

    Raises:
        ModelOutputError: If it called several tools.
    """
    if not answer.calls:
        return answer.text
    if len(answer.calls) > 1:
        raise ModelOutputError(f"expected one place, got {len(answer.calls)} tool calls")
    name, arguments = answer.calls[0]
    if "type" in arguments:  # OpenAI's actions, which are documents by themselves
        return json.dumps(dict(arguments), ensure_ascii=False)
    return write_tool_call(name, arguments)
