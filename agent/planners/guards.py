"""What a small model's plan is held to, in code: a prompt only asks.

Each guard looks at one sentence of a plan and says why it is left out, or makes it right.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ...tools.actions import Click, PressKeys, TextTarget, TypeText, target_of
from ...tools.perception.elements import Observation
from ...tools.perception.text_match import normalise
from ..instructions.sentences import Act, SelectFrom, Sentence, SetChecked
from ..instructions.write import write_sentences
from .labels import FIELDS, LISTS, TICKED, Label, LabelledScreen
from .words import clauses, naming_words, words

ONE_LINE_PX = 60
"""A field that is higher holds a text, which is added to; a value is replaced."""
MAX_FOREIGN_CLICKS = 1
"""Clicks in one plan on things that the task does not name and that confirm nothing."""
CONFIRMING = frozenset(
    "ok okay save submit send apply confirm continue next finish done close accept agree search go "
    "yes sign log login register create add book order update set find start".split()
)
ALL = frozenset("all every everything each both".split())
AGAIN = frozenset("twice times again two three four five six seven eight nine ten".split())
OFF = re.compile(
    r"\b(?:un(?:check|tick|mark|select)\w*|deselect\w*|off|disable\w*|deactivate\w*|clear|"
    r"do not|don't|no longer|without|stop)\b",
    re.IGNORECASE,
)
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
LEAVING = frozenset("cancel stop abort hide close back background pause details".split())
"""Buttons of a screen that only waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sentence of a plan that may be carried out."""

    sentence: str
    """In the instruction language."""
    element_id: int | None = None
    """What it acts on; None for a sentence without a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A plan after the guards."""

    lines: Sequence[Line]
    left_out: Sequence[str]
    """Why, a sentence each."""


def guard_plan(
    sentences: Sequence[Sentence],
    screen: LabelledScreen,
    task: str,
    *,
    seen_texts: Sequence[str] = (),
    done: Collection[str] = (),
) -> Guarded:
    """Return what is left of a plan.

    Args:
        sentences: As the model wrote them.
        screen: That they were written for.
        task: What is to be done, with what a person answered.
        seen_texts: Texts of the screen that may be typed.
        done: Sentences that were carried out on this very screen.
    """
    lines: list[Line] = []
    left_out: list[str] = []
    foreign = 0
    for number, sentence in enumerate(sentences):
        label = _label(sentence, screen)
        following = sentences[number + 1] if number + 1 < len(sentences) else None
        right = _with_the_task(sentence, label, task)
        written = write_sentences([right])
        reason = (
            _not_told(right, task, seen_texts)
            or _is_so_already(right, label)
            or _leads_nowhere(right, label, following, screen)
            or _is_foreign_tick(right, label, task)
        )
        if not reason and any(line.sentence == written for line in lines):
            reason = "" if AGAIN & set(words(task)) else "it is in the plan already"
        if not reason and written in done and not AGAIN & set(words(task)):
            reason = "it was done on this screen already"
        if not reason and len(sentences) > 1 and _is_foreign_click(right, label, task):
            foreign += 1
            if foreign > MAX_FOREIGN_CLICKS:
                reason = "the task does not name it"
        if reason:
            left_out.append(f"{written}: {reason}")
        else:
            element_id = None if label is None else label.element.id
            lines.append(Line(sentence=written, element_id=element_id))
    return Guarded(lines=lines, left_out=left_out)


def seen_texts(observation: Observation, screen: LabelledScreen, task: str) -> list[str]:
    """Return the texts of a screen that may be typed: none, unless the task speaks of them."""
    if SEEN.search(task) is None:
        return []
    plain = [label.name for label in screen.labels if label.element.role == "text"]
    values = [label.value for label in screen.labels if label.value]
    after_colon = [text.split(":", 1)[1].strip() for text in plain if ":" in text]
    texts = [text for text in (*values, *after_colon, *plain) if 0 < len(text) <= 40]
    return list(dict.fromkeys(texts))[:20]


def is_loading(screen: LabelledScreen, wanted: str) -> bool:
    """Tell whether a screen only waits, so that there is nothing to do on it but to wait too.

    Args:
        screen: What is seen.
        wanted: What is still to be done; a screen that offers it does not only wait.
    """
    says = any(
        label.element.role == "progressbar"
        or (label.element.role == "text" and LOADING.search(label.name))
        for label in screen.labels
    )
    controls = [
        label
        for label in screen.targets
        if label.element.role not in ("text", "image", "progressbar", "scrollbar")
    ]
    left = [label for label in controls if not LEAVING & set(words(label.name))]
    asked = naming_words(wanted)
    return says and not left and not any(LEAVING & asked & set(words(c.name)) for c in controls)


def target_label(sentence: Sentence) -> TextTarget | None:
    """Return what a sentence names."""
    match sentence:
        case Act(action=action):
            target = target_of(action)
            return target if isinstance(target, TextTarget) else None
        case SelectFrom(target=target) | SetChecked(target=target):
            return target
        case _:
            return None


def _label(sentence: Sentence, screen: LabelledScreen) -> Label | None:
    target = target_label(sentence)
    return None if target is None else screen.of_target(target)


def _with_the_task(sentence: Sentence, label: Label | None, task: str) -> Sentence:
    """Return the sentence as the task means it: ticks by the task's words, values replaced."""
    if label is None:
        return sentence
    states = label.element.states
    is_click = isinstance(sentence, Act) and isinstance(sentence.action, Click)
    if label.element.role in TICKED and states & {"checked", "unchecked"}:
        if is_click or isinstance(sentence, SetChecked):
            wanted = label.element.role == "radio" or _is_wanted_on(label, task)
            return SetChecked(target=_real(label), checked=wanted)
    if isinstance(sentence, SelectFrom):
        return replace(sentence, target=_real(label))
    if isinstance(sentence, Act) and isinstance(sentence.action, TypeText):
        holds = bool(label.value) or not label.is_value_known
        if holds and label.element.box.height <= ONE_LINE_PX:
            return replace(sentence, action=sentence.action.model_copy(update={"replace": True}))
    return sentence


