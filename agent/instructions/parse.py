"""From text to sentences, with errors that point at the word."""

import difflib
import re
from collections.abc import Sequence
from functools import cache

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from ...memory.errors import BadArgumentError, InstructionError
from ...tools.desktop.keys import parse_keys
from .build import SentenceBuilder
from .build_pieces import error_at
from .language_help import grammar, shown_terminals, verbs
from .sentences import Sentence, walk

MAX_TEXT_BYTES = 64 * 1024
MAX_SENTENCES = 1000
MAX_DEPTH = 10
"""How deep blocks may stand in blocks."""

SHOWN_CHARS = 50
ALIKE = 0.8
"""Likeness from which a first word is taken for a verb with a letter wrong: klick, not please."""
OPENING_QUOTES = "\"“'‘"
BEGINNINGS = frozenset({"_THEN", "_SEP", "_COLON", "OTHERWISE_BLOCK", "_OTHERWISE"})
"""Terminals after which a sentence begins."""

NO_KEYWORDS = ("WORD", "STRING", "ROLE", "NUMBER", "KEYS", "NAMED_KEYS", "_SEP")

OTHER_WORDS = {
    "tap": "click", "choose": "select", "pick": "select", "start": "open", "run": "open",
    "write": "type", "enter": "type", "input": "type", "fill": "type", "toggle": "check",
    "hit": "press", "move": "hover over", "sleep": "wait", "pause": "wait", "verify": "expect",
    "assert": "expect", "see": "expect", "look": "expect", "find": "expect", "fail": "stop",
    "abort": "stop", "exit": "stop", "quit": "stop", "finish": "done", "when": "if",
    "else": "otherwise", "activate": "focus window", "go": "focus window", "paste": "press",
    "screenshot": "save screenshot", "save": "save screenshot", "doubleclick": "double-click",
    "set": "set the clipboard to", "switch": "switch to",
}  # fmt: skip
"""Words of other languages for what a verb here does."""


@cache
def sentence_parser() -> Lark:
    """Return the parser that the grammar file describes."""
    return Lark(grammar(), parser="lalr", lexer="contextual", propagate_positions=True)


def terminals_after(beginning: str) -> frozenset[str]:
    """Return the names of the terminals that the lexer knows after the beginning of a text."""
    interactive = sentence_parser().parse_interactive(beginning)
    interactive.exhaust_lexer()
    return frozenset(interactive.choices())  # type: ignore[no-untyped-call]  # as lark is


