"""Screens that are made of elements, for the tests of planners."""

from collections.abc import Sequence

import numpy as np

from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.perception.elements import Element, Observation, Role, State

ROW_PX = 40


def thing(
    role: Role, text: str, *states: State, left: int = 200, width: int = 120, height: int = 24
) -> Element:
    """An element; `rows` gives it its number and its height on the screen."""
    return Element(
        id=1, role=role, text=text, box=Box(left, 0, left + width, height), score=1.0, source="ocr",
        states=frozenset(states),
    )  # fmt: skip


def rows(*lines: Sequence[Element], title: str = "Window") -> Observation:
    """A screen with these rows, numbered in reading order."""
    elements: list[Element] = []
    for row, line in enumerate(lines):
        for one in line:
            number = len(elements) + 1
            box = one.box.shift(0, row * ROW_PX)
            elements.append(
                Element(
                    id=number, role=one.role, text=one.text, box=box, score=1.0, source="ocr",
                    states=one.states, window=title,
                )
            )  # fmt: skip
    pixels = np.zeros((4, 4, 3), dtype=np.uint8)
    size = Box(0, 0, 1000, 2000)
    return Observation(
        capture=Capture(pixels=pixels, view=View(width=1000, height=2000)),
        elements=elements,
        windows=[Window(id=1, title=title, app=title, pid=None, box=size, is_active=True)],
    )


def form_field(label: str, value: str = "") -> list[Element]:
    """A field with its label at the left; an empty one shows its label, as the parser tells it."""
    return [
        thing("text", label, left=20, width=100),
        thing("textbox", value or label, left=140, width=200),
    ]
