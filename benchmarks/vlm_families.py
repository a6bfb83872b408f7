"""Tries what a chat model must do on a tiny checkpoint of each vision-language family.

The checkpoints have random weights and about half a megabyte; they are built here, and loaded and
run by the code that runs published ones. So the table says which families work with the installed
transformers, and what loading costs beside the weights. Run it with:

    .venv/bin/python benchmarks/vlm_families.py [FAMILY ...]
"""

import base64
import io
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from langchain_core.messages import AIMessageChunk, HumanMessage
from PIL import Image

from deskhand.memory.errors import BadArgumentError
from deskhand.tools.models.chat_vlm import ChatLocalVLM
from deskhand.tools.models.tiny_vlm_families import FAMILIES
from deskhand.tools.models.tiny_vlms import ForcedAnswers, build_tiny_vlm
from deskhand.tools.models.vlm import LocalVLM, load_vlm
from deskhand.tools.models.vlm_messages import to_turns

SCREEN = (1280, 800)
CALL = 'Now.\n<tool_call>\n{"name": "click", "arguments": {"x": 7}}\n</tool_call>'
CLICK = {
    "name": "click",
    "description": "Click.",
    "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}},
}


class Failed(Exception):
    """A case went another way; the message is what stands in the table."""


def check(holds: bool, otherwise: str) -> None:
    """Fail a case."""
    if not holds:
        raise Failed(otherwise)


def picture(colour: str) -> dict[str, Any]:
    """Return the block of a screenshot of one colour."""
    written = io.BytesIO()
    Image.new("RGB", SCREEN, colour).save(written, "PNG")
    encoded = base64.b64encode(written.getvalue()).decode()
    return {"type": "image", "base64": encoded, "mime_type": "image/png"}


def ask(*pictures: dict[str, Any]) -> list[HumanMessage]:
    """Return a question about pictures."""
    return [HumanMessage([*pictures, {"type": "text", "text": "What is this?"}])]


def chat(vlm: LocalVLM, *answers: str, **settings: Any) -> ChatLocalVLM:
    """Return a chat model that says these answers."""
    forced = ForcedAnswers(vlm.processor.tokenizer, answers)
    room: dict[str, Any] = {"context_tokens": vlm.context_tokens, "logits_processors": forced}
    return ChatLocalVLM(vlm=vlm, **room | settings)


def image(vlm: LocalVLM) -> None:
    """What is in a picture changes what comes out."""

    def logits(colour: str) -> torch.Tensor:
        limit = vlm.context_tokens
        with vlm.lock, torch.inference_mode():
            turns = to_turns(ask(picture(colour)))
            inputs = vlm.writer.write(turns, [], limit=limit, context=limit).inputs
            made: torch.Tensor = vlm.model(**inputs).logits[0, -1]
        return made

    check(not torch.allclose(logits("red"), logits("blue")), "blind")


def tool_call(vlm: LocalVLM) -> None:
    """A call in the answer is read."""
    message = chat(vlm, CALL).bind_tools([CLICK]).invoke(ask(picture("red")))
    check([call["args"] for call in message.tool_calls] == [{"x": 7}], "not read")


def stream(vlm: LocalVLM) -> None:
    """Text comes in pieces, a call as chunks."""
    streamed = chat(vlm, CALL).bind_tools([CLICK]).stream(ask(picture("red")))
    chunks = [chunk for chunk in streamed if isinstance(chunk, AIMessageChunk)]
    check("".join(str(chunk.text) for chunk in chunks) == "Now.", "call in the text")
    names = [call["name"] for chunk in chunks for call in chunk.tool_call_chunks]
    check(names == ["click"], "no call chunks")


def cancel(vlm: LocalVLM) -> None:
    """An answer that is cancelled at its first piece ends soon after."""
    event = threading.Event()
    last = AIMessageChunk(content="")
    for chunk in chat(vlm, "word " * 500, max_new_tokens=3000).stream(ask(), cancel=event):
        event.set()
        last = chunk if isinstance(chunk, AIMessageChunk) else last
    check(last.response_metadata.get("finish_reason") == "cancelled", "went on")


def over_budget(vlm: LocalVLM) -> None:
    """The oldest picture gives way to the newest; with no room for that, it is an error."""
    two, one = [picture("red"), picture("blue")], [picture("blue")]
    needs_two, needs_one = (
        chat(vlm).get_num_tokens_from_messages(list(ask(*pictures))) for pictures in (two, one)
    )
    if needs_two - needs_one > 100:  # else a line of text takes more than the picture it replaces
        model = chat(vlm, "Yes.", context_tokens=needs_two + 9, max_new_tokens=10)
        metadata = model.invoke(ask(*two)).response_metadata
        check(metadata["pictures_left_out"] == 1, "not left out")
    try:
        chat(vlm, "Yes.", context_tokens=needs_one + 9, max_new_tokens=10).invoke(ask(*one))
    except BadArgumentError:
        return
    raise Failed("no error")


CASES: dict[str, Callable[[LocalVLM], None]] = {
    "image": image,
    "tool call": tool_call,
    "stream": stream,
    "cancel": cancel,
    "over budget": over_budget,
}


def row(family: str, root: Path) -> list[str]:
    """Return a family's line of the table."""
    folder = build_tiny_vlm(family, root / family)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    began = time.perf_counter()
    try:
        vlm = load_vlm(folder, dtype="float32")
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the result
        return [family, f"{type(error).__name__}: {error}"]
    seconds = time.perf_counter() - began
    results = [outcome(case, vlm) for case in CASES.values()]
    vlm.close()
    return [family, "ok", *results, f"{seconds:.2f}", f"{size:.2f}"]


def outcome(case: Callable[[LocalVLM], None], vlm: LocalVLM) -> str:
    """Return `ok`, or what failed."""
    try:
        case(vlm)
    except Failed as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the result
        return type(error).__name__
    return "ok"


def main() -> int:
    """Print the table; exit with 1 if anything failed."""
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    wished = sys.argv[1:] or list(FAMILIES)
    unknown = [name for name in wished if name not in FAMILIES]
    if unknown:
        print(f"unknown family {unknown[0]!r}; known are {', '.join(FAMILIES)}", file=sys.stderr)
        return 2
    print(f"transformers {transformers.__version__}, torch {torch.__version__}, one CPU thread")
    print(f"{'family':<16} load {' '.join(CASES)}   load s    MB")
    failed = 0
    with tempfile.TemporaryDirectory() as root:
        for family in wished:
            cells = row(family, Path(root))
            failed += cells.count("ok") < len(CASES) + 1
            widths = [16, 4, *map(len, CASES), 8, 5]
            print(" ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
