"""What a description of a thing on a screen states: words, kind, colour, place, neighbour, rank.

Plain code, no model: an exact grammar of the ways in which people say where something is. What it
does not know stays among the words that must be found on the thing.
"""

import re
from dataclasses import dataclass
from typing import Literal

from ..perception.elements import Role
from .colours import COLOUR_WORDS, Colour

Side = Literal["top", "bottom", "left", "right", "middle"]
Area = Literal["toolbar", "menu bar", "status bar", "title bar", "sidebar", "dialog"]
Where = Literal["left of", "right of", "above", "below", "beside", "in row", "between"]
Size = Literal["large", "small"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A word for a kind of thing, and what it is on a screen."""

    word: str
    roles: frozenset[Role]
    """What it is."""
    near: frozenset[Role] = frozenset()
    """What people call so as well, or what it is taken for where only its picture is known."""

    @property
    def is_picture(self) -> bool:
        """Whether it is known by what it looks like, not by words on it."""
        return "icon" in self.roles


def _kind(word: str, *roles: Role, near: tuple[Role, ...] = ()) -> Kind:
    return Kind(word=word, roles=frozenset(roles), near=frozenset(near))


_BUTTON = _kind("button", "button", near=("icon", "image", "link", "tab", "menuitem"))
_ICON = _kind("icon", "icon", "image", near=("button", "link", "menuitem", "tab"))
_FIELD = _kind("field", "textbox", "spinbutton", "combobox")
_CHECKBOX = _kind("checkbox", "checkbox", near=("switch",))
_RADIO = _kind("radio button", "radio", near=("option",))
_LINK = _kind("link", "link", near=("text", "menuitem", "tab", "treeitem"))
_MENU = _kind("menu", "menuitem", near=("button", "icon", "text", "combobox"))
_TAB = _kind("tab", "tab", near=("text", "link"))
_LIST = _kind("drop-down list", "combobox", near=("textbox", "spinbutton"))
_SWITCH = _kind("switch", "switch", near=("checkbox",))
_TEXT = _kind("text", "text", near=("link", "cell"))
KIND_WORDS: dict[str, Kind] = {
    "button": _BUTTON, "push button": _BUTTON, "key": _BUTTON, "tool button": _BUTTON,
    "icon": _ICON, "symbol": _ICON, "sign": _ICON, "icon button": _ICON,
    "image": _kind("image", "image", "icon"), "picture": _kind("picture", "image", "icon"),
    "field": _FIELD, "text field": _FIELD, "textbox": _FIELD, "text box": _FIELD, "input": _FIELD,
    "input field": _FIELD, "entry": _FIELD, "box": _FIELD,
    "checkbox": _CHECKBOX, "check box": _CHECKBOX, "tick box": _CHECKBOX,
    "radio button": _RADIO, "radio": _RADIO, "option": _kind("option", "radio", "option"),
    "link": _LINK, "menu": _MENU, "menu item": _MENU, "menu entry": _MENU, "tab": _TAB,
    "drop-down list": _LIST, "drop-down": _LIST, "dropdown": _LIST, "combo box": _LIST,
    "combobox": _LIST, "list": _LIST,
    "slider": _kind("slider", "slider"), "scroll bar": _kind("scroll bar", "scrollbar"),
    "scrollbar": _kind("scroll bar", "scrollbar"),
    "switch": _SWITCH, "toggle": _SWITCH,
    "spin button": _kind("spin button", "spinbutton", near=("textbox",)),
    "text": _TEXT, "label": _TEXT, "heading": _TEXT,
}  # fmt: skip
"""The longest that fits is taken. `box` is a field unless it is a check box."""

KIND_OF_ROLE: dict[Role, Kind] = {
    "button": _BUTTON, "icon": _ICON, "textbox": _FIELD, "checkbox": _CHECKBOX, "radio": _RADIO,
    "link": _LINK, "menuitem": _MENU, "tab": _TAB, "combobox": _LIST, "switch": _SWITCH,
    "text": _TEXT,
}  # fmt: skip

ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "last": -1,
}  # fmt: skip
SIDES: dict[str, Side] = {
    "top": "top", "upper": "top", "bottom": "bottom", "lower": "bottom", "left": "left",
    "right": "right", "middle": "middle", "centre": "middle", "center": "middle",
}  # fmt: skip
EXTREMES: dict[str, Side] = {
    "leftmost": "left", "rightmost": "right", "topmost": "top", "uppermost": "top",
    "bottommost": "bottom", "lowest": "bottom",
}  # fmt: skip
AREAS: dict[str, Area] = {
    "toolbar": "toolbar", "tool bar": "toolbar", "menu bar": "menu bar", "menubar": "menu bar",
    "status bar": "status bar", "title bar": "title bar", "sidebar": "sidebar",
    "side bar": "sidebar", "dialog": "dialog",
}  # fmt: skip
NAMELESS = frozenset(("one", "thing", "element", "control", "widget", "item"))
"""Stand for whatever has the traits before them."""
SHADES = frozenset(("light", "dark", "bright", "pale", "deep"))
"""Before a colour; the colour alone is judged."""
SIZES: dict[str, Size] = {"large": "large", "big": "large", "small": "small", "little": "small"}
RELATIONS: dict[str, Where] = {
    "left of": "left of", "right of": "right of", "above": "above", "over": "above",
    "below": "below", "under": "below", "underneath": "below", "beneath": "below",
    "next to": "beside", "beside": "beside", "near": "beside", "in the row of": "in row",
    "in the row with": "in row", "in the same row as": "in row",
}  # fmt: skip

_KINDS = "|".join(sorted(KIND_WORDS, key=len, reverse=True))
_KIND_AFTER = re.compile(rf"(?:(?P<words>.*?)\s+)??(?P<kind>{_KINDS})(?:s|es)?", re.IGNORECASE)
_KIND_BEFORE = re.compile(rf'(?P<kind>{_KINDS})\s+(?P<words>["“].+)', re.IGNORECASE)
_SIDE = "|".join(SIDES)
_PLACE = re.compile(
    rf"\s*\b(?:in|at|on|near|towards?) the ({_SIDE})(?:[ -](?:hand )?({_SIDE}))?"
    r"(?: corner| side| edge| end| part)?( of the (?:screen|desktop|window|page|dialog))?$",
    re.IGNORECASE,
)
_AREA = re.compile(rf"\s*\b(?:in|on|of|from) the ({'|'.join(AREAS)})$", re.IGNORECASE)
_RELATION = re.compile(
    rf"^(.*?)\s*\b(?:(?:to|on) the )?({'|'.join(RELATIONS)}) (?:the |a |an )?(.+)$", re.IGNORECASE
)
_BETWEEN = re.compile(r"^(.*?)\s*\bbetween (?:the )?(.+?) and (?:the )?(.+)$", re.IGNORECASE)
_NAMED = re.compile(
    r"^(.+?) (?:labell?ed|named|called|titled|saying|that says|that reads|reading|"
    r"with the (?:text|name|label|words?)|for|of)(?: the| a| an)? (.+)$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|a|an|this|that)\s+", re.IGNORECASE)
_FROM_END = re.compile(r"\s+from the (right|bottom|end)$", re.IGNORECASE)
_FROM_BEGINNING = re.compile(r"\s+from the (?:left|top|beginning|start)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Where a thing is from another one."""

    where: Where
    anchor: str
    """Words on the other one."""
    other: str = ""
    """Words on the second other one, for what is between two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What was stated of a thing; what was not is None or empty."""

    text: str
    """As it was given."""
    words: str = ""
    """What must be written on it, or be its name."""
    kind: Kind | None = None
    colour: Colour | None = None
    sides: tuple[Side, ...] = ()
    """Where in its window, or on the screen: one, or two for a corner."""
    is_of_screen: bool = False
    extreme: Side | None = None
    """It is the one farthest to this side."""
    area: Area | None = None
    relation: Relation | None = None
    nth: int | None = None
    """Which one in reading order, from 1; -1 is the last."""
    size: Size | None = None

    @property
    def states_more(self) -> bool:
        """Whether more than words and kind is stated: something to tell equals by."""
        return (
            self.colour is not None
            or self.extreme is not None
            or self.area is not None
            or self.relation is not None
            or self.nth is not None
            or self.size is not None
            or bool(self.sides)
        )


def parse_description(text: str) -> Description:
    """Return what a description states.

    >>> about = parse_description("the blue save icon")
    >>> about.words, about.kind.word, about.colour
    ('save', 'icon', 'blue')
    >>> parse_description("the second checkbox below Fruit").relation.anchor
    'Fruit'
    >>> parse_description("Save as").words
    'Save as'
    """
    found: dict[str, object] = {}
    rest = _ARTICLE.sub("", " ".join(text.split()).rstrip(".!?"))
    rest = _from_the_end(rest, found)
    named = _NAMED.fullmatch(rest)
    rest = _from_the_beginning(rest, found)
    if named is not None and "relation" not in found:
        # "the checkbox for Apples": what stands before must be no more than a kind with its traits.
        head: dict[str, object] = {}
        if not _from_the_beginning(named[1], head) and "kind" in head:
            found = {**found, **head}
            rest = named[2]
    return Description(text=text, words=_unquoted(rest), **found)  # type: ignore[arg-type]


def _from_the_end(rest: str, found: dict[str, object]) -> str:
    """Take off what is said of the place at the end; return what stands before."""
    between = _BETWEEN.fullmatch(rest)
    if between is not None:
        first, second = _anchor(between[2]), _anchor(between[3])
        found["relation"] = Relation(where="between", anchor=first, other=second)
        return between[1]
    related = _RELATION.fullmatch(rest)
    if related is not None:
        where = RELATIONS[related[2].casefold()]
        found["relation"] = Relation(where=where, anchor=_anchor(related[3]))
        return related[1]
    place = _PLACE.search(rest)
    if place is not None:
        sides = [SIDES[word.casefold()] for word in place.group(1, 2) if word]
        found["sides"] = tuple(dict.fromkeys(sides))
        found["is_of_screen"] = bool(place[3]) and place[3].split()[-1] in ("screen", "desktop")
        rest = rest[: place.start()]
    area = _AREA.search(rest)
    if area is not None:
        found["area"] = AREAS[area[1].casefold()]
        rest = rest[: area.start()]
    return rest


def _from_the_beginning(rest: str, found: dict[str, object]) -> str:
    """Take off articles, ranks, sides, colours and sizes before, and the kind; return the words."""
    is_from_end = _FROM_END.search(rest) is not None
    rest = _FROM_BEGINNING.sub("", _FROM_END.sub("", rest))
    while True:
        rest = _ARTICLE.sub("", rest)
        if "kind" not in found:
            rest = _without_kind(rest, found)
        first, _, after = rest.partition(" ")
        if first.casefold() in SHADES and after.split(" ")[0].casefold() in COLOUR_WORDS:
            rest = after
            continue
        name, value = _trait(first, found)
        # A lone word is what is written on a thing unless its kind was said: "Top", "Last".
        if name is None or not (after or "kind" in found or "area" in found):
            break
        found[name] = value
        rest = after
    if found and rest.casefold() in NAMELESS:
        rest = ""
    if is_from_end and isinstance(found.get("nth"), int):
        found["nth"] = -abs(found["nth"])  # type: ignore[arg-type]  # just seen to be an int
    return rest


def _trait(word: str, found: dict[str, object]) -> tuple[str | None, object]:
    """Return which trait a word states, and what; None if it states none that is still open."""
    low = word.casefold()
    number = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", low)
    stated: tuple[str, object] | None = None
    if number is not None or low in ORDINALS:
        stated = ("nth", ORDINALS[low] if number is None else int(number[1]))
    elif low in COLOUR_WORDS:
        stated = ("colour", COLOUR_WORDS[low])
    elif low in EXTREMES:
        stated = ("extreme", EXTREMES[low])
    elif low in SIZES:
        stated = ("size", SIZES[low])
    elif all(part in SIDES for part in low.split("-")):
        before = found.get("sides", ())
        assert isinstance(before, tuple)
        if len(before) < 2:
            return "sides", (*before, *(SIDES[part] for part in low.split("-")))
    if stated is None or stated[0] in found:
        return None, None
    return stated


def _without_kind(rest: str, found: dict[str, object]) -> str:
    for pattern in (_KIND_AFTER, _KIND_BEFORE):
        named = pattern.fullmatch(rest)
        if named is not None:
            found["kind"] = KIND_WORDS[named["kind"].casefold()]
            return named["words"] or ""
    return rest


def _anchor(text: str) -> str:
    """Return the words on the thing that another is beside, without its kind."""
    kind: dict[str, object] = {}
    words = _without_kind(_ARTICLE.sub("", text), kind)
    return _unquoted(words or text)


def _unquoted(words: str) -> str:
    return words.strip().strip("\"'“”„‘’").strip()
