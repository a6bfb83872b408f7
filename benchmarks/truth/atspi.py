"""The truth about applications, from what they tell over AT-SPI."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.truth.records import Kind, TrueElement, TrueWord, Truth
from deskhand.memory.errors import ActionFailed
from deskhand.tools.desktop.geometry import Box

WALKER = Path(__file__).with_name("atspi_walk.py")
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has gi
WALK_TIMEOUT_S = 60.0

VARIABLES = {
    "GTK_MODULES": "gail:atk-bridge",  # GTK 2 tells nothing without; GTK 3 does not mind
    "QT_ACCESSIBILITY": "1",
    "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
}
UNWANTED_VARIABLES = ("NO_AT_BRIDGE",)
"""The sandbox sets it; with it GTK tells nothing."""

KINDS: Mapping[str, Kind] = {
    "push button": "button", "button": "button", "toggle button": "button",
    "table column header": "button", "column header": "button", "push button menu": "button",
    "check box": "checkbox", "radio button": "radio", "page tab": "tab",
    "menu": "menu item", "menu item": "menu item", "check menu item": "menu item",
    "radio menu item": "menu item", "combo box": "combobox", "slider": "slider",
    "link": "link", "icon": "icon", "spin button": "field", "password text": "field",
    "text": "field", "entry": "field", "document text": "field",
}  # fmt: skip
TEXTS = frozenset(("label", "table cell", "list item", "tree item", "static", "heading"))
NEEDS_EDITABLE = frozenset(("text", "entry", "document text"))
NAMED_BESIDE = frozenset(("field", "combobox", "slider"))
TOPS = frozenset(("frame", "dialog", "window", "alert", "file chooser", "color chooser"))
"""Windows, where they are an application's own children: Qt calls parts of a window frames too."""
MENUS = frozenset(("menu", "popup menu"))
LIKE_TABS = frozenset(("page tab", "menu", "menu item"))
"""What these hold lies outside of them."""
ROWS = frozenset(("table cell", "list item", "tree item"))
UNCOUNTED = ROWS | {"scroll bar", "drawing area", "unknown", "canvas"}
"""What has parts of which nothing is told, and rows of lists."""
MAX_LINE_PX = 60
MIN_SIDE_PX = 5
MIN_SHARE = 0.6
"""Of a thing's area must be visible for it to count."""
CHAR_PX, LABEL_MARGIN_PX = 6, 8
"""A label that needs more room than this with its characters is not drawn, or not in full."""
WIDE_CHAR_PX = 7
"""A text with this much room a character is surely drawn in full."""
ICON_PARENTS = frozenset(("layered pane", "text", "entry"))
"""What holds icons that can be clicked; elsewhere they belong to what they stand beside."""
NAMED_MENU = "Menu"
"""GTK's name for every button that only shows an arrow."""
BAR_DEPTH = 3
"""How many levels below its tool bar a button can be."""
MARK_PX = 20
"""A check box without a name that is larger is a button with a picture, which Qt calls so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A top-level window of the display: a managed one, or a menu that is open."""

    box: Box
    is_popup: bool


# Any in this module: the walker's JSON, whose shape is that of `atspi_walk.describe`.
Node = Mapping[str, Any]


def fetch_applications(env: Mapping[str, str], pids: Iterable[int] = ()) -> list[dict[str, Any]]:
    """Return the trees of the applications with these process ids; of all, if none are given.

    Raises:
        ActionFailed: If the walker fails or takes too long.
    """
    command = [SYSTEM_PYTHON, str(WALKER), *map(str, pids)]
    try:
        done = subprocess.run(
            command, env=dict(env), capture_output=True, text=True, timeout=WALK_TIMEOUT_S,
            check=True,
        )  # fmt: skip
        applications: list[dict[str, Any]] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise ActionFailed(f"AT-SPI did not answer in {WALK_TIMEOUT_S:g} s") from None
    except (OSError, ValueError) as error:
        raise ActionFailed(f"AT-SPI cannot be asked: {error}") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [f"exit code {error.returncode}"]
        raise ActionFailed(f"AT-SPI cannot be asked: {said[-1]}") from error
    return applications


def to_truth(
    applications: Sequence[Mapping[str, Any]],
    surfaces: Sequence[Surface],
    screen: Box,
    *,
    are_bars_lettered: bool = False,
) -> Truth:
    """Return what of these trees is really visible.

    Args:
        applications: From `fetch_applications`.
        surfaces: The windows and open menus, topmost first.
        screen: The whole picture.
        are_bars_lettered: Whether buttons of tool bars show their names; AT-SPI does not tell.
    """
    elements: list[TrueElement] = []
    words: list[TrueWord] = []
    regions: list[Box] = []
    uncounted: list[Box] = []
    for application in applications:
        nodes = application["nodes"]
        if application["toolkit"] == "Qt":
            nodes = [_without_wrong_words(node) for node in nodes]
        tree = Tree(nodes, surfaces, screen, are_bars_lettered=are_bars_lettered)
        elements += tree.elements()
        words += tree.words()
        regions += tree.regions()
        uncounted += tree.uncounted()
    return Truth(
        elements=tuple(elements),
        words=tuple(words),
        regions=tuple(regions),
        uncounted=tuple(uncounted),
    )


