"""What a GUI model is told of the turns before: its own words, what came of them, some pictures."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ...tools.desktop.capture import Capture
from ...tools.models.answers import Answer
from ...tools.models.coordinates.families import Family
from ...tools.models.coordinates.pictures import picture_for
from ...tools.outcome import Outcome
from .gui_formats.form import GuiFormat

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

MAX_TURNS = 30
"""Older ones are forgotten."""
MAX_SAID_CHARS = 2000
LEFT_OUT = "(The screenshot of this turn is left out.)"

_RESULTS = {
    "no_effect": "The last action had no effect.",
    "diverged": "The last action did not do what it should.",
    "refused": "The last action was not allowed, or its target was gone; nothing was done.",
}
"""Without the evidence: that quotes the screen, which is no one to instruct a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTurn:
    """A turn that was settled."""

    said: str
    """The model's answer."""
    picture: str
    """Digest of the capture it was for."""
    result: str = ""
    """What came of it, where that is news to the model."""
    asked: bool = False
    """Whether it asked the user: what an outcome answers else is from the screen."""


def past_turns(memory: Mapping[str, Any], last: Outcome | None) -> list[PastTurn]:
    """Return the turns in a planner's memory, the newest with what came of it.

    Args:
        memory: The planner's.
        last: The outcome of the newest turn; None if it had none or has its result already.
    """
    past = [PastTurn(**record) for record in memory.get("turns", [])]
    if not past or last is None:
        return past
    result = _RESULTS.get(last.effect, "")
    if past[-1].asked:
        result = f"The user answered: {last.answer}"
    return [*past[:-1], replace(past[-1], result=result)]


def to_memory(past: Sequence[PastTurn]) -> dict[str, Any]:
    """Return turns as a planner's memory holds them, the oldest left out where they are many."""
    return {"turns": [asdict(turn) for turn in past[-MAX_TURNS:]]}


def in_words(answer: Answer) -> str:
    """Return an answer as text, for the model to read again; its end, which is the action."""
    calls = [json.dumps(dict(values), ensure_ascii=False) for _, values in answer.calls]
    words = "\n".join(filter(None, (answer.text.strip(), *calls)))
    return words[-MAX_SAID_CHARS:] or "(nothing)"


class Pictures:
    """The newest pictures that were sent, in this process alone.

    A planner's memory is JSON on disk; a run that is resumed goes on with fewer pictures.

    Args:
        family: What size they are sent at.
        limit: How many are kept, the one of the present turn among them.
    """

    def __init__(self, family: Family, limit: int) -> None:
        self._family = family
        self._limit = limit
        self._sent: OrderedDict[str, Capture] = OrderedDict()

    def send(self, capture: Capture) -> Capture:
        """Return the picture to send of a capture, and keep it for the turns to come."""
        key = capture.sha256
        sent = self._sent[key] = picture_for(self._family, capture)
        self._sent.move_to_end(key)
        while len(self._sent) > self._limit:
            self._sent.popitem(last=False)
        return sent

    def before(self, past: Sequence[PastTurn]) -> list[Capture | None]:
        """Return the picture of each earlier turn, None for those that are left out."""
        first = len(past) - (self._limit - 1)
        return [
            self._sent.get(turn.picture) if number >= first else None
            for number, turn in enumerate(past)
        ]


def conversation(
    form: GuiFormat,
    task: str,
    past: Sequence[PastTurn],
    pictures: Sequence[Capture | None],
    sent: Capture,
) -> "list[BaseMessage]":
    """Return what the model is sent.

    Args:
        form: Its format.
        task: What the person wants.
        past: The turns before.
        pictures: Their pictures, None for those that are left out.
        sent: The picture of this turn.
    """
    from ...tools.models import picture_messages as chat

    instructions, opening = form.instructions(task, (sent.view.width, sent.view.height))
    messages = [chat.system(instructions)] if instructions else []
    if form.tools is not None:
        # A model that answers by calls would take its calls written as text for the way to answer.
        return [*messages, chat.user(*_told(opening, past, pictures), sent)]
    words = opening
    for turn, picture in zip(past, pictures, strict=True):
        messages.append(chat.user(words, LEFT_OUT if picture is None else picture))
        messages.append(chat.assistant(turn.said))
        words = turn.result
    return [*messages, chat.user(words, sent)]


def _told(
    opening: str, past: Sequence[PastTurn], pictures: Sequence[Capture | None]
) -> list[str | Capture]:
    """Return the task and what was done so far, as parts of one message."""
    parts: list[str | Capture] = [opening]
    if not past:
        return parts
    parts.append("What you did so far, with some of the screens you saw before it:")
    for number, (turn, picture) in enumerate(zip(past, pictures, strict=True), start=1):
        if picture is not None:
            parts.append(picture)
        parts.append(f"{number}. {turn.said} {turn.result}".rstrip())
    return [*parts, "The screen now:"]
