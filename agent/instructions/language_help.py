"""The help of the instruction language, read from the comments in its grammar file."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_COMMENT = re.compile(r"^// (section|form|shown): (.*)$")
_RULE = re.compile(r"^(\w+)(?:\.\d+)?\s*:")
_FIELDS = re.compile(r"^(?P<form>.*?) \| example: (?P<example>.*?) \| meaning: (?P<meaning>.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write something in the language."""

    rule: str
    """The rule of the grammar that it is."""
    section: str
    form: str
    example: str
    meaning: str


@cache
def grammar() -> str:
    """Return the text of the grammar file."""
    return files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")


@cache
def forms() -> tuple[Form, ...]:
    """Return every form of the language, in the order of the grammar file."""
    found: list[Form] = []
    section = ""
    pending: re.Match[str] | None = None
    for line in grammar().splitlines():
        comment = _COMMENT.match(line)
        rule = _RULE.match(line)
        if comment is not None and comment[1] == "section":
            section = comment[2]
        elif comment is not None and comment[1] == "form":
            pending = _FIELDS.match(comment[2])
            assert pending is not None, f"the grammar file has a bad form: {line}"
        elif rule is not None and pending is not None:
            found.append(Form(rule=rule[1], section=section, **pending.groupdict()))
            pending = None
    return tuple(found)


@cache
def shown_terminals() -> dict[str, str]:
    """Return how error messages name each terminal of the grammar."""
    names: dict[str, str] = {}
    shown = ""
    for line in grammar().splitlines():
        comment = _COMMENT.match(line)
        terminal = _RULE.match(line)
        if comment is not None and comment[1] == "shown":
            shown = comment[2]
        elif terminal is not None and shown:
            names[terminal[1]] = shown
            shown = ""
    return names


@cache
def verbs() -> tuple[str, ...]:
    """Return the words that sentences begin with, such as `click` and `wait until`."""
    return tuple(
        shown.removeprefix("verb ")
        for shown in shown_terminals().values()
        if shown.startswith("verb ")
    )


def help_text() -> str:
    """Return the language in one page, for a terminal."""
    lines = [
        "One sentence does one action. Sentences are joined by then, ; or new lines.",
        "# begins a comment.",
        "Keywords ignore case. Text that is typed or looked for stands in quotes; \\n is Return,",
        '\\t Tab, \\" a quote, \\\\ a backslash. A label may always be quoted, and must be if it',
        'holds a word of the language: click "Go to page".',
    ]
    section = ""
    for form in forms():
        if form.section != section:
            section = form.section
            lines += ["", section]
        lines += [f"  {form.form}", f"      {form.meaning}", f"      e.g. {form.example}"]
    return "\n".join(lines)


def help_table() -> str:
    """Return the language as Markdown tables, one a section; `docs/instructions.md` holds them."""
    lines: list[str] = []
    section = ""
    for form in forms():
        if form.section != section:
            section = form.section
            lines += [
                f"**{section}**",
                "",
                "| write | for example | what it does |",
                "|---|---|---|",
            ]
        lines.append(f"| {_cell(form.form)} | {_cell(form.example)} | {form.meaning} |")
        if form is forms()[-1] or forms()[forms().index(form) + 1].section != section:
            lines.append("")
    return "\n".join(lines).strip() + "\n"


def _cell(code: str) -> str:
    return f"`{code}`"
