"""What a small model's plan is held to, in code: a prompt only asks.

Each guard looks at one sentence of a plan and says why it is left out, or makes it right.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ...tools.actions import Click, PressKeys, TextTarget, TypeText, target_of
from ...tools.perception.text_match import normalise
from ..instructions.parse import parse_instructions
from ..instructions.sentences import Act, SelectFrom, Sentence, SetChecked
from ..instructions.write import write_sentences
from .labels import FIELDS, LEADS_ON, LISTS, TICKED, Label, LabelledScreen, quoted_plainly
from .plan_line import Line
from .screen_signs import named_controls
from .sending import ENTERING, SEARCHING, confirms, is_named
from .words import calculates, clauses, content_words, naming_words, speaks_of_keys, words

ONE_LINE_PX = 60
"""A field that is higher holds a text, which is added to; a value is replaced."""
ALL = frozenset(words("all every everything each both"))
AGAIN = frozenset(words("twice times again two three four five six seven eight nine ten"))
OFF = re.compile(
    r"\b(?:un(?:check|tick|mark|select)\w*|deselect\w*|off|disable\w*|deactivate\w*|clear|"
    r"not|don't|no|without|stop|forbid|block|deny|hide)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A plan after the guards."""

    lines: Sequence[Line]
    left_out: Sequence[str]
    """Why, a sentence each."""
    already: Sequence[str] = ()
    """Sentences that need not be done: it is so."""
    is_cut: bool = False
    """Whether sentences were left out because they are for the screen that comes then."""


def guard_plan(
    sentences: Sequence[Sentence],
    screen: LabelledScreen,
    task: str,
    *,
    seen_texts: Sequence[str] = (),
    done: Collection[str] = (),
    wanted: frozenset[str] | None = None,
    may_guess: bool = True,
    visited: Collection[str] = (),
) -> Guarded:
    """Return what is left of a plan.

    Args:
        sentences: As the model wrote them.
        screen: That they were written for.
        task: What is to be done, with what a person answered.
        seen_texts: Texts of the screen that may be typed.
        done: Sentences that were carried out on this very screen.
        wanted: Words of the task that nothing done so far has touched, if only these may be acted
            on; None for all that the task says.
        may_guess: Whether a lone click may be on what the task calls by other words.
        visited: All sentences that were carried out.
    """
    lines: list[Line] = []
    left_out: list[str] = []
    already: list[str] = []
    is_any_named = bool(named_controls(screen, task))
    may_mean = may_guess and len(sentences) == 1 and not is_any_named
    for number, sentence in enumerate(sentences):
        label = _label(sentence, screen)
        following = sentences[number + 1] if number + 1 < len(sentences) else None
        right = _with_the_task(sentence, label, task)
        written = write_sentences([right])
        # A press that the task does not name sends off what was entered; by itself it does harm.
        entered = [*done, *(line.sentence for line in lines)]
        may_confirm = not is_any_named or any(one.startswith(ENTERING) for one in entered)
        reason = (
            _not_told(right, task, seen_texts)
            or _is_foreign(right, label, task, may_mean=may_mean, may_confirm=may_confirm)
            or _is_foreign_key(right, lines, task)
            or _leads_nowhere(right, label, following, screen)
            or _is_taken(right, [*visited, *(line.sentence for line in lines)])
            or _is_again(written, label, lines, done, task)
            or _was_led_there(written, label, visited, task)
            or _stands_for_a_row(right, label, screen, task)
            or _is_said_of_another(right, number, label, sentences, screen, task)
            or _sends_too_early(right, label, screen, task, entered)
        )
        so_already = "" if reason else _is_so_already(right, label)
        if so_already:
            already.append(written)
            reason = so_already
        if not reason and wanted is not None and not frozenset(words(written)) & wanted:
            sends_off = bool(lines) and (confirms(label) or is_named(label, task))
            reason = "" if sends_off else "the rest of the task does not name it"
        if reason:
            left_out.append(f"{written}: {reason}")
            continue
        lines.append(Line(sentence=written, element_id=None if label is None else label.element.id))
        is_click = isinstance(right, Act) and isinstance(right.action, Click)
        if is_click and label is not None and label.element.role in LEADS_ON and following:
            return Guarded(lines=lines, left_out=left_out, already=already, is_cut=True)
    return Guarded(lines=lines, left_out=left_out, already=already)


def _was_led_there(written: str, label: Label | None, visited: Collection[str], task: str) -> str:
    """Return why a tab, link or menu is not opened again: it was, and its screen is this one."""
    leads = label is not None and label.element.role in LEADS_ON
    is_known = leads and written in visited and not AGAIN & frozenset(words(task))
    return "it was opened before" if is_known else ""


def belongs_to_button(label: Label, screen: LabelledScreen, task: str) -> bool:
    """Tell whether a box only says in which row a button stands that the task names."""
    return any(
        other.element.role == "button"
        and other.target.near == label.target.text
        and is_named(other, task)
        for other in screen.targets
    )


def _stands_for_a_row(
    sentence: Sentence, label: Label | None, screen: LabelledScreen, task: str
) -> str:
    is_box = isinstance(sentence, SetChecked) and label is not None
    is_row = is_box and label is not None and belongs_to_button(label, screen, task)
    return "the task names a button beside it" if is_row else ""


