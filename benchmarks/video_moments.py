"""Moments of a screencast: pictures with something new beside one picture a second.

    python benchmarks/video_moments.py
    python benchmarks/video_moments.py --pointer 2.0 --noise 3     # another path; as if filmed
    python benchmarks/video_moments.py --words                     # without the model of meaning

The screencast is drawn: windows of applications, a clock that ticks, a pointer that wanders, and 20
events whose times are known to the frame (lines that appear, values that change, notices that go
again, windows). All ways read the same file in one run, each with an OCR that has read nothing
before, and the same ranking. `screencast.py` does the same with a recording of real windows. A
hit is a first moment that begins within 1 s of the event; CPU is of the whole process and all its
threads. The queries were written with the events, before the first run.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deskhand.memory.embedding import TextEmbedder
from deskhand.tools.media.frames import Picture
from deskhand.tools.media.moments import find_in_video
from deskhand.tools.media.video_index import Sampling, index_video
from deskhand.tools.models.embedders import default_text_embedder
from deskhand.tools.perception.ocr import load_ocr

SIZE, RATE = (1280, 720), 10
END_S = 90.0
WITHIN_S = 1.0
WAYS: tuple[Sampling, ...] = ("changes", "seconds", "key frames")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in the screencast."""

    at_s: float
    until_s: float
    place: tuple[int, int]
    text: str
    query: str
    """By its words."""
    other_words: str
    """By what it means; no word of the text is in it."""


MAIL, TERMINAL, SHOP = (0.0, 30.0), (30.0, 60.0), (60.0, END_S)
TITLES = {MAIL: "Mail - Inbox", TERMINAL: "Terminal - build", SHOP: "Garden shop - basket"}
ROWS = {
    MAIL: ("Dana Weber   Minutes of the board", "Library   Two books are due", "Unread: 7"),
    TERMINAL: ("$ make all", "compiling parser.c", "compiling lexer.c", "linking stage one"),
    SHOP: ("Watering can   18.90", "Seeds, mixed   4.20", "Delivery   free"),
}
"""What stands there from the start of each part."""


def _events() -> tuple[Event, ...]:
    of_mail = [
        (2.3, 30, (60, 260), "Invoice 20931 from Halden Ltd", "invoice 20931", "a bill arrived"),
        (5.7, 30, (60, 300), "Rafael Moreno   Lunch on Tuesday", "lunch on tuesday", "eating out"),
        (
            9.1,
            11.9,
            (900, 600),
            "Battery low: 9 percent left",
            "battery low",
            "running out of power",
        ),
        (
            13.4,
            30,
            (60, 340),
            "Parcel 7741 was handed over",
            "parcel 7741",
            "delivery of a package",
        ),
        (17.2, 19.8, (900, 600), "Printer is out of paper", "printer out of paper", "cannot print"),
        (
            21.6,
            30,
            (60, 380),
            "Your password expires on Friday",
            "password expires",
            "log-in runs out",
        ),
        (
            25.9,
            28.3,
            (900, 600),
            "Export complete",
            "export complete",
            "saving a file has finished",
        ),
    ]
    of_terminal = [
        (
            32.2,
            60,
            (60, 290),
            "warning: deprecated call in render.c",
            "deprecated call",
            "old function",
        ),
        (
            36.4,
            60,
            (60, 330),
            "error: library zlib not found",
            "zlib not found",
            "missing dependency",
        ),
        (40.3, 60, (60, 370), "$ sudo apt install zlib", "install zlib", "adding a package"),
        (44.8, 60, (60, 410), "unit tests: 212 passed", "212 passed", "checks succeeded"),
        (48.7, 51.2, (900, 600), "Disk almost full", "disk almost full", "no storage left"),
        (53.1, 60, (60, 450), "uploading to server aurora", "server aurora", "sending to a host"),
        (56.8, 60, (60, 490), "done in 41 seconds", "done in 41 seconds", "it has finished"),
    ]
    of_shop = [
        (62.5, END_S, (60, 290), "Garden hose   35.50", "garden hose", "pipe for watering"),
        (66.9, END_S, (60, 340), "Total   58.60", "total 58.60", "sum of the prices"),
        (71.3, END_S, (60, 400), "Voucher SPRING accepted", "voucher spring", "discount code"),
        (75.8, 78.4, (900, 600), "Connection lost", "connection lost", "the network is down"),
        (
            80.6,
            END_S,
            (60, 450),
            "Order 48213 confirmed",
            "order 48213",
            "the purchase went through",
        ),
        (85.2, END_S, (60, 500), "Arrives on 14 March", "arrives on 14 march", "date of delivery"),
    ]
    return tuple(Event(*one) for one in (*of_mail, *of_terminal, *of_shop))


