"""`deskhand video`: when something is shown or said in a video."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from ...memory.errors import ConfigError
from . import exit_codes
from .audio import SPEECH_MODEL, check_out, note
from .media_bar import MediaBar
from .output import inert, print_json, results, table

if TYPE_CHECKING:
    from ...tools.media.moments import VideoAnswer
    from ...tools.media.video_index import Sampling as VideoSampling

app = typer.Typer(
    help="Find when something is shown or said in a video.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)

_Answer = TypeVar("_Answer")
_OnProgress = Callable[[float, float | None], None]

# readable=False: a file that may not be read gets our one line, not typer's box.
File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="Any video file.", show_default=False, readable=False),
]
NoSpeech = Annotated[bool, typer.Option("--no-speech", metavar="", help="Leave out what is said.")]
Model = Annotated[
    str,
    typer.Option("--speech-model", metavar="NAME", help="A speech model's name, or its folder."),
]
Sampled = Literal["changes", "seconds", "key-frames", "scenes"]
Sampling = Annotated[
    Sampled,
    typer.Option(
        help="Read what changes on a screen, a picture every so often, only pictures that are "
        "whole in the file, or one of each scene of a film.",
    ),
]
Every = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Read a picture so often; implies --sampling seconds."),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON document.")]


@app.command()
def find(
    file: File,
    query: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="Words shown or said, or what they mean."),
    ],
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Show at most N moments.")] = 5,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Write a picture of the moments to OUT, a .png."),
    ] = None,
    no_speech: NoSpeech = False,
    speech_model: Model = SPEECH_MODEL,
    sampling: Sampling = "changes",
    every: Every = None,
    json: Json = False,
) -> None:
    """Find when something is shown or said in a video.

    The first question reads the pictures in which something is new and listens,
    on this machine; that is kept, so others are answered at once. Stopped with
    Ctrl-C or killed, it goes on where it was. What is not there is not found,
    with exit code 1; `maybe` are candidates to look at.

    Examples:
      deskhand video find demo.mp4 "disk full"
      deskhand video find demo.mkv "order number 48213" --sheet moments.png
      deskhand video find talk.webm "who pays for it" --json
      deskhand video find film.mkv "no smoking" --sampling scenes
    """
    sampled, every_s = _sampling(sampling, every)
    if sheet is not None:
        if sheet.suffix.casefold() != ".png":
            raise ConfigError(f"--sheet is {str(sheet)!r}; expected a name that ends in .png")
        check_out(sheet, file)
    from ...tools.media.moments import find_in_video

    answer = with_bar(
        file,
        lambda on_progress: find_in_video(
            file,
            query,
            limit=limit,
            speech_model=None if no_speech else speech_model,
            sampling=sampled,
            every_s=every_s,
            on_progress=on_progress,
        ),
    )
    _tell(answer)
    if sheet is not None and answer.moments:
        _write_sheet(file, answer, sheet)
    if json:
        print_json(answer.to_json())
    elif answer.moments:
        _show(answer)
    if answer.verdict == "not found":
        note(f"not found in {file.name}")
        raise typer.Exit(exit_codes.FAILED)


@app.command()
def index(
    file: File,
    no_speech: NoSpeech = False,
    speech_model: Model = SPEECH_MODEL,
    sampling: Sampling = "changes",
    every: Every = None,
    no_memory: Annotated[
        bool, typer.Option("--no-memory", metavar="", help="Leave it out of the memory.")
    ] = False,
    json: Json = False,
) -> None:
    """Read a video now, so that questions to it are answered at once.

    What is shown and said in it goes into the memory (DESKHAND_MEMORY), secrets
    taken out, so that `deskhand recall` finds its moments among all else.

    Examples:
      deskhand video index demo.mp4
      deskhand video index demo.mp4 --no-speech --no-memory
    """
    from ...tools.media.video_index import index_video, said_in

    sampled, every_s = _sampling(sampling, every)
    found = with_bar(
        file,
        lambda on_progress: index_video(
            file, sampling=sampled, every_s=every_s, on_progress=on_progress
        ),
    )
    heard, why_not = None, ""
    if not no_speech:
        heard, why_not = said_in(file, found, speech_model)
    if why_not:
        note(why_not)
    kept = None
    if not no_memory:
        from .recall_moments import remember_media

        kept = remember_media(file, index=found, transcript=heard)
    document = {
        "duration_s": found.end.end_s,
        "truncated": found.end.truncated,
        "damaged_packets": found.end.damaged_packets,
        "pictures": len(found.looks),
        "newly_read": found.newly_read,
        "lines": sum(len(look.lines) for look in found.looks),
        "segments": None if heard is None else len(heard.segments),
        "recording": None if kept is None else kept.id,
    }
    if json:
        print_json(document)
        return
    rows = table("of", "", numeric=("",))
    for name, value in document.items():
        rows.add_row(name.replace("_", " "), "-" if value is None else str(value))
    results().print(rows)


@app.command()
def forget(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Any video file.", show_default=False)
    ] = None,
    every_video: Annotated[
        bool, typer.Option("--all", metavar="", help="Forget all videos.")
    ] = False,
    json: Json = False,
) -> None:
    """Remove what was read and heard in a video; the video itself stays.

    A question to it reads it anew. Indexes that were not used for long go by
    themselves when all need more than DESKHAND_MEDIA_CACHE_MB (500).

    Examples:
      deskhand video forget demo.mp4
      deskhand video forget --all
    """
    from ...tools.media.video_cache import forget_video

    if (file is None) != every_video:
        raise ConfigError("name one video to forget, or --all")
    gone = forget_video(file)
    document = {"indexes": len(gone), "size_bytes": sum(one.size_bytes for one in gone)}
    if json:
        print_json(document)
        return
    of = "all videos" if file is None else file.name
    n_indexes = f"{len(gone)} index{'' if len(gone) == 1 else 'es'}"
    note(f"forgot {n_indexes} of {of}, {document['size_bytes'] / 1000:.1f} kB")


def _sampling(named: Sampled, every_s: float | None) -> "tuple[VideoSampling, float]":
    """Return how the video is read; a time alone says so as well.

    Raises:
        ConfigError: If the two do not go together.
    """
    if every_s is not None:
        if named not in ("changes", "seconds"):
            raise ConfigError(f"--every is for --sampling seconds; got --sampling {named}")
        return "seconds", every_s
    return "key frames" if named == "key-frames" else named, 1.0


def with_bar(file: Path, work: Callable[[_OnProgress], _Answer]) -> _Answer:
    """Do work on a video with a bar that shows how far it is; Ctrl-C says that it goes on."""
    from ...tools.media.transcript import at

    bar = MediaBar(file.name)
    try:
        with bar:
            return work(bar.show)
    except KeyboardInterrupt:
        note(f"stopped at {at(bar.done_s)}; the same command goes on from there")
        raise typer.Exit(exit_codes.INTERRUPTED) from None


def _tell(answer: "VideoAnswer") -> None:
    """Say on stderr what was looked at, and what is wrong with the file."""
    heard = "what is said" if answer.has_heard else "nothing that is said"
    note(
        f"{answer.duration_s:.1f} s of video: {answer.pictures} pictures, {answer.newly_read} of "
        f"them read now, and {heard}"
    )
    if answer.truncated:
        note("the file ends earlier than it says it does: something is missing at its end")
    if answer.damaged_packets:
        note(f"the file is damaged: {answer.damaged_packets} pieces of it cannot be decoded")
    for line in answer.notes:
        note(line)


def _show(answer: "VideoAnswer") -> None:
    from ...tools.media.transcript import at

    rows = table("from", "to", "", "score", "where", "line", numeric=("from", "to", "score"))
    for one in answer.moments:
        where = {"screen": "on the screen", "speech": "said", "picture": "looks like it"}[
            one.source
        ]
        rows.add_row(
            at(one.start_s), at(one.end_s), one.verdict, f"{one.score:.2f}", where,
            inert(one.evidence),
        )  # fmt: skip
    results().print(rows)


def _write_sheet(file: Path, answer: "VideoAnswer", out: Path) -> None:
    from ...tools.media.contact_sheet import contact_sheet

    try:
        contact_sheet(file, answer.moments).save(out, format="PNG")
    except OSError as error:
        raise ConfigError(f"cannot write {out}: {error.strerror or error}") from error
    note(f"written to {out}")
