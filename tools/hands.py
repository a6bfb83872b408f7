"""The hands: the one way from an action to the mouse and keyboard, and back to a verdict.

Everything that acts goes through `Hands`: the agent's graph, LangChain and MCP tools, the command
line. An action is prepared (its target found), authorised (the gate), done (the target checked
once more right before the press) and verified (the screen watched until the effect shows).
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

import numpy as np

from ..memory.errors import (
    ApprovalRequired,
    BadArgumentError,
    ConfigError,
    PolicyDenied,
)
from .actions import (
    Action,
    AskUser,
    Click,
    Done,
    DoubleClick,
    Drag,
    Fail,
    FocusWindow,
    Launch,
    Move,
    Pause,
    PressKeys,
    RightClick,
    SaveScreenshot,
    Scroll,
    SetClipboard,
    TypeText,
    WaitFor,
)
from .desktop.apps import launch
from .desktop.backend import Button, Window
from .desktop.capture import Pixels
from .desktop.desktop import Desktop
from .finding.sources import NO_MODELS, Sources
from .grounding import Place, Prepared, prepare
from .last_look import HOVER_SETTLE_S, LastLook, TargetGone
from .outcome import Outcome
from .perception.elements import Observation
from .perception.observe import Observer
from .safety.gate import Approval, Gate, Permit
from .safety.redaction import Redaction
from .safety.self_approval import STARTED_BY_HANDS
from .verification import Verifier
from .waiting import wait_for

SecretSource = Callable[[str], str | None]
"""Returns the value of a named secret, None if it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What was there right before the first event, and what the events themselves returned."""

    before: Pixels
    """The whole desktop right before the first event (the pointer already on the target)."""
    windows: tuple[Window, ...]
    clipboard: str = ""
    """The clipboard's text before keys that copy."""
    reacted: bool = False
    """Whether what was clicked looked different while it was pressed: it took the click."""
    outcome: Outcome | None = None
    """Set where the action itself knows its outcome (launch, wait, clipboard)."""
    started_at: float = 0.0
    """Monotonic seconds."""


