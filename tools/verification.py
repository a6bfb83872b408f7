"""The verdict on an action: was what it is for seen on the screen, and was it this action's doing?

Two looks are compared: right before the first event (the pointer already on its target, so that a
hover highlight is no news) and after the screen came to rest. A change counts as the action's
effect only if it is where the action landed or is a window of the same application, and only if it
is more than a focus ring or a caret. What cannot be told is called `unverifiable`, never success.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from .actions import (
    Action,
    Click,
    DoubleClick,
    FocusWindow,
    Move,
    PressKeys,
    RightClick,
    Scroll,
    SetClipboard,
    TypeText,
)
from .attribution import Changes, is_inside, sort_changes
from .carets import BLINK_S, CaretWatch
from .desktop.backend import Window
from .desktop.capture import Pixels
from .desktop.desktop import Desktop
from .desktop.geometry import Box
from .grounding import Prepared
from .outcome import Effect, Outcome
from .perception.change import is_caret_like, moved_to
from .perception.elements import Element, Observation
from .perception.expect import check_expectations, text_arrived
from .perception.observe import Observer
from .perception.settle import settle
from .safety.redaction import Redaction

PATIENCE_S = 3.0
"""How long an unchanged screen is watched before the verdict is `no_effect`."""
EXPECTATION_PATIENCE_S = 8.0
"""How long a stated expectation may take to come true."""
CLIPBOARD_PATIENCE_S = 1.0
POLL_S = 0.1
ARRIVED = 0.8
"""Similarity of typed and read text that counts as arrived; OCR misreads a few characters."""
COPY_KEYS = frozenset({("ctrl", "c"), ("ctrl", "x"), ("ctrl", "insert")})
NAVIGATION_KEYS = frozenset(
    {"home", "end", "up", "down", "left", "right", "pageup", "pagedown", "escape"}
)
STATEFUL_ROLES = frozenset({"checkbox", "radio"})


class Verifier:
    """Judges what an action did, by what is on the screen before and after."""

    def __init__(
        self, desktop: Desktop, observer: Observer, redaction: Redaction | None = None
    ) -> None:
        self._desktop = desktop
        self._observer = observer
        self._redaction = Redaction() if redaction is None else redaction

    def judge(
        self,
        prepared: Prepared,
        *,
        before: Pixels,
        windows: Sequence[Window],
        clipboard: str = "",
        reacted: bool = False,
        known: Outcome | None = None,
        patience_s: float | None = None,
    ) -> tuple[Outcome, Observation]:
        """Return the verdict and the look it rests on.

        Args:
            prepared: The action and what it named.
            before: The whole desktop right before the first event.
            windows: The windows then.
            clipboard: The clipboard's text then, for keys that copy.
            reacted: Whether the target looked different while it was pressed.
            known: The outcome, where the action itself knew it; only expectations are added.
            patience_s: How long an unchanged screen is watched; `PATIENCE_S` by default.
        """
        action = prepared.action
        if known is not None and not action.expect:
            return known, self._observer.observe()
        if known is None and not action.expect:
            outcome = self._read_back(action, prepared, clipboard)
            if outcome is not None:
                return outcome, self._observer.observe()
        patience = PATIENCE_S if patience_s is None else patience_s
        changes, after = self._watch(prepared, before, windows, patience)
        if action.expect:
            return self._by_expectations(prepared, changes, after), after
        if isinstance(action, TypeText):
            return self._by_text(prepared, action, changes, after), after
        outcome = self._by_changes(prepared, before, changes, after)
        if outcome.effect == "no_effect" and reacted:
            evidence = f"the target took the click; {outcome.evidence}"
            outcome = replace(outcome, effect="unverifiable", evidence=evidence)
        return outcome, after

    def _read_back(self, action: Action, prepared: Prepared, clipboard: str) -> Outcome | None:
        """Return the verdict of actions whose effect can be read back, else None."""
        match action:
            case Move():
                assert prepared.place is not None
                wanted = prepared.observation.capture.view.to_input(prepared.place.point)
                there = self._desktop.pointer() == wanted
                return _outcome(there, f"the pointer is at {self._desktop.pointer()}")
            case SetClipboard():
                there = self._desktop.get_clipboard() == action.text
                return _outcome(there, "the clipboard holds the text" if there else "it does not")
            case FocusWindow():
                active = self._desktop.active_window()
                wanted_id = None if prepared.window is None else prepared.window.id
                there = active is not None and active.id == wanted_id
                title = "no window" if active is None else f'"{active.title}"'
                return _outcome(there, f"{title} has the keyboard")
            case PressKeys() if tuple(action.keys) in COPY_KEYS:
                return self._copied(clipboard)
            case _:
                return None

    def _copied(self, clipboard: str) -> Outcome:
        deadline = time.monotonic() + CLIPBOARD_PATIENCE_S
        while True:
            now = self._desktop.get_clipboard()
            if now and now != clipboard:
                return Outcome(
                    effect="confirmed", evidence=f"the clipboard holds {len(now)} new characters"
                )
            if time.monotonic() >= deadline:
                if now:
                    evidence = "the clipboard holds the same text as before the keys"
                    return Outcome(effect="unverifiable", evidence=evidence)
                return Outcome(effect="no_effect", evidence="the clipboard is empty")
            self._desktop.takeover.sleep(POLL_S)

    def _watch(
        self, prepared: Prepared, before: Pixels, windows: Sequence[Window], patience_s: float
    ) -> tuple[Changes, Observation]:
        """Watch until something that counts has changed and come to rest, or patience is over."""
        takeover = self._desktop.takeover
        expect = prepared.action.expect
        deadline = time.monotonic() + (EXPECTATION_PATIENCE_S if expect else patience_s)
        judged: Pixels | None = None
        carets = _caret_watch(prepared, before)
        watched_until = time.monotonic() + BLINK_S
        while True:
            settled = settle(self._desktop.grab, sleep=takeover.sleep, check=takeover.check)
            changes = sort_changes(
                prepared, before, settled.pixels, windows, tuple(self._desktop.windows()),
                moving=(*prepared.observation.moving, *settled.moving),
            )  # fmt: skip
            now = time.monotonic()
            is_over = now >= deadline
            if expect:
                # Reading the screen costs: only again when it changed since the last reading.
                if judged is None or is_over or (settled.pixels != judged).any():
                    judged = settled.pixels
                    after = self._observer.observe()
                    met = check_expectations(expect, prepared.observation, after)
                    if is_over or all(check.met for check in met):
                        return changes, after
            elif is_over or changes.strong or changes.opened or changes.closed or changes.retitled:
                after = self._observer.observe()
                if carets is None:
                    return changes, after
                weak = [box for box in changes.weak if not carets.stayed(box)]
                changes = replace(changes, weak=tuple(weak))
                if not changes.all:
                    changes = replace(changes, weak=carets.unsure)
                return changes, replace(after, carets=carets.places)
            elif carets is not None:
                carets.see(settled.pixels, settled.moving)
                moved = carets.moved() if now >= watched_until else None
                if moved is not None:
                    after = replace(self._observer.observe(), carets=carets.places)
                    return replace(changes, weak=moved), after
            takeover.sleep(POLL_S)

    def _by_expectations(self, prepared: Prepared, changes: Changes, after: Observation) -> Outcome:
        checks = check_expectations(prepared.action.expect, prepared.observation, after)
        unmet = [check.evidence for check in checks if not check.met]
        evidence = "; ".join(unmet or [check.evidence for check in checks])
        effect: Effect = "confirmed"
        if unmet:
            effect = "diverged" if changes.strong or changes.opened else "no_effect"
        return Outcome(effect=effect, evidence=evidence, changed=changes.all)

    def _by_text(
        self, prepared: Prepared, action: TypeText, changes: Changes, after: Observation
    ) -> Outcome:
        def outcome(effect: Effect, evidence: str) -> Outcome:
            return Outcome(effect=effect, evidence=evidence, changed=changes.all)

        if not (changes.strong or changes.weak):
            if changes.thief is not None:
                return outcome("diverged", f'"{changes.thief.title}" took the keyboard')
            return outcome("no_effect", "the screen did not change")
        if action.secret:
            return outcome("unverifiable", "the field changed; what it holds is hidden")
        where = _in_window(after, prepared.window)
        similarity = text_arrived(action.text, where, changes.all, self._observer.can_read)
        if similarity is None:
            return outcome("unverifiable", "text appeared; this script cannot be read back here")
        if similarity >= ARRIVED:
            return outcome("confirmed", f"the text reads back ({similarity:.0%} alike)")
        if changes.thief is not None or _other_active(prepared, after):
            title = after.active_window.title if after.active_window is not None else "nothing"
            return outcome("diverged", f'the text is not there and "{title}" has the keyboard')
        if not changes.strong:
            return outcome("no_effect", "no text appeared")
        return outcome("unverifiable", f"only {similarity:.0%} of the text reads back")

    def _by_changes(
        self, prepared: Prepared, before: Pixels, changes: Changes, after: Observation
    ) -> Outcome:
        def outcome(effect: Effect, evidence: str) -> Outcome:
            return Outcome(effect=effect, evidence=evidence, changed=changes.all)

        action = prepared.action
        element = None if prepared.place is None else prepared.place.element
        if changes.thief is not None:
            return outcome(
                "diverged", f'"{changes.thief.title}" of another application took the keyboard'
            )
        news = _window_news(changes)
        if news:
            return outcome("confirmed", news)
        if element is not None and isinstance(action, Click | DoubleClick | RightClick):
            special = self._by_role(element, before, changes, after)
            if special is not None:
                return special
        if changes.strong:
            return outcome("confirmed", self._region_news(changes.strong, after))
        return self._without_proof(prepared, changes, after)

    def _without_proof(self, prepared: Prepared, changes: Changes, after: Observation) -> Outcome:
        """Return the verdict where nothing changed but focus marks, if that."""

        def outcome(effect: Effect, evidence: str) -> Outcome:
            return Outcome(effect=effect, evidence=evidence, changed=changes.all)

        action = prepared.action
        element = None if prepared.place is None else prepared.place.element
        if changes.weak and isinstance(action, PressKeys) and _moved_focus(changes.weak):
            return outcome("confirmed", "the caret or the focus moved")
        if changes.weak:
            now_reads = (
                None
                if element is None
                else _new_label(element, self._redaction.elements(after.elements))
            )
            if now_reads is not None:
                return outcome("confirmed", f'it now reads "{now_reads}"')
            return outcome("unverifiable", "only a focus mark or caret changed")
        if isinstance(action, Scroll):
            return outcome("no_effect", "nothing moved: the end is reached or nothing scrolls here")
        if isinstance(action, PressKeys) and action.keys[-1] in NAVIGATION_KEYS:
            return outcome("unverifiable", "nothing moved: it may have been there already")
        if changes.elsewhere:
            return outcome("no_effect", "only other applications' windows changed")
        return outcome("no_effect", "the screen did not change")

    def _by_role(
        self, element: Element, before: Pixels, changes: Changes, after: Observation
    ) -> Outcome | None:
        """Return the verdict where the kind of thing clicked says what to look at."""
        if element.role in STATEFUL_ROLES:
            return self._by_state(element, changes, after)
        if changes.strong and _only_moved(before, after.capture.pixels, element, changes):
            evidence = "the target moved while it was clicked"
            return Outcome(effect="diverged", evidence=evidence, changed=changes.all)
        if element.role == "textbox" and not changes.strong:
            # What a click into a field is for, the caret, may have been there already.
            if changes.weak:
                evidence = "the field was clicked; a caret or focus mark shows"
                return Outcome(effect="confirmed", evidence=evidence, changed=changes.all)
            return Outcome(effect="unverifiable", evidence="the field looks as before")
        return None

    def _region_news(self, regions: Sequence[Box], after: Observation) -> str:
        elements = self._redaction.elements(after.elements)
        texts = [
            element.text
            for element in elements
            if element.text and any(element.box.intersect(box) for box in regions)
        ]
        shown = ", ".join(f'"{text[:40]}"' for text in texts[:4])
        count = f"{len(regions)} region{'s' * (len(regions) != 1)} changed"
        return f"{count}; there now: {shown}" if shown else count

    def _by_state(self, element: Element, changes: Changes, after: Observation) -> Outcome:
        now = max(
            (e for e in after.elements if e.role == element.role),
            key=lambda e: e.box.iou(element.box),
            default=None,
        )
        if now is None or now.box.iou(element.box) == 0:
            if changes.strong:
                return Outcome(
                    effect="confirmed",
                    evidence=self._region_news(changes.strong, after),
                    changed=changes.all,
                )
            return Outcome(effect="unverifiable", evidence="its state cannot be read")
        if now.states != element.states:
            states = ", ".join(sorted(now.states)) or "plain"
            return Outcome(effect="confirmed", evidence=f"it is now {states}", changed=changes.all)
        if "checked" in now.states and element.role == "radio":
            return Outcome(effect="unverifiable", evidence="it was chosen already")
        return Outcome(effect="no_effect", evidence="its state did not change", changed=changes.all)


def _outcome(there: bool, evidence: str) -> Outcome:
    return Outcome(effect="confirmed" if there else "diverged", evidence=evidence)


def _window_news(changes: Changes) -> str:
    news = [f'window "{window.title}" opened' for window in changes.opened]
    news += [f'window "{window.title}" closed' for window in changes.closed]
    news += [f'the title is now "{window.title}"' for window in changes.retitled]
    return "; ".join(news)


def _in_window(observation: Observation, window: Window | None) -> Sequence[Element]:
    """Return the elements inside the window that was to receive the action."""
    if window is None:
        return observation.elements
    now = next((w for w in observation.windows if w.id == window.id), None)
    box = None if now is None else observation.capture.view.box_from_desktop(now.box)
    if box is None:
        return ()
    return [element for element in observation.elements if box.contains(*element.box.centre)]


def _other_active(prepared: Prepared, after: Observation) -> bool:
    active = after.active_window
    return active is not None and prepared.window is not None and active.id != prepared.window.id


def _only_moved(before: Pixels, after: Pixels, element: Element, changes: Changes) -> bool:
    """Tell whether all that happened is that the target is now somewhere else."""
    there = moved_to(before, after, element.box)
    if there is None:
        return False
    old, new = element.box.inflate(8), there.inflate(8)
    return all(
        is_inside(box, old) or is_inside(box, new) or is_inside(box, old.union(new))
        for box in changes.strong
    )


def _new_label(element: Element, elements: Sequence[Element]) -> str | None:
    """Return what the target reads now, if that is something else than before."""
    now = max(elements, key=lambda e: e.box.iou(element.box), default=None)
    if now is None or now.box.iou(element.box) < 0.3 or not now.text or now.text == element.text:
        return None
    return now.text


def _caret_watch(prepared: Prepared, before: Pixels) -> CaretWatch | None:
    """Return what follows the cursor that keys may move."""
    seen, window = prepared.observation, prepared.window
    if not isinstance(prepared.action, PressKeys):
        return None
    return CaretWatch(
        before,
        known=seen.carets or seen.moving,
        inside=None if window is None else seen.capture.view.box_from_desktop(window.box),
        ignore=seen.moving,
    )


def _moved_focus(weak: Sequence[Box]) -> bool:
    """Tell whether a caret or ring went from one place to another (one place alone may blink)."""
    return len(weak) >= 2 or not is_caret_like(weak[0])
