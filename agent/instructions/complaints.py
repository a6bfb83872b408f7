"""What is wrong with a sentence: where, what was understood, and what could stand there."""

import difflib
import re

from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

VERBS = (
    "click", "double-click", "right-click", "hover over", "drag", "scroll", "type", "press",
    "open", "switch to", "select", "check", "uncheck", "wait until", "expect", "if", "copy",
    "save screenshot", "ask", "done",
)  # fmt: skip

FRIENDLY = {
    "WORD": 'a label such as Save or "Save As..."',
    "NUMBER": "a number",
    "STRING": 'a text in quotes such as "Save"',
    "KEYS": "keys such as ctrl+s",
    "NAME": "the name of a secret",
    "DIRECTION": "up, down, left or right",
    "IN": "in WINDOW",
    "NEAR": "near LABEL",
    "INTO": "into LABEL",
    "TO": "to LABEL",
    "FROM": "from LABEL",
    "THEN": "then",
    "NEWLINE": "a new line",
    "SEMICOLON": "then",
    "AND_EXPECT": 'and expect "…"',
    "IS_VISIBLE": "is visible",
    "IS_OPEN": "is open",
    "APPEARS": "appears",
    "DISAPPEARS": "disappears",
    "OPENS": "opens",
    "CLOSES": "closes",
    "WINDOW": "window",
    "TO_CLIPBOARD": "to the clipboard",
    "UNTIL": 'until "…" is visible',
    "END": "end",
    "OTHERWISE": "otherwise",
    "COMMA": "a comma",
    "COLON": "a colon",
    "$END": "the end of the sentence",
    "REPLACING": "replacing what is there",
    "WITHIN": "within N seconds",
    "SECONDS": "seconds",
    "TIMES": "times",
    "AS": "as PATH",
    "SECRET": "secret NAME",
    "NO": "no",
}

UNSAID = frozenset({"NUMBER", "SEMICOLON", "WINDOW", "NEWLINE", "NO"})
"""Left out where something more telling can stand there as well."""

MAX_EXPECTED = 4


def place_of(text: str, position: int) -> tuple[int, int]:
    """Return line and column of a position in the text, both from 1."""
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def complaint(text: str, error: UnexpectedInput) -> tuple[int, int, str]:
    """Return line, column and one line of message for what the parser met."""
    position = _position(text, error)
    line, column = place_of(text, position)
    where = f"line {line}, column {column}"
    word = _word_at(text, position)
    expected = _expected(error)
    understood = _understood(text, position)
    if not understood and word:
        return line, column, f"{where}: {_unknown_verb(word)}"
    met = f"{word!r} does not fit" if word else "the sentence ends too early"
    after = f" after {understood!r}" if understood else ""
    could = f"; expected {', '.join(expected)}" if expected else ""
    hint = ""
    if word and re.fullmatch(
        r"(?i)(in|to|from|into|near|then|until|within)", understood[-6:].strip()
    ):
        hint = "; put a label that holds such a word in quotes"
    return line, column, f"{where}: {met}{after}{could}{hint}"


def _position(text: str, error: UnexpectedInput) -> int:
    if isinstance(error, UnexpectedEOF):
        return len(text)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text.rstrip())
    position = error.pos_in_stream
    if position is None or position < 0:
        return len(text)
    # A token may begin with the blanks or the comma before its word.
    while position < len(text) and text[position] in " \t":
        position += 1
    return position


def _word_at(text: str, position: int) -> str:
    match = re.compile(r'"[^"\n]*"?|\S+').match(text, position)
    word = match[0] if match else ""
    return word if len(word) <= 40 else f"{word[:37]}..."


def _understood(text: str, position: int) -> str:
    """Return what stands before the position in its sentence."""
    before = text[:position]
    start = max([0, *(match.end() for match in re.finditer(r"\n|;|\bthen\b(?=[^\"]*$)", before))])
    return " ".join(before[start:].split())[-60:]


def _unknown_verb(word: str) -> str:
    if word.casefold() == "wait":
        return f'{word!r} needs something to watch for, such as: wait until "Saved" appears'
    near = difflib.get_close_matches(word.casefold(), VERBS, n=1)
    if near:
        return f"{word!r} is no action; did you mean {near[0]!r}?"
    return f"{word!r} is no action; a sentence begins with one of: {', '.join(VERBS)}"


def _expected(error: UnexpectedInput) -> list[str]:
    if isinstance(error, UnexpectedToken):
        kinds = set(error.accepts or error.expected)
    elif isinstance(error, UnexpectedCharacters):
        kinds = set(error.allowed or ())
    else:
        kinds = set(getattr(error, "expected", ()))
    told = [kind for kind in kinds if kind in FRIENDLY]
    if len([kind for kind in told if kind not in UNSAID]) > 0:
        told = [kind for kind in told if kind not in UNSAID]
    order = list(FRIENDLY)
    names = dict.fromkeys(FRIENDLY[kind] for kind in sorted(told, key=order.index))
    return list(names)[:MAX_EXPECTED]
