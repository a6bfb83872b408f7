"""`deskhand look`: what is on the screen, as numbered elements."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import inert, notes, print_json, results, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ...tools.perception.elements import Observation
    from ...tools.perception.news import PastLook


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
    marks: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="With --annotate: so many marks at most, controls first."
        ),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(
            metavar="BEFORE.json", help="Print only what is new since this look, made by --json."
        ),
    ] = None,
    text: Annotated[
        bool,
        typer.Option("--text", metavar="", help="Print it as the planner of an agent reads it."),
    ] = False,
    budget: Annotated[
        int | None,
        typer.Option(
            min=50, metavar="TOKENS", help="With --text or --since: about so many tokens."
        ),
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
      deskhand look --json > before.json
      deskhand look --since before.json
    """
    _check(
        ("--json and --text are two ways to print; give one", json and text),
        ("--since prints text of its own; leave --text out", since is not None and text),
        (
            "--budget is for the text that a planner reads; add --text or --since",
            budget is not None and not text and since is None,
        ),
        ("--budget is for text; leave --json out", budget is not None and json),
        ("--marks is for a picture with marks; add --annotate", marks is not None and not annotate),
    )
    from . import seeing

    before = None if since is None else _before(since)
    observation = seeing.observe(image, window=window)
    if before is not None:
        from ...tools.perception.numbering import Numbering

        carried = Numbering(before.elements).number(observation.elements)
        observation = replace(observation, elements=carried)
        if window is not None:  # only now: numbers of other windows must not be given again
            before, observation = _only_windows(before, observation, window)
    if annotate is not None:
        _annotate(observation, annotate, marks)
    if json:
        _print_json(observation, before)
    elif before is not None:
        _print_news(observation, before, budget)
    elif text:
        _print_text(observation, budget)
    else:
        _show(observation)


def _check(*rules: tuple[str, object]) -> None:
    """Refuse options that contradict each other: none of them is passed over in silence."""
    from ...memory.errors import ConfigError

    for message, is_broken in rules:
        if is_broken:
            raise ConfigError(message)


def _before(path: Path) -> "PastLook":
    from .look_document import load_look

    return load_look(path)


def _only_windows(
    before: "PastLook", observation: "Observation", words: str
) -> "tuple[PastLook, Observation]":
    from .look_document import only_windows

    own = [w for w in observation.windows if words.casefold() in w.title.casefold()]
    return only_windows(before, words), replace(observation, windows=own)


def _print_json(observation: "Observation", before: "PastLook | None") -> None:
    from ...tools.perception.news import news
    from .look_document import look_to_json, news_to_json

    document = look_to_json(observation)
    if before is not None:
        document["since"] = news_to_json(news(before, observation))
    print_json(document)


def _print_news(observation: "Observation", before: "PastLook", budget: int | None) -> None:
    from ...tools.perception.news import render_news

    text = render_news(before, observation, budget=budget)
    results().print(text, markup=False, highlight=False, soft_wrap=True)


def _annotate(observation: "Observation", out: Path, max_marks: int | None) -> None:
    from ...memory.errors import ConfigError
    from ...tools.perception.marks import mark_elements

    marked = mark_elements(observation.capture, observation.elements, max_marks=max_marks)
    try:
        marked.picture.save(out)
    except (OSError, ValueError) as error:  # ValueError: a suffix that Pillow does not know
        raise ConfigError(f"cannot write {out}: {error}") from error
    left_out = f", {marked.left_out} elements without one" if marked.left_out else ""
    said = f"{len(marked.shown)} marks written to {out}{left_out}"
    notes().print(said, markup=False, soft_wrap=True)


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
