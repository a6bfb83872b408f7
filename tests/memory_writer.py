"""A process of its own that writes to a memory until it is killed, or for so many rounds.

    python memory_writer.py FOLDER WHAT ROUNDS

It prints a line for whatever it was told is done: `added ID NUMBER`, `forgot ID`, `indexed`.
"""

import sys
from pathlib import Path

from deskhand.memory.records import Filter
from deskhand.memory.screens import VisualMemory
from tests.memory_embedders import WordEmbedder
from tests.memory_screens import screen


def say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def write(folder: Path, what: str, rounds: int) -> None:
    """Add screens, or add and forget in turn, or index anew for another embedder each time."""
    embedder = WordEmbedder("writer")
    with VisualMemory.open(folder, text_embedder=embedder, index_from=1) as memory:
        start = len(memory.list())
        say("ready")
        for number in range(start, start + rounds):
            if what == "reindex":
                embedder.space = f"writer-{number}"
                memory.reindex(lambda _done, _total: say("some"))
                say("indexed")
                continue
            lines = (f"screen number {number} of {what}", f"marker{number}end")
            say("added", memory.add(screen(*lines, seed=number + 1)).id, number)
            if what == "forget" and number % 3 == 2:
                oldest = memory.list()[-1].id
                say("forgetting", oldest)
                memory.forget(Filter(ids={oldest}))
                say("forgot", oldest)
    say("end")


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
