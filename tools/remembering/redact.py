"""Takes secrets out of an observation before anything of it is written or embedded.

Text and pixels are redacted together, from the same boxes: a memory whose text is clean and whose
pictures are not hides nothing. What is taken out is gone; there is no original to go back to.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..actions import SECRET_SHOWN
from ..desktop.capture import Pixels
from ..desktop.geometry import Box
from ..perception.elements import Element, Observation
from ..perception.layout import is_in_row
from ..perception.reading_order import MAX_ROW_PX, in_reading_order
from ..safety.policy import SECRET_WORDS, has_word
from ..safety.redaction import Redaction, blackened
from .secret_texts import SecretKind, find_secrets, is_random, opens_private_key

BETWEEN_CELLS = "  "
"""Between the texts of one row: a label and its value stand so, words of a sentence do not."""
LABEL_WORDS = (
    *SECRET_WORDS, "passwort", "kennwort", "mot de passe", "contraseña", "senha", "wachtwoord",
    "hasło", "пароль", "密码", "パスワード", "token", "card number", "security code",
    "verification code", "one-time code", "private key",
)  # fmt: skip
MAX_LABEL_CHARS = 40
ABOVE_PX = 32
"""How far above a field its label may end."""
MAX_LINE_PX = 40
"""What is higher is more than one line: its text says nothing about where in it a word stands."""
PAD_PX = 12
"""Proportional fonts put a character up to 9 px (90 %) away from its share of the line's width."""
PAD_CHARS = 2.0
RIM_PX = 2
"""Boxes of texts end at the ink; descenders and shadows reach a little beyond."""
MIN_ECHO_CHARS = 6
"""A secret of so many characters, with a digit, is hidden wherever else it shows."""
DOTS = re.compile(r"[•●∙·*＊⚫]{3,}")
KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16,}|-*\s?END[A-Z0-9 ]+-*|[A-Z][\w-]+: ?\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """What may be kept of a look."""

    pixels: Pixels
    """RGB, `(height, width, 3)`, with the places of secrets black."""
    lines: tuple[str, ...]
    """The texts row by row, in reading order; a secret reads `•••`."""
    window: str
    """Title of the active window; empty for none."""
    hidden: Mapping[str, int]
    """How many places were hidden, by kind."""


def redact(
    observation: Observation, known: Redaction | None = None, *, without: Sequence[Box] = ()
) -> Redacted:
    """Return what may be kept of an observation.

    Args:
        observation: A look; it is not changed.
        known: Knows secrets by their values, and fields that hold them by their labels.
        without: Places, in pixels of the capture, of which nothing may be kept at all.
    """
    known = Redaction() if known is None else known
    kept = [
        element
        for element in observation.elements
        if not any(box.contains(*element.box.centre) for box in without)
    ]
    work = _Work(kept, known)
    active = observation.active_window
    title = "" if active is None else work.clean(active.title)
    whole = observation.capture.view.box
    secret = [box.inflate(RIM_PX) for box in work.boxes]
    boxes = [box.intersect(whole) for box in (*secret, *without)]
    return Redacted(
        pixels=blackened(observation.capture.pixels, [box for box in boxes if box is not None]),
        lines=tuple(work.lines()),
        window=title,
        hidden=dict(work.hidden),
    )


def redact_lines(lines: Sequence[tuple[str, Box]]) -> tuple[str, ...]:
    """Return lines that were read from one picture with the secrets in them replaced, in order.

    Args:
        lines: Each with its place, by which it has a row and neighbours; in any order.
    """
    elements = in_reading_order(
        [
            Element(id=number, role="text", text=text, box=box, score=1.0, source="ocr")
            for number, (text, box) in enumerate(lines)
        ]
    )
    clean = dict(zip((one.id for one in elements), _Work(elements, Redaction()).texts, strict=True))
    return tuple(clean[number] for number in range(len(lines)))


def redact_text(text: str) -> str:
    """Return a text with the secrets in it replaced."""
    for span in reversed(find_secrets(text)):
        text = text[: span.start] + SECRET_SHOWN + text[span.end :]
    return text


