"""From the parse tree to sentences that wait, check and decide."""

from typing import Any

from lark import Token, v_args
from lark.tree import Meta

from ...tools.actions import Expectation, Pause, WaitFor
from .build_pieces import Pieces
from .sentences import Act, Condition, Expect, If, Sentence

EXPECT_WITHIN_S = 5.0
"""How long `expect` looks where the sentence does not say."""

EXPECTED = {
    ("text", True): "text_appears", ("text", False): "text_gone",
    ("window", True): "window_opened", ("window", False): "window_closed",
}  # fmt: skip


@v_args(meta=True)
class Conditions(Pieces):
    """Builds what looks at the screen first; methods are named after the rules of the grammar."""

    def wait_until(self, meta: Meta, children: list[Any]) -> Act:
        """Return a wait for something on the screen."""
        condition, *within = children
        given = {"text": condition.text, "what": condition.what, "present": condition.present}
        if within:
            given["timeout_s"] = within[0]
        return self._act(meta, WaitFor, **given)

    def wait_for(self, meta: Meta, children: list[Any]) -> Act:
        """Return a wait for something to appear."""
        within = [child for child in children if isinstance(child, float)]
        tokens = [child for child in children if isinstance(child, Token)]
        condition = Condition(
            what="window" if len(tokens) == 2 else "text", text=self._seen_text(tokens[-1])
        )
        return self.wait_until(meta, [condition, *within])

    def wait(self, meta: Meta, children: list[Any]) -> Act:
        """Return a pause."""
        return self._act(meta, Pause, seconds=_seconds(children))

    def within(self, _meta: Meta, children: list[Any]) -> float:
        """Return seconds."""
        return _seconds(children)

    def expect(self, meta: Meta, children: list[Any]) -> Expect:
        """Return a look that must show something."""
        condition, *within = children
        # The action that it becomes has the limits of all waits.
        within_s = within[0] if within else EXPECT_WITHIN_S
        self._act(meta, WaitFor, text=condition.text, timeout_s=within_s)
        return Expect(condition=condition, within_s=within_s, source=self._source(meta))

    def and_expect(self, _meta: Meta, children: list[Any]) -> Expectation:
        """Return what must be seen after an action."""
        condition = children[0]
        kind: Any = EXPECTED[condition.what, condition.present]
        return Expectation(kind=kind, text=condition.text)

    def text_there(self, _meta: Meta, children: list[Any]) -> Condition:
        """Return that words are seen."""
        return Condition(what="text", text=self._seen_text(children[-1]))

    def text_not_there(self, _meta: Meta, children: list[Any]) -> Condition:
        """Return that words are not seen."""
        return Condition(what="text", text=self._seen_text(children[-1]), present=False)

    def window_there(self, _meta: Meta, children: list[Any]) -> Condition:
        """Return that a window is open."""
        return Condition(what="window", text=self._seen_text(children[-1]))

    def window_not_there(self, _meta: Meta, children: list[Any]) -> Condition:
        """Return that a window is not open."""
        return Condition(what="window", text=self._seen_text(children[-1]), present=False)

    def if_line(self, meta: Meta, children: list[Any]) -> If:
        """Return a decision on one line."""
        condition, then, *otherwise = children
        return If(
            condition=condition,
            then=then,
            otherwise=otherwise[0] if otherwise else (),
            source=self._source(meta),
        )

    def if_block(self, meta: Meta, children: list[Any]) -> tuple[Sentence, ...] | If:
        """Return a decision over several lines."""
        return self.if_line(meta, [child for child in children if not isinstance(child, Token)])


def _seconds(children: list[Any]) -> float:
    number = float(children[0])
    is_minutes = len(children) > 1 and children[1].casefold().startswith("m")
    return number * 60 if is_minutes else number
