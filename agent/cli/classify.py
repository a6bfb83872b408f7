"""`deskhand classify`: which of some labels a picture shows."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import inert, notes, print_json, results, table

if TYPE_CHECKING:
    from ...tools.models.zero_shot import Classified


def classify(
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE…", help="Picture files, or - for one on stdin."),
    ],
    labels: Annotated[
        list[str],
        typer.Option(
            metavar="A,B,C",
            help="What they may show, in words; once with commas, or several times.",
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH",
            help="A model of `deskhand models list`, or a checkpoint's folder.",
            show_default="the best that was pulled",
        ),
    ] = None,
    template: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="A prompt with {} for the label; of several the mean is taken.",
            show_default="three of photos and screenshots",
        ),
    ] = None,
    temperature: Annotated[
        float,
        typer.Option(metavar="T", help="Above 1: less sure of itself. The order stays."),
    ] = 1.0,
    none: Annotated[
        bool,
        typer.Option(
            "--none", metavar="", help='Let "none of them" be an answer; SigLIP does anyway.'
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", metavar="", help="Print one JSON document.")
    ] = False,
) -> None:
    """Tell which of some labels pictures show, without any training.

    A CLIP model compares the labels with each other: they share 100 %. A
    SigLIP model judges each by itself: several may be right, or none.

    Examples:
      deskhand classify screen.png --labels "a login form,an error message,a map"
      deskhand classify icon.png --labels gear,bin,star --template "an icon of {}" --none
    """
    from ...tools.models.embedders import load_image_embedder
    from ...tools.models.zero_shot import TEMPLATES
    from .seeing import picture

    named = [label.strip() for text in labels for label in text.split(",") if label.strip()]
    pictures = [picture(image).pixels for image in images]
    embedder = load_image_embedder(model)
    shown = embedder.classify(
        pictures,
        named,
        templates=tuple(template or TEMPLATES),
        temperature=temperature,
        none_of_these=none,
    )
    if json:
        print_json(
            {
                "model": embedder.space,
                "pictures": [
                    {"picture": image} | _document(one)
                    for image, one in zip(images, shown, strict=True)
                ],
            }
        )
        return
    _show(images, shown)
    notes().print(f"by {embedder.space}", markup=False, soft_wrap=True)


def _document(shown: "Classified") -> dict[str, Any]:
    return {
        "kind": shown.kind,
        "best": shown.best,
        "none": shown.none,
        "labels": [
            {"label": label, "probability": probability, "similarity": similarity}
            for label, probability, similarity in zip(
                shown.labels, shown.probabilities, shown.similarities, strict=True
            )
        ],
    }


def _show(images: list[str], shown: "list[Classified]") -> None:
    rows = table("picture", "label", "probability", numeric=("probability",))
    for image, one in zip(images, shown, strict=True):
        answers: list[tuple[str, float]] = one.ranked
        if one.none is not None:
            answers = sorted([*answers, ("none of them", one.none)], key=lambda pair: -pair[1])
        for number, (label, probability) in enumerate(answers):
            style = "bold" if number == 0 else ""
            name = inert(image) if number == 0 else ""
            rows.add_row(name, inert(label, style=style), f"{probability:.1%}")
    results().print(rows)
