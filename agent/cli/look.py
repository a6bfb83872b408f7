"""`deskhand look`: what is on the screen, as numbered elements."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import inert, notes, print_json, results, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ...tools.perception.elements import Observation


def look(
    image: Annotated[
        str | None,
        typer.Argument(
            metavar="IMAGE",
            help="A picture file, or - for one on stdin. Without it: the live desktop.",
            show_default=False,
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(metavar="TITLE", help="Only windows with these words in their title."),
    ] = None,
    annotate: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Write the picture with numbered marks on it."),
    ] = None,
    text: Annotated[
        bool,
        typer.Option("--text", metavar="", help="Print it as the planner of an agent reads it."),
    ] = False,
    budget: Annotated[
        int | None,
        typer.Option(min=50, metavar="TOKENS", help="With --text: at most about so many tokens."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """List what is on the screen or in a picture.

    Every text, button and field comes with a number and its place, in pixels
    of the picture: left, top, right, bottom. Nothing is clicked or typed.

    Examples:
      deskhand look
      deskhand look --window Mousepad --annotate marks.png
      deskhand look screenshot.png --json
      deskhand look --text --budget 800
    """
    from . import seeing

    if budget is not None and not text:
        from ...memory.errors import ConfigError

        raise ConfigError("--budget is for the text that a planner reads; add --text")
    observation = seeing.observe(image, window=window)
    if annotate is not None:
        _annotate(observation, annotate)
    if json:
        print_json(_document(observation, seeing))
    elif text:
        _print_text(observation, budget)
    else:
        _show(observation)


def _document(observation: "Observation", seeing: Any) -> dict[str, Any]:
    capture = observation.capture
    return {
        "size": [capture.view.width, capture.view.height],
        "settled": observation.settled,
        "windows": [
            {
                "title": window.title,
                "app": window.app,
                "box": list(window.box.xyxy),
                "active": window.is_active,
            }
            for window in observation.windows
        ],
        "elements": [seeing.element_to_json(element) for element in observation.elements],
    }


def _annotate(observation: "Observation", out: Path) -> None:
    from ...memory.errors import ConfigError
    from ...tools.perception.marks import annotate

    try:
        annotate(observation.capture, observation.elements).save(out)
    except (OSError, ValueError) as error:  # ValueError: a suffix that Pillow does not know
        raise ConfigError(f"cannot write {out}: {error}") from error
    notes().print(f"marks written to {out}", markup=False, soft_wrap=True)


def _print_text(observation: "Observation", budget: int | None) -> None:
    from ...tools.perception.render import render_elements

    rendering = render_elements(observation, budget=budget)
    results().print(rendering.text, markup=False, highlight=False, soft_wrap=True)


def _show(observation: "Observation") -> None:
    rows = table("#", "role", "text", "box", "score", numeric=("#", "score"))
    has_windows = len({element.window for element in observation.elements}) > 1
    if has_windows:
        rows.add_column("window", overflow="ellipsis", no_wrap=True, max_width=24)
    for element in observation.elements:
        states = f" ({', '.join(sorted(element.states))})" if element.states else ""
        cells: list[RenderableType] = [
            str(element.id),
            element.role + states,
            inert(element.text),
            " ".join(str(side) for side in element.box.xyxy),
            f"{element.score:.2f}",
        ]
        if has_windows:
            cells.append(inert(element.window, style="dim"))
        rows.add_row(*cells)
    console = results()
    console.print(rows)
    view = observation.capture.view
    moving = "" if observation.settled else "; the screen was still changing"
    notes().print(
        f"{len(observation.elements)} elements in {view.width}x{view.height} pixels{moving}"
    )
