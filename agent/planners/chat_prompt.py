"""What a chat model is given for one turn.

The fixed head comes first (rules, tools), then what stays for a whole run (the task), then what
changes least, and the screen last: providers keep the beginning of a prompt that they saw before.
The conversation is not kept. Each turn's prompt is built from the run's history, so that it stays
bounded over a long run and a resumed run asks the same as one that was never stopped.
"""

import base64
import dataclasses
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from ...tools.desktop.capture import Capture
from ...tools.perception.elements import Observation
from ...tools.perception.marks import annotate
from ...tools.perception.news import news, render_news
from ...tools.perception.pictures import encode_within
from ...tools.perception.render import Rendering, estimate_tokens, render_elements
from ...tools.safety.fence import Fence
from ...tools.safety.redaction import blackened
from ..prompts import load_prompt
from .past_runs import PastRun
from .pictures import Pictures
from .planner import WENT_WRONG, StepSummary, Turn

FULL_STEPS = 5
"""So many of the last steps are told with their evidence."""
SHORT_STEPS = 20
"""So many before them in a line each; of all earlier ones, how many there were."""
ANSWERED_STEPS = 10
"""What a person answered is told for so many questions, however long ago."""
PAST_STEPS = 8
"""So many of an earlier run are told, in a line with its task."""
SENTENCE_CHARS = 160
EVIDENCE_CHARS = 300
ANSWER_CHARS = 1000
FEW_ELEMENTS = 8
"""A screen with fewer of them is one that was hardly read: a picture says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLimits:
    """How much a prompt may hold."""

    screen_tokens: int = 3000
    """Of the list of elements; what does not fit is left out, plain text of windows in the back
    first."""
    news_tokens: int = 300
    """Of what is new since the last look; longer news are left out, the list says it all."""
    picture_side_px: int = 1280
    picture_bytes: int = 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is given, and what it was shown in it."""

    messages: tuple[BaseMessage, ...]
    numbers: frozenset[int]
    """The elements that the model can name."""
    n_pictures: int


def as_shown(turn: Turn) -> Observation:
    """Return the look at the screen with what must not leave this process taken out."""
    seen = turn.observation
    hidden = turn.redaction.boxes(seen.elements)
    capture = seen.capture
    if hidden:
        capture = Capture(
            pixels=blackened(capture.pixels, hidden), view=capture.view, taken_at=capture.taken_at
        )
    return dataclasses.replace(
        seen, capture=capture, elements=turn.redaction.elements(seen.elements)
    )


def wants_picture(turn: Turn, pictures: Pictures) -> bool:
    """Tell whether a picture is worth its tokens: where the text tells little, or misled."""
    if pictures != "auto":
        return pictures == "always"
    last = turn.last_outcome
    went_wrong = last is not None and last.effect in WENT_WRONG
    named = [element for element in turn.observation.elements if element.text]
    return went_wrong or len(named) < FEW_ELEMENTS


def build_prompt(
    task: str,
    turn: Turn,
    *,
    shown: Observation,
    before: Observation | None,
    has_picture: bool,
    limits: PromptLimits,
    secret_names: Collection[str] = (),
    past: Sequence[PastRun] = (),
    marks_head: bool = False,
) -> Prompt:
    """Return the prompt of a turn.

    Args:
        task: What the person wants.
        turn: What is decided on.
        shown: The look, without what must not leave this process.
        before: The look of the step before, likewise; None if it is not known.
        has_picture: Send the picture as well, in the user's message: few servers take one
            elsewhere.
        limits: How much the prompt may hold.
        secret_names: Secrets that the model can have typed.
        past: Earlier runs to learn from.
        marks_head: Say where the fixed head ends, for providers that keep it only then.
    """
    fence = Fence()
    rendering = render_elements(shown, budget=limits.screen_tokens)
    changing = [
        f"Step {turn.step}. What was read from the screen stands between "
        f"`[untrusted {fence.nonce}: …]` and `[end {fence.nonce}]`.",
        *_past(past, fence),
        *_history(turn.history, fence),
        *_news(before, shown, fence, limits),
        fence.wrap(rendering.text or "nothing can be read on the screen", "the screen now"),
        "Call one tool.",
    ]
    content: list[str | dict[Any, Any]] = [
        {"type": "text", "text": _constant(task, secret_names)},
        {"type": "text", "text": "\n\n".join(changing)},
    ]
    if has_picture:
        content.append(_picture(shown, limits))
    return Prompt(
        messages=(_head(is_marked=marks_head), HumanMessage(content=content)),
        numbers=_numbers(shown, rendering, has_picture=has_picture),
        n_pictures=int(has_picture),
    )


