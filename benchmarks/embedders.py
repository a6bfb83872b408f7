"""What embedding costs on this machine, and what a sentence model finds that letters do not.

Three parts, each with what is here: all-MiniLM-L6-v2 if it was pulled (`deskhand models pull
minilm-l6`); CLIP with random weights, once tiny (what the code around a model costs) and once in
the size of ViT-B/32 (what the published one costs; what it finds cannot be told without its
weights); and a search among 40 lines of screens, each asked for in other words, by MiniLM's vectors
and by the best of rapidfuzz' scorers. Costs are CPU time on one thread, the median of the runs.

    .venv/bin/python benchmarks/embedders.py
"""

import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import psutil
import torch
import transformers
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from transformers import CLIPConfig, CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from deskhand.tools.models.checkpoint_loading import errors_only, no_progress_bars
from deskhand.tools.models.clip import ClipEmbedder
from deskhand.tools.models.embedders import default_text_embedder, text_embedder_hint
from deskhand.tools.models.tiny_clips import build_tiny_clip, clip_tokenizer

RUNS = 5
BATCHES = (1, 8)
CLIP_WORDS = 49_408
"""The vocabulary of the published CLIP models."""
SCORERS = (fuzz.ratio, fuzz.token_set_ratio, fuzz.partial_ratio, fuzz.WRatio)
LINE = "The document could not be saved because the disk is full"
PARAGRAPH = " ".join([LINE] * 22)
SCREEN = np.random.default_rng(0).integers(0, 256, (800, 1280, 3), dtype=np.uint8)

PAIRS = (
    ("The document could not be saved: no space left on device", "the hard disk is full"),
    ("Wrong user name or password", "signing in was refused"),
    ("Your session has expired, sign in again", "i was logged out"),
    ("3 new messages", "unread mail"),
    ("Invoice 4711, due 30 November", "a bill that must be paid"),
    ("Total: 84.90 EUR including VAT", "how much it costs altogether"),
    ("Add to basket", "put this article into the shopping cart"),
    ("Your order has been dispatched", "the parcel is on its way"),
    ("Remove account permanently", "delete my profile for good"),
    ("Restart to install updates", "reboot for the upgrade"),
    ("Battery low (7 %)", "the laptop needs charging"),
    ("No networks found", "the wifi does not work"),
    ("Connected to Printer HP-3300", "device for paper output is ready"),
    ("Meeting with Dr. Okafor, Thursday 14:00", "appointment with the physician"),
    ("Flight LH 902 to London is delayed by 45 min", "the plane leaves later"),
    ("Check-out until 11 am", "when to leave the hotel room"),
    ("Dark appearance", "black colour theme"),
    ("Text size: larger", "make the letters bigger"),
    ("Output volume", "loudness of the speakers"),
    ("Do not disturb is on", "notifications are silenced"),
    ("Share screen", "show my monitor to the others"),
    ("Mute microphone", "so that nobody hears me"),
    ("Undo last change", "take back what i did"),
    ("Find and replace", "substitute a word everywhere"),
    ("Page 3 of 12", "position in the paper"),
    ("Export as PDF", "write a file for a reader"),
    ("git push rejected: fetch first", "the remote has newer commits"),
    ("Segmentation fault (core dumped)", "the program crashed"),
    ("Permission denied", "not allowed to open it"),
    ("17 tests failed, 203 passed", "which checks of the code went wrong"),
    ("Rain from the west, 9 degrees", "weather forecast"),
    ("Preheat the oven to 200 degrees", "cooking instructions"),
    ("Bavaria wins 3:1 in Dortmund", "football result"),
    ("Salary for October has been credited", "wages came into the bank account"),
    ("Transfer limit exceeded", "too much money to send at once"),
    ("Photos from Lake Garda, 214 items", "holiday pictures"),
    ("Now playing: Nocturne in E flat", "which piece of music this is"),
    ("Subtitles: English", "written words below the film"),
    ("Cookies: accept all or choose", "consent to tracking"),
    ("Are you a robot? Select all buses", "prove that i am human"),
)
"""A line on a screen, and what somebody says who looks for it."""


def main() -> None:
    """Print the three parts."""
    print(
        f"transformers {transformers.__version__}, torch {torch.__version__}, "
        f"one thread of {os.cpu_count()} CPUs; median of {RUNS} runs"
    )
    # Several would spin while they wait for each other, and count that as work.
    torch.set_num_threads(1)
    began = rss()
    text = default_text_embedder()
    if text is None:
        print(f"minilm-l6 is not here: {text_embedder_hint()}")
    else:
        print(f"\n{text.space}: loaded in {text.report.seconds:.1f} s")
        cost("line of 13 tokens", lambda n: text.embed_texts([LINE] * n))
        cost("text of 244 tokens", lambda n: text.embed_texts([PARAGRAPH] * n))
        print(f"  memory: {rss() - began:+.0f} MB to {rss():.0f} MB in all")
        search(text.embed_texts)
    with tempfile.TemporaryDirectory() as folder:
        clip_costs("tiny CLIP", build_tiny_clip("clip", Path(folder) / "tiny"))
        clip_costs("CLIP in the size of ViT-B/32, random", build_vit_b_32(Path(folder) / "b32"))


def clip_costs(what: str, folder: Path) -> None:
    """Print what texts and screenshots cost."""
    began = rss()
    clip = ClipEmbedder.load(folder, device="cpu")
    report = clip.report
    print(f"\n{what}: {report.parameters / 1e6:.1f} M parameters, loaded in {report.seconds:.1f} s")
    cost("line of text", lambda n: clip.embed_texts([LINE] * n))
    cost("picture 1280x800", lambda n: clip.embed_images([SCREEN] * n))
    print(f"  memory: {rss() - began:+.0f} MB to {rss():.0f} MB in all")


def build_vit_b_32(folder: Path) -> Path:
    """Write a CLIP model of the published size with random weights."""
    tokenizer = clip_tokenizer(CLIP_WORDS)
    with errors_only(), no_progress_bars():
        CLIPModel(CLIPConfig()).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    return folder


def cost(what: str, run: Callable[[int], object]) -> None:
    """Print the CPU seconds that one of a batch takes."""
    said = []
    for size in BATCHES:
        run(size)
        seconds = []
        for _ in range(RUNS):
            before = time.process_time()
            run(size)
            seconds.append((time.process_time() - before) / size)
        said.append(f"{1000 * statistics.median(seconds):7.1f} ms in batches of {size}")
    print(f"  {what:20} {', '.join(said)}")


def search(embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
    """Print how many of the lines are found first, by meaning and by letters."""
    lines, queries = zip(*PAIRS, strict=True)
    near = embed(queries) @ embed(lines).T
    by_meaning = [int(row.argmax()) == number for number, row in enumerate(near)]
    print(f"\nrecall@1 of {len(PAIRS)} lines asked for in other words (95 % interval)")
    print(f"  by meaning (MiniLM)          {shown(sum(by_meaning))}")
    for scorer in SCORERS:
        found = 0
        for number, query in enumerate(queries):
            best = process.extractOne(query, lines, scorer=scorer, processor=str.casefold)
            found += best[2] == number
        print(f"  by letters ({scorer.__name__:15}) {shown(found)}")


def shown(found: int) -> str:
    """Return a share of the pairs with its Wilson interval."""
    n, z = len(PAIRS), 1.96
    share = found / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f"{found:2} of {n} = {share:.0%} ({middle - half:.0%} to {middle + half:.0%})"


def rss() -> float:
    """Return the memory of this process, in MB."""
    return float(psutil.Process().memory_info().rss) / 1e6


if __name__ == "__main__":
    main()
