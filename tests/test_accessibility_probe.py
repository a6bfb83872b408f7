"""The walk through applications' trees, with applications made up here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from deskhand.tools.perception.accessibility_probe import CALL_TIMEOUT_MS, REST_S, Probe

KINDS = SimpleNamespace(
    SHOWING="showing", SENSITIVE="sensitive", CHECKED="checked", INDETERMINATE="indeterminate",
    SELECTED="selected", FOCUSED="focused", EXPANDED="expanded",
)  # fmt: skip


class Gone(Exception):
    """As gi's error."""


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Thing:
    """A node of a tree, with the calls that the probe makes."""

    role: str
    name: str = ""
    box: tuple[int, int, int, int] = (0, 0, 100, 100)
    children: Sequence["Thing"] = ()
    states: frozenset[str] = frozenset(("showing", "sensitive"))
    pid: int = 1
    when_asked: Callable[[], None] = field(default=lambda: None)

    def get_process_id(self) -> int:
        return self.pid

    def clear_cache(self) -> None:
        pass

    def get_role_name(self) -> str:
        self.when_asked()
        return self.role

    def get_name(self) -> str:
        return self.name

    def get_state_set(self) -> Any:
        return SimpleNamespace(contains=self.states.__contains__)

    def get_component_iface(self) -> Any:
        x, y, right, bottom = self.box
        extents = SimpleNamespace(x=x, y=y, width=right - x, height=bottom - y)
        return SimpleNamespace(get_extents=lambda _kind: extents)

    def get_child_count(self) -> int:
        return len(self.children)

    def get_child_at_index(self, index: int) -> "Thing":
        return self.children[index]


class BadName(Thing):
    def get_name(self) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


def app(*children: Thing, pid: int = 1, when_asked: Callable[[], None] = lambda: None) -> Thing:
    window = Thing("frame", "Main", (0, 0, 500, 500), children)
    return Thing("application", "app", children=[window], pid=pid, when_asked=when_asked)


def button(name: str, **more: Any) -> Thing:
    return Thing("push button", name, **more)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ask(clock: Clock) -> Callable[..., dict[str, Any]]:
    made: list[Probe] = []

    def answer(*apps: Thing, budget_s: float = 1.0, max_nodes: int = 100) -> dict[str, Any]:
        desktop = Thing("desktop frame", children=apps)
        atspi = SimpleNamespace(
            get_desktop=lambda _number: desktop,
            StateType=KINDS,
            CoordType=SimpleNamespace(SCREEN=0),
        )
        if not made:
            made.append(Probe(atspi, Gone, clock=clock))
        asked = {"seq": 1, "pids": [1, 2], "budget_s": budget_s, "max_nodes": max_nodes}
        return made[0].answer(asked)

    return answer


Ask = Callable[..., dict[str, Any]]


def names(answer: dict[str, Any]) -> list[str]:
    return [node["name"] for node in answer["nodes"]]


def test_what_shows_is_told_with_its_window_and_clipped_to_it(ask: Ask) -> None:
    hidden = button("hidden", states=frozenset(("sensitive",)))
    answer = ask(
        app(
            button("in", box=(450, 10, 600, 30)),
            button("out", box=(600, 10, 700, 30)),
            button("flat", box=(10, 10, 10, 30)),
            hidden,
        )
    )
    (node,) = answer["nodes"]
    assert (node["name"], node["box"], node["states"]) == ("in", (450, 10, 500, 30), [])
    assert (node["window"], node["title"], node["is_in_menu"]) == ((0, 0, 500, 500), "Main", False)


