"""The grammar a model's plan must follow: built anew for each screen, in GBNF.

The model can name only what is on the screen, and type only what is in the task or, where the task
speaks of it, on the screen. What follows the grammar parses as sentences of the instruction
language.
"""

import re
from collections.abc import Sequence

from ...tools.models.gbnf import literal
from ...tools.perception.elements import Role
from .labels import FIELDS, LEADS_ON, LISTS, NO_NAME, TICKED, LabelledScreen, quoted_plainly
from .screen_signs import is_sentence
from .words import is_question, speaks_of_keys, speaks_of_typing

MAX_LINES = 12
MAX_PIECES = 120
"""Of the task: words and signs that may be typed."""
WAIT = "wait 2 seconds"
ENTER = "\npress enter"
_PIECE = re.compile(r"\w+|[^\w\s]")
KEYS = (
    'mod* key\nmod ::= "ctrl+" | "alt+" | "shift+"\n'
    'key ::= [a-z0-9] | "enter" | "escape" | "tab" | "space" | "delete" | "backspace" | "up" | '
    '"down" | "left" | "right" | "home" | "end" | "page up" | "page down" | "f" [1-9]'
)
FREE_TEXT = '"\\"" [^"\\\\\\x00-\\x1f]{1,100} "\\""'


def plan_grammar(
    screen: LabelledScreen,
    task: str,
    *,
    may_be_done: bool,
    may_wait: bool = False,
    banned: frozenset[str] = frozenset(),
    seen_texts: Sequence[str] = (),
    max_lines: int = MAX_LINES,
) -> str:
    """Return the grammar of a plan for a screen.

    Args:
        screen: Whose labels are the targets.
        task: Whose words may be typed and chosen.
        may_be_done: Whether the plan may say that nothing is to be done.
        may_wait: Whether the plan may be to wait.
        banned: Labels that are no targets, because acting on them led nowhere.
        seen_texts: Texts that may be typed as well.
        max_lines: Of a plan.
    """
    rules: dict[str, str] = {}
    acts = _acts(screen, task, rules, banned, seen_texts)
    ways = ['"scroll " ("up" | "down")']
    if acts:
        rules["act"] = " | ".join(acts)
        ways.insert(0, f'act ("\\n" act){{0,{max_lines - 1}}}' if max_lines > 1 else "act")
    if _lacks_something(screen):
        ways.append('"ask " free')
    if may_wait:
        ways.append(literal(WAIT))
    if may_be_done:
        ways.append('"done " free')
    rules["free"] = FREE_TEXT
    written = [f"{name} ::= {body}" for name, body in rules.items()]
    return "\n".join([f"root ::= {' | '.join(ways)}", *written]) + "\n"


def _lacks_something(screen: LabelledScreen) -> bool:
    """Tell whether there is a field to fill; without one, there is nothing to ask a person for."""
    return any(
        label.element.role in FIELDS and not label.value and label.name != NO_NAME
        for label in screen.targets
    )


def _acts(
    screen: LabelledScreen,
    task: str,
    rules: dict[str, str],
    banned: frozenset[str],
    seen_texts: Sequence[str],
) -> list[str]:
    told = _add_spans(task, rules)
    texts = [*(["told"] if told else []), *(literal(quoted_plainly(text)) for text in seen_texts)]
    acts = []
    if speaks_of_keys(task):
        acts.append('"press " keys')
        rules["keys"] = KEYS

    def choice(name: str, labels: Sequence[str]) -> bool:
        if labels:
            rules[name] = " | ".join(map(literal, labels))
        return bool(labels)

    # A large pane looks like a field without a name; only a task that speaks of typing means it.
    may_be_pane = speaks_of_typing(task)
    # Who asks a question wants nothing changed; looking elsewhere for the answer is no change.
    readable = screen.targets
    if is_question(task):
        readable = [label for label in readable if label.element.role in LEADS_ON]
    targets = [
        label
        for label in readable
        if label.text not in banned
        and not is_sentence(label)
        and (may_be_pane or label.element.role not in FIELDS or label.name != NO_NAME)
    ]

    def of(roles: frozenset[Role]) -> list[str]:
        return [label.text for label in targets if label.element.role in roles]

    clickable = [label.text for label in targets]
    fields, lists, ticks = of(FIELDS), of(LISTS), of(TICKED)
    if choice("target", clickable):
        acts.append('"click " target')
        lowered = task.casefold()
        acts += [f'"{verb} " target' for verb in _rare_verbs(lowered)]
    if texts and choice("field", fields):
        rules["typed"] = " | ".join(texts)
        # Enter by itself is offered only where it sends off what was typed.
        acts.append(f'"type " typed " into " field ({literal(ENTER)})?')
    if told and choice("list", lists):
        acts.append('"select " told " from " list')
    if choice("tick", ticks):
        acts += ['"check " tick', '"uncheck " tick']
    return acts


def _rare_verbs(task: str) -> list[str]:
    """Return the verbs that are offered only where the task asks for them."""
    verbs = []
    if "double" in task:
        verbs.append("double-click")
    if re.search(r"right[- ]?click|right (mouse )?button|context menu", task):
        verbs.append("right-click")
    if "hover" in task:
        verbs.append("hover over")
    return verbs


def _add_spans(task: str, rules: dict[str, str]) -> bool:
    """Add the rule `told`: any run of the task's words, in quotes. False if there are none."""
    pieces = list(_PIECE.finditer(task))[:MAX_PIECES]
    starts = []
    for number, piece in enumerate(pieces):
        rules[f"w{number}"] = literal(quoted_plainly(piece[0])[1:-1])
        if number + 1 < len(pieces):
            gap = "" if pieces[number + 1].start() == piece.end() else literal(" ") + " "
            rules[f"w{number}"] += f" ({gap}w{number + 1})?"
        if (
            number == 0
            or piece.start() > pieces[number - 1].end()
            or not pieces[number - 1][0].isalnum()
        ):
            starts.append(f"w{number}")
    if starts:
        rules["told"] = f'"\\"" ({" | ".join(starts)}) "\\""'
    return bool(starts)
