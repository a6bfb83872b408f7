"""Literals that must not be written down: they get a name before anything is."""

from ...tools.actions import TypeText
from ...tools.safety.policy import SECRET_WORDS, has_word
from .labels import quote
from .parse import parse_instructions
from .sentences import Act, If, Sentence


def hide_secrets(task: str) -> tuple[str, dict[str, str]]:
    """Return the task with every literal for a secret field replaced by a name, and the values.

    `type "hunter2" into Password` becomes `type secret "password-1" into Password`. The values are
    for the hands of this process alone; the task can be written to disk.

    >>> hide_secrets('type "hunter2" into Password then click Login')
    ('type secret "password-1" into Password then click Login', {'password-1': 'hunter2'})

    Raises:
        InstructionError: If the task does not parse.
    """
    values: dict[str, str] = {}
    for action_text, literal in _secret_sentences(parse_instructions(task)):
        name = f"password-{len(values) + 1}"
        values[name] = literal
        hidden = action_text.replace(_literal_in(action_text), f"secret {quote(name)}", 1)
        task = task.replace(action_text, hidden, 1)
    return task, values


def _secret_sentences(sentences: tuple[Sentence, ...]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for sentence in sentences:
        match sentence:
            case If(then=then, otherwise=otherwise):
                found += _secret_sentences(then) + _secret_sentences(otherwise)
            case Act(action=TypeText(secret=False, into=into) as action, source=source):
                label = getattr(into, "text", "")
                if has_word(label, SECRET_WORDS):
                    found.append((source.text, action.text))
    return found


def _literal_in(sentence: str) -> str:
    """Return the first quoted text of a sentence, with its quotes."""
    start = min(i for i, character in enumerate(sentence) if character in "\"'“")
    closing = {"“": "”"}.get(sentence[start], sentence[start])
    end = start + 1
    while sentence[end] != closing:
        end += 2 if sentence[end] == "\\" and closing != "”" else 1
    return sentence[start : end + 1]
