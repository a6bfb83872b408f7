"""Asks a chat model about a screen, and checks what it answers against the screen."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ...memory.errors import BadArgumentError, ModelOutputError, NotFound
from ..desktop.capture import Capture
from ..models.chat_models import LoadedChatModel
from ..perception.elements import Element, Observation
from ..perception.text_match import bare
from ..safety.redaction import Redaction, blackened
from .answered import NOT_THERE, Answered
from .claims import unsupported
from .states import contradicted

MAX_QUESTION_CHARS = 500
SMALL_SCREEN_TOKENS = 1000
"""Of the lines that a small model is shown: a processor reads some tens of tokens a second."""
MIN_FAR_CHARS = 4
"""Of an answer that is looked for beyond its line: shorter ones are found anywhere."""
MAX_RESTED_ON = 6
"""Elements that an answer of the small model rests on; a line of a table has more cells."""


def ask(
    observation: Observation,
    question: str,
    loaded: LoadedChatModel,
    *,
    redaction: Redaction | None = None,
) -> Answered:
    """Return the answer to a question about a screen, and what it rests on.

    Args:
        observation: Of the screen.
        question: In plain words.
        loaded: Who is asked. One that sees is sent the picture as well, a second, enlarged part
            where small text matters; a small one is sent lines of words and held by a grammar.
        redaction: What must not reach the model, besides passwords.

    Raises:
        BadArgumentError: If the question is empty or too long.
        NotFound: If there is nothing that the model could read.
        ModelOutputError: If the answer is not of the form that was asked for.
        ModelUnavailable: If the model does not answer.
    """
    asked = " ".join(question.split())
    if not 0 < len(asked) <= MAX_QUESTION_CHARS:
        raise BadArgumentError(
            f"expected a question of 1 to {MAX_QUESTION_CHARS} characters, got {len(asked)}"
        )
    shown = without_secrets(observation, redaction or Redaction())
    check_readable(shown, loaded)
    answered = (
        _ask_small(shown, asked, loaded) if loaded.is_small else _ask_chat(shown, asked, loaded)
    )
    if not answered.found:
        return answered
    claims = (
        *unsupported(answered.text, shown, asked), *contradicted(answered.text, shown, asked),
    )  # fmt: skip
    return replace(answered, claims=claims)


def without_secrets(observation: Observation, redaction: Redaction) -> Observation:
    """Return a look with what must not reach a model taken out of its texts and its picture."""
    hidden = redaction.boxes(observation.elements)
    if not hidden:
        return observation
    capture = observation.capture
    return replace(
        observation,
        capture=Capture(
            pixels=blackened(capture.pixels, hidden), view=capture.view, taken_at=capture.taken_at
        ),
        elements=redaction.elements(observation.elements),
    )


def check_readable(observation: Observation, loaded: LoadedChatModel) -> None:
    """Refuse a screen that tells a model nothing.

    Raises:
        NotFound: If no text was found on it and the model does not see.
    """
    if not loaded.sees_pictures and not any(e.text.strip() for e in observation.elements):
        raise NotFound(
            "no text was found on the screen; a model that sees may tell more: --model vlm:NAME"
        )


# --- a small model


def _ask_small(observation: Observation, question: str, loaded: LoadedChatModel) -> Answered:
    from . import small_model
    from .calls import call_small
    from .screen_lines import screen_lines

    screen = screen_lines(observation, question, budget=SMALL_SCREEN_TOKENS)
    text, cost = call_small(
        loaded,
        small_model.question_messages(screen, question),
        max_tokens=small_model.MAX_ANSWER_TOKENS,
        grammar=small_model.answer_grammar(screen),
    )
    answer = small_model.parse_answer(text, screen)
    line = () if answer.line is None else answer.line.elements
    return Answered(
        question=question,
        text=answer.text or NOT_THERE,
        found=bool(answer.text),
        elements=_rested_on(answer.text, line, observation) if answer.text else (),
        model=loaded.name,
        left_out=screen.left_out,
        cost=cost,
    )


def _rested_on(answer: str, line: Sequence[int], observation: Observation) -> tuple[Element, ...]:
    """Return what an answer rests on: what says its words, in its line or else on the screen.

    Where nothing says them, as in a count or a yes, the whole line does.
    """
    own = [element for element in observation.elements if element.id in line]
    for elements, min_chars in ((own, 1), (observation.elements, MIN_FAR_CHARS)):
        saying = [element for element in elements if _says(element, answer, min_chars)]
        if saying:
            return tuple(saying[:MAX_RESTED_ON])
    return tuple(own[:MAX_RESTED_ON])


def _says(element: Element, answer: str, min_chars: int) -> bool:
    text, said = bare(element.text), bare(answer)
    # Whole words, either way: "1,204.00" says "Total: 1,204.00", and "Archive" no "xarchiver".
    shorter, longer = sorted((text, said), key=len)
    if len(shorter) < min_chars:
        return False
    return re.search(rf"(?<!\w){re.escape(shorter)}(?!\w)", longer) is not None


# --- any other chat model


def _ask_chat(observation: Observation, question: str, loaded: LoadedChatModel) -> Answered:
    from . import chat_model
    from .calls import call_chat

    room = getattr(loaded.model, "context_tokens", None)
    sees = loaded.sees_pictures
    prompt = chat_model.question_prompt(
        observation, question, with_picture=sees, context_tokens=room
    )
    text, cost = call_chat(loaded, prompt)
    answer = chat_model.parse_answer(text)
    pictures = int(sees)
    if prompt.is_reduced:
        rested_on = [e for e in observation.elements if e.id in answer.cited]
        part = chat_model.zoom_part(observation, rested_on, question)
        if part is not None:
            closer = chat_model.question_prompt(
                observation, question, with_picture=sees, context_tokens=room, zoom=part
            )
            text, more = call_chat(loaded, closer)
            answer = chat_model.parse_answer(text)
            cost += more
            pictures = 2
    if not text.strip():
        raise ModelOutputError(f"expected an answer from {loaded.name}, got no text; ask again")
    known = {element.id: element for element in observation.elements}
    return Answered(
        question=question,
        text=answer.text or NOT_THERE,
        found=bool(answer.text),
        elements=tuple(known[number] for number in answer.cited if number in known),
        unknown=tuple(number for number in answer.cited if number not in known),
        source="picture" if sees else "screen text",
        model=loaded.name,
        pictures=pictures,
        left_out=prompt.left_out,
        cost=cost,
    )
