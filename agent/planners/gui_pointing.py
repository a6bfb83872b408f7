"""A GUI model that is asked to click one thing, in its own format: what a calibration asks for.

Its prompt, its tools and the size of its pictures are those of a run, so what passes here is what a
run loads.
"""

from typing import TYPE_CHECKING

from ...memory.errors import ModelOutputError
from ...tools.actions import Click, Pause, PointTarget
from ...tools.desktop.capture import Capture
from ...tools.models.answers import Answer
from ...tools.models.coordinates.families import Family
from ...tools.models.coordinates.pictures import numbers_in
from ...tools.models.grounder import written
from .gui_formats.form import GuiFormat, Shown
from .gui_history import conversation, in_words

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MAX_LOOKS = 2
"""Some models ask for a screenshot first, whatever they are told."""
CALL = "<tool_call>"


class GuiPointer:
    """Asks a GUI model where things are.

    Args:
        model: Any LangChain chat model that sees.
        form: The format it was trained on.
        name: The model's name, as calibrations are kept under.
        revision: Which weights, as calibrations are kept under.
    """

    def __init__(
        self, model: "BaseChatModel", form: GuiFormat, *, name: str, revision: str = ""
    ) -> None:
        self.name = name
        self.revision = revision
        self._model = model
        self._form = form

    @property
    def family(self) -> Family:
        """How its answers are meant."""
        return self._form.family

    def ask(self, picture: Capture, description: str) -> str:
        """Return its answer for a picture as it is, in its family's syntax.

        Raises:
            ModelOutputError: If it does anything else than click at one place.
        """
        from ...tools.models import picture_messages as chat

        view = picture.view
        tools = [] if self._form.tools is None else self._form.tools(view.width, view.height)
        messages = conversation(self._form, f"Click the middle of {description}.", (), (), picture)
        shown_to = Shown(sent=view, capture=view, family=self.family)
        for _ in range(MAX_LOOKS):
            answer = chat.ask(self._model, messages, tools)
            try:
                action = self._form.parse(answer, shown_to).action
            except ModelOutputError:
                # A place outside the picture is the best sign of another space: it is judged.
                if _has_place(answer, self.family):
                    return _place_in(answer)
                raise
            if not isinstance(action, Pause):
                break
            again = "That is the screen as it is. Click now."
            messages = [*messages, chat.assistant(in_words(answer)), chat.user(again)]
        if not isinstance(action, Click) or not isinstance(action.target, PointTarget):
            raise ModelOutputError(f"expected a click, got {action.kind} in {in_words(answer)!r}")
        return _place_in(answer)


def _has_place(answer: Answer, family: Family) -> bool:
    """Tell whether an answer is of its family's syntax, wherever it points."""
    try:
        return bool(numbers_in(_place_in(answer), family))
    except ModelOutputError:
        return False


def _place_in(answer: Answer) -> str:
    """Return the part of an answer that its family's syntax is for: without what stands before."""
    if answer.calls:
        return written(answer)
    _, tag, call = answer.text.partition(CALL)
    return tag + call if tag else answer.text
