"""The scenes that are recorded: pages in Chromium, and Debian's applications in various states."""

from dataclasses import dataclass
from pathlib import Path

PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScene:
    """A page that fills the screen."""

    name: str
    page: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AppScene:
    """An application after some keys."""

    name: str
    command: tuple[str, ...]
    """`{text}` stands for a text file, `{folder}` for a folder with some files, `{archive}` for an
    archive of it."""
    keys: tuple[str, ...] = ()
    """Chords as xdotool names them, pressed one after the other."""
    keeps_size: bool = False
    """Whether its window stays as large as it opens; else it is made to fill most of the screen."""
    are_bars_lettered: bool = False
    """Whether the buttons of its tool bars show their names; AT-SPI does not tell."""


Scene = PageScene | AppScene


def _page(name: str) -> PageScene:
    return PageScene(name=name.replace("_", "-"), page=PAGES / f"{name}.html")


def _app(
    name: str,
    *command: str,
    keys: str = "",
    keeps_size: bool = False,
    are_bars_lettered: bool = False,
) -> AppScene:
    return AppScene(
        name=name,
        command=command,
        keys=tuple(keys.split()),
        keeps_size=keeps_size,
        are_bars_lettered=are_bars_lettered,
    )


MOUSEPAD = ("mousepad", "--disable-server", "{text}")
FEATHERPAD = ("featherpad", "--standalone", "{text}")

SCENES: tuple[Scene, ...] = (
    _app("mousepad", *MOUSEPAD),
    _app("mousepad-menu", *MOUSEPAD, keys="alt+f"),
    _app("mousepad-preferences", *MOUSEPAD, keys="alt+e Up Return"),
    _app("gtk-file-dialog", *MOUSEPAD, keys="ctrl+shift+s"),
    _app("galculator", "galculator", keeps_size=True),
    _app("featherpad-menu", *FEATHERPAD, keys="alt+f"),
    _app("qt-file-dialog", *FEATHERPAD, keys="ctrl+shift+s"),
    _app("pcmanfm", "pcmanfm", "{folder}"),
    _app("xarchiver", "xarchiver", "{archive}"),
    _app("gucharmap", "gucharmap", are_bars_lettered=True),
    _app("geany", "geany", "--new-instance", "{text}"),
    _app("qalculate-gtk", "qalculate-gtk", keeps_size=True),
    _page("sign_up"),
    _page("settings"),
    _page("mail"),
    _page("table"),
    _page("article"),
    _page("toolbar"),
    _page("default_form"),
    _page("shop"),
)

HELD_OUT: tuple[Scene, ...] = (
    _app("held-out-lxappearance", "lxappearance"),
    _app("held-out-speedcrunch", "speedcrunch", keys="ctrl+k"),
    _page("held_out_tickets"),
    _page("held_out_booking"),
)
"""Nobody looks at what is missed on these: they say how the others' figures carry over."""
