"""The actions as tools of a chat model, and its tool calls back as actions.

The tools are made from the action union: a target becomes the number of an element, and what
must be seen afterwards becomes a text.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ...memory.errors import Ambiguous, BadArgumentError, NotFound
from ...tools.actions import Action, Expectation, FocusWindow, PressKeys, TypeText, parse_action
from ...tools.desktop.backend import Window
from ...tools.desktop.keys import key_name
from ...tools.grounding import find_window

TARGETS: Mapping[str, tuple[str, str]] = {
    "target": ("element", "Number of the element in the latest list."),
    "into": ("element", "Number of the field that is clicked first; the keyboard's if left out."),
    "source": ("from_element", "Number of the element where it begins."),
}
"""Fields of actions that hold a target, by name: what a tool calls them."""

NOT_OFFERED = {"save_screenshot": ("path",)}
"""Where a file is written is not for a model to choose."""

EXPECTING = frozenset({
    "click", "double_click", "right_click", "drag", "scroll", "type_text", "press_keys", "launch",
    "focus_window",
})  # fmt: skip
"""Kinds of which it can be said what must be seen afterwards."""

ENDS = frozenset({"done", "fail"})


@cache
def _arguments() -> Mapping[str, type[BaseModel]]:
    """Return what each tool takes, by the tool's name, which is the action's kind."""
    (union, *_) = get_args(Action)
    return {kind.model_fields["kind"].default: _arguments_of(kind) for kind in get_args(union)}


def action_tools() -> list[dict[str, Any]]:
    """Return the tools in the form that every LangChain chat model binds.

    They are made anew each time: some packages change what they are given.
    """
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": takes.__doc__,
                "parameters": _plain_schema(takes.model_json_schema()),
            },
        }
        for name, takes in _arguments().items()
    ]


def parse_call(
    name: str,
    arguments: Mapping[str, Any],
    *,
    numbers: Collection[int],
    windows: Sequence[Window],
    secret_names: Collection[str] = (),
) -> Action:
    """Return the action that a tool call asks for.

    Args:
        name: The tool.
        arguments: What the model gave, untrusted.
        numbers: The elements that the model was shown.
        windows: The windows that are open.
        secret_names: The secrets that there are.

    Raises:
        BadArgumentError: Saying to the model what to correct. Nothing from the screen is in it.
    """
    takes = _arguments().get(name)
    if takes is None:
        raise BadArgumentError(f"there is no tool {name[:40]!r}; tools: {', '.join(_arguments())}")
    try:
        given = takes.model_validate(arguments)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise BadArgumentError(f"{name}: {place}: {first['msg']}") from None
    action = _action(name, given, numbers)
    _check(action, windows, secret_names)
    return action


def _arguments_of(action: type[BaseModel]) -> type[BaseModel]:
    """Return a model of what the tool for a kind of action takes."""
    kind: str = action.model_fields["kind"].default
    fields: dict[str, Any] = {}  # Any: what `create_model` takes
    for name, field in action.model_fields.items():
        if name in ("kind", "expect", *NOT_OFFERED.get(kind, ())):
            continue
        if name in TARGETS:
            shown, meaning = TARGETS[name]
            is_needed = field.is_required()
            number = Field(... if is_needed else None, ge=1, description=meaning)
            fields[shown] = (int if is_needed else int | None, number)
        else:
            fields[name] = (field.annotation, field)
    if kind in EXPECTING:
        fields["expect"] = (str | None, _expectation())
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    return create_model(kind, __config__=config, __doc__=action.__doc__, **fields)


def _expectation() -> Any:  # Any: as pydantic types its fields
    return Field(
        None,
        min_length=1,
        max_length=200,
        description="Words that must be on the screen afterwards, if you are sure of them.",
    )


def _plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON schema of the keywords that every server reads; ours checks the rest."""
    plain: dict[str, Any] = {"type": "object", "properties": {}}
    for name, prop in schema.get("properties", {}).items():
        kinds = [kind for kind in prop.get("anyOf", ()) if kind != {"type": "null"}]
        merged = {**prop, **(kinds[0] if kinds else {})}
        plain["properties"][name] = {
            key: value
            for key, value in merged.items()
            if key not in ("title", "anyOf") and (key, value) != ("default", None)
        }
    if schema.get("required"):
        plain["required"] = list(schema["required"])
    return plain


def _action(name: str, given: BaseModel, numbers: Collection[int]) -> Action:
    record: dict[str, Any] = {"kind": name}
    shown_names = {shown: field for field, (shown, _) in TARGETS.items() if field != "into"}
    if name == "type_text":
        shown_names["element"] = "into"
    for field, value in given.model_dump(exclude_none=True).items():
        if field in shown_names:
            if value not in numbers:
                raise BadArgumentError(
                    f"there is no element {value} on the screen now; take a number from the list"
                )
            record[shown_names[field]] = {"by": "element", "id": value}
        elif field == "expect":
            record[field] = [Expectation(kind="text_appears", text=value).model_dump()]
        else:
            record[field] = value
    return parse_action(record)


def _check(action: Action, windows: Sequence[Window], secret_names: Collection[str]) -> None:
    """Refuse what the hands would refuse as well, while the model can still correct it."""
    match action:
        case PressKeys(keys=keys):
            for key in keys:
                key_name(key)
        case FocusWindow(title=title):
            try:
                find_window(windows, title)
            except NotFound:
                message = "no window on the screen has these words in its title; see the list"
                raise BadArgumentError(message) from None
            except Ambiguous:
                message = "several windows have these words in their titles; give more of the title"
                raise BadArgumentError(message) from None
        case TypeText(secret=True, text=name) if name not in secret_names:
            known = ", ".join(sorted(secret_names)) or "none"
            raise BadArgumentError(f"there is no secret of that name; secrets: {known}")
