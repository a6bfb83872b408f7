"""A screen in a few sentences: what a program can tell for certain, and a model's summary."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...memory.errors import ModelOutputError
from ..desktop.backend import Window
from ..models.chat_models import LoadedChatModel
from ..perception.elements import Element, Observation
from ..perception.modality import blocker_of
from ..perception.table_structure import find_tables
from ..safety.redaction import Redaction
from .answered import Described
from .ask import check_readable, without_secrets
from .claims import unsupported
from .element_words import KIND_NAMES, names_of, one_line

SMALL_SUMMARY_TOKENS = 500
"""Of the lines that a small model is shown."""
TROUBLE = re.compile(
    r"\b(?:error|warning|failed|failure|cannot|could not|couldn't|unable to|denied|not found|"
    r"invalid|expired|problem|fatal|exception|crashed)\b",
    re.IGNORECASE,
)


def describe(
    observation: Observation,
    loaded: LoadedChatModel | None = None,
    *,
    redaction: Redaction | None = None,
) -> Described:
    """Return a screen in a few sentences.

    Args:
        observation: Of the screen.
        loaded: Who summarises it; None for the facts alone, which need no model.
        redaction: What must not reach the model, besides passwords.

    Raises:
        NotFound: If there is nothing that the model could read.
        ModelOutputError: If the model says nothing.
        ModelUnavailable: If the model does not answer.
    """
    shown = without_secrets(observation, redaction or Redaction())
    described = Described(facts=tuple(facts(shown)), elements=tuple(standing_out(shown)))
    if loaded is None:
        return described
    check_readable(shown, loaded)
    return _summarised(shown, described, loaded)


def facts(observation: Observation) -> list[str]:
    """Return what can be told of a screen without a model, a sentence each."""
    found = [*_windows(observation), *_contents(observation)]
    elements = observation.elements
    for state, words in (
        ("focused", "Has the keyboard"), ("selected", "Selected"), ("checked", "Ticked or on"),
        ("disabled", "Disabled"),
    ):  # fmt: skip
        own = [element for element in elements if state in element.states]
        if own:
            found.append(f"{words}: {names_of(own)}.")
    trouble = _trouble(elements)
    if trouble:
        found.append(f"May tell of trouble: {names_of(trouble)}.")
    if not observation.settled:
        found.append("The screen was still changing.")
    return found


def standing_out(observation: Observation) -> list[Element]:
    """Return what a person would look at first: focus, selection, what is greyed out, trouble."""
    trouble = {element.id for element in _trouble(observation.elements)}
    return [
        element
        for element in observation.elements
        if element.id in trouble or element.states & {"focused", "selected", "disabled"}
    ]


def _windows(observation: Observation) -> list[str]:
    shown = [window for window in observation.windows if not window.is_minimized]
    hidden = len(observation.windows) - len(shown)
    found = [_window(window, observation.windows) for window in shown]
    if hidden:
        found.append(f"{hidden} more {'windows are' if hidden > 1 else 'window is'} minimized.")
    return found


def _window(window: Window, windows: Sequence[Window]) -> str:
    kind = "Dialog" if window.is_dialog or window.is_modal else "Window"
    program = f" of {one_line(window.app)}" if window.app else ""
    notes = [", in front" if window.is_active else ""]
    blocker = blocker_of(windows, window)
    if blocker is not None:
        notes.append(f', waits for the dialog "{one_line(blocker.title)}"')
    return f'{kind} "{one_line(window.title)}"{program}{"".join(notes)}.'


def _contents(observation: Observation) -> list[str]:
    counts = Counter(element.role for element in observation.elements)
    view = observation.capture.view
    if not counts:
        return [f"Nothing was found on it ({view.width}x{view.height} pixels)."]
    parts = []
    for role, count in counts.most_common():
        kind = KIND_NAMES.get(role, role) or "text"
        plural = "" if count == 1 else "es" if kind.endswith("x") else "s"
        parts.append(f"{count} {kind}{plural}")
    found = [f"{view.width}x{view.height} pixels with {', '.join(parts)}."]
    for table in find_tables(observation):
        names = [column.name for column in table.columns if column.name]
        columns = f": {', '.join(map(one_line, names))}" if names else ""
        found.append(f"A table of {len(table.rows)} rows{columns}.")
    return found


def _trouble(elements: Sequence[Element]) -> list[Element]:
    return [element for element in elements if TROUBLE.search(element.text)]


def _summarised(
    observation: Observation, described: Described, loaded: LoadedChatModel
) -> Described:
    from .calls import call_chat, call_small
    from .chat_model import parse_answer, summary_prompt
    from .screen_lines import screen_lines
    from .small_model import SUMMARY_GRAMMAR, SUMMARY_TOKENS, summary_messages

    if loaded.is_small:
        screen = screen_lines(observation, "", budget=SMALL_SUMMARY_TOKENS)
        text, cost = call_small(
            loaded,
            summary_messages(screen),
            grammar=SUMMARY_GRAMMAR,
            max_tokens=SUMMARY_TOKENS,
        )
    else:
        room = getattr(loaded.model, "context_tokens", None)
        prompt = summary_prompt(observation, with_picture=loaded.sees_pictures, context_tokens=room)
        text, cost = call_chat(loaded, prompt)
    summary = parse_answer(text).text
    if not summary:
        raise ModelOutputError(f"expected a summary from {loaded.name}, got no text; ask again")
    return replace(
        described,
        text=summary,
        claims=unsupported(summary, observation, " ".join(described.facts)),
        source="picture" if loaded.sees_pictures else "screen text",
        model=loaded.name,
        pictures=int(loaded.sees_pictures),
        cost=cost,
    )
