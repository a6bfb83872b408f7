"""An hour of a recorded screen with speech: cost, memory over time, size of the index, questions.

    python benchmarks/long_recording.py
    python benchmarks/long_recording.py --minutes 5

The recording is made on the spot: a line appears somewhere on the screen every 20 s, and one of the
clips of tests/data/speech begins every 18 s. It is read and heard by the real `deskhand video
index`, a process each, which is watched from outside: its memory by what the kernel says, how far
it is by what it has kept on the disk. Then it is asked, by `deskhand video find` in a fresh process
and within one. A hit is a first moment that begins within 1 s of the truth, 2 s for speech.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deskhand.tools.media.frames import Picture
from deskhand.tools.media.moments import find_in_video
from deskhand.tools.media.sound import SAMPLE_RATE_HZ, Samples
from deskhand.tools.models.store import default_root
from tests.sounds import REFERENCES, SPEECH, read

PROGRAM = Path(sys.executable).with_name("deskhand")
SIZE, RATE = (1280, 720), 2
EVENT_S, CLIP_S = 20.0, 18.0
LINES_A_PAGE = 9
SHOWN_WITHIN_S, SAID_WITHIN_S = 1.0, 2.0
POLL_S = 0.2
FRESH = 8
QUESTIONS = 40
SEED = 11
THINGS = ("Invoice", "Parcel", "Ticket", "Backup", "Order", "Report", "Meeting", "Upload")
NAMES = ("Halden", "Moreno", "Weber", "Okafor", "Lindqvist", "Tanaka", "Novak", "Osei", "Ferreira")
STATES = ("was sent", "is late", "has arrived", "was cancelled", "needs a signature", "is done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, and when what it asks for begins; more than once for a clip that is repeated."""

    query: str
    at_s: tuple[float, ...]
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a process took."""

    document: dict[str, object]
    wall_s: float
    cpu_s: float
    peak_mb: float
    marks: tuple[tuple[float, float, float], ...]
    """Minutes of the recording that were done, and memory and peak of it by then, in MB."""


def events(minutes: float) -> list[tuple[float, str]]:
    """Return when each line appears, and the line."""
    rng = random.Random(SEED)
    found = []
    for number in range(int(minutes * 60 / EVENT_S)):
        words = f"{rng.choice(THINGS)} {rng.randrange(10_000, 99_999)} for {rng.choice(NAMES)}"
        at_s = round(number * EVENT_S + rng.uniform(1, EVENT_S - 4)) + 0.5
        found.append((at_s, f"{words} {rng.choice(STATES)}"))
    return found


def still(lines: Sequence[str], page: int) -> Picture:
    """Return the screen with some lines in a window."""
    picture = Image.new("RGB", SIZE, (236, 239, 243))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=20)
    draw.rectangle((0, 0, SIZE[0], 34), fill=(52, 58, 70))
    draw.rectangle((30, 60, 860, 690), fill="white", outline=(150, 150, 150))
    draw.rectangle((30, 60, 860, 100), fill=(214, 222, 235))
    draw.text((50, 68), f"Notices, page {page}", fill="black", font=font)
    for number, line in enumerate(lines):
        draw.text((60, 130 + 55 * number), line, fill=(30, 30, 30), font=font)
    return np.asarray(picture)


def pictures(minutes: float) -> Iterator[tuple[float, av.VideoFrame]]:
    """Yield the frames with their times; each still is drawn once."""
    waiting = events(minutes)
    lines: list[str] = []
    page = 1
    shown = still(lines, page)
    for index in range(round(minutes * 60 * RATE)):
        while waiting and waiting[0][0] <= index / RATE + 1e-9:
            if len(lines) == LINES_A_PAGE:
                lines, page = [], page + 1
            lines.append(waiting.pop(0)[1])
            shown = still(lines, page)
        frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, RATE)
        yield index / RATE, frame


def speech(minutes: float) -> Iterator[tuple[str, Samples]]:
    """Yield each clip with the silence after it."""
    clips = [(name, read(SPEECH / name)[0]) for name in sorted(REFERENCES)]
    rng = np.random.default_rng(SEED)
    length = round(CLIP_S * SAMPLE_RATE_HZ)
    for number in range(int(minutes * 60 / CLIP_S)):
        name, clip = clips[number % len(clips)]
        part = rng.normal(0, 1e-4, length).astype(np.float32)
        part[: len(clip)] += clip[:length]
        yield name, np.clip(part, -1, 1)


def write(path: Path, minutes: float) -> Path:
    """Write the recording."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "26"}
        sound = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        assert isinstance(sound, av.AudioStream)
        parts, done = speech(minutes), 0
        for at_s, frame in pictures(minutes):
            container.mux(stream.encode(frame))
            while done / SAMPLE_RATE_HZ <= at_s:
                block = next(parts, None)
                if block is None:
                    break
                for start in range(0, len(block[1]), 1024):
                    piece = np.ascontiguousarray(block[1][start : start + 1024])[np.newaxis]
                    one = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
                    one.sample_rate, one.pts = SAMPLE_RATE_HZ, done + start
                    container.mux(sound.encode(one))
                done += len(block[1])
        container.mux(stream.encode(None))
        container.mux(sound.encode(None))
    return path