def prompt_text(messages: Sequence[BaseMessage]) -> str:
    """Return the text of messages, without pictures."""
    return "\n\n".join(f"{message.type}: {message.text}" for message in messages)


def _head(*, is_marked: bool) -> SystemMessage:
    rules = load_prompt("chat_system").system
    if not is_marked:
        return SystemMessage(rules)
    block = {"type": "text", "text": rules, "cache_control": {"type": "ephemeral"}}
    return SystemMessage(content=[block])


def _constant(task: str, secret_names: Collection[str]) -> str:
    names = f"\n\nSecrets by name: {', '.join(sorted(secret_names))}" if secret_names else ""
    # Some servers put the parts of a message together with nothing between them.
    return f"Task:\n{task}{names}\n\n"


def _past(past: Sequence[PastRun], fence: Fence) -> list[str]:
    """Return earlier runs in a line each: ours, but they hold what screens and people said."""
    if not past:
        return []
    lines = []
    for one in past:
        steps = [_cut(sentence, SENTENCE_CHARS) for sentence in one.steps[:PAST_STEPS]]
        steps += [f"{len(one.steps) - PAST_STEPS} more"] if len(one.steps) > PAST_STEPS else []
        lines.append(f"{_cut(one.task, SENTENCE_CHARS)} -> {'; '.join(steps)}")
    told = fence.wrap("\n".join(lines), "earlier runs that worked")
    return [f"Tasks like this one were done before; the screen may be another one now:\n{told}"]


def _history(steps: Sequence[StepSummary], fence: Fence) -> list[str]:
    """Return what was done: the last steps in full, older ones in a line, the rest as a count."""
    if not steps:
        return ["Nothing has been done yet."]
    numbered = list(enumerate(steps, start=1))
    counted = numbered[: -(FULL_STEPS + SHORT_STEPS)]
    short = numbered[:-FULL_STEPS][len(counted) :]
    lines = []
    if counted:
        effects = Counter(step.effect for _, step in counted)
        lines.append(
            f"{len(counted)} earlier steps: "
            + ", ".join(f"{count} {effect}" for effect, count in effects.most_common())
        )
    lines += [f"{n}. {_cut(step.sentence, SENTENCE_CHARS)}: {step.effect}" for n, step in short]
    lines += [
        f"{n}. {_cut(step.sentence, SENTENCE_CHARS)}: {step.effect}"
        f" ({_cut(step.evidence, EVIDENCE_CHARS)})"
        for n, step in numbered[-FULL_STEPS:]
    ]
    told = [fence.wrap("\n".join(lines), "the steps so far and what was seen of each")]
    # A person's words are not from the screen: they may say what to do.
    answered = [(n, step.answer) for n, step in numbered if step.answer][-ANSWERED_STEPS:]
    told += [f"The person answered at step {n}: {_cut(said, ANSWER_CHARS)}" for n, said in answered]
    return told


def _news(
    before: Observation | None, now: Observation, fence: Fence, limits: PromptLimits
) -> list[str]:
    if before is None:
        return []
    found = news(before, now)
    if not (found.added or found.removed or found.changed):
        return []
    text = render_news(before, now)
    if estimate_tokens(text) > limits.news_tokens:
        return []
    return [fence.wrap(text, "what is new on it")]


def _picture(shown: Observation, limits: PromptLimits) -> dict[Any, Any]:
    data, mime_type = encode_within(
        annotate(shown.capture, shown.elements),
        max_side_px=limits.picture_side_px,
        max_bytes=limits.picture_bytes,
    )
    encoded = base64.b64encode(data).decode("ascii")
    return {"type": "image", "base64": encoded, "mime_type": mime_type}


def _numbers(shown: Observation, rendering: Rendering, *, has_picture: bool) -> frozenset[int]:
    # The picture carries the number of every element.
    return frozenset(e.id for e in shown.elements) if has_picture else frozenset(rendering.shown)


def _cut(text: str, chars: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= chars else f"{line[: chars - 1]}…"
