"""Literals that must not be written down get a name before anything is."""

from ...memory.errors import InstructionError
from ...tools.actions import TextTarget, TypeText
from ...tools.safety.policy import SECRET_WORDS, has_word
from .parse import parse_instructions
from .sentences import Act, walk
from .write import quote, write_action

MIN_TELLING_CHARS = 4
"""A shorter value stands in other words by chance."""


def hide_secrets(task: str) -> tuple[str, dict[str, str]]:
    """Return the task with every literal for a secret field replaced by a name, and the values.

    A field is for a secret if its label, or what it is near or in, has a word such as password.
    The values are for the hands of this process alone; the task may be written to disk.

    >>> hide_secrets('type "hunter2" into Password then click Login')
    ('type secret "password-1" into Password then click Login', {'password-1': 'hunter2'})

    Raises:
        InstructionError: If the task does not parse, or a literal also stands somewhere else in it.
    """
    values: dict[str, str] = {}
    sentences = [s for s in walk(parse_instructions(task)) if isinstance(s, Act)]
    # From the end, so that the places of the ones before stay right.
    found = [(s, s.action, word) for s in sentences if (word := _secret_word(s)) is not None]
    names: dict[str, str] = {}
    for _, action, word in found:
        if isinstance(action, TypeText) and action.text not in names:
            name = f"{word.replace(' ', '-')}-{len(names) + 1}"
            names[action.text] = name
            values[name] = action.text
    for sentence, action, _ in reversed(found):
        assert isinstance(action, TypeText)
        hidden = action.model_copy(update={"text": names[action.text], "secret": True})
        start, end = sentence.source.start, sentence.source.start + len(sentence.source.text)
        task = task[:start] + write_action(hidden) + task[end:]
    for name, value in values.items():
        _refuse_leak(task, name, value)
    return task, values


def _secret_word(sentence: Act) -> str | None:
    """Return the word that tells that the sentence types a secret literal, or None."""
    action = sentence.action
    if not isinstance(action, TypeText) or action.secret:
        return None
    target = action.into
    if not isinstance(target, TextTarget):
        return None
    told = " ".join((target.text, target.near or "", target.window or ""))
    return next((word for word in SECRET_WORDS if has_word(told, (word,))), None)


def _refuse_leak(task: str, name: str, value: str) -> None:
    written = (value, quote(value)[1:-1]) if len(value) >= MIN_TELLING_CHARS else (quote(value),)
    places = [place for text in written if (place := task.find(text)) >= 0]
    if places:
        line = task.count("\n", 0, min(places)) + 1
        raise InstructionError(
            f"line {line}: the text of the secret {name!r} also stands here, in the open; "
            "take it out, or write it as a secret everywhere",
            line=line,
        )
