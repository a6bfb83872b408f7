"""What a server's model answers: it reads the prompt as a model would, and nothing else."""

import re
from collections.abc import Callable

from .server import Brain, Reply

SCREEN = re.compile(r"\[untrusted (\w+): the screen now\]\n(.*?)\n\[end \1\]", re.DOTALL)
WRONG_ID = 9999


def fill_in(label: str, text: str, button: str, done: str) -> Brain:
    """Fill one field, click a button, and be done once a text is on the screen."""

    def answer(prompt: str) -> Reply:
        found = SCREEN.search(prompt)
        screen = "" if found is None else found[2]
        if done in screen:
            return Reply("done", {"summary": f"the screen says {done}"})
        if f'"{text}"' in screen:  # in the field, or as a text of its own that is read in it
            return Reply("click", {"element": _number(screen, "button", button)})
        field = _number(screen, "textbox", label)
        return Reply("type_text", {"element": field, "text": text}, text="The name is missing.")

    return answer


def wrong_first(brain: Brain, *, also_prose: bool = True) -> Brain:
    """Name an element that is not there and write prose before each right answer, once a turn."""

    def answer(prompt: str) -> Reply:
        if "there is no element" not in prompt:
            return Reply("click", {"element": WRONG_ID})
        if also_prose and "text alone does nothing" not in prompt:
            return Reply(text="I would click the button.")
        return brain(prompt)

    return answer


def failing_first(brain: Brain, *statuses: int) -> Brain:
    """Answer with these errors before anything else."""
    left = list(statuses)

    def answer(prompt: str) -> Reply:
        return Reply(status=left.pop(0), text="not now") if left else brain(prompt)

    return answer


def always(status: int) -> Callable[[str], Reply]:
    """Answer with an error."""
    return lambda _prompt: Reply(status=status, text="no")


def _number(screen: str, role: str, label: str) -> int:
    found = re.search(rf'(\d+) {role} "{re.escape(label)}"', screen)
    return int(found[1]) if found else WRONG_ID


def opening_first(command: list[str], window: str, brain: Brain) -> Brain:
    """Start an application while its window is not on the screen."""

    def answer(prompt: str) -> Reply:
        if f'window "{window}"' not in prompt.partition("the screen now]")[2]:
            return Reply("launch", {"command": command})
        return brain(prompt)

    return answer