def test_an_open_menus_items_may_lie_outside_of_their_window(ask: Ask) -> None:
    item = Thing("menu item", "Paste", (20, 480, 120, 520))
    (menu, paste) = ask(app(Thing("menu", "Edit", (10, 10, 40, 30), [item])))["nodes"]
    assert (menu["is_in_menu"], paste["is_in_menu"]) == (False, True)
    assert (paste["box"], paste["window"]) == ((20, 480, 120, 520), (0, 0, 500, 500))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("checked", "sensitive"), ["checked"]),
        (("checked", "indeterminate", "sensitive"), ["mixed"]),
        (("focused",), ["unchecked", "disabled", "focused"]),
    ],
)
def test_states(ask: Ask, states: tuple[str, ...], expected: list[str]) -> None:
    answer = ask(app(Thing("check box", "c", states=frozenset(("showing", *states)))))
    assert answer["nodes"][0]["states"] == expected


def test_a_page_may_be_nested_as_deep_as_it_likes(ask: Ask) -> None:
    nested = button("deep")
    for _ in range(5000):
        nested = Thing("panel", children=[nested])
    assert names(ask(app(nested), budget_s=60.0)) == ["deep"]


def test_names_are_cut_and_need_not_be_text(ask: Ask) -> None:
    answer = ask(app(BadName("push button"), button("x" * 1000), button("last")))
    assert names(answer) == ["x" * 200, "last"]


def test_what_goes_while_it_is_asked_hides_no_sibling(ask: Ask) -> None:
    def go() -> None:
        raise Gone

    assert names(ask(app(button("a"), button("b", when_asked=go), button("c")))) == ["a", "c"]


def test_time_and_number_are_limited(ask: Ask, clock: Clock) -> None:
    def take() -> None:
        clock.now_s += 0.01

    many = [button(str(number), when_asked=take) for number in range(200)]
    answer = ask(app(*many), budget_s=0.5, max_nodes=1000)
    assert not answer["whole"]
    assert 40 < len(answer["nodes"]) < 60
    answer = ask(app(*many), budget_s=60.0, max_nodes=30)
    assert (answer["whole"], len(answer["nodes"])) == (False, 30)


def hung(clock: Clock) -> Callable[[], None]:
    """An application that lets every call run into its time limit from the third on."""
    calls = iter(range(10**6))

    def hang() -> None:
        if next(calls) > 2:
            clock.now_s += CALL_TIMEOUT_MS / 1000
            raise Gone

    return hang


def test_one_that_hangs_in_the_middle_costs_one_call_and_hides_no_other(
    ask: Ask, clock: Clock
) -> None:
    hang = hung(clock)
    mine = app(button("a", when_asked=hang), *[button("b", when_asked=hang)] * 9, when_asked=hang)
    began = clock.now_s
    answer = ask(mine, app(button("other"), pid=2))
    assert names(answer) == ["a", "other"]
    assert (answer["silent"], answer["whole"]) == ([1], True)
    assert clock.now_s - began == pytest.approx(CALL_TIMEOUT_MS / 1000)


def test_an_empty_answer_that_took_long_is_none(ask: Ask, clock: Clock) -> None:
    def take_long() -> None:
        clock.now_s += 4 * CALL_TIMEOUT_MS / 1000

    answer = ask(app(button("a"), button("", when_asked=take_long), button("c")))
    assert (names(answer), answer["silent"]) == (["a"], [1])


def test_one_that_hangs_is_asked_less_and_less_often_until_it_answers(
    ask: Ask, clock: Clock
) -> None:
    asked: list[float] = []
    does_hang = True

    def answer_or_not() -> None:
        asked.append(clock.now_s)
        if does_hang:
            clock.now_s += CALL_TIMEOUT_MS / 1000
            raise Gone

    mine = app(button("a"), when_asked=answer_or_not)
    end = clock.now_s + 60
    while clock.now_s < end:
        assert ask(mine)["silent"] == [1]
        clock.now_s += 0.1
    pauses = [round(later - earlier, 3) for earlier, later in zip(asked, asked[1:], strict=False)]
    assert pauses == sorted(pauses)
    assert REST_S[0] <= pauses[0] <= pauses[-1] <= REST_S[1] + 0.2
    does_hang = False
    clock.now_s += REST_S[1]
    assert names(ask(mine)) == ["a"]
