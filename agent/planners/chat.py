"""The planner that asks a chat model: one action a turn, by tool calling."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from ...memory.errors import BadArgumentError, ModelOutputError
from ...tools.actions import Action, Done, Drag, ElementTarget, Fail, Target, target_of
from ...tools.perception.elements import Element, Observation
from ..instructions.write import write_action
from .chat_calls import CountedModel
from .chat_prompt import Prompt, PromptLimits, as_shown, build_prompt, wants_picture
from .chat_tools import ENDS, parse_call
from .past_runs import PastRun
from .pictures import Pictures
from .planner import WENT_WRONG, Proposal, Turn
from .usage import Price, Usage

NOTE_CHARS = 300
MARKING = ("anthropic-chat",)
"""Kinds of models whose provider keeps the head of a prompt only where it is told to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """How a chat model is asked."""

    pictures: Pictures = "auto"
    """Whether a model that sees is sent the screen's picture: `auto` where the text tells little or
    the last step went wrong."""
    corrections: int = 2
    """How often in a turn the model is told what was wrong with its answer."""
    limits: PromptLimits = PromptLimits()


class ChatPlanner:
    """Chooses each action by asking a chat model that can call tools.

    Args:
        task: What the person wants, in plain words.
        model: Any LangChain chat model that binds tools.
        sees_pictures: Whether it takes pictures; None to go by what its package says of it, which
            is no where it says nothing.
        name: What records and errors call the model; its own name if not given.
        price: What its tokens cost, if that is known.
        secret_names: Secrets that it may have typed, by name.
        past: Earlier runs of such tasks that worked; the model is told of them.
        options: How it is asked.
    """

    def __init__(
        self,
        task: str,
        model: BaseChatModel,
        *,
        sees_pictures: bool | None = None,
        name: str | None = None,
        price: Price | None = None,
        secret_names: Collection[str] = (),
        past: Sequence[PastRun] = (),
        options: ChatOptions | None = None,
    ) -> None:
        self._task = task
        self._options = options or ChatOptions()
        self._secret_names = frozenset(secret_names)
        self._past = tuple(past)
        self._model = CountedModel(model, name or _name_of(model), price)
        if sees_pictures is None:
            sees_pictures = bool((model.profile or {}).get("image_inputs", False))
        self._sees_pictures = sees_pictures
        self._marks_head = model._llm_type in MARKING
        self._looks: dict[int, Observation] = {}
        """What was shown, by step: of the present one and the one before."""

    @property
    def name(self) -> str:
        """The planner's name in records."""
        return f"chat ({self._model.name})"

    def plan(self, turn: Turn) -> Proposal:
        """Return the action that the model asks for, or `Fail` if it asks for none that can be.

        Raises:
            BudgetExceeded: If the run may not call a model any more.
            ModelUnavailable: If the model does not answer.
        """
        shown = as_shown(turn)
        self._looks = {n: look for n, look in self._looks.items() if n == turn.step - 1}
        before = self._looks.get(turn.step - 1)
        self._looks[turn.step] = shown
        prompt = build_prompt(
            self._task,
            turn,
            shown=shown,
            before=before,
            has_picture=self._sees_pictures and wants_picture(turn, self._options.pictures),
            limits=self._options.limits,
            secret_names=self._secret_names,
            past=self._past,
            marks_head=self._marks_head,
        )
        try:
            action, note, usage = self._ask(turn, prompt)
        except ModelOutputError as error:
            action, note, usage = Fail(reason=str(error)), "", Usage()
        return Proposal(
            action=action,
            sentence=_sentence(action, shown),
            memory={},
            note=note,
            usage=usage,
        )

    def _ask(self, turn: Turn, prompt: Prompt) -> tuple[Action, str, Usage]:
        """Ask until an answer can be taken, a few times at most."""
        messages: list[BaseMessage] = list(prompt.messages)
        spent = Usage()
        wrong = ""
        for tries_left in range(self._options.corrections, -1, -1):
            answer, usage = self._model.call(messages, turn, n_pictures=prompt.n_pictures)
            spent += usage
            try:
                action, note = self._action(answer, turn, prompt.numbers)
            except BadArgumentError as error:
                wrong = str(error)
                messages += _correction(answer, wrong)
                continue
            doubt = _doubt(action, turn)
            if doubt and tries_left and doubt != wrong:
                wrong = doubt
                messages += _correction(answer, doubt)
                continue
            return action, note, spent
        raise ModelOutputError(
            f"model {self._model.name} gave no action that can be done, "
            f"in {self._options.corrections + 1} answers; the last: {wrong}"
        )

    def _action(self, answer: AIMessage, turn: Turn, numbers: frozenset[int]) -> tuple[Action, str]:
        """Return the action of an answer and a note on it.

        Raises:
            BadArgumentError: Saying what the model has to correct.
        """
        calls = answer.tool_calls
        if answer.invalid_tool_calls and not calls:
            raise BadArgumentError("the arguments of the tool call are no JSON object")
        if not calls:
            raise BadArgumentError("call exactly one tool; text alone does nothing")
        if len(calls) > 1 and any(call["name"] in ENDS for call in calls):
            raise BadArgumentError("done and fail stand alone: call one tool, the next action")
        # The screen is another one after an action: what was planned on this one is not done.
        first = calls[0]
        action = parse_call(
            first["name"],
            first["args"],
            numbers=numbers,
            windows=turn.observation.windows,
            secret_names=self._secret_names,
        )
        notes = [" ".join(answer.text.split())[:NOTE_CHARS]]
        if len(calls) > 1:
            notes.append(f"it asked for {len(calls)} actions at once; the first one is done")
        return action, "; ".join(note for note in notes if note)


def _correction(answer: AIMessage, wrong: str) -> Sequence[BaseMessage]:
    """Return the answer and what is wrong with it, as the model is to read them."""
    if answer.tool_calls and not answer.invalid_tool_calls:
        told = [
            ToolMessage(content=f"not done: {wrong}", tool_call_id=call["id"] or "", status="error")
            for call in answer.tool_calls
        ]
        return [answer, *told]
    # A call that cannot be read cannot be sent back as one, nor can an empty message.
    said = answer.text.strip() or "(a tool call that cannot be read)"
    return [AIMessage(content=said), HumanMessage(content=f"Not done: {wrong}.")]


def _doubt(action: Action, turn: Turn) -> str:
    """Return what speaks against the task being finished; empty if nothing does."""
    if not isinstance(action, Done):
        return ""
    if not turn.history:
        return "nothing has been done yet; call done again only if the screen shows it finished"
    effect = turn.history[-1].effect
    if effect in WENT_WRONG:
        return (
            f"the last step {WENT_WRONG[effect]}; call done again only if the screen shows that "
            "the whole task is finished all the same"
        )
    return ""


def _sentence(action: Action, shown: Observation) -> str:
    source = _element(action.source, shown) if isinstance(action, Drag) else None
    return write_action(action, _element(target_of(action), shown), source=source)


def _element(target: Target | None, shown: Observation) -> Element | None:
    return shown.element(target.id) if isinstance(target, ElementTarget) else None


def _name_of(model: BaseChatModel) -> str:
    for attribute in ("model_name", "model"):
        name = getattr(model, attribute, None)
        if isinstance(name, str) and name:
            return name.removeprefix("models/")
    return type(model).__name__
