"""The actions there are: the only vocabulary from planner to hands.

Model output is parsed into these with pydantic; nothing from a model is executed as code.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..memory.errors import BadArgumentError
from .perception.elements import Role

MAX_TEXT_CHARS = 20_000
MAX_SCROLL_NOTCHES = 100
MAX_WAIT_S = 600.0


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ElementTarget(_Record):
    """An element by its number in the latest observation."""

    by: Literal["element"] = "element"
    id: int = Field(ge=1, description="Number of the element in the latest look at the screen.")


class PointTarget(_Record):
    """A position in the pixels of the view it was read from."""

    by: Literal["point"] = "point"
    x: float = Field(description="Pixels from the left edge of the picture.")
    y: float = Field(description="Pixels from the top edge of the picture.")
    view: str = Field(description="Id of the view (picture) the position was read from.")


class TextTarget(_Record):
    """A description to be found on the screen."""

    by: Literal["text"] = "text"
    text: str = Field(
        min_length=1, max_length=200, description="The words on it, or the label beside it."
    )
    role: Role | None = Field(default=None, description="What kind of thing it is, if known.")
    window: str | None = Field(default=None, description="Part of the title of its window.")
    near: str | None = Field(default=None, description="Other words it is close to.")
    nth: int | None = Field(
        default=None, ge=1, description="Which one in reading order, where several match."
    )


Target = Annotated[ElementTarget | PointTarget | TextTarget, Field(discriminator="by")]


class Expectation(_Record):
    """What must be seen after an action for it to count as confirmed."""

    kind: Literal["text_appears", "text_gone", "window_opened", "window_closed"]
    text: str = Field(
        min_length=1, max_length=200, description="Words on the screen or in a title."
    )


class _Action(_Record):
    expect: tuple[Expectation, ...] = Field(
        default=(), description="What must be seen afterwards; all of it."
    )


class Click(_Action):
    """Press and release a pointer button on a target."""

    kind: Literal["click"] = "click"
    target: Target


class DoubleClick(_Action):
    """Click twice."""

    kind: Literal["double_click"] = "double_click"
    target: Target


class RightClick(_Action):
    """Click with the right button."""

    kind: Literal["right_click"] = "right_click"
    target: Target


class Move(_Action):
    """Put the pointer on a target without pressing."""

    kind: Literal["move"] = "move"
    target: Target


class Drag(_Action):
    """Press on one target, move to another, release."""

    kind: Literal["drag"] = "drag"
    source: Target
    target: Target


class Scroll(_Action):
    """Turn the wheel over a target, or where the pointer is."""

    kind: Literal["scroll"] = "scroll"
    direction: Literal["up", "down", "left", "right"]
    notches: int = Field(default=5, ge=1, le=MAX_SCROLL_NOTCHES, description="Wheel notches.")
    target: Target | None = None


class TypeText(_Action):
    """Type text where the keyboard goes, or into a target that is clicked first."""

    kind: Literal["type_text"] = "type_text"
    text: str = Field(
        min_length=1, max_length=MAX_TEXT_CHARS, description="Any script; newline is Return."
    )
    into: Target | None = None
    replace: bool = Field(default=False, description="Replace what the field holds.")
    secret: bool = Field(default=False, description="Never shown, logged or recorded.")


class PressKeys(_Action):
    """Press keys together, such as ctrl and s, then release them."""

    kind: Literal["press_keys"] = "press_keys"
    keys: tuple[str, ...] = Field(min_length=1, max_length=5, description="Modifiers first.")


class WaitFor(_Action):
    """Watch the screen until text or a window appears or disappears; `present=False` for gone."""

    kind: Literal["wait_for"] = "wait_for"
    text: str = Field(min_length=1, max_length=200)
    what: Literal["text", "window"] = "text"
    present: bool = True
    timeout_s: float = Field(
        default=10.0, ge=0, le=MAX_WAIT_S, description="Seconds; 0 looks once."
    )


class Pause(_Action):
    """Do nothing for a while."""

    kind: Literal["pause"] = "pause"
    seconds: float = Field(gt=0, le=MAX_WAIT_S)


class Launch(_Action):
    """Start an application and wait for its window."""

    kind: Literal["launch"] = "launch"
    command: tuple[str, ...] = Field(
        min_length=1, max_length=50, description="Program and arguments; no shell."
    )
    timeout_s: float = Field(default=20.0, gt=0, le=MAX_WAIT_S)


class FocusWindow(_Action):
    """Raise a window and give it the keyboard."""

    kind: Literal["focus_window"] = "focus_window"
    title: str = Field(min_length=1, max_length=200, description="Part of its title or app name.")


class SetClipboard(_Action):
    """Put text on the clipboard."""

    kind: Literal["set_clipboard"] = "set_clipboard"
    text: str = Field(max_length=MAX_TEXT_CHARS)


class SaveScreenshot(_Action):
    """Save a picture of the desktop."""

    kind: Literal["save_screenshot"] = "save_screenshot"
    path: str | None = Field(
        default=None, max_length=1000, description="File to write; the run folder if not given."
    )


class AskUser(_Action):
    """Ask the person a question and wait for the answer."""

    kind: Literal["ask_user"] = "ask_user"
    question: str = Field(min_length=1, max_length=1000)


class Done(_Action):
    """The task is finished."""

    kind: Literal["done"] = "done"
    summary: str = ""


class Fail(_Action):
    """The task cannot be done."""

    kind: Literal["fail"] = "fail"
    reason: str


Action = Annotated[
    Click
    | DoubleClick
    | RightClick
    | Move
    | Drag
    | Scroll
    | TypeText
    | PressKeys
    | WaitFor
    | Pause
    | Launch
    | FocusWindow
    | SetClipboard
    | SaveScreenshot
    | AskUser
    | Done
    | Fail,
    Field(discriminator="kind"),
]

ACTIONS: TypeAdapter[Action] = TypeAdapter(Action)

SECRET_SHOWN = "•••"


def parse_action(value: object) -> Action:
    """Return the action for untrusted JSON data.

    Raises:
        BadArgumentError: Naming the first field that is wrong.
    """
    try:
        return ACTIONS.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "action"
        raise BadArgumentError(f"{place}: {first['msg']}") from None


def target_of(action: Action) -> "ElementTarget | PointTarget | TextTarget | None":
    """Return what the action acts on, if it acts on a place."""
    match action:
        case Click() | DoubleClick() | RightClick() | Move() | Drag() | Scroll():
            return action.target
        case TypeText():
            return action.into
        case _:
            return None


def redact(action: Action) -> Action:
    """Return the action as it may be shown and recorded: secrets replaced."""
    if isinstance(action, TypeText) and action.secret:
        return action.model_copy(update={"text": SECRET_SHOWN})
    return action
