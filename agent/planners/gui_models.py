"""The planner that is a GUI model: it sees the screenshot and answers in the format it was taught.

Its places are pixels of the picture it was sent; they come back as points of the capture's view, so
the hands refuse them once the screen was looked at again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...memory.errors import ConfigError, ModelOutputError, ToolError
from ...tools.actions import Action, AskUser, Fail, PointTarget, target_of
from ...tools.desktop.capture import Capture
from ...tools.desktop.geometry import Point
from ...tools.grounding import prepare
from ...tools.perception.elements import Observation
from ..instructions.write import write_action
from .gui_formats.claude import claude_computer_use
from .gui_formats.form import GuiFormat, Shown, Wish, question
from .gui_formats.openai_computer import openai_computer_use
from .gui_formats.qwen import qwen_computer_use
from .gui_formats.ui_tars import ui_tars
from .gui_history import PastTurn, Pictures, conversation, in_words, past_turns, to_memory
from .planner import Proposal, Turn
from .usage import Price, Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

N_PICTURES = 3
"""The newest, this turn's among them; older turns are told in words only."""
MAX_TRIES = 3
YES = ("yes", "y", "ok")
FORMATS = {
    form.name: form
    for form in (
        *(ui_tars(version) for version in ("1.0", "1.5", "2")),
        *(qwen_computer_use(version) for version in ("2.5", "3")),
        *(claude_computer_use(version) for version in ("20250124", "20251124")),
        openai_computer_use(),
    )
}


def gui_format(name: str) -> GuiFormat:
    """Return a format by its name.

    Raises:
        ConfigError: Naming the formats there are.
    """
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        raise ConfigError(f"there is no GUI model format {name!r}; expected one of: {known}")
    return FORMATS[name]


class GuiModelPlanner:
    """Plans with a model that was trained to operate a computer.

    Args:
        model: Any LangChain chat model that sees; set its temperature to 0.
        form: The format it was trained on.
        n_pictures: How many screenshots it sees, the newest among them.
        name: What records and errors call the model; its format's name if not given.
        price: What its tokens cost, if that is known.

    Raises:
        ConfigError: If it were to see none.
    """

    def __init__(
        self,
        model: "BaseChatModel",
        form: GuiFormat,
        *,
        n_pictures: int = N_PICTURES,
        name: str = "",
        price: Price | None = None,
    ) -> None:
        if n_pictures < 1:
            raise ConfigError(f"a GUI model needs 1 picture or more, got {n_pictures}")
        self._model = model
        self._form = form
        self._model_name = name or form.name
        self._price = price
        self._pictures = Pictures(form.family, n_pictures)

    @property
    def name(self) -> str:
        """The planner's name in records."""
        return f"gui-model {self._form.name} ({self._model_name})"

    def plan(self, turn: Turn) -> Proposal:
        """Return what the model wants done next; `Fail` if it cannot be understood three times.

        Raises:
            BudgetExceeded: If the run may not call a model any more.
            ModelUnavailable: If the model does not answer.
        """
        memory = dict(turn.memory)
        asked = memory.pop("asked", None)
        if asked is None:
            return self._ask(turn, memory, past_turns(memory, turn.last_outcome), None)
        answer = "" if turn.last_outcome is None else turn.last_outcome.answer
        if answer.strip().rstrip(".!").casefold() not in YES:
            check = asked["checks"][0]
            reason = f"a person did not let the model go on after its safety check: {check}"
            return _proposal(Fail(reason=reason), turn.observation, memory)
        # The last outcome is the person's answer, not what came of the turn before.
        return self._ask(turn, memory, past_turns(memory, None), asked)

    def _ask(
        self,
        turn: Turn,
        memory: dict[str, Any],
        past: list[PastTurn],
        allowed: Mapping[str, Any] | None,
    ) -> Proposal:
        observation = turn.observation
        capture = observation.capture
        sent = self._pictures.send(capture)
        before = self._pictures.before(past)
        messages = conversation(self._form, turn.task, past, before, sent)
        shown_to = Shown(
            sent=sent.view,
            capture=capture.view,
            family=self._form.family,
            pointer=_pointer(memory, capture),
        )
        n_pictures = 1 + sum(picture is not None for picture in before)
        understood, usage = self._understand(turn, messages, shown_to, n_pictures=n_pictures)
        if isinstance(understood, str):
            failure = Fail(reason=f"the model's answers cannot be understood: {understood}")
            return _proposal(failure, observation, memory, usage=usage)
        wish = understood.wish
        to_allow = {"checks": list(understood.checks), "deed": _sentence(wish.action, observation)}
        if understood.checks and to_allow != allowed:
            # Never acknowledged in a person's name; a yes is for this one deed.
            memory |= {**to_memory(past), "asked": to_allow}
            return _proposal(_check_question(to_allow), observation, memory, wish.note, usage)
        new = PastTurn(
            said=understood.said,
            picture=capture.sha256,
            asked=isinstance(wish.action, AskUser),
        )
        memory |= {**to_memory([*past, new]), **_pointer_after(wish, capture)}
        return _proposal(wish.action, observation, memory, wish.note, usage)

    def _understand(
        self, turn: Turn, messages: "list[BaseMessage]", shown_to: Shown, *, n_pictures: int
    ) -> tuple["_Understood | str", Usage]:
        """Return what the model wants, or what was wrong with the last of its answers."""
        from ...tools.models import picture_messages as chat
        from .chat_calls import CountedModel

        size = (shown_to.sent.width, shown_to.sent.height)
        tools = [] if self._form.tools is None else self._form.tools(*size)
        model = CountedModel(self._model, self._model_name, self._price, tools=tools)
        usage = Usage()
        problem = ""
        for _ in range(MAX_TRIES):
            message, spent = model.call(messages, turn, n_pictures=n_pictures)
            usage += spent
            said = "(an answer that cannot be read)"
            try:
                answer = chat.read_answer(message)
                said = in_words(answer)
                wish = self._form.parse(answer, shown_to)
            except ModelOutputError as error:
                problem = str(error)
                again = f"{problem}. Answer again, with exactly one action in the format."
                messages = [*messages, chat.assistant(said), chat.user(again)]
            else:
                return _Understood(wish=wish, said=said, checks=answer.checks), usage
        return problem, usage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Understood:
    """An answer that is of the format."""

    wish: Wish
    said: str
    """The answer, for the model to read again."""
    checks: tuple[str, ...]
    """Safety checks that came with it."""


