"""What this machine has for models, and which of them that is enough for."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from .byte_counts import in_words
from .registry import ModelEntry, entry_named
from .store import default_root

PROGRAM_TIMEOUT_S = 10.0
MIB = 1 << 20

GROUNDERS = (
    (22_000_000_000, "ui-venus-1.5-8b", "the best at pointing that fits"),
    (14_000_000_000, "qwen3-vl-4b", "points as well as larger ones, describes and reads"),
    (7_000_000_000, "ui-venus-1.5-2b", "the best at pointing that fits"),
)
"""GPU memory from which a model runs in bfloat16 with a screenshot before it, the largest first:
two bytes a parameter, and a quarter more for the picture and the answer."""

WITHOUT_GPU = (
    ("qwen2.5-coder-1.5b", "plans without a GPU"),
    ("whisper-base", "hears without a GPU"),
    ("minilm-l6", "finds texts by their meaning"),
    ("clip-vit-b-32", "compares pictures with words"),
)
"""What the main memory is enough for; their `memory_bytes` were measured."""
PICTURE_FACTOR = 1.25
"""What a vision-language model takes beside its weights, for the picture and the answer."""
RAM_FACTOR = 2
"""A model of the main memory should leave half of it to the desktop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A graphics card."""

    name: str
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a machine has."""

    ram_bytes: int
    free_disk_bytes: int
    """Where models are kept."""
    gpus: tuple[Gpu, ...] = ()

    @property
    def gpu_bytes(self) -> int:
        """Memory of the largest card; a model is not spread over several."""
        return max((gpu.memory_bytes for gpu in self.gpus), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A model that would serve on a machine."""

    entry: ModelEntry
    why: str

    @property
    def command(self) -> str:
        """What brings it."""
        return f"deskhand models pull {self.entry.name}"


def read_machine(root: Path | None = None, env: Mapping[str, str] = os.environ) -> Machine:
    """Return what this machine has; a graphics card whose program is not there is not seen.

    Args:
        root: Where models are kept; None for the default.
        env: `PATH` in it is searched for nvidia-smi and rocm-smi.
    """
    folder = default_root() if root is None else root
    while not folder.exists():
        folder = folder.parent
    return Machine(
        ram_bytes=psutil.virtual_memory().total,
        free_disk_bytes=psutil.disk_usage(str(folder)).free,
        gpus=(*_nvidia(env), *_amd(env)),
    )


def recommend(machine: Machine) -> list[Recommendation]:
    """Return the models that serve on a machine, the most useful first."""
    chosen = []
    for needed, name, why in GROUNDERS:
        if machine.gpu_bytes >= needed:
            words = f"{why} into {in_words(machine.gpu_bytes)} of GPU memory"
            chosen.append(Recommendation(entry=entry_named(name), why=words))
            break
    for name, what in WITHOUT_GPU:
        entry = entry_named(name)
        needed = entry.memory_bytes or 0
        if machine.ram_bytes >= RAM_FACTOR * needed:
            why = f"{what}, in {in_words(needed)} of memory"
            chosen.append(Recommendation(entry=entry, why=why))
    return _that_fit(chosen, machine.free_disk_bytes)


def holds(machine: Machine, weights_bytes: int) -> bool:
    """Tell whether a vision-language model runs on a machine with a screenshot before it.

    Args:
        machine: The machine.
        weights_bytes: Size of its weights, in the number format that they run in.
    """
    needed = PICTURE_FACTOR * weights_bytes
    return machine.gpu_bytes >= needed or machine.ram_bytes >= RAM_FACTOR * needed


def _that_fit(chosen: list[Recommendation], free_bytes: int) -> list[Recommendation]:
    """Return those that fit on the disk together, the first ones first."""
    fitting = []
    for one in chosen:
        size = one.entry.size_bytes or 0
        if size <= free_bytes:
            free_bytes -= size
            fitting.append(one)
    return fitting


def _nvidia(env: Mapping[str, str]) -> Iterator[Gpu]:
    printed = _run(
        ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"], env
    )
    for line in printed.splitlines():
        name, _, mebibytes = line.rpartition(",")
        if mebibytes.strip().isdecimal():
            yield Gpu(name=name.strip(), memory_bytes=int(mebibytes) * MIB)


def _amd(env: Mapping[str, str]) -> Iterator[Gpu]:
    printed = _run(["rocm-smi", "--showmeminfo", "vram", "--json"], env)
    try:
        cards = json.loads(printed) if printed else {}
    except json.JSONDecodeError:
        return
    for name, facts in cards.items() if isinstance(cards, dict) else ():
        total = str(facts.get("VRAM Total Memory (B)", "")) if isinstance(facts, dict) else ""
        if total.isdecimal():
            yield Gpu(name=f"AMD {name}", memory_bytes=int(total))


def _run(command: list[str], env: Mapping[str, str]) -> str:
    """Return what a program printed, nothing where it is not there or failed."""
    program = shutil.which(command[0], path=env.get("PATH", ""))
    if program is None:
        return ""
    try:
        asked = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout if asked.returncode == 0 else ""
