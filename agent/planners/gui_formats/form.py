"""What every format has: a prompt, a picture's size and space, and a parser to one of our actions.

An action that is not ours, an argument that is not the format's, a place outside the picture: each
is a `ModelOutputError` with the model's own words, and nothing is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ....memory.errors import BadArgumentError, ModelOutputError
from ....tools.actions import Action, PointTarget, PressKeys
from ....tools.desktop.geometry import View
from ....tools.desktop.keys import key_name
from ....tools.models.answers import Answer
from ....tools.models.coordinates.families import Family
from ....tools.models.coordinates.pictures import carry_back
from ....tools.models.coordinates.spaces import Number, position
from ....tools.models.coordinates.syntax import numbers_of, shown

LOOK_AGAIN_S = 0.5
"""A model that asks for a screenshot gets the next one; meanwhile the screen may change."""
MAX_QUESTION_CHARS = 1000

_KEYS = {
    "arrowleft": "left", "arrowright": "right", "arrowup": "up", "arrowdown": "down",
    "control_l": "ctrl", "control_r": "ctrl", "shift_l": "shift", "shift_r": "shift",
    "alt_l": "alt", "alt_r": "altgr", "super_l": "super", "super_r": "super", "meta_l": "super",
    "prior": "pageup", "next": "pagedown", "kp_enter": "enter", "caps_lock": "capslock",
    "num_lock": "numlock", "period": ".", "slash": "/", "backslash": "\\",
    "equal": "=", "underscore": "_", "apostrophe": "'", "grave": "`", "colon": ":",
    "bracketleft": "[", "bracketright": "]", "question": "?", "asterisk": "*",
}  # fmt: skip
"""Names of X11 (xdotool), of browsers and of pyautogui, where `key_name` does not know them."""


_Made = TypeVar("_Made", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a model wants done, and why in its own words."""

    action: Action
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The picture a model was shown, and where it came from."""

    sent: View
    capture: View
    family: Family
    pointer: PointTarget | None = None
    """Where its last action left the pointer, if that is on this picture."""

    def target(self, numbers: Sequence[Number]) -> PointTarget:
        """Return a place in the model's numbers as a place in the capture.

        Raises:
            ModelOutputError: If it is outside the picture.
        """
        size = (self.sent.width, self.sent.height)
        place = position(numbers, self.family.space, self.family.order, size)
        if place is None:
            raise ModelOutputError(f"expected a place on the screen, got {tuple(numbers)}")
        point = carry_back(self.sent.point(*place), self.sent, self.capture)
        return PointTarget(x=point.x, y=point.y, view=point.view_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiFormat:
    """One format."""

    name: str
    family: Family
    """Its space and the size of its pictures."""
    instructions: Callable[[str, tuple[int, int]], tuple[str, str]]
    """From the task and the size of the picture sent to the system text (may be empty) and the
    first user text."""
    parse: Callable[[Answer, Shown], Wish]
    tools: Callable[[int, int], list[dict[str, Any]]] | None = None
    """What it may call, for a picture's width and height; None if it answers in text. Any: a
    provider's JSON."""


class Arguments:
    """The arguments of a call, each taken once; what is left over is an error.

    Args:
        call: How the call reads, for messages.
        values: The arguments. Any: JSON of a model, checked as it is taken.
        shown_to: Where places are.
    """

    def __init__(self, call: str, values: Mapping[str, Any], shown_to: Shown) -> None:
        self._call = call
        self._left = dict(values)
        self._shown = shown_to

    def has(self, name: str) -> bool:
        """Tell whether an argument is given and was not taken."""
        return self._left.get(name) is not None

    def take(self, name: str) -> Any:
        """Return an argument of any type.

        Raises:
            ModelOutputError: If it is not given.
        """
        if not self.has(name):
            raise self.wrong(f"no {name}")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        """Return a text; see `take`."""
        value = self.take(name)
        if not isinstance(value, str):
            raise self.wrong(f"a {name} that is no text")
        return value

    def number(self, name: str) -> Number:
        """Return a number; see `take`."""
        value = numbers_of([self.take(name)], 1)
        if value is None:
            raise self.wrong(f"a {name} that is no number")
        return value[0]

    def place(self, name: str) -> PointTarget:
        """Return a place of two numbers; see `take`."""
        numbers = numbers_of(self.take(name), 2)
        if numbers is None:
            raise self.wrong(f"a {name} that is not [x, y]")
        return self.at(numbers)

    def at(self, numbers: Sequence[Number]) -> PointTarget:
        """Return a place.

        Raises:
            ModelOutputError: If it is outside the picture.
        """
        try:
            return self._shown.target(numbers)
        except (ModelOutputError, BadArgumentError) as error:
            raise ModelOutputError(f"{error} in {shown(self._call)}") from None

    def place_or_pointer(self, name: str) -> PointTarget:
        """Return a place, or where the pointer was left.

        Raises:
            ModelOutputError: If there is neither.
        """
        return self.place(name) if self.has(name) else self.pointer()

    def pointer(self) -> PointTarget:
        """Return where the model's last action left the pointer.

        Raises:
            ModelOutputError: If that is not known.
        """
        if self._shown.pointer is None:
            raise self.wrong("no place, and the pointer was not put on one")
        return self._shown.pointer

    def keys(self, names: Sequence[object]) -> PressKeys:
        """Return keys by the names that models give them.

        Raises:
            ModelOutputError: If there is no such key.
        """
        found = []
        for name in names:
            if not isinstance(name, str):
                raise self.wrong("a key that is no text")
            try:
                found.append("space" if name == " " else key_name(_KEYS.get(name.lower(), name)))
            except BadArgumentError as error:
                raise ModelOutputError(f"{error} in {shown(self._call)}") from None
        return made(PressKeys, keys=tuple(found))

    def only(self) -> None:
        """Check that nothing is left.

        Raises:
            ModelOutputError: Naming what is.
        """
        left = sorted(name for name, value in self._left.items() if value is not None)
        if left:
            raise self.wrong(f"{', '.join(left)}, which it cannot have here")

    def wrong(self, what: str) -> ModelOutputError:
        """Return the error for a call that has something wrong."""
        return ModelOutputError(f"got {what} in the call {shown(self._call)}")


def made(kind: type[_Made], **values: object) -> _Made:
    """Return an action of values that came from a model.

    Raises:
        ModelOutputError: If it cannot have these values, such as an empty text.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ModelOutputError(
            f"expected an action that can be done, got {place}: {first['msg']}"
        ) from None


def one_call(answer: Answer) -> tuple[str, Mapping[str, Any]] | None:
    """Return the call of an answer, None if it called nothing. Any: JSON of a model.

    Raises:
        ModelOutputError: If it called several: the later ones are for screens not seen yet.
    """
    if len(answer.calls) > 1:
        raise ModelOutputError(f"expected one action, got {len(answer.calls)} calls")
    return answer.calls[0] if answer.calls else None


def unknown(action: object, call: str) -> ModelOutputError:
    """Return the error for an action that deskhand has not."""
    return ModelOutputError(f"there is no action {action!r} here; got {shown(call)}")


def question(text: str) -> str:
    """Return text as a question to the person, no longer than one may be."""
    return text.strip()[:MAX_QUESTION_CHARS] or "The model asks for help."
