"""Grounding models that say what is told: tiny checkpoints, forced through their own `generate`."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, TracebackType

import numpy as np
import torch
import transformers

from benchmarks.truth.grounding_answers import PERFECT
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.models.calibrate import COLOURS
from deskhand.tools.models.chat_vlm import ChatLocalVLM
from deskhand.tools.models.coordinates.families import Family
from deskhand.tools.models.grounder import Grounder
from deskhand.tools.models.tiny_vlms import ForcedAnswers, build_tiny_vlm
from deskhand.tools.models.vlm import LocalVLM, load_vlm

TOLERANCE = 60
"""Sum over red, green and blue, between a square's colour and what drawing it smaller makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """The tiny architecture that says a family's answers."""

    architecture: str
    is_own: bool = False
    """Whether the family's published models are of it."""


def _carried(*names: str, by: str, own: bool = False) -> dict[str, Carrier]:
    return {name: Carrier(architecture=by, is_own=own) for name in names}


CARRIERS: Mapping[str, Carrier] = MappingProxyType(
    _carried(
        "qwen2.5-vl", "ui-tars-1.5", "holo", "gta1", "fara-7b", "ui-venus-1.0", "gui-g2",
        by="qwen2_5_vl", own=True,
    )
    | _carried("qwen3-vl", "gui-owl-1.5", "mai-ui", "ui-venus-1.5", by="qwen3_vl", own=True)
    | _carried("internvl", by="internvl", own=True)
    | _carried(
        "qwen2-vl", "ui-tars-1.0", "os-atlas-7b", "seeclick", "showui", "uground-v1-qwen2",
        "opencua", by="qwen2_5_vl",
    )
    | _carried("ui-tars-2", "step-gui", by="qwen3_vl")
    | _carried("glm-4.5v", "kimi-k2.5", by="qwen3_5")
    | _carried("os-atlas-4b", by="internvl")
    | _carried("uground-v1-llava", "molmo", by="llava_onevision")
    | _carried("gemini", "gemini-computer-use", by="gemma3")
    | _carried("claude", "openai-computer", by="idefics3")
    | _carried("moondream", "gpt-5", by="smolvlm")
    | _carried("florence-2", by="paddleocr_vl")
)  # fmt: skip


class ForcedModels:
    """Builds the tiny checkpoints in a folder that is gone afterwards, and loads each once."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        transformers.utils.logging.set_verbosity_error()
        self._open = ExitStack()
        self._root = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self._loaded: dict[str, LocalVLM] = {}

    def __enter__(self) -> "ForcedModels":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        self._open.close()

    def chat(self, architecture: str, *answers: str) -> ChatLocalVLM:
        """Return a chat model of a checkpoint that says these answers."""
        vlm = self._loaded.get(architecture)
        if vlm is None:
            folder = build_tiny_vlm(architecture, self._root / architecture)
            vlm = self._loaded[architecture] = load_vlm(folder, dtype="float32")
            self._open.callback(vlm.close)
        forced = ForcedAnswers(vlm.processor.tokenizer, answers)
        return ChatLocalVLM(vlm=vlm, context_tokens=vlm.context_tokens, logits_processors=forced)

    def grounder(self, family: Family, *answers: str, zoom: bool = False) -> Grounder:
        """Return a family's grounder that is answered like this.

        A provider's own tool cannot be bound to a checkpoint: those answer with the same call in
        text.
        """
        model = self.chat(CARRIERS[family.name].architecture, *answers)
        return Grounder(model, replace(family, native_tool=None), name=family.name, zoom=zoom)

    def seeing(self, family: Family) -> Callable[[Capture, str], str]:
        """Return how a perfect model of a family is asked for a calibration's squares."""

        def ask(picture: Capture, description: str) -> str:
            size = (picture.view.width, picture.view.height)
            answer = PERFECT[family.name](*middle_of(picture, description), size)
            return self.grounder(family, answer).ask(picture, description)

        return ask


def middle_of(picture: Capture, description: str) -> tuple[float, float]:
    """Return where the square of a colour is, by its pixels."""
    colour = COLOURS[description.removeprefix("the ").removesuffix(" square")]
    off = np.abs(picture.pixels.astype(int) - colour).sum(axis=2)
    rows, columns = np.nonzero(off < TOLERANCE)
    return (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2
