"""Mouse and keyboard behind a permit: each event is decided, watched over, and undone if it fails.

Nothing else calls a backend's input methods. Every method takes the permit of the action it is part
of; before each event the permit and the takeover latch are checked, and right before the first one
that cannot be taken back the permit is committed (which writes the journal).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from ...memory.errors import ActionFailed, BadArgumentError, TakenOver
from ..safety.gate import Permit
from .backend import Backend, Button, Window
from .keys import MODIFIERS, key_name
from .takeover import FAILSAFE_CORNER, Takeover
from .text_entry import enter_text

PRESS_S = 0.05
"""Between press and release: some toolkits drop a click of no length, and the pressed look of a
button is drawn with the next frame."""
DOUBLE_CLICK_S = 0.06
DRAG_STEPS = 24
DRAG_STEP_S = 0.012
"""A drag takes about 0.3 s: toolkits start one only after several moves past a threshold."""
SCROLL_STEP_S = 0.015


def _nothing() -> None:
    """Do nothing before a press."""


class Input:
    """The guarded hands of one desktop."""

    def __init__(self, backend: Backend, takeover: Takeover) -> None:
        self._backend = backend
        self._takeover = takeover

    def move(self, permit: Permit, x: int, y: int) -> None:
        """Put the pointer at a place in desktop units.

        Raises:
            BadArgumentError: If no monitor shows the place, or it is the failsafe corner, where
                the pointer means stop.
        """
        permit.check()
        if not any(monitor.box.contains(x, y) for monitor in self._backend.monitors()):
            raise BadArgumentError(f"({x}, {y}) is on no monitor; nothing was moved")
        if (x, y) == FAILSAFE_CORNER:
            raise BadArgumentError(
                f"({x}, {y}) is the failsafe corner, where the pointer stops the hands; "
                "aim beside it"
            )
        self._ready(permit)
        self._takeover.expect(x, y)
        with self._latching():
            self._backend.move(x, y)

    def click(
        self,
        permit: Permit,
        x: int,
        y: int,
        *,
        button: Button = "left",
        count: int = 1,
        before_press: Callable[[], None] = _nothing,
        while_pressed: Callable[[], None] = _nothing,
    ) -> None:
        """Click at a place.

        Args:
            permit: Leave to do it.
            x: Desktop units, as is `y`.
            y: See `x`.
            button: Which pointer button.
            count: 2 for a double click.
            before_press: Called once the pointer is there; may raise, then nothing is pressed.
            while_pressed: Called while the button is held down.
        """
        self.move(permit, x, y)
        before_press()
        for number in range(count):
            if number:
                self._takeover.sleep(DOUBLE_CLICK_S)
            self._press(permit, button)
            try:
                self._takeover.sleep(PRESS_S)
                while_pressed()
            finally:
                self._backend.release_button(button)

    def drag(
        self,
        permit: Permit,
        start: tuple[int, int],
        end: tuple[int, int],
        *,
        before_press: Callable[[], None] = _nothing,
    ) -> None:
        """Press at one place, move to another, release there."""
        self.move(permit, *start)
        before_press()
        self._press(permit, "left")
        try:
            for step in range(1, DRAG_STEPS + 1):
                self._takeover.sleep(DRAG_STEP_S)
                share = step / DRAG_STEPS
                self.move(
                    permit,
                    round(start[0] + (end[0] - start[0]) * share),
                    round(start[1] + (end[1] - start[1]) * share),
                )
            self._takeover.sleep(PRESS_S * 2)
        finally:
            self._backend.release_button("left")

    def scroll(
        self, permit: Permit, dx: int, dy: int, *, at: tuple[int, int] | None = None
    ) -> None:
        """Turn the wheel by notches, one at a time; positive is right and down."""
        if at is not None:
            self.move(permit, *at)
        for horizontal, total in ((True, dx), (False, dy)):
            step = 1 if total > 0 else -1
            for _ in range(abs(total)):
                self._before(permit)
                with self._latching():
                    self._backend.scroll(step if horizontal else 0, 0 if horizontal else step)
                self._takeover.sleep(SCROLL_STEP_S)

    def press_keys(self, permit: Permit, keys: Sequence[str]) -> None:
        """Press keys together, in order, and release them in reverse.

        Raises:
            BadArgumentError: If a key has no name we know; nothing was pressed.
        """
        permit.check()
        names = [key_name(key) for key in keys]
        with ExitStack() as held:  # releases every key in reverse, also when one release fails
            for name in names:
                self._before(permit)
                with self._latching():
                    self._backend.press_key(name)
                held.callback(self._backend.release_key, name)

    def type_text(self, permit: Permit, text: str, *, is_secret: bool = False) -> None:
        """Enter text in any script, whatever the keyboard layout; see `text_entry`.

        The latch is checked before every character; stopping leaves what was typed so far.

        Args:
            permit: Leave to do it.
            text: Line feed is Return and tab is Tab.
            is_secret: Whether it must not pass through the clipboard.
        """
        self._ready(permit)
        with self._latching():
            enter_text(
                self._backend,
                text,
                before_event=lambda: self._before(permit),
                is_secret=is_secret,
            )

    def focus_window(self, permit: Permit, window: Window) -> None:
        """Raise a window and give it the keyboard."""
        self._before(permit)
        self._backend.focus_window(window)

    def set_clipboard(self, permit: Permit, text: str) -> None:
        """Put text on the clipboard."""
        self._before(permit)
        self._backend.set_clipboard(text)

    def release_everything(self) -> None:
        """Release buttons and modifiers that a killed process may have left pressed.

        Needs no permit: releasing is what the user's own hand would do.
        """
        for button in ("left", "middle", "right"):
            with suppress(ActionFailed):
                self._backend.release_button(button)
        for key in MODIFIERS:
            with suppress(ActionFailed):
                self._backend.release_key(key)

    def _press(self, permit: Permit, button: Button) -> None:
        self._before(permit)
        with self._latching():
            self._backend.press_button(button)

    def _before(self, permit: Permit) -> None:
        self._ready(permit)
        if not permit.is_committed:
            permit.commit()
            # The journal took its time to reach the disk: look again whose pointer it is.
            self._takeover.check_now()

    def _ready(self, permit: Permit) -> None:
        permit.check()
        self._takeover.check_now()

    @contextmanager
    def _latching(self) -> Iterator[None]:
        """Close the latch when the backend itself refuses to act (pyautogui's failsafe)."""
        try:
            yield
        except TakenOver as error:
            self._takeover.trip(str(error))
            self._takeover.check()
