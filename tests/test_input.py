"""The guarded hands: a permit for everything, the latch before everything, nothing left pressed."""

from collections.abc import Callable

import pytest

from deskhand.memory.errors import ActionFailed, BadArgumentError, PolicyDenied, TakenOver
from deskhand.tools.actions import PressKeys
from deskhand.tools.desktop.backend import Monitor, Window
from deskhand.tools.desktop.backend_fake import Event, FakeBackend
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.input import Input
from deskhand.tools.desktop.takeover import Takeover
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

WINDOW = Window(id=7, title="Notes", app="Notes", pid=None, box=Box(0, 0, 100, 100))


class Rig:
    """Hands on a desktop in memory; a commit is written down among the events."""

    def __init__(self, backend: FakeBackend | None = None) -> None:
        self.backend = FakeBackend() if backend is None else backend
        self.takeover = Takeover(self.backend.pointer)
        self.input = Input(self.backend, self.takeover)

    @property
    def events(self) -> list[Event]:
        return self.backend.events

    def permit(self) -> Permit:
        return Gate().authorize(
            PressKeys(keys=("a",)),
            ActionContext(),
            on_commit=lambda: self.events.append(("commit",)),
        )


EVERYTHING: dict[str, Callable[[Input, Permit], None]] = {
    "move": lambda hands, permit: hands.move(permit, 5, 6),
    "click": lambda hands, permit: hands.click(permit, 5, 6),
    "drag": lambda hands, permit: hands.drag(permit, (5, 6), (50, 60)),
    "scroll": lambda hands, permit: hands.scroll(permit, 0, 3),
    "press_keys": lambda hands, permit: hands.press_keys(permit, ("ctrl", "s")),
    "type_text": lambda hands, permit: hands.type_text(permit, "text"),
    "focus_window": lambda hands, permit: hands.focus_window(permit, WINDOW),
    "set_clipboard": lambda hands, permit: hands.set_clipboard(permit, "text"),
}


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_spent_permit_does_nothing(name: str) -> None:
    rig = Rig()
    permit = rig.permit()
    permit.spend()
    with pytest.raises(PolicyDenied, match=r"^this permit was for an action that is over$"):
        EVERYTHING[name](rig.input, permit)
    assert rig.events == []


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_closed_latch_lets_nothing_through(name: str) -> None:
    rig = Rig()
    permit = rig.permit()
    rig.takeover.trip("somebody said stop")
    with pytest.raises(TakenOver, match=r"^stopped: somebody said stop; resume the run to go on$"):
        EVERYTHING[name](rig.input, permit)
    assert rig.events == []
    assert not permit.is_committed


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name != "move"])
def test_commit_comes_once_and_before_what_cannot_be_taken_back(name: str) -> None:
    rig = Rig()
    EVERYTHING[name](rig.input, rig.permit())
    assert rig.events.count(("commit",)) == 1
    before = rig.events[: rig.events.index(("commit",))]
    assert {event[0] for event in before} <= {"move", "prepare"}


def test_moving_commits_nothing() -> None:
    rig = Rig()
    rig.input.move(rig.permit(), 5, 6)
    assert rig.events == [("move", 5, 6)]


def test_a_click_is_looked_at_once_more_before_the_press() -> None:
    rig = Rig()
    rig.input.click(
        rig.permit(), 10, 0, button="right", before_press=lambda: rig.events.append(("look",))
    )
    assert rig.events == [
        ("move", 10, 0), ("look",), ("commit",), ("press", "right"), ("release", "right")
    ]  # fmt: skip


def test_nothing_is_pressed_when_the_last_look_says_no() -> None:
    rig = Rig()
    permit = rig.permit()

    def gone() -> None:
        raise ActionFailed("the target moved")

    with pytest.raises(ActionFailed, match=r"^the target moved$"):
        rig.input.click(permit, 10, 20, before_press=gone)
    with pytest.raises(ActionFailed, match=r"^the target moved$"):
        rig.input.drag(permit, (10, 20), (30, 40), before_press=gone)
    assert rig.events == [("move", 10, 20), ("move", 10, 20)]
    assert not permit.is_committed


def test_a_double_click_is_two_at_one_place() -> None:
    rig = Rig()
    rig.input.click(rig.permit(), 10, 20, count=2)
    assert rig.events == [
        ("move", 10, 20), ("commit",),
        ("press", "left"), ("release", "left"), ("press", "left"), ("release", "left"),
    ]  # fmt: skip