def _check_question(to_allow: Mapping[str, Any]) -> AskUser:
    said = " ".join(f'"{check}"' for check in to_allow["checks"])
    text = (
        f"The model wants to: {to_allow['deed']}. Its safety check says: {said} Shall it? yes or no"
    )
    return AskUser(question=question(text))


def _proposal(
    action: Action,
    observation: Observation,
    memory: Mapping[str, Any],
    note: str = "",
    usage: Usage | None = None,
) -> Proposal:
    return Proposal(
        action=action,
        sentence=_sentence(action, observation),
        memory=memory,
        note=note,
        usage=Usage() if usage is None else usage,
    )


def _sentence(action: Action, observation: Observation) -> str:
    """Return the action as a sentence, by what lies under its places."""
    try:
        found = prepare(action, observation)
    except ToolError:  # the guard will say what is wrong with it
        return write_action(action)
    return write_action(
        action,
        None if found.place is None else found.place.element,
        source=None if found.start is None else found.start.element,
    )


def _pointer_after(wish: Wish, capture: Capture) -> dict[str, list[float]]:
    """Return where the action leaves the pointer, in desktop units, to be remembered."""
    target = target_of(wish.action)
    if not isinstance(target, PointTarget):
        return {}
    return {"pointer": list(capture.view.to_desktop(Point(target.x, target.y, target.view)))}


def _pointer(memory: Mapping[str, Any], capture: Capture) -> PointTarget | None:
    """Return where the last action left the pointer, if the capture shows that."""
    if "pointer" not in memory:
        return None
    point = capture.view.from_desktop(*memory["pointer"])
    if not capture.view.box.contains(point.x, point.y):
        return None
    return PointTarget(x=point.x, y=point.y, view=point.view_id)
