"""Prompts as text files: a system text, then examples as turns of a chat."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_EXAMPLE = "# Example\n"
_ANSWER = "Plan:\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One turn that a model is shown."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What stands before every question and never changes, so that it is read once."""

    system: str
    examples: tuple[Example, ...]


@cache
def load_prompt(name: str) -> Prompt:
    """Return the prompt in a file of this folder."""
    text = files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    system, *turns = text.split(_EXAMPLE)
    examples = []
    for turn in turns:
        question, mark, answer = turn.partition(_ANSWER)
        assert mark, f"an example of {name}.md has no {_ANSWER.strip()!r}"
        examples.append(Example(question=question + mark.strip(), answer=answer.strip()))
    return Prompt(system=system.strip(), examples=tuple(examples))