EVENTS = _events()
ABSENT = (
    "flight to Lisbon", "fire alarm", "invoice 77120", "voucher autumn", "blood pressure",
    "chess game", "unit tests failed", "order cancelled", "weather forecast", "video call started",
)  # fmt: skip


def picture_at(time_s: float, pointer: float = 0.0) -> Picture:
    """Return what the screen shows at a time, pointer and clock included."""
    part = next(one for one in TITLES if one[0] <= time_s < one[1])
    picture = Image.new("RGB", SIZE, (236, 239, 243))
    draw = ImageDraw.Draw(picture)
    font, small = ImageFont.load_default(size=20), ImageFont.load_default(size=16)
    draw.rectangle((0, 0, SIZE[0], 34), fill=(52, 58, 70))
    seconds = int(time_s)
    draw.text((1190, 8), f"12:{30 + seconds // 60}:{seconds % 60:02}", fill="white", font=small)
    draw.rectangle((30, 60, 860, 690), fill="white", outline=(150, 150, 150))
    draw.rectangle((30, 60, 860, 100), fill=(214, 222, 235))
    draw.text((50, 68), TITLES[part], fill="black", font=font)
    for number, row in enumerate(ROWS[part]):
        draw.text((60, 115 + 40 * number), row, fill=(30, 30, 30), font=font)
    for event in EVENTS:
        if event.at_s - 1e-9 <= time_s < event.until_s and part[0] <= event.at_s < part[1]:
            x, y = event.place
            if x > 860:
                draw.rectangle(
                    (x - 20, y - 20, x + 340, y + 50), fill=(255, 250, 220), outline="black"
                )
            draw.text((x, y), event.text, fill=(30, 30, 30), font=font)
    x, y = (
        640 + 500 * np.sin(pointer + time_s / 3.1),
        380 + 280 * np.cos(2 * pointer + time_s / 4.7),
    )
    draw.polygon([(x, y), (x, y + 17), (x + 12, y + 12)], fill="black", outline="white")
    return np.asarray(picture)


def write_screencast(path: Path, pointer: float, noise: float) -> None:
    """Write it in H.264, as recorders do: a key frame in 25 seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "26"}
        rng = np.random.default_rng(1)
        for number in range(round(END_S * RATE)):
            picture = picture_at(number / RATE, pointer)
            if noise:
                grain = rng.normal(0, noise, (SIZE[1], SIZE[0], 1))
                picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def compare(path: Path, folder: Path, embedder: TextEmbedder | None) -> None:
    """Read the screencast in each way, ask all queries, and print a row each."""
    print("pictures     read  CPU s/min  by words  other words  absent: found  maybe  none")
    for way in WAYS:
        ocr = load_ocr()  # it knows again what it has read
        began = time.process_time()
        index = index_video(path, sampling=way, ocr=ocr, kept_in=folder)
        cpu_s = time.process_time() - began

        def begins(query: str, way: Sampling = way) -> tuple[str, float]:
            answer = find_in_video(
                path, query, sampling=way, speech_model=None, embedder=embedder, kept_in=folder
            )
            return answer.verdict, answer.moments[0].start_s if answer.moments else -100.0

        hits, others = 0, 0
        for event in EVENTS:
            hits += abs(begins(event.query)[1] - event.at_s) <= WITHIN_S
            others += abs(begins(event.other_words)[1] - event.at_s) <= WITHIN_S
        verdicts = [begins(query)[0] for query in ABSENT]
        counts = [verdicts.count(one) for one in ("found", "maybe", "not found")]
        print(
            f"{way:<11}{len(index.looks):6}{cpu_s * 60 / END_S:11.1f}{hits:7}/{len(EVENTS)}"
            f"{others:10}/{len(EVENTS)}{counts[0]:15}{counts[1]:7}{counts[2]:6}"
        )


def main() -> None:
    """Print the table, with a model of meaning if one is here."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pointer", type=float, default=0.0, help="another path of the pointer")
    options.add_argument("--noise", type=float, default=0.0, help="grain, of 255, as of a camera")
    options.add_argument("--words", action="store_true", help="compare words alone")
    chosen = options.parse_args()
    embedder = None if chosen.words else default_text_embedder()
    print(f"meaning: {'none' if embedder is None else embedder.space}")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "screencast.mp4"
        write_screencast(path, chosen.pointer, chosen.noise)
        compare(path, Path(name) / "indexes", embedder)


if __name__ == "__main__":
    main()
