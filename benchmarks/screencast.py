"""A recorded screencast of three minutes: 20 known events, ten spoken sentences, ways to find them.

    python benchmarks/screencast.py                  # records, then compares: about 15 minutes
    python benchmarks/screencast.py --keep FOLDER    # keeps the recording, or takes that again
    python benchmarks/screencast.py --no-plain       # without the plain way, which takes longest

Recorded on a virtual desktop of 1280x720 with a mail list, a shop in Chromium, a terminal and an
editor, while a clock ticks and the pointer wanders. What happens is timed by the clock of the
process that makes it happen. All ways read the same file in one run, each with an engine of its own
that has read nothing before, and the same ranking:

* changes: ours.
* a second, plain: a picture a second, each read whole by RapidOCR with its defaults.
* a second: a picture a second by our engine, which does not read again what has the same pixels.
* key frames: the pictures that need no other.

A hit is a first moment that begins within 1 s of the event. CPU is of the whole process with all
its threads, of sampling and reading; listening is the same for all, and told apart. The queries
were written with the events, before the first recording.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

import numpy as np
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from benchmarks.screencast_desk.desk import DrivenDesk
from benchmarks.screencast_desk.events import ABSENT, END_S, EVENTS, SENTENCES
from benchmarks.screencast_desk.spoken_track import add_speech
from benchmarks.unicode_typing import opened_desktop
from deskhand.memory.embedding import TextEmbedder
from deskhand.tools.desktop.geometry import Box
from deskhand.tools.desktop.sandbox import Sandbox
from deskhand.tools.media.moments import VideoAnswer, find_in_video
from deskhand.tools.media.speech_model import DEFAULT_MODEL
from deskhand.tools.media.video_index import Sampling, index_video, said_in
from deskhand.tools.models.embedders import default_text_embedder
from deskhand.tools.perception.ocr import OcrEngine, TextLine, load_ocr

SIZE = (1280, 720)
WITHIN_S = 1.0
SETTLED_S = 3.0
"""Windows stand so long before the recording begins."""
RECORDER = Path(__file__).parent / "screencast_desk" / "recording.py"


class PlainOcr:
    """RapidOCR as its own page shows it: each picture whole, with its defaults."""

    def __init__(self) -> None:
        self._engine = RapidOCR()

    def read(self, pixels: np.ndarray, *_more: object, **_options: object) -> Sequence[TextLine]:
        """Return all lines of a picture."""
        found = self._engine(np.ascontiguousarray(pixels[..., ::-1]))  # BGR
        assert isinstance(found, RapidOCROutput)  # it gives others for other calls
        if found.boxes is None or found.txts is None or found.scores is None:
            return []
        lines = []
        for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            left, top = (max(0, int(side)) for side in corners.min(axis=0))
            right, bottom = (int(side) for side in corners.max(axis=0))
            box = Box(left, top, max(right, left + 1), max(bottom, top + 1))
            lines.append(TextLine(box=box, text=text, score=float(score), centres=()))
        return lines

    def read_boxes(self, pixels: np.ndarray, boxes: Sequence[Box]) -> Sequence[TextLine]:
        """Not asked for by videos."""
        raise NotImplementedError

    def can_read(self, character: str) -> bool:
        """Not asked for by videos."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Way:
    """How the video is read."""

    name: str
    sampling: Sampling
    engine: Callable[[], OcrEngine]


WAYS = (
    Way("changes", "changes", load_ocr),
    Way("a second", "seconds", load_ocr),
    Way("key frames", "key frames", load_ocr),
    Way("a second, plain", "seconds", PlainOcr),
)


