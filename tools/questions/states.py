"""Whether an answer says of a box that it is ticked, and the screen shows that it is not."""

import re

from ..perception.elements import Element, Observation
from ..perception.text_match import normalise

MIN_NAME_CHARS = 3
_ON = r"(?:ticked|checked|selected|chosen|enabled|activated|on)"
_NO = re.compile(
    r"\b(?:not|isn't|no|never)\b|\bun(?:ticked|checked|selected)\b|\boff\b|\bdisabled\b"
)
_YES = re.compile(rf"\b(?:yes|{_ON})\b")
_ASKED = re.compile(r"\b(?:un)?(?:ticked|checked|selected|chosen|enabled|activated|on|off)\b")


def contradicted(answer: str, observation: Observation, question: str) -> tuple[str, ...]:
    """Return what an answer says of a check box, radio button or switch and is not so.

    Nothing is said of answers that speak of several, or whose yes and no cannot be told apart.
    """
    said = normalise(answer)
    if _ASKED.search(f"{normalise(question)} {said}") is None:
        return ()
    named = _named(said, observation) or _named(normalise(question), observation)
    says_no, says_yes = _NO.search(said) is not None, _YES.search(_NO.sub(" ", said)) is not None
    if len(named) != 1 or not (says_no or says_yes):
        return ()
    (element,) = named
    is_on = "checked" in element.states
    if is_on == (not says_no):
        return ()
    return (f"{element.text.strip()} is {'not ' if says_no else ''}ticked",)


def _named(text: str, observation: Observation) -> list[Element]:
    return [
        element
        for element in observation.elements
        if element.states & {"checked", "unchecked"}
        and len(element.text.strip()) >= MIN_NAME_CHARS
        and re.search(rf"(?<!\w){re.escape(normalise(element.text))}(?!\w)", text) is not None
    ]
