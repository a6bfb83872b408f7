"""The grounding model families there are: space, order, resize rule, answer syntax, prompt.

Each is as the family's own code has it, or the evaluation code that reproduced its score; the
source stands above it. Where no prompt was published with a score, ours asks for its syntax.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....memory.errors import ConfigError
from .native_tools import claude_computer, gemini_click, openai_computer
from .prompts import (
    COMMAND,
    IN_FRACTIONS,
    IN_PIXELS,
    IN_THOUSANDTHS,
    QWEN_TOOL_1000,
    QWEN_TOOL_PIXELS,
    UI_TARS_GROUNDING,
    Prompt,
    ask_for,
)
from .sizes import AsItIs, Fixed, OneOf, Resize, SmartResize, Tiles, ToWidth
from .spaces import BINS, PER_999, PER_1000, PERCENT, PIXELS, UNIT, Order, Space
from .syntax import Syntax, fields, form, labelled, listed, tool_call


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How the models of one family are asked for a place, and what their answer means."""

    name: str
    space: Space
    syntaxes: tuple[Syntax, ...]
    prompt: Prompt
    order: Order = "xy"
    resize: Resize = AsItIs()
    """For a server that takes smaller pictures: `dataclasses.replace(family, resize=…)`."""
    thinks: bool = False
    """Whether it may think aloud before it answers."""
    native_tool: Callable[[int, int], dict[str, Any]] | None = None
    """The tool it answers with, for a picture's width and height; Any: a provider's JSON."""

    @property
    def convention(self) -> str:
        """Space, order and resize rule in one line: what a calibration holds for."""
        return f"{self.space.name} {self.order} {self.resize}"


QWEN_2 = SmartResize(factor=28, min_pixels=4 * 28**2, max_pixels=16384 * 28**2)
QWEN_3 = SmartResize(factor=32, min_pixels=4 * 32**2, max_pixels=16384 * 32**2)
UI_TARS_15 = SmartResize(factor=28, min_pixels=100 * 28**2, max_pixels=16384 * 28**2)
XGA_WXGA_FWXGA = OneOf(sizes=((1024, 768), (1280, 800), (1366, 768)))

PAIR = form(r"\( N , N \)")
BRACKETS = form(r"\[ N , N \]")
BOX = form(r"\[ N , N , N , N \]")
NESTED = form(r"\[ \[ N , N \] \]", r"\[ \[ N , N , N , N \] \]")
_REF = r"(?:<\|object_ref_start\|>[^<]*<\|object_ref_end\|>)?"
QWEN_BOX = form(
    _REF + r" <\|box_start\|> \( N , N \) , \( N , N \) <\|box_end\|>",
    r"\( N , N \) , \( N , N \)",  # decoded without special tokens
)
COMPUTER_USE = tool_call("computer_use", ("left_click", "click", "mouse_move"), "coordinate")
JSON_2D = (labelled("point_2d", 2), labelled("bbox_2d", 4))
_THOUGHT = r"(?:Thought:(?:(?!Action:).)*+)?(?:Action:)? "
UI_TARS_CLICK = form(
    _THOUGHT + r"click\( (?:point|start_box) = '<point> N\s+N </point>' \)",
    _THOUGHT + r"click\( (?:point|start_box) = '(?:<\|box_start\|>)? \( N , N \) "
    r"(?:<\|box_end\|>)?' \)",
)
TAGGED_POINT = form(r"<point> N\s+N </point>")

FAMILIES: dict[str, Family] = {}


def _add(*families: Family) -> None:
    for family in families:
        FAMILIES[family.name] = family