def _sends_too_early(
    sentence: Sentence,
    label: Label | None,
    screen: LabelledScreen,
    task: str,
    entered: Sequence[str],
) -> str:
    """Return what the task names and is not entered yet, where a sentence would send it off."""
    is_click = isinstance(sentence, Act) and isinstance(sentence.action, Click)
    if not is_click or not confirms(label):
        return ""
    for other in screen.targets:
        # Boxes are ticked before the press anyway: see `evidence.py`.
        is_entry = other.element.role in FIELDS | LISTS
        lacks = is_entry and normalise(other.value or "\n") not in normalise(task)
        if lacks and is_named(other, task) and not any(other.name in one for one in entered):
            return f"{other.text} is to be filled first"
    return ""


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
            wanted = label.element.role == "radio" or is_wanted_on(label, task)
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


def is_wanted_on(label: Label, task: str) -> bool:
    """Tell whether a box that the task names is to be ticked."""
    named = naming_words(label.name)
    parts = clauses(task)
    own = max(parts, key=lambda part: len(naming_words(part) & named), default="")
    if not naming_words(own) & named:
        own = task
    # "Hide toolbar" is ticked to hide it, "Do not track" so as not to be tracked.
    written = frozenset(words(label.name))
    return all(frozenset(words(off[0])) <= written for off in OFF.finditer(own))


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


def _is_foreign(
    sentence: Sentence, label: Label | None, task: str, *, may_mean: bool, may_confirm: bool
) -> str:
    """Return why a sentence is none of the task's.

    Args:
        sentence: To judge.
        label: What it acts on.
        task: What is to be done.
        may_mean: Whether a click may be on what the task calls by other words.
        may_confirm: Whether a click may be on what sends off or goes on.
    """
    asked = frozenset(words(task))
    named = frozenset() if label is None else frozenset(words(label.name)) & asked
    is_foreign = False
    if isinstance(sentence, SetChecked):
        is_foreign = not naming_words(label.name if label else "") & asked and not ALL & asked
    elif isinstance(sentence, Act) and isinstance(sentence.action, Click):
        is_confirming = may_confirm and confirms(label)
        is_key = label is not None and _is_key_of(label, task)
        is_foreign = not may_mean and not named and not is_confirming and not is_key
    elif isinstance(sentence, Act) and isinstance(sentence.action, TypeText):
        is_search = label is not None and bool(frozenset(words(label.name)) & SEARCHING)
        is_foreign = is_search and not asked & SEARCHING
    return "the task does not name it" if is_foreign else ""


def _is_taken(sentence: Sentence, entered: Sequence[str]) -> str:
    """Return why a text is not typed: another one was meant for the same field."""
    if not isinstance(sentence, Act) or not isinstance(sentence.action, TypeText):
        return ""
    typed = [parse_instructions(one)[0] for one in entered if one.startswith("type ")]
    is_taken = any(target_label(other) == target_label(sentence) for other in typed)
    is_same = any(other == sentence for other in typed)
    return "something else is typed there" if is_taken and not is_same else ""


def _is_said_of_another(
    sentence: Sentence,
    number: int,
    label: Label | None,
    plan: Sequence[Sentence],
    screen: LabelledScreen,
    task: str,
) -> str:
    """Return why a list or a field that the task does not name gets none of its words.

    The name that goes into a field is no option of the list beside it, and what is typed once is
    not typed twice.
    """
    if label is None or naming_words(label.name) & frozenset(words(task)):
        return ""
    typed = [_typed(other) for other in plan]
    if isinstance(sentence, SelectFrom):
        meant = {*TICKED, *LEADS_ON, "button"}
        things = [other for other in screen.targets if other.element.role in meant]
        names = [other.name for other in things if is_named(other, task)]
        others = frozenset(word for text in (*typed, *names) for word in words(text))
        is_others = frozenset(words(sentence.option)) <= others
        return "the task says that of something else" if is_others else ""
    text = _typed(sentence)
    is_typed = bool(text) and text in typed[:number] and task.count(text) == 1
    return "it is typed elsewhere" if is_typed else ""


def _typed(sentence: Sentence) -> str:
    match sentence:
        case Act(action=TypeText(text=text)):
            return text
        case _:
            return ""


def unknown_text(sentences: Sequence[Sentence], screen: LabelledScreen, task: str) -> str:
    """Return the field for which the task gives no text: what a plan types only names it."""
    for sentence in sentences:
        label, text = _label(sentence, screen), _typed(sentence)
        said = content_words(text)
        is_own_name = bool(said) and label is not None and said <= frozenset(words(label.name))
        if label is not None and is_own_name and quoted_plainly(text) not in task:
            return label.name
    return ""


def _is_foreign_key(sentence: Sentence, lines: Sequence[Line], task: str) -> str:
    if not isinstance(sentence, Act) or not isinstance(sentence.action, PressKeys):
        return ""
    if speaks_of_keys(task):
        return ""
    # Enter after typing is how a search is sent off.
    is_after_typing = bool(lines) and lines[-1].sentence.startswith("type ")
    is_enter = sentence.action.keys == ("enter",)
    return "" if is_enter and is_after_typing else "the task does not speak of keys"


def _is_key_of(label: Label, task: str) -> bool:
    """Tell whether a thing is a key of a calculator on which a task has something to work out."""
    is_in_it = label.name in task or label.name == "="
    return len(label.name) == 1 and is_in_it and calculates(task)


def _is_again(
    written: str, label: Label | None, lines: Sequence[Line], done: Collection[str], task: str
) -> str:
    if AGAIN & frozenset(words(task)) or (label is not None and _is_key_of(label, task)):
        return ""
    if any(line.sentence == written for line in lines):
        return "it is in the plan already"
    return "it was done on this screen already" if written in done else ""
