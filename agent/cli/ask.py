"""`deskhand ask`: a question about the screen or a picture, answered with what it rests on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..planners.pictures import Pictures
from . import exit_codes
from .output import print_json, results

if TYPE_CHECKING:
    from ...tools.questions.answered import Answered

Screen = Annotated[
    bool, typer.Option("--screen", metavar="", help="The live desktop; so without a picture.")
]
WindowTitle = Annotated[
    str | None,
    typer.Option("--window", metavar="TITLE", help="Only windows with these words in their title."),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Who answers (DESKHAND_MODEL): local, vlm:NAME of a pulled model, provider:name, or "
        "the address of a server that speaks the OpenAI protocol. "
        "\\[default: the best that is pulled, one that sees first]",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The model's name on the server (DESKHAND_MODEL_NAME)."),
]

SendPictures = Annotated[
    Pictures,
    typer.Option(
        "--pictures",
        help="Whether the model is sent the picture as well; auto: where it is known to see.",
    ),
]


def ask(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[IMAGE] QUESTION",
            help="The question in quotes; before it a picture file, or - for one on stdin.",
            show_default=False,
        ),
    ],
    screen: Screen = False,
    window: WindowTitle = None,
    model: Model = None,
    model_name: ModelName = None,
    pictures: SendPictures = "auto",
    annotate: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Write the picture with what the answer rests on."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Answer a question about the screen or a picture.

    Under the answer stands what it rests on. Numbers, names and quotations
    in it that no text on the screen says are warned of. Nothing is clicked.
    Exits with 1 if the screen does not tell.

    Examples:
      deskhand ask "What is the total of the invoice?"
      deskhand ask --window Preferences "Which boxes are ticked?"
      deskhand ask screenshot.png "Which button is disabled?" --annotate why.png
      deskhand ask shot.png "Who wrote last?" --model vlm:qwen3-vl-2b --json
    """
    from . import asking

    image, question = _split(words)
    observation = asking.observe(image, screen=screen, window=window)
    loaded = asking.load_model(context.obj, model=model, name=model_name, pictures=pictures)
    if loaded is None:
        raise no_model()
    from ...tools.questions.ask import ask as ask_model

    answered = ask_model(observation, question, loaded, redaction=asking.redaction(context.obj))
    if annotate is not None:
        asking.annotate(observation, answered.elements, annotate)
    if json:
        print_json(answered.to_json())
    else:
        _show(answered)
    asking.warn(answered.claims, answered.unknown)
    if not answered.found:
        raise typer.Exit(exit_codes.FAILED)


def no_model() -> Exception:
    """Return the error for a question that nobody is there to answer."""
    from ...memory.errors import ConfigError
    from ...tools.models.chat_models import LOCAL_MODEL, SMALL_VLM

    return ConfigError(
        "no model to answer questions is on this machine; bring one that reads: "
        f"deskhand models pull {LOCAL_MODEL}; or one that sees: deskhand models pull {SMALL_VLM}; "
        "or name one and set its key: --model provider:name"
    )


def _split(words: list[str]) -> tuple[str | None, str]:
    from ...memory.errors import ConfigError

    if len(words) > 2:
        raise ConfigError(
            f"expected a picture and a question, got {len(words)} words; put the question in quotes"
        )
    *images, question = words
    if not question.strip():
        raise ConfigError("the question is empty")
    if not images and (question == "-" or Path(question).is_file()):
        raise ConfigError(f"{question} is a picture; put a question in quotes after it")
    return (images[0] if images else None), question


def _show(answered: "Answered") -> None:
    from ...tools.perception.element_text import render_element
    from .asking import inline

    console = results()
    console.print(inline(answered.text), markup=False, soft_wrap=True)
    for element in answered.elements:
        place = f" in {inline(element.window)}" if element.window else ""
        line = f"  e{render_element(element)}{place}"
        console.print(line, markup=False, style="dim", soft_wrap=True)
