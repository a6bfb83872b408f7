"""What a screen says to who has a task: that it loads, what it calls by the task's words."""

import re
from collections.abc import Collection

from .labels import PASSIVE, Label, LabelledScreen
from .words import clauses, content_words, is_forbidding, naming_words, words

MAX_NAME_WORDS = 4
"""A text with more is a sentence, and not what something is called."""
SEEN = re.compile(
    r"\b(?:shown|displayed|on the screen|the (?:code|number)|copy|from the|given above)\b",
    re.IGNORECASE,
)
LOADING = re.compile(
    r"\b(?:loading|please wait|one moment|copying|downloading|uploading|installing|updating|"
    r"connecting|processing|searching|preparing|importing|exporting|saving)\b"
    r"[^.!?]*(?:\.\.\.|…|\d+ ?%)|\bplease wait\b|^(?:loading|working)\b",
    re.IGNORECASE,
)
LEAVING = frozenset(words("cancel stop abort hide close back background pause details"))
"""Buttons of a screen that only waits."""


def is_sentence(label: Label) -> bool:
    """Tell whether a text is there to be read, and not a thing to click on."""
    words_in_it = label.name.split()
    ends = label.name.rstrip().endswith(("?", "!")) or len(words_in_it) > 2 * MAX_NAME_WORDS
    return label.element.role == "text" and ends


def named_controls(screen: LabelledScreen, task: str) -> list[Label]:
    """Return what can be acted on and is called by a word of the task, in a part that wants it."""
    asked = {
        word for part in clauses(task) if not is_forbidding(part) for word in naming_words(part)
    }
    controls = [label for label in _controls(screen) if naming_words(label.name) & asked]
    # Many a menu's items and a list's entries are only text to who sees the pixels.
    texts = [label for label in screen.targets if label.element.role == "text"]
    short = [
        label
        for label in texts
        if len(label.name.split()) <= MAX_NAME_WORDS and not is_sentence(label)
    ]
    return [*controls, *(label for label in short if content_words(label.name) & asked)]


def came_named(screen: LabelledScreen, before: Collection[str], task: str) -> list[Label]:
    """Return what was not on an earlier screen and is called wholly by words of the task.

    Args:
        screen: That is seen now, such as one with an open list.
        before: The texts of the labels of the earlier one.
        task: What is to be done.
    """
    asked = naming_words(task)
    fresh = [label for label in screen.targets if label.text not in before]
    return [
        label for label in fresh if content_words(label.name) and naming_words(label.name) <= asked
    ]


def seen_texts(screen: LabelledScreen, task: str) -> list[str]:
    """Return the texts of a screen that may be typed: none, unless the task speaks of them."""
    if SEEN.search(task) is None:
        return []
    plain = [label.name for label in screen.labels if label.element.role == "text"]
    values = [label.value for label in screen.labels if label.value]
    after_colon = [text.split(":", 1)[1].strip() for text in plain if ":" in text]
    texts = [text for text in (*values, *after_colon, *plain) if 0 < len(text) <= 40]
    return list(dict.fromkeys(texts))[:20]


def may_be_loading(screen: LabelledScreen) -> bool:
    """Tell whether a screen says that it is not ready, or has nothing to act on."""
    return _says_loading(screen) or not _controls(screen)


def is_loading(screen: LabelledScreen, wanted: str) -> bool:
    """Tell whether a screen only waits, so that there is nothing to do on it but to wait too.

    Args:
        screen: What is seen.
        wanted: What is still to be done; a screen that offers it does not only wait.
    """
    controls = [frozenset(words(label.name)) for label in _controls(screen)]
    if not _says_loading(screen) or not all(name & LEAVING for name in controls):
        return False
    asked = naming_words(wanted)
    return not any(name & LEAVING & asked for name in controls)


def _says_loading(screen: LabelledScreen) -> bool:
    return any(
        label.element.role == "progressbar"
        or (label.element.role == "text" and LOADING.search(label.name) is not None)
        for label in screen.labels
    )


def _controls(screen: LabelledScreen) -> list[Label]:
    return [label for label in screen.targets if label.element.role not in PASSIVE]
