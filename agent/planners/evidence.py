"""What shows that a task is done, and what of it nothing shows: checked in code, before the end.

That a small model's plan is used up says little: lists were set wrong and boxes skipped. So before
a run ends as done, what the task says in so many words is looked for in what was carried out and on
the screen. What can be put right without the model is put right.
"""

import re
from collections.abc import Sequence

from ...tools.actions import TypeText
from ...tools.perception.text_match import match_text, normalise
from ..instructions.parse import parse_instructions
from ..instructions.sentences import Act, SelectFrom, Sentence, SetChecked
from ..instructions.write import write_sentences
from .guards import belongs_to_button, is_wanted_on, target_label
from .labels import FIELDS, LISTS, TICKED, Label, LabelledScreen
from .plan_line import Line
from .sending import ENTERING, SEARCHING, confirms, is_sent_off, sending_button
from .words import clauses, content_words, is_forbidding, left_of, naming_words, words

_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|(?<!\w)'([^']+)'(?!\w)")
_VALUE = re.compile(r"[^\s\"“”]*(?:\d|\w@\w|\w\.\w)[^\s\"“”]*")
_SIGNS = re.compile(r"[\W_]+")
_WAITING = re.compile(r"(?:wait|pause)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\([^)]*\)")
_NUMBER = re.compile(r"\d[\d.,:]*")


def told_values(task: str) -> list[str]:
    """Return what a task tells to the letter: texts in quotes, addresses, names of files, numbers.

    >>> told_values('Send "See you" to ada@example.org, 2 copies. Do not touch a.txt.')
    ['See you', 'ada@example.org', '2']
    """
    values: list[str] = []
    for quoted in _QUOTED.finditer(task):
        values += [part for part in quoted.groups() if part is not None]
    # What is in quotes may have full stops and commas of its own.
    for part in clauses(_QUOTED.sub(" ", task)):
        if not is_forbidding(part) and not _WAITING.match(part):
            values += [value.strip(".,;:!?()") for value in _VALUE.findall(part)]
    return [value for value in dict.fromkeys(values) if _letters(value)]


def repairs(
    screen: LabelledScreen, task: str, done_here: Sequence[str], done: Sequence[str]
) -> list[Line]:
    """Return what is to be done on a screen before its entries are sent off or the run ends.

    That is: the lists that show something else than was chosen, and the boxes that the task names
    and that are not as it says.
    """
    lines = []
    for written in done_here:
        (sentence,) = parse_instructions(written)
        label = _label(sentence, screen)
        if isinstance(sentence, SelectFrom) and label is not None and _is_another(sentence, label):
            lines.append(Line(sentence=written, element_id=label.element.id))
    for label in _wrong_boxes(screen, task, done):
        sentence = SetChecked(target=label.target, checked=is_wanted_on(label, task))
        lines.append(Line(sentence=write_sentences([sentence]), element_id=label.element.id))
    return lines


def completed(
    lines: Sequence[Line], screen: LabelledScreen, task: str, done: Sequence[str]
) -> list[Line]:
    """Return a plan with what it forgot: boxes that the task names, and the press that sends off.

    Args:
        lines: The plan after its guards.
        screen: That it is for.
        task: What is to be done.
        done: What was carried out before.
    """
    lines = _with_the_text(lines, screen, task, done)
    planned = [line.sentence for line in lines]
    if not any(sentence.startswith(ENTERING) for sentence in planned):
        return list(lines)
    acted = {line.element_id for line in lines}
    known = [*done, *planned]
    boxes = [line for line in repairs(screen, task, [], known) if line.element_id not in acted]
    entries = [line for line in lines if line.sentence.startswith(ENTERING)]
    at = list(lines).index(entries[-1]) + 1
    whole = [*lines[:at], *boxes, *lines[at:]]
    planned = [line.sentence for line in whole]
    press = sending_button(screen, task, planned, [*done, *planned])
    if press is not None and _is_all_that_is_left(press, task, [*done, *planned]):
        whole.append(press)
    return whole


