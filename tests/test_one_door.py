"""No public path reaches the mouse, the keyboard or a new program without a decision."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import deskhand.tools
from deskhand.memory.errors import PolicyDenied
from deskhand.tools.actions import Pause
from deskhand.tools.desktop.backend import Window
from deskhand.tools.desktop.backend_fake import FakeBackend
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.input import Input
from deskhand.tools.desktop.takeover import Takeover
from deskhand.tools.safety.gate import Gate, Permit
from deskhand.tools.safety.policy import ActionContext

ROOT = Path(deskhand.tools.__file__).parent.parent
ACTING = frozenset({
    "move", "press_button", "release_button", "scroll", "press_key", "release_key", "type_chunk",
    "prepare_text", "finish_text", "paste", "focus_window", "set_clipboard", "restore_clipboard",
})  # fmt: skip
"""The methods of `Backend` that change something."""
GUARDED = ("tools/desktop/input.py", "tools/desktop/text_entry.py")
LEAVES = ("tools/desktop/x11.py", "tools/desktop/native.py")
"""The backends that act through another library."""
XTEST = (*LEAVES, "tools/desktop/x11_keyboard.py")


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("agent", "memory", "tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield every module and every name that is imported anywhere in the tree, dots and all."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"[\w.]+", node.value)
        ):
            yield node.value  # may be given to `import_module`


def is_backend(node: ast.expr) -> bool:
    """Tell whether an expression is called a backend: `backend`, `self._backend`, `x.backend`."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name.strip("_") == "backend"


def test_sources_are_found() -> None:
    assert {"tools/hands.py", *GUARDED, "tools/desktop/x11.py"} <= {path for path, _ in sources()}


def test_every_acting_method_of_the_backend_is_guarded_here() -> None:
    looking = {
        "monitors", "grab", "pointer", "windows", "popups", "get_clipboard", "save_clipboard",
        "close",
    }  # fmt: skip
    public = {
        name
        for name, _ in inspect.getmembers(FakeBackend, inspect.isfunction)
        if not name.startswith("_")
    }
    assert public == ACTING | looking


def test_only_the_guarded_hands_act_on_a_backend() -> None:
    reached = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ACTING and is_backend(node.value)
    }
    assert reached == set(GUARDED)


def test_only_a_desktop_and_its_hands_hold_a_backend() -> None:
    """Under whatever name: who imports no backend and takes none can call none."""
    holders = {
        path
        for path, tree in sources()
        if any(name.split(".")[-1] in ("Backend", "FakeBackend", "X11Backend", "open_backend")
               for name in imported(tree))
    }  # fmt: skip
    assert holders == {*GUARDED, "tools/desktop/desktop.py", "tools/desktop/probe.py"}


def test_the_backend_of_a_desktop_and_of_its_hands_is_private() -> None:
    private = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "_backend"
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    assert private == set()


@pytest.mark.parametrize(
    ("module", "allowed"), [("pyautogui", LEAVES), ("Xlib.ext.xtest", XTEST), ("pynput", ())]
)
def test_only_leaves_import_what_acts(module: str, allowed: tuple[str, ...]) -> None:
    importing = {
        path
        for path, tree in sources()
        if any(name == module or name.startswith(f"{module}.") for name in imported(tree))
    }
    assert importing <= set(allowed)


def test_only_the_hands_start_programs() -> None:
    importing = {
        path
        for path, tree in sources()
        if any(name.endswith("desktop.apps.launch") or name == "apps.launch"
               for name in imported(tree))
    }  # fmt: skip
    assert importing == {"tools/hands.py"}


# --- at run time


@pytest.fixture
def backend() -> FakeBackend:
    backend = FakeBackend()
    backend.shown = [WINDOW]
    return backend


@pytest.fixture
def acting(backend: FakeBackend, tmp_path: Path) -> Input:
    return Input(backend, Takeover(backend.pointer, panic_file=tmp_path / "panic"))


WINDOW = Window(id=7, title="Notes", app="Notes", pid=1, box=Box(0, 0, 9, 9))
CALLS: dict[str, Callable[[Input, Permit], None]] = {
    "move": lambda acting, permit: acting.move(permit, 5, 5),
    "click": lambda acting, permit: acting.click(permit, 5, 5),
    "drag": lambda acting, permit: acting.drag(permit, (5, 5), (9, 9)),
    "scroll": lambda acting, permit: acting.scroll(permit, 1, 1),
    "press_keys": lambda acting, permit: acting.press_keys(permit, ("a",)),
    "type_text": lambda acting, permit: acting.type_text(permit, "é"),
    "focus_window": lambda acting, permit: acting.focus_window(permit, WINDOW),
    "set_clipboard": lambda acting, permit: acting.set_clipboard(permit, "a"),
}


def test_every_public_method_is_called_here() -> None:
    public = {
        name
        for name, _ in inspect.getmembers(Input, inspect.isfunction)
        if not name.startswith("_")
    }
    assert public == {*CALLS, "release_everything"}


def fresh() -> Permit:
    return Gate().authorize(Pause(seconds=1), ActionContext())


@pytest.mark.parametrize("method", CALLS)
def test_spent_permit_does_nothing(method: str, acting: Input, backend: FakeBackend) -> None:
    permit = fresh()
    permit.spend()
    with pytest.raises(PolicyDenied, match=r"^this permit was for an action that is over$"):
        CALLS[method](acting, permit)
    assert backend.events == []


@pytest.mark.parametrize("method", CALLS)
def test_permit_does_something(method: str, acting: Input, backend: FakeBackend) -> None:
    """Without this, a call that does nothing at all would pass the test above."""
    CALLS[method](acting, fresh())
    assert backend.events != []


@pytest.mark.parametrize("method", CALLS)
def test_no_permit_at_all(method: str, acting: Input, backend: FakeBackend) -> None:
    with pytest.raises(AttributeError):
        CALLS[method](acting, None)  # type: ignore[arg-type]  # what a careless caller would try
    assert backend.events == []