def test_a_drag_moves_in_small_steps_and_lets_go_at_its_end() -> None:
    rig = Rig()
    rig.input.drag(rig.permit(), (100, 50), (40, 170))
    assert rig.events[:3] == [("move", 100, 50), ("commit",), ("press", "left")]
    assert rig.events[-2:] == [("move", 40, 170), ("release", "left")]
    path = [event[1:] for event in rig.events if event[0] == "move"]
    assert len(path) > 10
    assert path == sorted(path, key=lambda place: -int(place[0]))


# --- places


TWO_MONITORS = (
    Monitor(index=1, box=Box(0, 0, 640, 480), is_primary=True),
    Monitor(index=2, box=Box(-320, 100, 0, 340)),
)


@pytest.mark.parametrize("place", [(-320, 100), (-1, 339), (0, 1), (639, 479)])
def test_every_place_a_monitor_shows_can_be_reached(place: tuple[int, int]) -> None:
    rig = Rig(FakeBackend(monitors=TWO_MONITORS))
    rig.input.move(rig.permit(), *place)
    assert rig.backend.place == place


@pytest.mark.parametrize("place", [(-321, 100), (-1, 99), (-1, 340), (640, 0), (0, 480)])
def test_a_place_on_no_monitor_is_refused_and_not_clamped(place: tuple[int, int]) -> None:
    rig = Rig(FakeBackend(monitors=TWO_MONITORS))
    permit = rig.permit()
    with pytest.raises(BadArgumentError) as caught:
        rig.input.click(permit, *place)
    assert str(caught.value) == f"({place[0]}, {place[1]}) is on no monitor; nothing was moved"
    assert rig.events == []


def test_the_failsafe_corner_is_not_a_place_to_click() -> None:
    rig = Rig()
    with pytest.raises(BadArgumentError) as caught:
        rig.input.click(rig.permit(), 0, 0)
    assert str(caught.value) == (
        "(0, 0) is the failsafe corner, where the pointer stops the hands; aim beside it"
    )
    assert rig.events == []


def test_a_drag_that_would_leave_the_screens_lets_go() -> None:
    rig = Rig()
    with pytest.raises(BadArgumentError, match=r"is on no monitor; nothing was moved$"):
        rig.input.drag(rig.permit(), (600, 100), (700, 100))
    assert rig.events[-1] == ("release", "left")


def test_the_wheel_turns_notch_by_notch_in_both_directions() -> None:
    rig = Rig()
    rig.input.scroll(rig.permit(), -2, 1, at=(9, 8))
    assert rig.events == [
        ("move", 9, 8), ("commit",), ("scroll", -1, 0), ("scroll", -1, 0), ("scroll", 0, 1)
    ]  # fmt: skip


# --- keys


def test_keys_are_released_in_reverse() -> None:
    rig = Rig()
    rig.input.press_keys(rig.permit(), ("Control", "SHIFT", "Return"))
    assert rig.events == [
        ("commit",), ("key down", "ctrl"), ("key down", "shift"), ("key down", "enter"),
        ("key up", "enter"), ("key up", "shift"), ("key up", "ctrl"),
    ]  # fmt: skip


def test_an_unknown_key_presses_none_of_them() -> None:
    rig = Rig()
    permit = rig.permit()
    with pytest.raises(BadArgumentError, match=r"^there is no key 'entr'; did you mean 'enter'\?$"):
        rig.input.press_keys(permit, ("ctrl", "entr"))
    assert rig.events == []
    assert not permit.is_committed


def test_modifiers_are_released_when_a_key_fails() -> None:
    def no_such_key(event: Event) -> None:
        if event == ("key down", "é"):
            raise ActionFailed("this keyboard layout has no key 'é'")

    rig = Rig(FakeBackend(on_event=no_such_key))
    with pytest.raises(ActionFailed, match=r"^this keyboard layout has no key 'é'$"):
        rig.input.press_keys(rig.permit(), ("ctrl", "é"))
    assert rig.events == [("commit",), ("key down", "ctrl"), ("key up", "ctrl")]


