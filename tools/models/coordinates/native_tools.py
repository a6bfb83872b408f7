"""The tool definitions that hosted computer-use models are trained on, for a picture's size."""

from typing import Any


def claude_computer(width: int, height: int, *, version: str = "20250124") -> dict[str, Any]:
    """Return Claude's computer tool; the size is that of the picture sent, so that 1:1 holds."""
    return {
        "type": f"computer_{version}",
        "name": "computer",
        "display_width_px": width,
        "display_height_px": height,
    }


def openai_computer(width: int, height: int) -> dict[str, Any]:
    """Return OpenAI's computer tool."""
    return {
        "type": "computer_use_preview",
        "display_width": width,
        "display_height": height,
        "environment": "linux",
    }


def gemini_click(width: int, height: int) -> dict[str, Any]:
    """Return the one function of Gemini's computer tool that points, as a plain function."""
    number = {"type": "integer", "minimum": 0, "maximum": 999}
    return {
        "type": "function",
        "function": {
            "name": "click_at",
            "description": "Click at a place, in thousandths of the screen's width and height.",
            "parameters": {
                "type": "object",
                "properties": {"x": number, "y": number},
                "required": ["x", "y"],
            },
        },
    }