def parse_instructions(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a text in the instruction language.

    Raises:
        InstructionError: At the first word that is not understood: one line that says where it
            is, what was understood up to there and what was expected.
    """
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > MAX_TEXT_BYTES:
        raise InstructionError(f"the text has {size} bytes; at most {MAX_TEXT_BYTES} are read")
    tree = _parse(text)
    try:
        sentences: tuple[Sentence, ...] = SentenceBuilder(text).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, InstructionError):
            raise error.orig_exc from None
        raise
    if not sentences:
        raise InstructionError('there is no sentence in the text; for example: click "Save"')
    return _checked(sentences)


def begins_like_a_sentence(text: str) -> bool:
    """Tell whether a text begins with a verb of the language, or what may be meant for one.

    >>> begins_like_a_sentence("klick Save"), begins_like_a_sentence("please save my letter")
    (True, False)
    """
    first = re.search(r"^\s*([^\s#][^\s]*)", re.sub(r"(?m)^\s*#.*$", "", text))
    if first is None:
        return False
    word = first[1].casefold().rstrip(".:,!")
    known = {verb.split()[0] for verb in (*verbs(), "launch", "switch to")} | set(OTHER_WORDS)
    return word in known or bool(difflib.get_close_matches(word, known, n=1, cutoff=ALIKE))


def _parse(text: str) -> Tree[Token]:
    interactive = sentence_parser().parse_interactive(text)
    tokens: list[Token] = []
    blocks: list[int] = []  # where the ones that are open begin
    begins_at = 0
    try:
        for token in interactive.iter_parse():
            tokens.append(token)
            offset = token.start_pos or 0
            match token.type:
                case "KEYS":
                    _check_keys(text, token)
                case "_IF":
                    begins_at = offset
                case "_COLON":
                    blocks.append(begins_at)
                    if len(blocks) > MAX_DEPTH:
                        raise error_at(text, begins_at, f"more than {MAX_DEPTH} blocks in blocks")
                case "_END" if blocks:
                    blocks.pop()
        tree: Tree[Token] = interactive.feed_eof()  # type: ignore[no-untyped-call]  # as lark is
    except UnexpectedInput as error:
        expected = frozenset(interactive.accepts())  # type: ignore[no-untyped-call]  # as lark is
        if isinstance(error, UnexpectedToken) and tokens and tokens[-1] is error.token:
            tokens.pop()
        is_at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        if blocks and is_at_end and expected & {"_SEP", "_END"}:
            message = "this block has no end; write end on a line after its last sentence"
            raise error_at(text, blocks[-1], message) from None
        raise _explain(text, tokens, error, expected) from None
    return tree


def point_at(text: str, error: InstructionError) -> str:
    """Return two lines for below an error message: the line of the text, and a mark under it."""
    lines = text.split("\n")
    line = lines[min(error.line, len(lines)) - 1]
    # A tab is as wide as the reader's terminal likes: the mark's line repeats it.
    before = re.sub(r"[^\t]", " ", line[: error.column - 1])
    return f"{line.rstrip()}\n{before}^"


def _checked(sentences: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
    for count, sentence in enumerate(walk(sentences), start=1):
        if count > MAX_SENTENCES:
            source = sentence.source
            raise InstructionError(
                f"line {source.line}: more than {MAX_SENTENCES} sentences",
                line=source.line,
                column=source.column,
            )
    return sentences


def _check_keys(text: str, token: Token) -> None:
    try:
        parse_keys(token)
    except BadArgumentError as error:
        offset = token.start_pos or 0
        names_a_thing = re.match(r"the\b|button\b|[\"“'‘]|\w+\s+button\b", text[offset:], re.I)
        hint = "; press is for keys, a thing on the screen is clicked: click X"
        raise error_at(text, offset, f"{error}{hint if names_a_thing else ''}") from None


def _explain(
    text: str, tokens: Sequence[Token], error: UnexpectedInput, expected: frozenset[str]
) -> InstructionError:
    """Return what is wrong with a text, told by the place where the parser stopped."""
    offset = _place(text, error)
    before = text[text.rfind("\n", 0, offset) + 1 : offset].strip()
    after = f" after {_short(before, from_end=True)}" if before else ""
    rest = text[offset:]
    # Only white space and a comment before the line's end: there the sentence ends.
    is_at_end = re.match(r"[^\S\n]*(?:#[^\n]*)?(?:\n|$)", rest) is not None
    if is_at_end:
        return error_at(text, offset, f"the sentence ends{after}; expected {_wanted(expected)}")
    found_type = error.token.type if isinstance(error, UnexpectedToken) else ""
    text_in_quotes = re.match(sentence_parser().get_terminal("STRING").pattern.to_regexp(), rest)
    if rest[0] in OPENING_QUOTES and text_in_quotes is None:
        return error_at(text, offset, f"the quote that opens here is not closed on its line{after}")
    found = text_in_quotes or re.match(r"[^\s;,\"“”]+", rest)
    word = rest[0] if found is None else found[0]
    if "_CLICK" in expected and (not tokens or tokens[-1].type in BEGINNINGS):
        return error_at(text, offset, _unknown_verb(word, after))
    message = f"{_short(word)} is not understood{after}; expected {_wanted(expected)}"
    is_keyword = found_type not in ("", *NO_KEYWORDS)
    if is_keyword and tokens and tokens[-1].type in ("WORD", "ROLE"):
        message += "; a label that holds a word of the language is quoted"
    elif "STRING" in expected and "WORD" not in expected:
        message += f'; quote it: "{word}"'
    return error_at(text, offset, message)


def _place(text: str, error: UnexpectedInput) -> int:
    """Return where in the text the thing stands that is not understood."""
    if isinstance(error, UnexpectedCharacters):
        return error.pos_in_stream or 0
    assert isinstance(error, UnexpectedToken)
    token = error.token
    if token.type == "$END":
        # Behind the last thing that is no comment and no white space.
        return len(re.sub(r"(?:\s|(?:(?<=\s)|^)#[^\n]*)+\Z", "", text))
    start = token.start_pos or 0
    if token.type == "_SEP":
        return start
    # A joint may begin with the white space and comma before it.
    return start + len(token) - len(token.lstrip(" \t\n,"))


def _unknown_verb(word: str, after: str) -> str:
    plain = word.casefold().rstrip(".:,!")
    if plain in ("end", "otherwise"):
        return f"{word!r} belongs to an if, and none is open here{after}"
    if plain == "then":
        return f"{word!r} stands between two sentences, and none is before it{after}"
    known = (*verbs(), "launch", "switch to")
    # Of verbs with one first word, such as type and type secret, the plainest is meant.
    firsts = {verb.split()[0]: verb for verb in sorted(known, key=len, reverse=True)}
    meant = OTHER_WORDS.get(plain)
    if meant is None:
        near = difflib.get_close_matches(plain, [first for first in firsts if first != plain], n=1)
        meant = firsts[near[0]] if near else None
    shown = f"{_short(word)} is no verb of the language{after}"
    if meant is not None:
        return f'{shown}; did you mean "{meant}"?'
    beginnings = dict.fromkeys(verb.split()[0] for verb in known)
    return f"{shown}; a sentence begins with {', '.join(beginnings)}"


def _wanted(expected: frozenset[str]) -> str:
    """Return what could have come, by the names in the grammar file, joints first."""
    if "THE" in expected:  # all of these begin the name of a thing
        expected = expected - {"THE", "ORDINAL", "ROLE", "STRING"}
    if "$END" in expected:
        expected = expected | {"_SEP"}
    names = [name for terminal, name in shown_terminals().items() if terminal in expected]
    shown = list(dict.fromkeys("a sentence" if n.startswith("verb ") else n for n in names))
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _short(text: str, *, from_end: bool = False) -> str:
    text = " ".join(text.split())
    if len(text) > SHOWN_CHARS:
        text = f"…{text[-SHOWN_CHARS:]}" if from_end else f"{text[:SHOWN_CHARS]}…"
    return repr(text)
