"""`deskhand find`: where something is on the screen."""

from typing import Annotated

import typer

from .output import inert, print_json, results, table
from .run import GroundModel
from .settings import CliSettings


def find(
    context: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="The words on it or beside it, or what it is.")
    ],
    image: Annotated[
        str | None,
        typer.Argument(
            metavar="IMAGE",
            help="A picture file, or - for one on stdin. Without it: the live desktop.",
            show_default=False,
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE",
            help="What it is: text, button, textbox, checkbox, radio, link, menuitem…",
        ),
    ] = None,
    window: Annotated[
        str | None, typer.Option(metavar="TITLE", help="Words in the title of its window.")
    ] = None,
    near: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Other words that it is close to.")
    ] = None,
    nth: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Which one in reading order, where several match."),
    ] = None,
    ground_model: GroundModel = None,
    every_source: Annotated[
        bool,
        typer.Option(
            "--every-source", metavar="", help="Ask the models too where words settle it."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Find the one thing on the screen that answers a description.

    Exact words win over similar ones; then what is said beside words counts:
    kind, colour, place, neighbours, rank. Says which source found it, how sure
    it is, and what came second. Where several things answer equally well, all
    are listed and the command fails: never the first one silently.

    Examples:
      deskhand find "Save"
      deskhand find "the blue save icon"
      deskhand find "the second checkbox below Fruit"
      deskhand find "Cancel" --window "Save As" --role button
      deskhand find "Total" invoice.png --json
    """
    from ...tools.finding import report
    from . import seeing

    settings: CliSettings = context.obj
    target = seeing.text_target(text=text, role=role, window=window, near=near, nth=nth)
    sources = seeing.sources_named(settings, ground_model)
    observation = seeing.observe(image, window=None)
    found = seeing.locate(observation, target, sources, asks_all=every_source)
    if json:
        print_json(seeing.found_to_json(found))
        return
    rows = table("#", "role", "text", "box", "click at", "score", numeric=("#", "score"))
    element, (x, y) = found.element, (found.point.x, found.point.y)
    at = f"{x:.0f}, {y:.0f}"
    if element is None:
        rows.add_row("-", "-", "", "-", at, "-")
    else:
        box = " ".join(str(side) for side in element.box.xyxy)
        score = f"{element.score:.2f}"
        rows.add_row(str(element.id), element.role, inert(element.text), box, at, score)
    results().print(rows)
    results().print(inert(report.in_words(found)), soft_wrap=True)
