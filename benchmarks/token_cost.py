"""What a busy screen costs a planner: as text in deskhand's rendering, and as a picture.

    python benchmarks/token_cost.py --vocabulary qwen.tiktoken

Text is counted by Qwen's own vocabulary where its file is given (the package `dashscope` on PyPI
holds it) and `tiktoken` is installed; else it is estimated, and the table says so.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.scenes.scenes import SCENES
from benchmarks.truth.recorder import record_all
from benchmarks.truth.records import Recording
from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.parse import load_parser
from deskhand.tools.perception.render import estimate_tokens, render_elements

BUSY = ("mousepad-menu", "qt-file-dialog", "geany", "mail", "table")
SIZES = ((1280, 800), (1920, 1080))
QWEN_25_VL_PX, QWEN_3_VL_PX = 28, 32
"""A picture is resized to multiples of this; each square of it is one token (model cards)."""
BUDGET = 500
# As Qwen's tokenizer splits text before it looks words up.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

Count = Callable[[str], int]


def picture_tokens(size: tuple[int, int], square: int) -> int:
    """Return what a picture costs a model that resizes it to multiples of `square`."""
    width, height = size
    return round(width / square) * round(height / square)


def exact_count(vocabulary: Path) -> Count:
    """Return Qwen's own count."""
    tiktoken = import_module("tiktoken")
    ranks = import_module("tiktoken.load").load_tiktoken_bpe(str(vocabulary))
    encoding = tiktoken.Encoding("qwen", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def observe(recording: Recording) -> Observation:
    """Return what is seen on a recording."""
    capture = load_capture(recording.picture)
    elements = load_parser().parse(capture, recording.windows, recording.popups)
    return Observation(
        capture=capture, elements=elements, windows=recording.windows, popups=recording.popups
    )


def recordings(folder: Path) -> Iterator[Recording]:
    """Yield the busy scenes at both sizes."""
    scenes = [scene for scene in SCENES if scene.name in BUSY]
    for size in SIZES:
        for one in record_all(scenes, size, folder):
            if isinstance(one, Recording):
                yield one


def report(folder: Path, count: Count) -> None:
    """Print the table."""
    print(
        f"{'scene':28} {'elements':>8} {'text':>6} {'estimate':>8} {'in ' + str(BUDGET):>7}"
        f" {'kept':>5}  {'Qwen2.5-VL':>10} {'Qwen3-VL':>9}  text / Qwen3-VL"
    )
    shares = []
    for recording in recordings(folder):
        seen = observe(recording)
        whole = render_elements(seen)
        tight = render_elements(seen, budget=BUDGET, count=count)
        cost = count(whole.text)
        pictures = [picture_tokens(recording.size, px) for px in (QWEN_25_VL_PX, QWEN_3_VL_PX)]
        shares.append(cost / pictures[1])
        print(
            f"{recording.stem:28} {len(seen.elements):8} {cost:6} {estimate_tokens(whole.text):8}"
            f" {count(tight.text):7} {len(tight.shown):5}  {pictures[0]:10} {pictures[1]:9}"
            f"  {shares[-1]:.2f}"
        )
    print(f"median: the text costs {statistics.median(shares):.2f} of the picture for Qwen3-VL")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--vocabulary", type=Path, metavar="FILE")
    options.add_argument("--folder", type=Path, help="Of recordings made before, or to be made.")
    chosen = options.parse_args()
    count = estimate_tokens if chosen.vocabulary is None else exact_count(chosen.vocabulary)
    print("tokens " + ("estimated" if chosen.vocabulary is None else "by Qwen's vocabulary"))
    if chosen.folder is not None:
        report(chosen.folder, count)
        return
    with tempfile.TemporaryDirectory() as folder:
        report(Path(folder), count)


if __name__ == "__main__":
    main()