def _with_the_text(
    lines: Sequence[Line], screen: LabelledScreen, task: str, done: Sequence[str]
) -> Sequence[Line]:
    """Return a plan that would send off an empty field with the text that the task has for it.

    Only where there is no choice: one text in quotes or address that is nowhere yet, and one empty
    field, of which the plan makes nothing.
    """
    known = [*done, *(line.sentence for line in lines)]
    presses = [line for line in lines if confirms(_label_of(line, screen))]
    texts = [one for one in told_values(task) if f'"{one}"' in task or "@" in one]
    lost = [text for text in texts if _letters(text) not in _shown(screen, known)]
    acted = {line.element_id for line in lines}
    is_search = bool(SEARCHING & frozenset(words(task)))
    empty = [
        label
        for label in screen.targets
        if label.element.role in FIELDS
        and not label.value
        and label.element.id not in acted
        and (is_search or not SEARCHING & frozenset(words(label.name)))
    ]
    if len(presses) != 1 or len(lost) != 1 or len(empty) != 1:
        return lines
    entry = Act(action=TypeText(text=lost[0], into=empty[0].target))
    line = Line(sentence=write_sentences([entry]), element_id=empty[0].element.id)
    at = list(lines).index(presses[0])
    return [*lines[:at], line, *lines[at:]]


def _is_all_that_is_left(press: Line, task: str, done: Sequence[str]) -> bool:
    named = frozenset(words(press.sentence))
    untouched = left_of(task, done).clauses
    return bool(untouched) and all(naming_words(part) <= named for part in untouched)


def unproven(
    screen: LabelledScreen, task: str, done_here: Sequence[str], done: Sequence[str]
) -> list[str]:
    """Return what a task says and nothing shows to be done, a phrase each; empty if all is well."""
    shown = _shown(screen, done)
    missing = [f'"{value}"' for value in told_values(task) if _letters(value) not in shown]
    if not is_sent_off(done):
        missing += [line.sentence for line in repairs(screen, task, done_here, done)]
        press = sending_button(screen, task, done_here, done)
        missing += [] if press is None else [press.sentence]
    return missing


def part_with(value: str, task: str) -> str:
    """Return the part of a task that tells a value, all of it if none does by itself."""
    return next((part for part in clauses(task) if value.strip('"') in part), task)


def is_answer_seen(answer: str, screen: LabelledScreen, task: str) -> bool:
    """Tell whether every number of an answer stands on the screen or in the question."""
    seen = " ".join([task, *(f"{label.name} {label.value}" for label in screen.labels)])
    letters = _letters(seen)
    return all(_letters(number) in letters for number in _NUMBER.findall(answer))


def _letters(text: str) -> str:
    """Return text without blanks and signs, which are often misread."""
    return _SIGNS.sub("", normalise(text))


def _shown(screen: LabelledScreen, done: Sequence[str]) -> str:
    """Return the letters of what was carried out and of what the fields hold."""
    return _letters(" ".join([*done, *(label.value for label in screen.labels)]))


def _label_of(line: Line, screen: LabelledScreen) -> Label | None:
    if not line.sentence.startswith("click "):
        return None
    return next((one for one in screen.labels if one.element.id == line.element_id), None)


def _label(sentence: Sentence, screen: LabelledScreen) -> Label | None:
    target = target_label(sentence)
    return None if target is None else screen.of_target(target)


def _is_another(sentence: SelectFrom, label: Label) -> bool:
    if label.element.role not in LISTS or not label.value:
        return False
    return match_text(sentence.option, label.value) is None


def _wrong_boxes(screen: LabelledScreen, task: str, done: Sequence[str]) -> list[Label]:
    asked = frozenset(words(task))
    wrong = []
    for label in screen.targets:
        states = label.element.states
        is_box = label.element.role in TICKED and bool(states & {"checked", "unchecked"})
        name = _ASIDE.sub("", label.name)
        named = content_words(name) or naming_words(name)
        if not is_box or not named or not named <= asked:
            continue
        is_on, should_be_on = "checked" in states, is_wanted_on(label, task)
        if label.element.role == "radio" and not should_be_on:
            continue
        if is_on == should_be_on or _is_meant_as_row(label, screen, task, done):
            continue
        wrong.append(label)
    return wrong


def _is_meant_as_row(label: Label, screen: LabelledScreen, task: str, done: Sequence[str]) -> bool:
    """Tell whether a box was named only to say in which row something else stands."""
    acted = [one for one in done if not one.startswith(ENTERING)]
    name = normalise(label.name)
    return belongs_to_button(label, screen, task) or any(name in normalise(one) for one in acted)
