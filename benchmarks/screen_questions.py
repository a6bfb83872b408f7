"""Questions about screenshots of real applications: how many are answered right, and how fast.

    python benchmarks/screen_questions.py --half held_out

The prompt, the lines and the grammar were made while looking at `tuning`; `held_out` has other
questions about other screens. Right is: the answer matches what is expected and nothing that rules
it out, or, where the screen does not tell, says so. Claims that were flagged are printed: those in
a right answer are false alarms.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Run as a script, a file has its own folder on the path and not the repository.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.scenes.scenes import HELD_OUT, SCENES
from benchmarks.truth.recorder import record_all
from benchmarks.truth.records import Recording
from deskhand.memory.errors import ActionFailed, ToolError
from deskhand.tools.desktop.capture import load_capture
from deskhand.tools.models.chat_models import LOCAL, ModelAccess, load_chat_model
from deskhand.tools.perception.elements import Observation
from deskhand.tools.perception.parse import load_parser
from deskhand.tools.questions.answered import Answered
from deskhand.tools.questions.ask import ask

CASES = Path(__file__).parent / "screen_question_cases"
SIZE = (1280, 800)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question about one scene."""

    scene: str
    question: str
    answer: str = ""
    """What is found in a right answer, a regular expression."""
    rules_out: str = ""
    """What is found in no right answer."""
    is_absent: bool = False
    """Whether the screen does not tell."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Case":
        """Return a case of the file."""
        return cls(
            scene=record["scene"],
            question=record["question"],
            answer=record.get("answer", ""),
            rules_out=record.get("not", ""),
            is_absent=record.get("absent", False),
        )

    def is_right(self, answered: Answered) -> bool:
        """Tell whether an answer is right."""
        if self.is_absent or not answered.found:
            return self.is_absent and not answered.found
        is_ruled_out = self.rules_out and re.search(self.rules_out, answered.text)
        return re.search(self.answer, answered.text) is not None and not is_ruled_out


def look(recording: Recording) -> Observation:
    """Return what is seen on a recorded screen, from its pixels and windows."""
    capture = load_capture(recording.picture)
    elements = load_parser().parse(capture, recording.windows, recording.popups)
    return Observation(
        capture=capture, elements=elements, windows=recording.windows, popups=recording.popups
    )


def screens(names: Iterable[str], folder: Path) -> Mapping[str, Observation]:
    """Return the looks at scenes by name; they are recorded if they are not in the folder."""
    wanted = frozenset(names)
    scenes = [scene for scene in (*SCENES, *HELD_OUT) if scene.name in wanted]
    found = {}
    for one in record_all(scenes, SIZE, folder):
        if isinstance(one, ActionFailed):
            raise one
        found[one.scene] = look(one)
    return found


def report(cases: Sequence[Case], folder: Path, model: str, access: ModelAccess) -> None:
    """Ask, print a row a question, then the totals."""
    seen = screens((case.scene for case in cases), folder)
    loaded = load_chat_model(model, access)
    right = false_alarms = wrong_flagged = 0
    seconds, tokens = [], []
    for case in cases:
        try:
            answered = ask(seen[case.scene], case.question, loaded)
        except ToolError as error:
            print(f"WRONG  {case.scene}: {case.question}\n       error: {error}", flush=True)
            continue
        is_right = case.is_right(answered)
        right += is_right
        false_alarms += len(answered.claims) if is_right else 0
        wrong_flagged += bool(answered.claims) and not is_right
        seconds.append(answered.cost.seconds)
        tokens.append(answered.cost.input_tokens)
        rests = ", ".join(f"e{e.id} {e.text!r}" for e in answered.elements)
        print(f"{'right' if is_right else 'WRONG'}  {case.scene}: {case.question}")
        print(f"       {answered.text}  [{rests}]  {answered.cost.seconds:.1f} s", flush=True)
        if answered.claims:
            print(f"       flagged: {', '.join(answered.claims)}", flush=True)
    print(
        f"{loaded.name}: {right}/{len(cases)} right; {statistics.median(seconds or [0]):.1f} s and "
        f"{statistics.median(tokens or [0]):.0f} tokens at the median; "
        f"{false_alarms} false alarms in right answers, {wrong_flagged} wrong answers flagged"
    )


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--half", choices=("tuning", "held_out"), default="held_out")
    options.add_argument("--folder", type=Path, help="of recordings made before, or to be made")
    options.add_argument("--model", default=LOCAL, help="as in `deskhand ask`")
    options.add_argument("--model-name", default="", help="on a server")
    given = options.parse_args()
    records = json.loads((CASES / f"{given.half}.json").read_text(encoding="utf-8"))
    cases = [Case.of(record) for record in records]
    access = ModelAccess(server_model=given.model_name)
    if given.folder is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
        report(cases, given.folder.resolve(), given.model, access)
        return
    with tempfile.TemporaryDirectory() as folder:
        report(cases, Path(folder), given.model, access)


if __name__ == "__main__":
    main()
