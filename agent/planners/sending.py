"""What sends off the entries of a screen: the buttons that do, and whether one was pressed."""

from collections.abc import Collection, Sequence

from ..instructions.parse import parse_instructions
from ..instructions.write import write_sentences
from .labels import Label, LabelledScreen
from .plan_line import Line
from .words import clauses, is_forbidding, naming_words, words

CONFIRMING = frozenset(
    words(
        "ok okay save submit send apply confirm continue next finish done close accept agree "
        "search go yes sign log login register create add book order update set find start "
        "print rename check"
    )
)
STEPPING = frozenset(words("next continue finish"))
SEARCHING = frozenset(words("search find filter look show seek query"))
ENTERING = ("type ", "select ", "check ", "uncheck ")


def sending_button(
    screen: LabelledScreen, task: str, done: Sequence[str], visited: Collection[str] = ()
) -> Line | None:
    """Return the press that a plan forgot: of the one button that sends off what was entered.

    It is the task that must name it, in a part that does not forbid it; but who went from step to
    step goes on to the end.

    Args:
        screen: What is seen.
        task: What is to be done.
        done: What was done on this screen, in order.
        visited: All that was done.
    """
    if not done or not done[-1].startswith(ENTERING):
        return None
    asked = " ".join(part for part in clauses(task) if not is_forbidding(part))
    goes_on = any(
        sentence.startswith("click ") and STEPPING & set(words(sentence)) for sentence in visited
    )
    buttons = [
        label
        for label in screen.targets
        if label.element.role == "button"
        and confirms(label)
        and (is_named(label, asked) or (goes_on and STEPPING & frozenset(words(label.name))))
    ]
    if len(buttons) != 1:
        return None
    (press,) = parse_instructions(f"click {buttons[0].text}")
    written = write_sentences([press])
    line = Line(sentence=written, element_id=buttons[0].element.id)
    return None if written in done else line


def is_sent_off(done: Sequence[str]) -> bool:
    """Tell whether the last that was done sends off what was entered before it."""
    if len(done) < 2 or not done[-1].startswith("click ") or not done[-2].startswith(ENTERING):
        return False
    pressed = frozenset(words(done[-1]))
    return bool(pressed & CONFIRMING) and not pressed & STEPPING


def is_searched(done: Sequence[str]) -> bool:
    """Tell whether the last that was done only brings what is to be gone on with."""
    return is_sent_off(done) and bool(frozenset(words(done[-1])) & SEARCHING)


def is_named(label: Label | None, task: str) -> bool:
    """Tell whether all that is written on a thing is in the task."""
    named = frozenset() if label is None else naming_words(label.name)
    return bool(named) and named <= frozenset(words(task))


def confirms(label: Label | None) -> bool:
    """Tell whether a thing is called by a word that sends off or goes on."""
    return label is not None and bool(frozenset(words(label.name)) & CONFIRMING)