def test_one_failed_release_does_not_keep_the_others_down() -> None:
    def stuck(event: Event) -> None:
        if event == ("key up", "s"):
            raise ActionFailed("stuck")

    rig = Rig(FakeBackend(on_event=stuck))
    with pytest.raises(ActionFailed, match=r"^stuck$"):
        rig.input.press_keys(rig.permit(), ("ctrl", "s"))
    assert rig.events[-1] == ("key up", "ctrl")


# --- text


@pytest.mark.parametrize("text", ["enter", "ctrl+s", "{TAB}", "\\n", "%{F4}", "a\tb\nc", "😀", ""])
def test_text_is_typed_literally(text: str) -> None:
    rig = Rig()
    rig.input.type_text(rig.permit(), text)
    assert rig.backend.typed == text
    assert not any(str(event[0]).startswith("key") for event in rig.events)


@pytest.mark.parametrize("text", ["one\r\ntwo", "one\rtwo", "one\ntwo"])
def test_every_kind_of_line_end_is_one_return(text: str) -> None:
    rig = Rig()
    rig.input.type_text(rig.permit(), text)
    assert rig.backend.typed == "one\ntwo"


@pytest.mark.parametrize(("text", "code"), [("a\x1bb", "U+001B"), ("a\x08", "U+0008")])
def test_a_control_character_is_refused_before_anything_is_typed(text: str, code: str) -> None:
    rig = Rig()
    with pytest.raises(BadArgumentError) as caught:
        rig.input.type_text(rig.permit(), text)
    assert str(caught.value) == (
        f"the text holds {code}, which no keyboard types; "
        "press keys such as escape or backspace by their names"
    )
    assert rig.events == []


def test_more_symbols_than_spare_keys_are_typed_in_pieces() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 50)))
    rig = Rig()
    rig.input.type_text(rig.permit(), text)
    assert rig.backend.typed == text
    shape = [event[0] for event in rig.events if event[0] in ("prepare", "finish")]
    assert shape == ["prepare", "finish"] * 3


def test_typing_stops_where_the_latch_closes_and_gives_the_keys_back() -> None:
    rig = Rig()

    def stop(event: Event) -> None:
        if event == ("type", "d"):
            rig.takeover.trip("the mouse was moved by someone else")

    rig.backend.on_event = stop
    with pytest.raises(TakenOver, match=r"^stopped: the mouse was moved by someone else"):
        rig.input.type_text(rig.permit(), "abcdef")
    assert rig.backend.typed == "abcd"
    assert rig.events[-1] == ("finish",)


# --- a person takes over


@pytest.mark.parametrize("name", ["click", "drag"])
def test_the_button_is_released_when_a_person_takes_over(name: str) -> None:
    rig = Rig()

    def take_over(event: Event) -> None:
        if event == ("press", "left"):
            rig.takeover.trip("the mouse was moved by someone else")

    rig.backend.on_event = take_over
    with pytest.raises(TakenOver):
        EVERYTHING[name](rig.input, rig.permit())
    assert rig.events[-2:] == [("press", "left"), ("release", "left")]


def test_what_the_backend_refuses_closes_the_latch() -> None:
    """pyautogui's failsafe speaks from within an event; the hands stay stopped afterwards."""

    def failsafe(_event: Event) -> None:
        raise TakenOver("the pointer is in a corner of the screen (failsafe)")

    rig = Rig(FakeBackend(on_event=failsafe))
    with pytest.raises(TakenOver):
        rig.input.move(rig.permit(), 5, 6)
    assert rig.takeover.reason == "the pointer is in a corner of the screen (failsafe)"


def test_a_mouse_moved_between_two_events_stops_the_second_one() -> None:
    rig = Rig()
    rig.backend.place = (300, 300)
    with rig.takeover.watching():

        def move_the_mouse() -> None:
            rig.backend.place = (200, 200)

        with pytest.raises(TakenOver):
            rig.input.click(rig.permit(), 10, 20, before_press=move_the_mouse)
    assert rig.events == [("move", 10, 20)]


def test_release_everything_goes_on_after_a_failure() -> None:
    def no_altgr(event: Event) -> None:
        if event[1:] in (("middle",), ("altgr",)):
            raise ActionFailed("there is none")

    rig = Rig(FakeBackend(on_event=no_altgr))
    rig.input.release_everything()
    assert rig.events == [
        ("release", "left"), ("release", "right"),
        ("key up", "ctrl"), ("key up", "alt"), ("key up", "shift"), ("key up", "super"),
    ]  # fmt: skip