def _real(label: Label) -> TextTarget:
    """Return a target that is found on the screen: the label shown may be shortened."""
    text = label.name[:200] if label.name == label.element.text.strip() else label.target.text
    return label.target.model_copy(update={"text": text})


def _is_wanted_on(label: Label, task: str) -> bool:
    named = naming_words(label.name)
    parts = clauses(task)
    own = max(parts, key=lambda part: len(naming_words(part) & named), default="")
    if not naming_words(own) & named:
        own = task
    return OFF.search(own) is None


def _not_told(sentence: Sentence, task: str, seen: Sequence[str]) -> str:
    text = ""
    if isinstance(sentence, Act) and isinstance(sentence.action, TypeText):
        text = sentence.action.text
    elif isinstance(sentence, SelectFrom):
        text = sentence.option
    if not text or normalise(text) in normalise(task):
        return ""
    if any(normalise(text) in normalise(known) for known in seen):
        return ""
    return "what it types is not in the task"


def _is_so_already(sentence: Sentence, label: Label | None) -> str:
    if label is None:
        return ""
    wanted = None
    if isinstance(sentence, Act) and isinstance(sentence.action, TypeText):
        wanted = sentence.action.text
    elif isinstance(sentence, SelectFrom):
        wanted = sentence.option
    if wanted is not None and label.value and normalise(wanted) == normalise(label.value):
        return "it holds that already"
    if isinstance(sentence, SetChecked):
        state = "checked" if sentence.checked else "unchecked"
        return f"it is {state} already" if state in label.element.states else ""
    return ""


def _leads_nowhere(
    sentence: Sentence, label: Label | None, following: Sentence | None, screen: LabelledScreen
) -> str:
    if label is None:
        return "" if target_label(sentence) is None else "it is not on the screen"
    is_click = isinstance(sentence, Act) and isinstance(sentence.action, Click)
    if is_click and label.element.role in FIELDS | LISTS and following is not None:
        if _label(following, screen) is label:
            return "the next sentence does it"
    return ""


def _is_foreign_tick(sentence: Sentence, label: Label | None, task: str) -> str:
    if not isinstance(sentence, SetChecked) or label is None:
        return ""
    asked = frozenset(words(task))
    if naming_words(label.name) & asked or ALL & asked:
        return ""
    return "the task does not name it"


def _is_foreign_click(sentence: Sentence, label: Label | None, task: str) -> bool:
    if not isinstance(sentence, Act) or label is None:
        return isinstance(sentence, Act) and isinstance(sentence.action, PressKeys)
    if not isinstance(sentence.action, Click):
        return False
    asked = frozenset(words(task))
    return not frozenset(words(label.name)) & (asked | CONFIRMING)