class _Work:
    """The redaction of one look."""

    def __init__(self, elements: Sequence[Element], known: Redaction) -> None:
        self._elements = elements
        self._texts = [element.text for element in elements]
        self._rows = list(_rows(elements))
        self._echoes: set[str] = set()
        self.boxes: list[Box] = []
        self.hidden: Counter[str] = Counter()
        self._hide_known(known)
        self._hide_fields()
        self._hide_found()
        self._hide_echoes()

    def lines(self) -> Iterator[str]:
        """Return the rows as texts."""
        for row in self._rows:
            text = BETWEEN_CELLS.join(self._texts[index] for index in row if self._texts[index])
            if text:
                yield text

    @property
    def texts(self) -> list[str]:
        """Return the text of each element, in their order."""
        return list(self._texts)

    def clean(self, title: str) -> str:
        """Return a title with the secrets in it replaced."""
        for echo in self._echoes:
            title = title.replace(echo, SECRET_SHOWN)
        return redact_text(title)

    def _hide(self, index: int, kind: SecretKind) -> None:
        if self._texts[index] != SECRET_SHOWN:
            self._texts[index] = SECRET_SHOWN
            self.boxes.append(self._elements[index].box)
            self.hidden[kind] += 1

    def _hide_known(self, known: Redaction) -> None:
        boxes = known.boxes(self._elements)
        self.boxes += boxes
        for index, element in enumerate(known.elements(self._elements)):
            if element.text == SECRET_SHOWN != self._texts[index]:
                self._hide(index, "secret")

    def _hide_fields(self) -> None:
        """Hide what stands in a field that by its label or its dots holds a secret."""
        for row in self._rows:
            for place, index in enumerate(row):
                element = self._elements[index]
                if element.role != "textbox":
                    continue
                left = row[place - 1] if place else None
                if DOTS.search(element.text) or self._is_label(left) or self._is_below(element):
                    self._hide(index, "password")

    def _is_label(self, index: int | None) -> bool:
        if index is None:
            return False
        element = self._elements[index]
        is_short = len(element.text) <= MAX_LABEL_CHARS and element.role == "text"
        return is_short and has_word(element.text, LABEL_WORDS)

    def _is_below(self, field: Element) -> bool:
        """Tell whether a label for a secret stands right above a field."""
        return any(
            0 <= field.box.top - other.box.bottom <= ABOVE_PX
            and abs(field.box.left - other.box.left) <= ABOVE_PX
            and self._is_label(index)
            for index, other in enumerate(self._elements)
        )

    def _hide_found(self) -> None:
        """Hide what reads like a secret, in the context of its row and the rows around it."""
        document, places = self._document()
        # From the end, so that the places of those before stay right.
        for span in reversed(find_secrets(document)):
            self._echo(document[span.start : span.end])
            touched = [
                (index, max(span.start, start) - start, min(span.end, end) - start)
                for index, start, end in places
                if start < span.end and span.start < end
            ]
            for index, start, end in touched:
                self._hide_part(index, start, end, span.kind)
            if touched and span.kind in ("token", "private key"):
                self._hide_continuation(touched[-1][0])

    def _document(self) -> tuple[str, list[tuple[int, int, int]]]:
        """Return the rows as one text, and where in it each element's text stands."""
        document, places = "", []
        for row in self._rows:
            for index in row:
                text = self._texts[index]
                places.append((index, len(document), len(document) + len(text)))
                document += text + BETWEEN_CELLS
            document = document.removesuffix(BETWEEN_CELLS) + "\n"
        return document, places

    def _hide_part(self, index: int, start: int, end: int, kind: SecretKind) -> None:
        text = self._texts[index]
        if text != SECRET_SHOWN:
            self._texts[index] = text[:start] + SECRET_SHOWN + text[end:]
            self.boxes.append(_part(self._elements[index], start, end))
            self.hidden[kind] += 1

    def _hide_continuation(self, index: int) -> None:
        """Hide the lines below that a long token or a key goes on in."""
        first = self._elements[index]
        last = first.box
        is_key = opens_private_key(first.text)
        for other in range(index + 1, len(self._elements)):
            element = self._elements[other]
            is_beside = element.box.right <= last.left or element.box.left >= last.right
            if element.window != first.window or is_beside or is_in_row(element.box, last):
                continue
            if element.box.top - last.bottom > 1.5 * last.height:
                break
            text = element.text.strip()
            if not (KEY_LINE.fullmatch(text) if is_key else is_random(text)):
                break
            self._hide(other, "private key" if is_key else "token")
            last = element.box

    def _echo(self, value: str) -> None:
        if len(value) >= MIN_ECHO_CHARS and any(char.isdigit() for char in value):
            self._echoes.add(value)

    def _hide_echoes(self) -> None:
        for index, text in enumerate(self._texts):
            if any(echo in text for echo in self._echoes):
                self._hide(index, "secret")


def _rows(elements: Sequence[Element]) -> Iterator[list[int]]:
    """Return the rows of each window as indexes; elements come in reading order."""
    row: list[int] = []
    for index, element in enumerate(elements):
        first = elements[row[0]] if row else None
        if (
            first is not None
            and element.window == first.window
            and first.box.height < MAX_ROW_PX
            and is_in_row(first.box, element.box)
        ):
            row.append(index)
            continue
        if row:
            yield row
        row = [index]
    if row:
        yield row


def _part(element: Element, start: int, end: int) -> Box:
    """Return the place of some characters of an element's text, generously."""
    box, n_chars = element.box, len(element.text)
    is_line = element.role in ("text", "link") and box.height <= MAX_LINE_PX
    if not is_line or element.source != "ocr":
        return box
    a_char = box.width / n_chars
    pad = max(PAD_PX, PAD_CHARS * a_char)
    left = max(box.left, int(box.left + start * a_char - pad))
    right = min(box.right, int(box.left + end * a_char + pad) + 1)
    return Box(left, box.top, right, box.bottom)
