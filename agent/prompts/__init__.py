"""The texts that models are given, one Markdown file a prompt."""

from importlib import resources


def load_prompt(name: str) -> str:
    """Return a prompt by the name of its file without the suffix."""
    path = resources.files(__package__).joinpath(f"{name}.md")
    return path.read_text(encoding="utf-8").strip()
