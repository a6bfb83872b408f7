"""What a perfect grounding model of each family would answer; shares nothing with the parsers."""

import json
import math
from collections.abc import Callable

HALF_BOX = 10
"""Pixels of the picture; half the side of the box that a family of boxes answers with."""

Size = tuple[int, int]
Say = Callable[[float, float, Size], str]

DECIMALS = {"seeclick": 2, "showui": 2, "molmo": 1, "moondream": 4, "gpt-5": 4}
"""As many as the published examples of their answers have (the last two: chosen here)."""


def quantum(family: str, size: Size) -> tuple[float, float]:
    """Return how far apart two neighbouring answers are, in pixels of the picture."""
    width, height = size
    if family in DECIMALS:
        whole = 100 if family == "molmo" else 1
        step = 10.0 ** -DECIMALS[family] / whole
        return width * step, height * step
    if family in PIXEL_FAMILIES:
        return 1.0, 1.0
    parts = 999 if family in ("glm-4.5v", "step-gui") else 1000
    return width / parts, height / parts


PIXEL_FAMILIES = frozenset({
    "qwen2.5-vl", "ui-tars-1.5", "uground-v1-llava", "claude", "openai-computer", "holo", "gta1",
    "opencua", "fara-7b", "ui-venus-1.0", "gui-g2",
})  # fmt: skip


def _whole(position: float, side: int) -> int:
    return math.floor(position)


def _of_1000(position: float, side: int) -> int:
    return round(position * 1000 / side)


def _of_999(position: float, side: int) -> int:
    return round(position * 999 / side)


def _bin(position: float, side: int) -> int:
    return min(999, math.floor(position * 1000 / side))


def _fraction(decimals: int, whole: int = 1) -> Callable[[float, int], str]:
    return lambda position, side: f"{position * whole / side:.{decimals}f}"


def _point(template: str, unit: Callable[[float, int], object]) -> Say:
    def say(x: float, y: float, size: Size) -> str:
        put = template.replace("@x", str(unit(x, size[0])))
        return put.replace("@y", str(unit(y, size[1])))

    return say


def _box(template: str, unit: Callable[[float, int], object]) -> Say:
    def say(x: float, y: float, size: Size) -> str:
        half_x, half_y = min(HALF_BOX, x, size[0] - x), min(HALF_BOX, y, size[1] - y)
        corners = (
            unit(x - half_x, size[0]), unit(y - half_y, size[1]),
            unit(x + half_x, size[0]), unit(y + half_y, size[1]),
        )  # fmt: skip
        put = template
        for name, value in zip(("@x1", "@y1", "@x2", "@y2"), corners, strict=True):
            put = put.replace(name, str(value))
        return put

    return say


def _call(name: str, **arguments: object) -> str:
    document = json.dumps({"name": name, "arguments": arguments})
    return f"<tool_call>\n{document}\n</tool_call>".replace('"@x"', "@x").replace('"@y"', "@y")


_CLICK = _call("computer_use", action="left_click", coordinate=["@x", "@y"])

PERFECT: dict[str, Say] = {
    "qwen2-vl": _box("<|box_start|>(@x1,@y1),(@x2,@y2)<|box_end|>", _of_1000),
    "qwen2.5-vl": _point(_CLICK, _whole),
    "qwen3-vl": _point('```json\n[{"point_2d": [@x, @y], "label": "it"}]\n```', _of_1000),
    "ui-tars-1.0": _point(
        "Thought: There it is.\nAction: click(start_box='<|box_start|>(@x,@y)<|box_end|>')",
        _of_1000,
    ),
    "ui-tars-1.5": _point("Action: click(point='<point>@x @y</point>')", _whole),
    "ui-tars-2": _point("<point>@x @y</point>", _of_1000),
    "internvl": _box("<ref>it</ref><box>[[@x1, @y1, @x2, @y2]]</box>", _of_1000),
    "os-atlas-4b": _point("[[@x,@y]]", _of_1000),
    "os-atlas-7b": _box(
        "<|object_ref_start|>it<|object_ref_end|>"
        "<|box_start|>(@x1,@y1),(@x2,@y2)<|box_end|><|im_end|>",
        _of_1000,
    ),
    "seeclick": _point("(@x,@y)", _fraction(2)),
    "showui": _point("[@x, @y]", _fraction(2)),
    "uground-v1-llava": _point("(@x, @y)", _whole),
    "uground-v1-qwen2": _point("(@x, @y)", _of_1000),
    "molmo": _point('<point x="@x" y="@y" alt="it">it</point>', _fraction(1, 100)),
    "moondream": _point('{"points": [{"x": @x, "y": @y}]}', _fraction(4)),
    "florence-2": _box("it<loc_@x1><loc_@y1><loc_@x2><loc_@y2>", _bin),
    "gemini": _box('[{"box_2d": [@y1, @x1, @y2, @x2], "label": "it"}]', _of_1000),
    "gemini-computer-use": _point(_call("click_at", x="@x", y="@y"), _bin),
    "claude": _point(_call("computer", action="left_click", coordinate=["@x", "@y"]), _whole),
    "openai-computer": _point('{"type": "click", "button": "left", "x": @x, "y": @y}', _whole),
    "gpt-5": _box("[[@x1, @y1, @x2, @y2]]", _fraction(4)),
    "holo": _point('{"action": "click_absolute", "x": @x, "y": @y}', _whole),
    "gta1": _point("(@x,@y)", _whole),
    "opencua": _point("```python\npyautogui.click(x=@x, y=@y)\n```", _whole),
    "glm-4.5v": _point("<think>It is there.</think><|begin_of_box|>[@x,@y]<|end_of_box|>", _of_999),
    "fara-7b": _point(_CLICK, _whole),
    "gui-owl-1.5": _point(_CLICK, _of_1000),
    "mai-ui": _point(f"<think>\nIt is there.\n</think>\n{_CLICK}", _of_1000),
    "ui-venus-1.5": _point("[@x,@y]", _of_1000),
    "kimi-k2.5": _point("(@x,@y)", _of_1000),
    "step-gui": _point("point:@x,@y", _of_999),
    "ui-venus-1.0": _box("[@x1,@y1,@x2,@y2]", _whole),
    "gui-g2": _box("[@x1, @y1, @x2, @y2]", _whole),
}
"""By family: the answer for a place, in pixels of the picture that was sent, and its size."""
