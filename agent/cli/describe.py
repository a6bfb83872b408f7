"""`deskhand describe`: a screen or a picture in a few sentences."""

from pathlib import Path
from typing import Annotated

import typer

from .ask import Model, ModelName, Screen, SendPictures, WindowTitle
from .output import notes, print_json, results


def describe(
    context: typer.Context,
    image: Annotated[
        str | None,
        typer.Argument(
            metavar="IMAGE",
            help="A picture file, or - for one on stdin. Without it: the live desktop.",
            show_default=False,
        ),
    ] = None,
    screen: Screen = False,
    window: WindowTitle = None,
    model: Model = None,
    model_name: ModelName = None,
    pictures: SendPictures = "auto",
    facts: Annotated[
        bool, typer.Option("--facts", metavar="", help="Only the facts, which need no model.")
    ] = False,
    annotate: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Write the picture with what stands out on it."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Describe the screen or a picture: windows, dialogs, what stands out.

    A model's summary comes first, then the facts: what is open, focused,
    selected, ticked, disabled, and what may tell of trouble. Where no model
    is there, the facts alone are printed and it is said so.

    Examples:
      deskhand describe
      deskhand describe screenshot.png --facts
      deskhand describe --window Settings --annotate out.png --json
    """
    from ...memory.errors import ConfigError
    from . import asking

    if facts and (model is not None or model_name is not None):
        raise ConfigError("--facts needs no model; leave --model out")
    observation = asking.observe(image, screen=screen, window=window)
    loaded = None
    if not facts:
        loaded = asking.load_model(context.obj, model=model, name=model_name, pictures=pictures)
    from ...tools.questions.describe import describe as describe_screen

    described = describe_screen(observation, loaded, redaction=asking.redaction(context.obj))
    if annotate is not None:
        asking.annotate(observation, described.elements, annotate)
    if json:
        print_json(described.to_json())
    else:
        console = results()
        for line in (described.text, *described.facts):
            if line:
                console.print(asking.inline(line), markup=False, soft_wrap=True)
    asking.warn(described.claims)
    if loaded is None and not facts:
        told = "no model is on this machine, so these are the facts alone; bring one: "
        notes().print(f"{told}deskhand models pull {_local()}", markup=False, soft_wrap=True)


def _local() -> str:
    from ...tools.models.chat_models import LOCAL_MODEL

    return LOCAL_MODEL
