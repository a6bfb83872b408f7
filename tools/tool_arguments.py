"""What each tool takes: one pydantic model a tool, every field described for a model to read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .actions import (
    MAX_SCROLL_NOTCHES,
    MAX_TEXT_CHARS,
    MAX_WAIT_S,
    ElementTarget,
    PointTarget,
    Target,
    TextTarget,
)
from .perception.elements import Role


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class TargetArguments(_Arguments):
    """A place on the screen, named in exactly one of three ways."""

    text: str | None = Field(
        default=None, max_length=200, description="Words on the thing, or the label beside it."
    )
    element: int | None = Field(
        default=None, ge=1, description="Its number in the latest read_screen or find_element."
    )
    x: float | None = Field(default=None, description="Pixels from the left of the screenshot.")
    y: float | None = Field(default=None, description="Pixels from the top of the screenshot.")
    view: str | None = Field(
        default=None, description="View id that came with the screenshot x and y were read from."
    )
    role: Role | None = Field(default=None, description="With text: what kind of thing it is.")
    window: str | None = Field(default=None, description="With text: part of its window's title.")
    near: str | None = Field(default=None, description="With text: other words close to it.")
    nth: int | None = Field(
        default=None, ge=1, description="With text: which one in reading order, if several match."
    )

    @model_validator(mode="after")
    def _names_one_place(self) -> "TargetArguments":
        ways = (self.text is not None, self.element is not None, self.x is not None)
        if sum(ways) > 1:
            raise ValueError("name the place one way: text, or element, or x, y and view")
        if (self.x is None) != (self.y is None) or (self.x is not None and self.view is None):
            raise ValueError("a position needs x, y and the view id of the screenshot")
        return self

    def target(self) -> Target | None:
        """Return the target, None if no place is named."""
        if self.text is not None:
            return TextTarget(
                text=self.text, role=self.role, window=self.window, near=self.near, nth=self.nth
            )
        if self.element is not None:
            return ElementTarget(id=self.element)
        if self.x is not None and self.y is not None and self.view is not None:
            return PointTarget(x=self.x, y=self.y, view=self.view)
        return None


class ScreenshotArguments(_Arguments):
    """Arguments of screenshot."""

    window: str | None = Field(
        default=None, description="Part of a window's title; the whole desktop if not given."
    )
    marks: bool = Field(default=False, description="Draw a numbered box around every element.")
    max_marks: int | None = Field(
        default=None,
        ge=1,
        description="With marks: so many at most, controls first and plain text last.",
    )
    zoom: int | None = Field(
        default=None, ge=1, description="Number of an element: show it and its surroundings large."
    )


class ReadScreenArguments(_Arguments):
    """Arguments of read_screen."""

    window: str | None = Field(
        default=None, description="List only what lies in the window with this in its title."
    )
    budget: int | None = Field(
        default=None, ge=50, description="Tokens at most; what matters least is left out first."
    )
    only_news: bool = Field(
        default=False, description="List only what is different from the look before."
    )


class FindElementArguments(_Arguments):
    """Arguments of find_element."""

    text: str = Field(
        min_length=1,
        max_length=200,
        description="Words on it, the label beside it, or what it is: kind, colour, place.",
    )
    role: Role | None = Field(default=None, description="What kind of thing it is.")
    window: str | None = Field(default=None, description="Part of its window's title.")
    near: str | None = Field(default=None, description="Other words close to it.")
    nth: int | None = Field(default=None, ge=1, description="Which one in reading order.")


class ClickArguments(TargetArguments):
    """Arguments of click."""

    button: Literal["left", "right"] = Field(default="left", description="Pointer button.")
    count: Literal[1, 2] = Field(default=1, description="2 for a double click (left button).")


class TypeTextArguments(TargetArguments):
    """Arguments of type_text; the place, if given, is clicked first."""

    typed: str = Field(
        min_length=1,
        max_length=MAX_TEXT_CHARS,
        description="What to type, in any script; a newline is Return.",
    )
    replace: bool = Field(default=False, description="Replace what the field holds now.")


class PressKeysArguments(_Arguments):
    """Arguments of press_keys."""

    keys: str = Field(
        min_length=1, max_length=60, description="Keys pressed together, such as ctrl+s or enter."
    )


class ScrollArguments(TargetArguments):
    """Arguments of scroll; over the place if given, else where the pointer is."""

    direction: Literal["up", "down", "left", "right"] = Field(description="Where to go.")
    notches: int = Field(default=5, ge=1, le=MAX_SCROLL_NOTCHES, description="Wheel notches.")


class DragArguments(_Arguments):
    """Arguments of drag."""

    source: TargetArguments = Field(description="Where the drag begins.")
    target: TargetArguments = Field(description="Where it ends.")


class WaitForArguments(_Arguments):
    """Arguments of wait_for."""

    text: str = Field(min_length=1, max_length=200, description="Words to wait for.")
    what: Literal["text", "window"] = Field(
        default="text", description="Words anywhere on the screen, or in a window's title."
    )
    present: bool = Field(default=True, description="False to wait until it is gone.")
    timeout_s: float = Field(default=10.0, ge=0, le=MAX_WAIT_S, description="Seconds at most.")


class FocusWindowArguments(_Arguments):
    """Arguments of focus_window."""

    title: str = Field(
        min_length=1, max_length=200, description="Part of the title or application name."
    )


class LaunchAppArguments(_Arguments):
    """Arguments of launch_app."""

    command: list[str] = Field(
        min_length=1, max_length=50, description="Program and its arguments; no shell."
    )


class SetClipboardArguments(_Arguments):
    """Arguments of set_clipboard."""

    text: str = Field(max_length=MAX_TEXT_CHARS, description="What to put there.")


class RememberScreenArguments(_Arguments):
    """Arguments of remember_screen."""

    tags: list[str] = Field(
        default_factory=list, max_length=20, description="Words it can be filtered by later."
    )


class _FoundArguments(_Arguments):
    limit: int = Field(default=5, ge=1, le=20, description="How many at most.")
    pictures: bool = Field(
        default=False, description="Also return one picture with numbered thumbnails."
    )


class RecallScreensArguments(_FoundArguments):
    """Arguments of recall_screens; without query and like, the newest that pass are listed."""

    query: str | None = Field(
        default=None, max_length=500, description="Words on the screen, or what it was about."
    )
    like: str | None = Field(default=None, description="Screen to look like: ID or [screen:ID].")
    app: str | None = Field(default=None, description="Part of the application's name.")
    window: str | None = Field(default=None, description="Part of the window's title.")
    since: str | None = Field(
        default=None, description="Seen then or later: 2h, yesterday, 2026-11-25T14:30."
    )
    until: str | None = Field(default=None, description="Seen then or earlier, in the same form.")
    tags: list[str] = Field(default_factory=list, max_length=20, description="Has all of these.")


class SearchImagesArguments(_FoundArguments):
    """Arguments of search_images."""

    query: str | None = Field(
        default=None, max_length=500, description="Words in the picture, or what it shows."
    )
    like: str | None = Field(default=None, description="Picture to look like: ID or [screen:ID].")
    folder: str | None = Field(
        default=None, description="Only pictures of this indexed folder, by its path."
    )


class NoArguments(_Arguments):
    """A tool that takes nothing."""
