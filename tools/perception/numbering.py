"""Numbers that stay with what they name from one look to the next."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from .elements import Element

SAME_PLACE_IOU = 0.6


class Numbering:
    """Gives elements their numbers; knows those of the look before.

    Args:
        last: The look before, where another process made it.
    """

    def __init__(self, last: Sequence[Element] = ()) -> None:
        self._last = last
        self._next = 1 + max((element.id for element in last), default=0)

    def number(self, elements: Sequence[Element]) -> list[Element]:
        """Return the elements numbered: what was there before keeps its number.

        Same is what has the same text and role at the same place; else, in the same window, what
        moved (by scrolling, or with its window); else what took its place, such as a new value in
        a display. Everything else gets a number that was never used.
        """
        ids: dict[int, int] = {}
        free = dict(enumerate(self._last))

        def match(key: Callable[[Element], Hashable], *, is_same: bool = True) -> None:
            waiting: dict[Hashable, list[int]] = defaultdict(list)
            for index, element in free.items():
                waiting[key(element)].append(index)
            for index, element in enumerate(elements):
                if index in ids:
                    continue
                candidates = waiting.get(key(element), [])
                for old in candidates:
                    before = self._last[old]
                    if is_same or before.box.iou(element.box) >= SAME_PLACE_IOU:
                        ids[index] = before.id
                        candidates.remove(old)
                        del free[old]
                        break

        match(lambda e: (e.window, e.role, e.text, e.box))
        # In reading order: of several with one text, the first is the first again.
        match(lambda e: (e.window, e.role, e.text) if e.text else object())
        match(lambda e: (e.window, e.role), is_same=False)
        numbered = []
        for index, element in enumerate(elements):
            if index not in ids:
                ids[index] = self._next
                self._next += 1
            numbered.append(replace(element, id=ids[index]))
        self._last = numbered
        return numbered
