"""`deskhand find`: where something is on the screen."""

from typing import Annotated

import typer

from .output import inert, print_json, results, table


def find(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The words on it or beside it.")],
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
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Find the one thing on the screen that answers a description.

    Exact words win over similar ones. Where several things answer equally
    well, all are listed and the command fails: never the first one silently.

    Examples:
      deskhand find "Save"
      deskhand find "Cancel" --window "Save As" --role button
      deskhand find "Total" invoice.png --json
    """
    from . import seeing

    target = seeing.text_target(text=text, role=role, window=window, near=near, nth=nth)
    element = seeing.find(seeing.observe(image, window=None), target)
    if json:
        print_json(seeing.element_to_json(element))
        return
    rows = table("#", "role", "text", "box", "click at", "score", numeric=("#", "score"))
    x, y = element.click_at
    box = " ".join(str(side) for side in element.box.xyxy)
    rows.add_row(
        str(element.id),
        element.role,
        inert(element.text),
        box,
        f"{x:.0f}, {y:.0f}",
        f"{element.score:.2f}",
    )
    results().print(rows)
