"""`deskhand video describe` and `deskhand video ask`: what happens in a video."""

from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated

import typer

from . import exit_codes
from .ask import ModelName
from .audio import SPEECH_MODEL, note
from .output import inert, print_json, results, table
from .settings import CliSettings
from .video import File, Json, Model, NoSpeech, with_bar

if TYPE_CHECKING:
    from ...tools.media.ask_video import VideoReply
    from ...tools.media.passages import Passage
    from ...tools.media.video_timeline import Scene, VideoDescription


def describe(
    context: typer.Context,
    file: File,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="A chat model that sums it up as well: local, vlm:NAME, provider:name or the "
            "address of a server.",
        ),
    ] = None,
    model_name: ModelName = None,
    no_speech: NoSpeech = False,
    speech_model: Model = SPEECH_MODEL,
    json: Json = False,
) -> None:
    """Tell what happens in a video, scene by scene, with the times.

    What is new on the screen and what is said then, as it was read and heard:
    no model makes it up. With --model a few lines sum it up first; each time in
    them is one of the video's, others are taken out and told.

    Examples:
      deskhand video describe demo.mp4
      deskhand video describe talk.mkv --model local --json
    """
    from ...tools.media.video_timeline import describe_video

    chat_model = None
    if model is not None:
        from .asking import load_model

        loaded = load_model(context.obj, model=model, name=model_name, pictures="never")
        chat_model = None if loaded is None else loaded.model
    described = with_bar(
        file,
        lambda on_progress: describe_video(
            file,
            chat_model=chat_model,
            speech_model=None if no_speech else speech_model,
            on_progress=on_progress,
        ),
    )
    _tell_condition(described)
    if json:
        print_json(described.to_json())
        return
    if described.summary is not None:
        for line in described.summary.text.splitlines():
            results().print(inert(line), soft_wrap=True)
        for written in described.summary.refused:
            note(f"warning: the model named a time that the video does not have: {written}")
    from rich.text import Text

    rows = table("from", "to", "on the screen and said", numeric=("from", "to"))
    for scene in described.scenes:
        rows.add_row(
            _at(scene.start_s), _at(scene.end_s), Text("\n").join(map(inert, _lines(scene)))
        )
    results().print(rows)


def ask(
    context: typer.Context,
    file: File,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="In quotes.", show_default=False)
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Who answers (DESKHAND_MODEL), as for `deskhand ask`. "
            "\\[default: the best that is pulled]",
        ),
    ] = None,
    model_name: ModelName = None,
    no_speech: NoSpeech = False,
    speech_model: Model = SPEECH_MODEL,
    json: Json = False,
) -> None:
    """Answer a question about a video from what is shown and said in it.

    Under the answer stand the lines that it rests on, with their times. Times,
    numbers and names in it that the video does not have are warned of. Without
    a model, the moments with the question's words are shown. Exits with 1 if the
    video does not tell.

    Examples:
      deskhand video ask demo.mp4 "Which error stops the build?"
      deskhand video ask talk.mkv "Who pays for the printer?" --model local
    """
    from ...tools.media.ask_video import ask_video
    from .asking import load_model, warn

    settings: CliSettings = context.obj
    loaded = load_model(settings, model=model, name=model_name, pictures="auto")
    reply = with_bar(
        file,
        lambda on_progress: ask_video(
            file,
            question,
            loaded,
            speech_model=None if no_speech else speech_model,
            on_progress=on_progress,
        ),
    )
    for line in reply.notes:
        note(line)
    if json:
        print_json(reply.to_json())
    else:
        _show(reply)
    warn(reply.claims)
    for written in reply.refused_times:
        note(f"warning: the model named a time that the video does not have: {written}")
    if reply.unknown:
        numbers = ", ".join(map(str, reply.unknown))
        note(f"warning: the model cited lines that there are not: {numbers}")
    if not reply.found:
        raise typer.Exit(exit_codes.FAILED)


def _show(reply: "VideoReply") -> None:
    console = results()
    if reply.text:
        console.print(inert(reply.text), soft_wrap=True)
    for moment in reply.moments:
        console.print(inert(f"  {_cited(moment)}", style="dim"), soft_wrap=True)


def _cited(moment: "Passage") -> str:
    if moment.source == "speech":
        return f"[{_at(moment.start_s)}] said: {moment.text}"
    return f"[{_at(moment.start_s)} - {_at(moment.end_s)}] shown: {moment.text}"


def _lines(scene: "Scene") -> Iterable[str]:
    if scene.merged > 1:
        yield f"({scene.merged} short scenes)"
    told = [(at_s, text) for at_s, text in scene.news]
    told += [(at_s, f'said: "{text}"') for at_s, text in scene.said]
    for at_s, text in sorted(told, key=itemgetter(0)):
        yield f"{_at(at_s)} {text}"
    if scene.left_out:
        yield f"… {scene.left_out} more lines"
    if not told:
        yield "nothing that could be read or heard"


def _tell_condition(described: "VideoDescription") -> None:
    for line in described.notes:
        note(line)
    if described.truncated:
        note("the file ends earlier than it says it does: something is missing at its end")
    if described.damaged_packets:
        note(f"the file is damaged: {described.damaged_packets} pieces of it cannot be decoded")


def _at(seconds: float) -> str:
    from ...tools.media.transcript import at

    return at(seconds)
