"""Times starting deskhand beside starting Python alone, and lists heavy modules that came along.

Run it with:

    .venv/bin/python benchmarks/start_up.py
"""

import subprocess
import sys
import time

HEAVY = (
    "PIL", "chromadb", "cv2", "langchain_core", "langgraph", "lark", "mss", "numpy", "onnxruntime",
    "pyautogui", "pydantic", "rapidocr", "torch", "transformers", "Xlib",
)  # fmt: skip
ROUNDS = 15

CASES = {
    "python -c pass": ["-c", "pass"],
    "deskhand --help": ["-m", "deskhand.agent.cli", "--help"],
    "deskhand run --help": ["-m", "deskhand.agent.cli", "run", "--help"],
    'python -c "import deskhand.tools"': ["-c", "import deskhand.tools"],
}


def seconds(arguments: list[str]) -> float:
    """Return how long one start takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, timeout=60, check=True)
    return time.perf_counter() - began


def heavy_modules(arguments: list[str]) -> list[str]:
    """Return the heavy packages that a start imports, by Python's own account of imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    return sorted(names & set(HEAVY))


def main() -> int:
    """Print the table; exit with 1 if anything heavy was imported."""
    # Round by round, so that a busy moment hits all of them alike.
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, arguments in CASES.items():
            times[name].append(seconds(arguments))
    alone = min(times["python -c pass"])
    n_heavy = 0
    print(f"{'start':<36} {'minimum':>8} {'ratio':>6}  heavy modules")
    for name, arguments in CASES.items():
        heavy = heavy_modules(arguments)
        n_heavy += len(heavy)
        best = min(times[name])
        print(f"{name:<36} {best * 1000:5.0f} ms {best / alone:6.1f}  {', '.join(heavy) or 'none'}")
    return 1 if n_heavy else 0


if __name__ == "__main__":
    sys.exit(main())