def watch(command: Sequence[str], kept: Path, step_min: float) -> Watched:
    """Run a command and watch its memory, and how far it is by its lines in a folder."""
    began = time.monotonic()
    process = subprocess.Popen(
        [str(PROGRAM), *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    marks: list[tuple[float, float, float]] = []
    peak_mb, memory = 0.0, {"VmRSS": 0.0, "VmHWM": 0.0}
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        # A process that is just ending has no memory any more.
        memory = _memory_mb(process.pid) or memory
        peak_mb = max(peak_mb, memory["VmHWM"])
        done_min = _done_s(kept) / 60
        if done_min >= (marks[-1][0] if marks else 0.0) + step_min:
            marks.append((step_min * (done_min // step_min), memory["VmRSS"], peak_mb))
        time.sleep(POLL_S)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stdout is not None
    with process.stdout as out:
        document: dict[str, object] = json.loads(out.read())
    return Watched(
        document=document,
        wall_s=time.monotonic() - began,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=peak_mb,
        marks=tuple(marks),
    )


def _memory_mb(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {
        line.split(":")[0]: int(line.split()[1]) / 1024
        for line in lines
        if line.startswith(("VmRSS:", "VmHWM:"))
    }


def _done_s(kept: Path) -> float:
    """Return how far the work is whose lines lie in a folder."""
    for path in kept.glob("*.jsonl"):
        with suppress(OSError, json.JSONDecodeError):
            lines = path.read_bytes()[-65536:].splitlines(keepends=True)
            whole = [line for line in lines if line.endswith(b"\n")]
            if whole:
                record = json.loads(whole[-1])
                if "at_s" in record:
                    return float(record["at_s"])
                if "end" in record:
                    return float(record["end"]) / SAMPLE_RATE_HZ
    return 0.0


def tell(title: str, minutes: float, took: Watched) -> None:
    """Print what a process took."""
    print(
        f"\n{title}: wall {took.wall_s:.0f} s, CPU {took.cpu_s:.0f} s, "
        f"{took.cpu_s / (minutes * 60):.3f} CPU s a second; peak {took.peak_mb:.0f} MB"
    )
    if took.marks:
        for name, place in (("minute", 0), ("MB then", 1), ("MB peak", 2)):
            print(f"  {name:8}" + "".join(f"{mark[place]:8.0f}" for mark in took.marks), flush=True)


def shown_questions(minutes: float) -> list[Question]:
    """Return questions for lines that appear: their words without the state."""
    found = [
        Question(query=" ".join(text.split()[:4]), at_s=(at_s,), within_s=SHOWN_WITHIN_S)
        for at_s, text in events(minutes)
    ]
    return random.Random(SEED).sample(found, min(QUESTIONS, len(found)))


def said_questions(minutes: float) -> list[Question]:
    """Return questions for clips: their first words."""
    begins: dict[str, list[float]] = {}
    for number, (name, _sound) in enumerate(speech(minutes)):
        begins.setdefault(name, []).append(number * CLIP_S)
    return [
        Question(
            query=" ".join(REFERENCES[name].split()[:8]), at_s=tuple(at_s), within_s=SAID_WITHIN_S
        )
        for name, at_s in begins.items()
    ]


def ask(
    path: Path, questions: Sequence[Question], speech_model: str | None
) -> tuple[int, list[float]]:
    """Return the hits, and how long each answer took, in this process."""
    hits, seconds = 0, []
    for one in questions:
        began = time.monotonic()
        answer = find_in_video(path, one.query, speech_model=speech_model)
        seconds.append(time.monotonic() - began)
        if answer.moments:
            start_s = answer.moments[0].start_s
            hits += any(abs(start_s - at_s) <= one.within_s for at_s in one.at_s)
    return hits, seconds


def ask_fresh(path: Path, questions: Sequence[Question], more: Sequence[str]) -> list[float]:
    """Return how long the command takes, imports included."""
    seconds = []
    for one in questions[:FRESH]:
        began = time.monotonic()
        subprocess.run(
            [str(PROGRAM), "video", "find", str(path), one.query, "--json", *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        seconds.append(time.monotonic() - began)
    return seconds


def _p50_p95(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return f"p50 {statistics.median(ordered):.2f} s, p95 {p95:.2f} s (n={len(ordered)})"


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--no-speech", action="store_true", help="leave out what is said")
    chosen = options.parse_args()
    minutes, step_min = chosen.minutes, chosen.minutes / 6
    with tempfile.TemporaryDirectory() as name:
        os.environ["DESKHAND_MODELS"] = str(default_root(os.environ))
        os.environ["XDG_CACHE_HOME"] = name
        cache = Path(name) / "deskhand"
        path = write(Path(name) / "long.mp4", minutes)
        print(f"{minutes:g} min, {path.stat().st_size / 1e6:.1f} MB, {len(events(minutes))} events")
        index = ["video", "index", str(path), "--json"]
        took = watch([*index, "--no-speech"], cache / "videos", step_min)
        tell("read", minutes, took)
        print(f"  {took.document}")
        questions, model = shown_questions(minutes), None
        if not chosen.no_speech:
            took = watch(index, cache / "transcriptions", step_min)
            tell("heard", minutes, took)
            print(f"  {took.document}")
            model = "whisper-base"
        size = sum(one.stat().st_size for one in (cache / "videos").glob("*"))
        print(f"\nthe index on the disk: {size / 1e6:.2f} MB")
        more = ["--no-speech"] if model is None else []
        print(f"asked in a fresh process: {_p50_p95(ask_fresh(path, questions, more))}")
        hits, seconds = ask(path, questions, model)
        print(f"asked in one process, shown: {_p50_p95(seconds[1:])}, {hits}/{len(questions)} hits")
        if model is not None:
            questions = said_questions(minutes)
            hits, seconds = ask(path, questions, model)
            print(f"asked in one process, said: {_p50_p95(seconds)}, {hits}/{len(questions)} hits")


if __name__ == "__main__":
    main()
