"""How well a text on the screen answers the words someone is looking for."""

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import fuzz

from .elements import Role

EXACT = 100.0
BARE = 97.0
"""Equal but for accelerators, ellipses and colons at the ends."""
ALIKE = 95.0
"""Equal but for characters that look the same."""
WITHIN = 90.0
"""The words stand in a longer text; each further character costs."""
FUZZY_CUT = 86.0
MIN_FUZZY_CHARS = 5
"""Of shorter words too many are one letter apart: Open, Oven."""

_LOOKALIKES = str.maketrans(
    {
        "×": "x", "✕": "x", "⨯": "x", "*": "x", "−": "-", "–": "-", "—": "-", "‐": "-",
        "÷": "/", "∕": "/", "：": ":", "，": ",", "（": "(", "）": ")", "’": "'", "‘": "'",
        "“": '"', "”": '"', "…": "...", "·": ".", "∙": ".", "•": ".",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    """How well a text answers."""

    score: float
    """In [0, 100]."""
    start: int = 0
    """Where in the text the words stand."""
    end: int = 0


def normalise(text: str) -> str:
    """Return text as it is compared: compatibility forms, case and blanks made equal."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def bare(text: str) -> str:
    """Return normalised text without the marks that stand around labels."""
    return normalise(text).strip(" .:…*_&?!»«›‹>").replace("_", "")


def alike(text: str) -> str:
    """Return normalised text with characters that look the same made equal, without blanks."""
    folded = normalise(text).translate(_LOOKALIKES)
    return folded.replace(" ", "").replace("0", "o").replace("1", "l").replace("|", "l")


def match_text(wanted: str, text: str) -> TextMatch | None:
    """Return how well `text` on the screen answers `wanted`, None if it does not.

    >>> match_text("save", "Save").score
    100.0
    >>> match_text("Save", "Save As...").score < match_text("Save", "Save").score
    True
    >>> match_text("Item 2", "Item 3") is None
    True
    """
    want, have = normalise(wanted), normalise(text)
    if not want or not have:
        return None
    whole = (0, len(text))
    if want == have:
        return TextMatch(score=EXACT, start=whole[0], end=whole[1])
    if bare(wanted) and bare(wanted) == bare(text):
        return TextMatch(score=BARE, start=whole[0], end=whole[1])
    # A single character has too many that look like it: letters and digits must be themselves.
    if alike(want) == alike(have) and not (len(want) == 1 and want.isalnum() and have.isalnum()):
        return TextMatch(score=ALIKE, start=whole[0], end=whole[1])
    within = _within(want, text)
    if within is not None:
        return within
    return _fuzzy(wanted, text)


def _within(want: str, text: str) -> TextMatch | None:
    if len(want) == 1 and not want.isalnum():
        return None
    words = r"\s+".join(re.escape(word) for word in want.split())
    # Scripts without blanks between words have no word borders to respect.
    before = "" if _has_no_words(want[0]) else r"(?<!\w)"
    after = "" if _has_no_words(want[-1]) else r"(?!\w)"
    found = re.search(f"{before}{words}{after}", text, re.IGNORECASE)
    if found is None:
        return None
    rest = len(text) - (found.end() - found.start())
    return TextMatch(score=WITHIN - min(20.0, rest * 0.4), start=found.start(), end=found.end())


def _has_no_words(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI"))


def _fuzzy(wanted: str, text: str) -> TextMatch | None:
    a, b = alike(bare(wanted)), alike(bare(text))
    if min(len(a), len(b)) < MIN_FUZZY_CHARS:
        return None
    # "Page 12" is not nearly "Page 13".
    if re.findall(r"\d+", wanted) != re.findall(r"\d+", text):
        return None
    score = fuzz.ratio(a, b)
    if score < FUZZY_CUT:
        return None
    return TextMatch(score=score * 0.85, start=0, end=len(text))


ROLE_WORDS: dict[str, Role] = {
    "button": "button",
    "field": "textbox",
    "textbox": "textbox",
    "text box": "textbox",
    "input": "textbox",
    "checkbox": "checkbox",
    "check box": "checkbox",
    "radio button": "radio",
    "option": "radio",
    "link": "link",
    "menu": "menuitem",
    "menu item": "menuitem",
    "tab": "tab",
    "icon": "icon",
}


def split_role(words: str) -> tuple[str, Role] | None:
    """Return words without the kind of thing they name, and that kind; None if they name none.

    >>> split_role("the Save button")
    ('Save', 'button')
    """
    rest = re.sub(r"^the\s+", "", words.strip(), flags=re.IGNORECASE)
    for name in sorted(ROLE_WORDS, key=len, reverse=True):
        found = re.fullmatch(rf"(?:{name}\s+(.+)|(.+?)\s+{name})", rest, re.IGNORECASE)
        if found is not None:
            return found.group(1) or found.group(2), ROLE_WORDS[name]
    return None
