"""What grounding models are asked: the published prompts, and ours where none was published."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is asked; `{instruction}`, `{width}` and `{height}` (of the picture sent) are put in."""

    text: str
    system: str = ""
    source: str = ""
    """Where it was published with its score; empty for our own words."""
    text_first: bool = False
    """Whether the words come before the picture."""

    def fill(self, instruction: str, size: tuple[int, int]) -> tuple[str, str]:
        """Return the system text, which may be empty, and the user's text."""
        width, height = (str(side) for side in size)

        def put_in(text: str) -> str:
            # The instruction last: what stands in it is no placeholder.
            sized = text.replace("{width}", width).replace("{height}", height)
            return sized.replace("{instruction}", instruction)

        return put_in(self.system), put_in(self.text)


def ask_for(answer: str, counted: str, refusal: str = "") -> Prompt:
    """Return a prompt in our own words.

    Args:
        answer: What the model shall answer, in its family's syntax.
        counted: What the numbers count.
        refusal: What it shall answer if the thing is not there, if its syntax has that.
    """
    absent = f" If it is not there, answer {refusal}." if refusal else ""
    return Prompt(
        text=(
            "Find this in the screenshot: {instruction}\n"
            f"Answer with nothing but {answer}, {counted}.{absent}"
        )
    )


IN_PIXELS = "in pixels of this {width}x{height} picture"
IN_THOUSANDTHS = "in thousandths of the width and height (0 to 1000)"
IN_FRACTIONS = "as fractions of the width and height (0 to 1)"

_QWEN_TOOL = """You are a helpful assistant.

# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{"type": "function", "function": {"name": "computer_use", "description": "Use a mouse to point at \
things on a computer's screen. The screen's resolution is @size. Point at the middle of things.", \
"parameters": {"type": "object", "properties": {"action": {"type": "string", "enum": \
["left_click"]}, "coordinate": {"type": "array", "description": "(x, y): pixels from the left edge \
and pixels from the top edge."}}, "required": ["action", "coordinate"]}}}
</tools>

For each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>"""
QWEN_TOOL_PIXELS = Prompt(
    system=_QWEN_TOOL.replace("@size", "{width}x{height}"), text="Left-click: {instruction}"
)
"""Declares the size of the picture sent, as ScreenSpot-Pro's `models/qwen2_5vl.py` does; the
harness also puts the beginning of the call into the model's mouth, which a chat model cannot."""
QWEN_TOOL_1000 = Prompt(
    system=_QWEN_TOOL.replace("@size", "1000x1000"), text="Left-click: {instruction}"
)
COMMAND = (
    # SeeClick's, and OS-Atlas-7B's after it; `@what` is point or bbox.
    "In this UI screenshot, what is the position of the element corresponding to the command "
    '"{instruction}" (with @what)?'
)
UI_TARS_GROUNDING = Prompt(
    text=(
        "You are a GUI agent. You are given a task and a screenshot. Perform the next action.\n\n"
        "## Output Format\n\nAction: ...\n\n## Action Space\n"
        "click(point='<point>x1 y1</point>')\n\n## User Instruction\n{instruction}"
    )
)