def record_screencast(path: Path, folder: Path) -> list[float]:
    """Record what happens, with what is said, and return when it did."""
    silent = folder / "silent.mp4"
    with Sandbox.start(SIZE) as sandbox, opened_desktop(sandbox, folder) as desktop:
        desk = DrivenDesk(sandbox, desktop, folder)
        try:
            time.sleep(SETTLED_S)
            size = f"{SIZE[0]}x{SIZE[1]}"
            command = [sys.executable, str(RECORDER), size, f"{END_S}", str(silent)]
            with subprocess.Popen(
                command, env=dict(sandbox.env), stdout=subprocess.PIPE, text=True
            ) as recorder:
                assert recorder.stdout is not None
                happened = desk.play(float(recorder.stdout.readline()))
            if recorder.returncode:
                sys.exit("the recorder failed")
        finally:
            desk.close()
    add_speech(silent, SENTENCES, END_S, path)
    return happened


def compare(
    path: Path, happened: Sequence[float], ways: Sequence[Way], embedder: TextEmbedder | None
) -> None:
    """Read the screencast in each way, ask all queries, and print a row each."""
    print("pictures         read  CPU s/min  by words  other words  absent: found  maybe  none")
    for way in ways:
        with tempfile.TemporaryDirectory() as kept:
            engine = way.engine()
            began = time.process_time()
            index = index_video(path, sampling=way.sampling, ocr=engine, kept_in=Path(kept))
            cpu_s = time.process_time() - began

            def ask(query: str, way: Way = way, kept: str = kept) -> VideoAnswer:
                return find_in_video(
                    path,
                    query,
                    sampling=way.sampling,
                    speech_model=None,
                    embedder=embedder,
                    kept_in=Path(kept),
                )

            missed = [
                event.query
                for event, at_s in zip(EVENTS, happened, strict=True)
                if not _is_hit(ask(event.query), at_s)
            ]
            others = sum(
                _is_hit(ask(event.other_words), at_s)
                for event, at_s in zip(EVENTS, happened, strict=True)
            )
            verdicts = [ask(query).verdict for query in ABSENT]
        counts = [verdicts.count(one) for one in ("found", "maybe", "not found")]
        print(
            f"{way.name:<16}{len(index.looks):5}{cpu_s * 60 / END_S:11.1f}"
            f"{len(EVENTS) - len(missed):7}/{len(EVENTS)}{others:10}/{len(EVENTS)}"
            f"{counts[0]:15}{counts[1]:7}{counts[2]:6}  {'; '.join(missed)}",
            flush=True,
        )


def listen(path: Path, embedder: TextEmbedder | None) -> None:
    """Print how many sentences are found, and what listening costs."""
    with tempfile.TemporaryDirectory() as name:
        kept = Path(name)
        index = index_video(path, sampling="key frames", kept_in=kept)
        began = time.process_time()
        heard, why_not = said_in(path, index, DEFAULT_MODEL)
        cpu_s = time.process_time() - began
        if heard is None:
            print(f"speech: {why_not}")
            return
        hits = sum(
            _is_hit(
                find_in_video(
                    path, one.query, sampling="key frames", embedder=embedder, kept_in=kept
                ),
                one.at_s,
            )
            for one in SENTENCES
        )
    print(f"speech: {hits}/{len(SENTENCES)} sentences, {cpu_s * 60 / END_S:.1f} CPU s/min")


def _is_hit(answer: VideoAnswer, at_s: float) -> bool:
    return bool(answer.moments) and abs(answer.moments[0].start_s - at_s) <= WITHIN_S


def main() -> None:
    """Record unless there is a recording, and print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--keep", type=Path, help="folder of the recording; kept, or taken again")
    options.add_argument("--no-plain", action="store_true", help="leave out the plain way")
    options.add_argument("--words", action="store_true", help="compare words alone")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name) if chosen.keep is None else chosen.keep
        folder.mkdir(parents=True, exist_ok=True)
        path, truth = folder / "screencast.mp4", folder / "happened.json"
        if not truth.is_file():
            truth.write_text(json.dumps(record_screencast(path, Path(name))), encoding="utf-8")
        happened = json.loads(truth.read_text(encoding="utf-8"))
        embedder = None if chosen.words else default_text_embedder()
        print(f"meaning: {'none' if embedder is None else embedder.space}")
        compare(path, happened, WAYS[:3] if chosen.no_plain else WAYS, embedder)
        listen(path, embedder)


if __name__ == "__main__":
    main()
