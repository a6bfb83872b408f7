"""Screens that answer to actions without a desktop: for planners, thousands of times as fast.

A screen is rows of things, each `kind|text|state`; see `local_world_cases/`. Fields and lists are
labelled at their left, as the parser of real screens finds them: a field that is empty shows its
label as its text, one that is not shows its value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deskhand.tools.actions import (
    Action,
    Click,
    ElementTarget,
    Pause,
    PressKeys,
    TextTarget,
    TypeText,
    WaitFor,
)
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.outcome import Effect, Outcome
from deskhand.tools.perception.elements import Element, Observation, Role, State
from deskhand.tools.perception.ground import find

SIZE = (1000, 700)
ROW_PX = 44
LEFT_PX = 40
LABEL_PX = 160
GAP_PX = 24
LETTER_PX = 8
ROLES: Mapping[str, Role] = {
    "field": "textbox",
    "bare": "textbox",
    "area": "textbox",
    "list": "combobox",
}
TICKED = ("checkbox", "radio", "switch")
SILENT = ("text", "textbox", "combobox", "option", "progressbar")
"""A click on these is no deed of its own."""


@dataclass(slots=True, kw_only=True)
class Thing:
    """One thing of a screen, with what it is now."""

    kind: str
    name: str
    value: str | bool | None
    parts: Sequence[str]
    box: Box = field(default_factory=lambda: Box(0, 0, 1, 1))
    number: int = 0


@dataclass(slots=True, kw_only=True)
class World:
    """All screens of a case, and what was done on them."""

    screens: Mapping[str, Any]
    current: str
    values: dict[str, str | bool] = field(default_factory=dict)
    """What was changed, by name."""
    clicks: list[str] = field(default_factory=list)
    """`button Save`, `button Delete near holiday.jpg` where there are several, `key enter`."""
    open_list: str = ""
    waits: int = 0
    focus: str = ""
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def observe(self) -> Observation:
        """Return what is seen now."""
        elements = []
        for row in self._rows():
            for thing in row:
                elements += self._elements(thing)
        title = self.screens[self.current]["title"]
        pixels = np.zeros((2, 2, 3), dtype=np.uint8)
        width, height = SIZE
        return Observation(
            capture=Capture(pixels=pixels, view=View(width=width, height=height)),
            elements=elements,
            windows=[
                Window(
                    id=1, title=title, app=title, pid=None, box=Box(0, 0, width, height),
                    is_active=True,
                )
            ],
        )  # fmt: skip

    def act(self, action: Action, observation: Observation) -> Outcome:
        """Do an action; return what came of it."""
        before = self._picture()
        match action:
            case Click(target=target):
                self._click(_element(target, observation))
            case TypeText(text=text, into=into, replace=replace):
                element = None if into is None else _element(into, observation)
                self._type(text, element, replace=replace)
            case PressKeys(keys=keys):
                self.clicks.append(f"key {'+'.join(keys)}")
                self._follow(self.clicks[-1])
            case Pause():
                self._pass_time()
            case WaitFor(text=text):
                self._pass_time()
                is_there = any(text in element.text for element in self.observe().elements)
                return _outcome("confirmed" if is_there else "diverged")
            case _:
                pass
        has_changed = self._picture() != before
        if isinstance(action, Pause | PressKeys):
            return _outcome("unverifiable")
        return _outcome("confirmed" if has_changed else "no_effect")

    def _picture(self) -> object:
        return (self.current, dict(self.values), list(self.clicks), self.open_list)

    def _rows(self) -> list[list[Thing]]:
        rows = []
        top = 20
        for written in self.screens[self.current]["rows"]:
            left = LEFT_PX
            row = []
            for one in written:
                thing = self._thing(one)
                is_field = thing.kind in ("field", "list")
                if is_field:
                    left += LABEL_PX
                width = 240 if thing.kind in ("field", "bare", "area", "list") else 0
                width = width or max(24, LETTER_PX * len(thing.name) + 16)
                height = 160 if thing.kind == "area" else 26
                thing.box = Box(left, top, left + width, top + height)
                left += width + GAP_PX
                row.append(thing)
            rows.append(row)
            top += ROW_PX if row[0].kind != "area" else 180
            for thing in row:
                if thing.kind == "list" and thing.name == self.open_list:
                    for option in thing.parts[3].split(","):
                        box = Box(thing.box.left, top, thing.box.right, top + 26)
                        rows.append(
                            [Thing(kind="option", name=option, value=None, parts=(), box=box)]
                        )
                        top += ROW_PX
        return rows

    def _thing(self, written: str) -> Thing:
        parts = written.split("|")
        kind, name = parts[0], parts[1]
        state = parts[2] if len(parts) > 2 else ""
        value: str | bool | None = state
        if kind in TICKED:
            value = state == "on"
        elif kind == "area":
            value, name = name, "text"
        return Thing(kind=kind, name=name, value=self.values.get(name, value), parts=parts)

    def _elements(self, thing: Thing) -> list[Element]:
        role: Role = ROLES.get(thing.kind, thing.kind)  # type: ignore[arg-type]  # of data
        text = thing.name
        states: set[State] = set()
        elements = []
        if thing.kind in ("field", "list"):
            box = thing.box
            label = Box(LEFT_PX, box.top + 4, LEFT_PX + min(150, 8 * len(text)), box.bottom - 4)
            elements.append(self._element("text", thing.name, label, set()))
        if thing.kind in ("field", "list", "bare", "area"):
            text = str(thing.value) if thing.value else ("" if thing.kind == "area" else text)
        if thing.kind in TICKED:
            states.add("checked" if thing.value else "unchecked")
        elif "selected" in thing.parts[2:]:
            states.add("selected")
        elif "disabled" in thing.parts[2:]:
            states.add("disabled")
        elements.append(self._element(role, text, thing.box, states, key=thing.name))
        return elements

    def _element(
        self, role: Role, text: str, box: Box, states: set[State], *, key: str = ""
    ) -> Element:
        place = (f"{self.current} {box.xyxy}", f"{role} {key}")
        number = self._numbers.setdefault(place, len(self._numbers) + 1)
        return Element(
            id=number, role=role, text=text, box=box, score=1.0, source="ocr",
            states=frozenset(states), window=self.screens[self.current]["title"],
        )  # fmt: skip

    def _hit(self, element: Element) -> Thing | None:
        x, y = element.box.centre
        things = [thing for row in self._rows() for thing in row]
        return next((thing for thing in things if thing.box.contains(x, y)), None)

    def _click(self, element: Element) -> None:
        thing = self._hit(element)
        if thing is None:
            return
        if thing.kind == "option":
            self.values[self.open_list] = thing.name
            self.open_list = ""
        elif thing.kind == "list":
            self.open_list = "" if self.open_list == thing.name else thing.name
        elif thing.kind in TICKED:
            self._tick(thing)
        elif ROLES.get(thing.kind, thing.kind) in SILENT:
            self.focus = thing.name
            if f"{thing.kind} {thing.name}" in self.screens[self.current].get("on", {}):
                self.clicks.append(f"{thing.kind} {thing.name}")
                self._follow(self.clicks[-1])
        else:
            self.clicks.append(self._deed(thing))
            self._follow(f"{thing.kind} {thing.name}")

    def _deed(self, thing: Thing) -> str:
        rows = self._rows()
        alike = [o for row in rows for o in row if (o.kind, o.name) == (thing.kind, thing.name)]
        deed = f"{thing.kind} {thing.name}"
        if len(alike) == 1:
            return deed
        row = next(row for row in rows if any(o.box == thing.box for o in row))
        # A time stands first in a row of a timetable, but the train is what it is called.
        name = next(
            (o.name for o in row if o.kind != "text" or not o.name[0].isdigit()), row[0].name
        )
        return f"{deed} near {name}"

    def _tick(self, thing: Thing) -> None:
        if thing.kind == "radio":
            group = thing.parts[3]
            for row in self._rows():
                for other in row:
                    if other.kind == "radio" and other.parts[3] == group:
                        self._set(other, other.name == thing.name)
        else:
            self._set(thing, not thing.value)

    def _set(self, thing: Thing, value: str | bool) -> None:
        if value != thing.value:
            self.values[thing.name] = value

    def _type(self, text: str, element: Element | None, *, replace: bool) -> None:
        thing = None if element is None else self._hit(element)
        name = self.focus if thing is None else thing.name
        if thing is not None and thing.kind not in ("field", "bare", "area"):
            return
        old = "" if thing is None or replace else str(thing.value or "")
        if name:
            self.values[name] = f"{old}{text}"
            self.focus = name

    def _follow(self, deed: str) -> None:
        target = self.screens[self.current].get("on", {}).get(deed)
        if target is not None:
            self.current, self.waits, self.open_list = target, 0, ""

    def _pass_time(self) -> None:
        screen = self.screens[self.current]
        self.waits += 1
        if "after" in screen and self.waits >= screen["after"]:
            self.current, self.waits = screen["then"], 0


def _element(target: object, observation: Observation) -> Element:
    if isinstance(target, ElementTarget):
        element = observation.element(target.id)
        assert element is not None, f"there is no element {target.id}"
        return element
    assert isinstance(target, TextTarget)
    return find(observation, target)


def _outcome(effect: Effect) -> Outcome:
    return Outcome(effect=effect, evidence="simulated")
