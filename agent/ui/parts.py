"""Small things that the panels draw alike. What is read from a screen is only ever text here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nicegui import ui

from ...memory.errors import DeskhandError


def said(text: str, style: str = "") -> ui.label:
    """Draw text of a screen, a model or a person; it keeps its own direction and its lines."""
    return ui.label(text).classes(f"said {style}")


def soft(text: str) -> ui.label:
    """Draw a remark."""
    return ui.label(text).classes("soft said")


def badge(look: tuple[str, str, str]) -> ui.label:
    """Draw a state: its style, its sign and its word, as reports have them."""
    style, sign, word = look
    return ui.label(f"{sign} {word}").classes(f"badge {style}")


def tell(error: DeskhandError) -> None:
    """Say what went wrong, for some seconds."""
    ui.notify(str(error), type="negative", timeout=6000)


@contextmanager
def large_dialog(title: str, aside: str = "") -> Iterator[None]:
    """Draw what the block draws over the page, as wide as the window; gone once it is closed."""
    with ui.dialog() as dialog, ui.card().classes("wide"):
        with ui.element("div").classes("line full-width"):
            said(title, "task")
            ui.label(aside).classes("soft mono push")
            ui.button(icon="close", on_click=dialog.close).props(
                'flat round dense aria-label="Close"'
            )
        yield
    dialog.on("hide", dialog.delete)
    dialog.open()


def play(address: str) -> None:
    """Draw a video that plays from the time its address names."""
    ui.video(address, autoplay=True).classes("film")


def as_button(element: ui.element, does: Callable[..., Any]) -> ui.element:
    """Make an element what a mouse clicks and a keyboard presses."""
    element.props("tabindex=0 role=button")
    return element.on("click", does).on("keydown.enter", does)