class Tree:
    """One application's nodes, parents before children, and which part of each can be seen."""

    def __init__(
        self,
        nodes: Sequence[Node],
        surfaces: Sequence[Surface],
        screen: Box,
        *,
        are_bars_lettered: bool,
    ) -> None:
        self._nodes = nodes
        self._are_bars_lettered = are_bars_lettered
        self._surfaces = surfaces
        self._visible: list[Box | None] = []
        self._clips: list[Box | None] = []
        self._hosts: list[int | None] = []
        for node in nodes:
            self._add(node, screen)
        self._holders = frozenset(node["parent"] for node in nodes if "EDITABLE" in node["states"])

    def _add(self, node: Node, screen: Box) -> None:
        parent: int = node["parent"]
        box = _box(node["box"])
        is_root = parent < 0
        host = None if is_root else self._hosts[parent]
        clip = screen if is_root else self._clips[parent]
        if self._is_top(node) and box is not None:
            host, clip = _host_of(box, self._surfaces), screen
        elif self._role(parent) in MENUS and box is not None:
            # An open menu is a window of its own, which is no node.
            popup = _popup_of(box, self._surfaces)
            if popup is not None:
                host, clip = popup, screen
        part = None
        if box is not None and clip is not None and host is not None:
            part = box.intersect(clip)
        if part is not None and not self._is_top(node) and not self._is_on_top(part, host):
            part = None
        self._hosts.append(host)
        self._visible.append(part)
        # A node without a place of its own cuts nothing off, nor does a tab its page.
        cuts = box is not None and node["role"] not in LIKE_TABS
        inner = None if clip is None or box is None else box.intersect(clip)
        self._clips.append(inner if cuts else clip)

    def _is_top(self, node: Node) -> bool:
        if node["role"] == "popup menu":
            return True
        return node["role"] in TOPS and self._role(node["parent"]) == "application"

    def _role(self, number: int) -> str:
        return str(self._nodes[number]["role"]) if number >= 0 else ""

    def _parent_role(self, number: int) -> str:
        return self._role(self._nodes[number]["parent"])

    def _is_on_top(self, box: Box, host: int | None) -> bool:
        return self._top_at(*box.centre) == host

    def _top_at(self, x: float, y: float) -> int | None:
        """Return the number of the window that is seen there."""
        return next((i for i, s in enumerate(self._surfaces) if s.box.contains(x, y)), None)

    def _seen(self, number: int) -> Box | None:
        """Return the visible part of a node that is large enough to count."""
        part, box = self._visible[number], _box(self._nodes[number]["box"])
        if part is None or box is None or min(part.width, part.height) < MIN_SIDE_PX:
            return None
        if part.area < MIN_SHARE * box.area:
            return None
        # Of an editor enough is left beside a menu, of a button not.
        is_large = part.height > MAX_LINE_PX
        return part if is_large or self._is_all_on_top(part, self._hosts[number]) else None

    def elements(self) -> list[TrueElement]:
        """Return what can be clicked."""
        found = []
        for number in range(len(self._nodes)):
            kind, part = self._kind(number), self._seen(number)
            if kind is None or part is None:
                continue
            label, is_visible = self._label(number, kind)
            if kind == "button" and not is_visible:
                kind = "icon"
            found.append(
                TrueElement(kind=kind, label=label, is_label_visible=is_visible, hits=(part,))
            )
        return found

    def _kind(self, number: int) -> Kind | None:
        """Return what kind of element a node is, None if it is none."""
        node = self._nodes[number]
        role, parent = node["role"], self._parent_role(number)
        kind = KINDS.get(role)
        if kind is None or self._is_part_of_other(number):
            return None
        if role in NEEDS_EDITABLE and "EDITABLE" not in node["states"]:
            return None
        if kind == "icon" and parent not in ICON_PARENTS:
            return None
        if kind == "combobox" and number in self._holders:
            return None  # the field in it is what can be operated
        box = _box(node["box"])
        if kind == "checkbox" and not node["name"] and box is not None and box.height > MARK_PX:
            return "icon"
        return kind

    def _is_part_of_other(self, number: int) -> bool:
        """Tell whether a node belongs to a control that is an element by itself."""
        parent = self._parent_role(number)
        role = self._nodes[number]["role"]
        if parent == "combo box":
            return role not in ("text", "entry")
        return parent in ("push button", "toggle button", "spin button", "scroll bar")

    def _label(self, number: int, kind: Kind) -> tuple[str, bool]:
        """Return what an element is called, and whether that can be read on it or beside it."""
        node = self._nodes[number]
        name = " ".join(node["name"].split())
        if kind in NAMED_BESIDE:
            if node["labels"]:
                return " ".join(node["labels"][0][0].split()), True
            hint = node["attributes"].get("placeholder-text", "")
            return (hint, True) if hint and not node["words"] else (name, False)
        if not name or name == NAMED_MENU:
            return name, False
        if kind != "button":
            return name, True
        box = _box(node["box"])
        assert box is not None  # an element without a box was dropped before
        image_width = (node["image"] or (0,))[0]
        room = image_width + len(name) * CHAR_PX + LABEL_MARGIN_PX
        is_lettered = self._are_bars_lettered or not self._is_in_tool_bar(number)
        return name, is_lettered and (len(name) == 1 or box.width >= room)

    def _is_in_tool_bar(self, number: int) -> bool:
        for _ in range(BAR_DEPTH):
            number = self._nodes[number]["parent"]
            if number < 0:
                return False
            if self._nodes[number]["role"] == "tool bar":
                return True
        return False

    def words(self) -> list[TrueWord]:
        """Return what can be read."""
        found = []
        for number, node in enumerate(self._nodes):
            part = self._visible[number] if node["role"] != "text" else self._clips[number]
            if part is None:
                continue
            places = [_box(place) for _, place in node["words"]]
            if node["role"] == "table cell" and any(
                box is None or box.intersect(part) != box for box in places
            ):
                continue  # shortened, with an ellipsis somewhere
            for (text, _), box in zip(node["words"], places, strict=True):
                # A word that is cut or covered cannot be read in full.
                if box is None or box.intersect(part) != box:
                    continue
                if self._is_all_on_top(box, self._hosts[number]):
                    found.append(TrueWord(text=text, box=box, is_exact=True))
            if not any(places):
                found += self._words_of_name(number)
        return found

    def _words_of_name(self, number: int) -> list[TrueWord]:
        """Return the words of a name, where it is all that an application tells of a text."""
        node, part = self._nodes[number], self._seen(number)
        kind = self._kind(number)
        if part is None or (kind is None and node["role"] not in TEXTS):
            return []
        name = " ".join(node["name"].split())
        if kind is not None:
            name, is_visible = self._label(number, kind)
            if not is_visible or kind in NAMED_BESIDE:
                return []
        if len(name) * WIDE_CHAR_PX + LABEL_MARGIN_PX > part.width:
            return []
        return [TrueWord(text=word, box=part, is_exact=False) for word in name.split()]

    def _is_all_on_top(self, box: Box, host: int | None) -> bool:
        corners = (box.left, box.top), (box.right - 1, box.bottom - 1)
        return all(self._top_at(*corner) == host for corner in corners)

    def regions(self) -> list[Box]:
        """Return the insides of the windows, without the title bars of the window manager."""
        return [
            part
            for node, part in zip(self._nodes, self._visible, strict=True)
            if self._is_top(node) and part is not None
        ]

    def uncounted(self) -> list[Box]:
        """Return places in which what we find is neither right nor wrong."""
        found = []
        for node, part in zip(self._nodes, self._visible, strict=True):
            if part is None or node["role"] not in UNCOUNTED:
                continue
            within = self._visible[node["parent"]]
            # GTK leaves the arrow and the picture of a tree's row out of its cells.
            left = within.left if node["role"] in ROWS and within is not None else part.left
            found.append(Box(min(left, part.left), part.top, part.right, part.bottom))
        return found


def _box(sides: Sequence[int] | None) -> Box | None:
    """Return a box, None for the nonsense that some nodes tell (-1, the smallest integer)."""
    if sides is None or sides[2] <= sides[0] or sides[3] <= sides[1] or min(sides) < -20_000:
        return None
    return Box(*sides)


def _without_wrong_words(node: Node) -> Node:
    """Return a node of Qt, which puts all words of a text of several lines on the first one."""
    box = _box(node["box"])
    is_tall = box is not None and box.height > MAX_LINE_PX
    return {**node, "words": []} if is_tall and node["role"] == "text" else node


def _host_of(box: Box, surfaces: Sequence[Surface]) -> int | None:
    """Return the number of the window that a top-level node is: the one most alike."""
    likeness = [surface.box.iou(box) for surface in surfaces]
    best = max(range(len(surfaces)), key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] > 0.6 else None


def _popup_of(box: Box, surfaces: Sequence[Surface]) -> int | None:
    """Return the number of the open menu that a menu's item lies in."""
    for number, surface in enumerate(surfaces):
        if surface.is_popup and surface.box.intersect(box) == box:
            return number
    return None