class Hands:
    """Does actions on a desktop, each with a decision before and a verdict after.

    Args:
        desktop: The desktop to act on.
        observer: Looks at it.
        gate: Decides; the default asks before risky words and, with nobody to ask, refuses.
        secrets: Returns the value of a named secret at the last moment; never stored.
        redaction: Keeps secrets out of the evidence of verdicts.
        env: Environment for launched applications; None for this process's own.
        pictures: Where `save_screenshot` without a path writes.
        on_launch: Told the process id of every application that was started.
        sources: Models that may tell where a described thing is; none by default.
    """

    def __init__(
        self,
        desktop: Desktop,
        observer: Observer,
        gate: Gate | None = None,
        *,
        secrets: SecretSource = lambda _name: None,
        redaction: Redaction | None = None,
        env: Mapping[str, str] | None = None,
        pictures: Path | None = None,
        on_launch: Callable[[int], None] = lambda _pid: None,
        sources: Sources = NO_MODELS,
    ) -> None:
        self.desktop = desktop
        self.observer = observer
        self.gate = Gate() if gate is None else gate
        self.verifier = Verifier(desktop, observer, redaction)
        self._last_look = LastLook(desktop)
        self._secrets = secrets
        self._env = env
        self._pictures = Path() if pictures is None else pictures
        self._on_launch = on_launch
        self._sources = sources
        self.baseline: Acted | None = None
        """What was there right before the first event of the action that is being done. A listener
        of `on_commit` may keep it: it is what a killed action's effect is judged against."""

    def look(self) -> Observation:
        """Return what is on the screen once it has settled."""
        return self.observer.observe()

    def prepare(self, action: Action, observation: Observation) -> Prepared:
        """Find what an action names on a look; see `grounding.prepare`."""
        return prepare(action, observation, self._sources)

    def perform(self, action: Action, observation: Observation | None = None) -> Outcome:
        """Do one action from beginning to end.

        Args:
            action: What to do.
            observation: The look it was chosen on; a fresh one by default.

        Returns:
            The verdict; `refused` with the reason if the policy or a person said no.

        Raises:
            GroundingError: If what it names is not on the screen, or there several times.
            StaleView: If a point belongs to another picture.
            TakenOver: If a person took over.
        """
        with self.desktop.takeover.watching():
            prepared = self.prepare(action, self.look() if observation is None else observation)
            try:
                permit = self.gate.authorize(action, prepared.context)
            except PolicyDenied as error:
                return Outcome(effect="refused", evidence=str(error))
            except ApprovalRequired as error:
                return Outcome(effect="refused", evidence=str(error), remedy=error.remedy)
            try:
                acted = self.act(prepared, permit)
            except TargetGone as error:
                return Outcome(effect="diverged", evidence=str(error))
            outcome, _ = self.verify(prepared, acted)
            return outcome

    def authorize(
        self,
        prepared: Prepared,
        *,
        on_commit: Callable[[], None] = lambda: None,
        approval: Approval | None = None,
    ) -> Permit:
        """Return leave for a prepared action; see `Gate.authorize`."""
        return self.gate.authorize(
            prepared.action, prepared.context, on_commit=on_commit, approval=approval
        )

    def act(self, prepared: Prepared, permit: Permit) -> Acted:
        """Send the action's events. The permit is spent when this returns or raises.

        Raises:
            TargetGone: If the target moved or was covered since it was seen; nothing was pressed.
            ActionFailed: If an application or window did not do its part.
            TakenOver: If a person took over.
        """
        started = time.monotonic()
        permit.check()
        self.desktop.takeover.check()
        try:
            acted = self._dispatch(prepared, permit)
        finally:
            permit.spend()
        return replace(acted, started_at=started)

    def verify(self, prepared: Prepared, acted: Acted) -> tuple[Outcome, Observation]:
        """Watch the screen until the effect shows or patience runs out.

        Returns:
            The verdict and the look it rests on.
        """
        outcome, after = self.verifier.judge(
            prepared,
            before=acted.before,
            windows=acted.windows,
            clipboard=acted.clipboard,
            reacted=acted.reacted,
            known=acted.outcome,
        )
        elapsed = time.monotonic() - acted.started_at if acted.started_at else outcome.elapsed_s
        return replace(outcome, elapsed_s=elapsed), after

    def _baseline(self, *, clipboard: str = "", outcome: Outcome | None = None) -> Acted:
        self.baseline = Acted(
            before=self.desktop.grab(),
            windows=tuple(self.desktop.windows()),
            clipboard=clipboard,
            outcome=outcome,
        )
        return self.baseline

    def _dispatch(self, prepared: Prepared, permit: Permit) -> Acted:
        action = prepared.action
        match action:
            case Click() | DoubleClick() | RightClick():
                return self._click(prepared, permit)
            case Move():
                acted = self._baseline()
                self.desktop.input.move(permit, *self._input_of(prepared, prepared.place))
                return acted
            case Drag():
                return self._drag(prepared, permit)
            case Scroll():
                return self._scroll(prepared, action, permit)
            case TypeText():
                return self._type(prepared, action, permit)
            case PressKeys():
                self._last_look.keep_focus(prepared, permit)
                acted = self._baseline(clipboard=self.desktop.get_clipboard())
                self.desktop.input.press_keys(permit, action.keys)
                return acted
            case Launch():
                return self._launch(action, permit)
            case FocusWindow() | SetClipboard():
                return self._set(prepared, action, permit)
            case WaitFor() | Pause() | SaveScreenshot():
                return self._baseline(outcome=self._without_hands(action))
            case AskUser() | Done() | Fail():
                raise BadArgumentError(f"{action.kind} is for the agent, not for the hands")
            case unknown:
                assert_never(unknown)

    def _without_hands(self, action: WaitFor | Pause | SaveScreenshot) -> Outcome:
        match action:
            case WaitFor():
                return wait_for(self.desktop, self.observer, action)
            case Pause():
                self.desktop.takeover.sleep(action.seconds)
                return Outcome(effect="confirmed", evidence=f"waited {action.seconds:g} s")
            case SaveScreenshot():
                name = time.strftime("screenshot-%Y%m%d-%H%M%S.png")
                path = self._pictures / name
                if action.path is not None:
                    path = Path(action.path).expanduser()
                self.desktop.capture().save(path)
                return Outcome(effect="confirmed", evidence=f"saved {path}", answer=str(path))

    def _set(self, prepared: Prepared, action: FocusWindow | SetClipboard, permit: Permit) -> Acted:
        acted = self._baseline()
        if isinstance(action, SetClipboard):
            self.desktop.input.set_clipboard(permit, action.text)
        else:
            assert prepared.window is not None  # `prepare` found it
            self.desktop.input.focus_window(permit, prepared.window)
        return acted

    def _input_of(self, prepared: Prepared, place: Place | None) -> tuple[int, int]:
        assert place is not None  # `prepare` found one for every action that has a target
        return prepared.observation.capture.view.to_input(place.point)

    def _click(self, prepared: Prepared, permit: Permit) -> Acted:
        kind = prepared.action.kind
        button: Button = "right" if kind == "right_click" else "left"
        count = 2 if kind == "double_click" else 1
        baseline: list[Acted] = []
        box = self._last_look.patch(prepared, prepared.place)

        def before_press() -> None:
            self._last_look.check_target(prepared, prepared.place)
            baseline.append(self._baseline())

        def while_pressed() -> None:
            pressed, before = self.desktop.grab(), baseline[-1].before
            area = slice(box.top, box.bottom), slice(box.left, box.right)
            if not np.array_equal(pressed[area], before[area]):
                baseline.append(replace(baseline[-1], reacted=True))

        x, y = self._input_of(prepared, prepared.place)
        self.desktop.input.click(
            permit, x, y, button=button, count=count,
            before_press=before_press, while_pressed=while_pressed,
        )  # fmt: skip
        return baseline[-1]

    def _drag(self, prepared: Prepared, permit: Permit) -> Acted:
        baseline: list[Acted] = []

        def before_press() -> None:
            self._last_look.check_target(prepared, prepared.start)
            baseline.append(self._baseline())

        self.desktop.input.drag(
            permit,
            self._input_of(prepared, prepared.start),
            self._input_of(prepared, prepared.place),
            before_press=before_press,
        )
        return baseline[0]

    def _scroll(self, prepared: Prepared, action: Scroll, permit: Permit) -> Acted:
        dx, dy = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}[action.direction]
        if prepared.place is not None:
            at: tuple[int, int] | None = self._input_of(prepared, prepared.place)
        else:
            at = self._middle_of_window(prepared)
        acted = self._baseline()
        self.desktop.input.scroll(permit, dx * action.notches, dy * action.notches, at=at)
        return acted

    def _middle_of_window(self, prepared: Prepared) -> tuple[int, int] | None:
        """Return where to scroll if nothing is named; None to stay where the pointer is.

        The wheel turns what is under the pointer: outside of the window in use that is nothing.
        """
        if prepared.window is None or prepared.window.box.contains(*self.desktop.pointer()):
            return None
        visible = prepared.window.box.intersect(self.desktop.box)
        if visible is None:
            return None
        x, y = visible.centre
        return int(x), int(y)

    def _type(self, prepared: Prepared, action: TypeText, permit: Permit) -> Acted:
        text = action.text
        if action.secret:
            value = self._secrets(action.text)
            if value is None:
                raise ConfigError(f"the secret {action.text!r} is not known in this process")
            text = value
        acted = None
        if prepared.place is None:
            self._last_look.keep_focus(prepared, permit)
        else:
            acted = self._click(prepared, permit)
            self.desktop.takeover.sleep(HOVER_SETTLE_S)
        if action.replace:
            self.desktop.input.press_keys(permit, ("ctrl", "a"))
        if acted is None:
            acted = self._baseline()
        self.desktop.input.type_text(permit, text, is_secret=action.secret)
        return acted

    def _launch(self, action: Launch, permit: Permit) -> Acted:
        acted = self._baseline()
        permit.commit()
        window = launch(
            action.command,
            env={**(os.environ if self._env is None else self._env), STARTED_BY_HANDS: "1"},
            windows=self.desktop.windows,
            timeout_s=action.timeout_s,
            sleep=self.desktop.takeover.sleep,
            on_start=self._on_launch,
        )
        self._last_look.wait_until_ready(window)
        outcome = Outcome(effect="confirmed", evidence=f'window "{window.title}" opened')
        return Acted(before=acted.before, windows=acted.windows, outcome=outcome)


__all__ = ["Acted", "Hands", "SecretSource", "TargetGone"]
