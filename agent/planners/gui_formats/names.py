"""How published checkpoints and hosted models are called, and the format that each answers in."""

import re

CLAUDE = "claude-computer-"
OPENAI = "openai-computer"

_NAMES: tuple[tuple[str, str], ...] = (
    # 1.0 is called by its sizes and stages: UI-TARS-2B-SFT is not version 2.
    (r"ui-?tars-\d+b-(?:sft|dpo)", "ui-tars-1.0"),
    (r"ui-?tars-(?:v)?1\.5(?![\d.])", "ui-tars-1.5"),
    (r"ui-?tars-(?:v)?2(?![\d.b])", "ui-tars-2"),
    (r"qwen-?2\.5-?vl", "qwen2.5-computer-use"),
    (r"qwen-?3-?vl", "qwen3-computer-use"),
    (r"computer-use-preview", OPENAI),
)
"""By a pattern in the name; the first that is found."""
_CLAUDE_NAME = re.compile(
    r"claude-(?:(?P<line>opus|sonnet|haiku)-(?P<after>\d{1,2}(?:-\d{1,2})?)"
    r"|(?P<before>\d{1,2}(?:-\d{1,2})?)-(?:opus|sonnet|haiku))(?![\d])"
)
_NEW_TOOL = {"opus": (4, 5), "sonnet": (4, 6), "haiku": (5, 0)}
"""Since when a line takes `computer_20251124` instead of `computer_20250124` (Anthropic's page on
the computer use tool)."""
_FIRST_TOOL, _TOOLSET = (3, 7), (5, 5)
"""From 3.7 on there is a tool of ours; 5.5 takes `computer_toolset_20260801` alone."""


def format_in_name(name: str) -> str | None:
    """Return the format that a model's name tells, None if it tells none.

    >>> format_in_name("ByteDance-Seed/UI-TARS-1.5-7B"), format_in_name("UI-TARS-2B-SFT")
    ('ui-tars-1.5', 'ui-tars-1.0')
    >>> format_in_name("claude-sonnet-4-20250514"), format_in_name("llava")
    ('claude-computer-20250124', None)
    """
    plain = name.casefold().replace("_", "-")
    for pattern, form in _NAMES:
        if re.search(pattern, plain):
            return form
    version = _claude_version(plain)
    if version is None or not _FIRST_TOOL <= version[1] < _TOOLSET:
        return None
    line, number = version
    is_new = number >= _NEW_TOOL.get(line, _TOOLSET)
    return CLAUDE + ("20251124" if is_new else "20250124")


def takes_other_tool(name: str) -> bool:
    """Tell whether a Claude takes a computer tool alone that deskhand does not speak."""
    version = _claude_version(name.casefold())
    return version is not None and version[1] >= _TOOLSET


def _claude_version(plain: str) -> tuple[str, tuple[int, int]] | None:
    """Return a Claude's line and version; of older names the line does not matter."""
    found = _CLAUDE_NAME.search(plain)
    if found is None:
        return None
    major, _, minor = (found["after"] or found["before"]).partition("-")
    return found["line"] or "", (int(major), int(minor or 0))