# Qwen: QwenLM/Qwen3-VL cookbooks; ScreenSpot-Pro `models/qwen2_5vl.py`.
_add(
    Family(
        name="qwen2-vl", space=PER_1000, resize=QWEN_2, syntaxes=(QWEN_BOX,),
        prompt=ask_for("<|box_start|>(x1,y1),(x2,y2)<|box_end|>", IN_THOUSANDTHS),
    ),
    Family(
        name="qwen2.5-vl", space=PIXELS, resize=QWEN_2, syntaxes=(COMPUTER_USE, *JSON_2D),
        prompt=QWEN_TOOL_PIXELS,
    ),
    Family(
        name="qwen3-vl", space=PER_1000, resize=QWEN_3, syntaxes=(*JSON_2D, COMPUTER_USE),
        prompt=ask_for('{"point_2d": [x, y], "label": "its name"}', IN_THOUSANDTHS, "[]"),
        thinks=True,
    ),
)  # fmt: skip
# bytedance/UI-TARS `action_parser.py` (1.5: MIN_PIXELS, MAX_PIXELS), README_coordinates;
# trycua/cua loops (2).
_add(
    Family(
        name="ui-tars-1.0", space=PER_1000, resize=QWEN_2, syntaxes=(UI_TARS_CLICK, PAIR),
        prompt=ask_for("click(start_box='<|box_start|>(x1,y1)<|box_end|>')", IN_THOUSANDTHS),
    ),
    Family(
        name="ui-tars-1.5", space=PIXELS, resize=UI_TARS_15,
        syntaxes=(UI_TARS_CLICK, TAGGED_POINT, PAIR), prompt=UI_TARS_GROUNDING,
    ),
    Family(
        name="ui-tars-2", space=PER_1000, syntaxes=(UI_TARS_CLICK, TAGGED_POINT),
        prompt=UI_TARS_GROUNDING,
    ),
)  # fmt: skip
# InternVL: ScreenSpot-Pro `models/internvl.py` l.124 (without the stray last letter of its line;
# `<image>` stands for the picture). OS-Atlas: OS-Copilot/OS-Atlas README.
_add(
    Family(
        name="internvl", space=PER_1000, resize=Tiles(),
        syntaxes=(form(r"<ref>[^<]*</ref> <box> \[ \[ N , N , N , N \] \] </box>"), NESTED, BOX),
        prompt=Prompt(
            text="Please provide the bounding box coordinate of the UI element this user "
            "instruction describes: <ref>{instruction}</ref>. Answer in the format of "
            "[[x1, y1, x2, y2]]",
            source="ScreenSpot-Pro, models/internvl.py",
        ),
    ),
    Family(
        name="os-atlas-4b", space=PER_1000, resize=Tiles(), syntaxes=(NESTED,),
        prompt=Prompt(
            text="In the screenshot of this web page, please give me the coordinates of the "
            "element I want to click on according to my instructions(with point).\n"
            "{instruction}",
            source="OS-Copilot/OS-Atlas, README",
        ),
    ),
    Family(
        name="os-atlas-7b", space=PER_1000, resize=QWEN_2, syntaxes=(QWEN_BOX,),
        prompt=Prompt(
            text=COMMAND.replace("@what", "bbox"), source="OS-Copilot/OS-Atlas, README"
        ),
    ),
)  # fmt: skip
# SeeClick: njucckevin/SeeClick `pretrain/screenspot_test.py`. ShowUI: showlab/ShowUI README (order
# text, picture). UGround: ScreenSpot-Pro models.
_add(
    Family(
        name="seeclick", space=UNIT, resize=Fixed(width=448, height=448), syntaxes=(PAIR,),
        prompt=Prompt(
            text=COMMAND.replace("@what", "point"),
            source="njucckevin/SeeClick, pretrain/screenspot_test.py",
        ),
    ),
    Family(
        name="showui", space=UNIT, syntaxes=(BRACKETS,),
        resize=SmartResize(factor=28, min_pixels=256 * 28**2, max_pixels=1344 * 28**2),
        prompt=Prompt(text=ask_for("[x, y]", IN_FRACTIONS).text, text_first=True),
    ),
    Family(
        name="uground-v1-llava", space=PIXELS, resize=ToWidth(width=1344), syntaxes=(PAIR,),
        prompt=ask_for("(x, y)", IN_PIXELS),
    ),
    Family(
        name="uground-v1-qwen2", space=PER_1000, resize=QWEN_2, syntaxes=(PAIR,),
        prompt=ask_for("(x, y)", IN_THOUSANDTHS),
    ),
)  # fmt: skip
# Molmo: allenai/molmo `olmo/data/data_formatter.py` l.317. Moondream: vikhyat/moondream.
# Florence-2: its processor (`<loc_N>` is the middle of the N-th of 1000 bins).
_add(
    Family(
        name="molmo", space=PERCENT,
        syntaxes=(form(r'<point x="N" y="N"(?:\s+alt="[^"<>]*")?>[^<]*</point>'),),
        prompt=Prompt(text="Point to {instruction}"),
    ),
    Family(
        name="moondream", space=UNIT,
        syntaxes=(
            listed("points", "x", "y"), listed("objects", "x_min", "y_min", "x_max", "y_max"),
        ),
        prompt=ask_for('{"points": [{"x": x, "y": y}]}', IN_FRACTIONS, '{"points": []}'),
    ),
    Family(
        name="florence-2", space=BINS, resize=Fixed(width=768, height=768),
        syntaxes=(form(r"(?:<s>)*[^<]*" + "<loc_N>" * 4, r"(?:<s>)*[^<]*" + "<loc_N>" * 8),),
        prompt=Prompt(text="<CAPTION_TO_PHRASE_GROUNDING>{instruction}"),
    ),
)  # fmt: skip
# Gemini: google-gemini/computer-use-preview; trycua/cua `gemini.py`. Boxes and points in text have
# y first; the tool has x and y by name, 0 to 999 of 1000.
_add(
    Family(
        name="gemini", space=PER_1000, order="yx", thinks=True,
        syntaxes=(labelled("box_2d", 4), labelled("point", 2), BOX),
        prompt=ask_for('{"box_2d": [ymin, xmin, ymax, xmax]}', IN_THOUSANDTHS, "[]"),
    ),
    Family(
        name="gemini-computer-use", space=BINS, syntaxes=(tool_call("click_at", (), "x", "y"),),
        prompt=Prompt(text="Click on: {instruction}"), native_tool=gemini_click,
    ),
)  # fmt: skip
# Claude: anthropic-quickstarts `computer_use_demo/tools/computer.py`; its documentation advises
# against 0 to 1000. OpenAI: openai-cua-sample-app. GPT-5 prompted: ScreenSpot-Pro models.
_add(
    Family(
        name="claude", space=PIXELS, resize=XGA_WXGA_FWXGA,
        syntaxes=(tool_call("computer", ("left_click", "mouse_move"), "coordinate"),),
        prompt=Prompt(text="Left-click: {instruction}"), native_tool=claude_computer,
    ),
    Family(
        name="openai-computer", space=PIXELS,
        syntaxes=(fields({"type": ("click", "move"), "button": ("left", None)}, "x", "y"),),
        prompt=Prompt(text="Left-click: {instruction}"), native_tool=openai_computer,
    ),
    Family(
        name="gpt-5", space=UNIT, syntaxes=(NESTED,),
        prompt=ask_for("[[x0, y0, x1, y1]]", IN_FRACTIONS, "[]"),
    ),
)  # fmt: skip
# trycua/cua and ZJU-REAL/ClawGUI; GTA1: `gta1.py`; OpenCUA: xlang-ai/OpenCUA.
_add(
    Family(
        name="holo", space=PIXELS,
        resize=SmartResize(factor=28, min_pixels=4 * 28**2, max_pixels=2560 * 1440),
        syntaxes=(fields({"action": ("click_absolute",)}, "x", "y"),),
        prompt=ask_for('{"action": "click_absolute", "x": x, "y": y}', IN_PIXELS),
    ),
    Family(
        name="gta1", space=PIXELS, syntaxes=(PAIR,),
        resize=SmartResize(factor=28, min_pixels=4 * 28**2, max_pixels=4096 * 2160),
        prompt=ask_for("(x,y)", IN_PIXELS),
    ),
    Family(
        name="opencua", space=PIXELS, resize=QWEN_2,
        syntaxes=(form(r"pyautogui\.click\( x = N , y = N \)"),),
        prompt=ask_for("pyautogui.click(x=…, y=…)", IN_PIXELS),
    ),
    Family(
        name="glm-4.5v", space=PER_999, thinks=True,
        syntaxes=(
            form(
                r"<\|begin_of_box\|> \[ N , N \] <\|end_of_box\|>",
                r"<\|begin_of_box\|> \[ \[? N , N , N , N \]? \] <\|end_of_box\|>",
            ),
        ),
        prompt=ask_for("<|begin_of_box|>[x,y]<|end_of_box|>", "counted from 0 to 999 on each axis"),
    ),
    Family(
        name="fara-7b", space=PIXELS, resize=QWEN_2, syntaxes=(COMPUTER_USE,),
        prompt=QWEN_TOOL_PIXELS,
    ),
)  # fmt: skip
# ZJU-REAL/ClawGUI; UI-Venus: inclusionAI/UI-Venus.
_add(
    Family(
        name="gui-owl-1.5", space=PER_1000, syntaxes=(COMPUTER_USE,), prompt=QWEN_TOOL_1000,
        resize=SmartResize(factor=32, min_pixels=196 * 32**2, max_pixels=9800 * 32**2), thinks=True,
    ),
    Family(
        name="mai-ui", space=PER_1000, resize=QWEN_3, syntaxes=(COMPUTER_USE,),
        prompt=QWEN_TOOL_1000, thinks=True,
    ),
    Family(
        name="ui-venus-1.5", space=PER_1000, resize=QWEN_3, syntaxes=(BRACKETS,), thinks=True,
        prompt=Prompt(
            text="Output the center point of the position corresponding to the following "
            "instruction: \n{instruction}. \n\nThe output should just be the coordinates of a "
            "point, in the format [x,y]. Additionally, if the task is infeasible (e.g., the task "
            "is not related to the image), the output should be [-1,-1].",
            source="inclusionAI/UI-Venus",
        ),
    ),
    Family(
        name="kimi-k2.5", space=PER_1000, syntaxes=(PAIR, BRACKETS),
        prompt=ask_for("(x,y)", IN_THOUSANDTHS, "(-1,-1)"),
    ),
    Family(
        name="step-gui", space=PER_999, syntaxes=(form(r"point: N , N"),),
        prompt=ask_for("point:x,y", "counted from 0 to 999 on each axis"),
    ),
    Family(
        name="ui-venus-1.0", space=PIXELS, resize=QWEN_2, syntaxes=(BOX,),
        prompt=ask_for("[x1,y1,x2,y2]", IN_PIXELS),
    ),
    Family(
        name="gui-g2", space=PIXELS, resize=QWEN_2, syntaxes=(BOX,),
        prompt=ask_for("[x1,y1,x2,y2]", IN_PIXELS),
    ),
)  # fmt: skip


def family(name: str) -> Family:
    """Return a family by its name.

    Raises:
        ConfigError: Naming the families there are.
    """
    try:
        return FAMILIES[name]
    except KeyError:
        known = ", ".join(sorted(FAMILIES))
        raise ConfigError(f"there is no model family {name!r}; expected one of: {known}") from None
