"""What each provider's package sends for one turn, as a local server of its protocol received it.

    python benchmarks/wire_formats.py           # a table, and the requests shortened
    python benchmarks/wire_formats.py --json    # one document

Nothing leaves this machine: the servers are those of the tests, and they check what they receive.
The chat planner is asked for one turn with a picture, a GUI model for two, so that its history is
in the second. The first answer is wrong each time, so that a correction is in a request as well.
"""

import argparse
import base64
import io
import json
import logging
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from deskhand.agent.planners.choose import Belongings, ModelChoice, load_planner
from deskhand.agent.planners.planner import Turn
from deskhand.tools.perception.elements import Observation
from tests.model_servers.brains import fill_in, wrong_first
from tests.model_servers.form_desk import SAVE, FormScreen
from tests.model_servers.gui_servers import (
    ClaudeComputerServer,
    GuiServer,
    OpenAIComputerServer,
    UiTarsServer,
)
from tests.model_servers.hosted import HOSTED
from tests.model_servers.openai_chat import OpenAIServer
from tests.model_servers.seeing_brains import Deed, SeeingBrain
from tests.model_servers.server import ModelServer

SHOWN_CHARS = 60
SHOWN_ITEMS = 2
LONG_ITEMS = 6
"""A longer list, such as that of the chat planner's tools, is shown by its first items."""
TASK = "put Ada into the form and save it"


def ask(
    server: ModelServer, choice: ModelChoice, keys: dict[str, str], *, turns: int = 1
) -> dict[str, Any]:
    """Ask for one action a turn and return what the server received."""
    with tempfile.TemporaryDirectory() as folder:
        screen = FormScreen(Path(folder))
        planner = load_planner(TASK, choice, Belongings(keys=keys))
        memory: Mapping[str, Any] = {}
        for step in range(1, turns + 1):
            screen.notice = f"look {step}"
            screen.draw()
            seen = Observation(
                capture=screen.desktop.capture(),
                elements=screen.elements(),
                windows=screen.windows(),
            )
            proposal = planner.plan(
                Turn(
                    task=TASK,
                    observation=seen,
                    memory=memory,
                    history=(),
                    step=step,
                    last_outcome=None,
                )
            )
            memory = proposal.memory
    first, *_, last = server.received
    return {
        "protocol": server.protocol,
        "model": choice.name or choice.model,
        "path": first.path,
        "beta": first.headers.get("anthropic-beta", ""),
        "requests": len(server.received),
        "bytes": len(json.dumps(first.body)),
        "bytes of tools": len(json.dumps(first.body.get("tools", ""))),
        "problems": [problem for received in server.received for problem in received.problems],
        "action": proposal.sentence,
        "first": shortened(first.body),
        "last": shortened(last.body),
    }


def shortened(value: Any) -> Any:
    """Return a request with its long texts and lists cut, and pictures told in words."""
    if isinstance(value, str) and len(value) > SHOWN_CHARS:
        head, comma, data = value.rpartition(",")
        if not head.removesuffix(comma) or head.startswith("data:image/"):
            told = picture_told(data)
            if told:
                return f"{head}{comma}({told})"
        return f"{value[:SHOWN_CHARS]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {name: shortened(part) for name, part in value.items()}
    if isinstance(value, list):
        is_long = len(value) > LONG_ITEMS
        more = [f"… {len(value) - SHOWN_ITEMS} more"] if is_long else []
        return [shortened(part) for part in (value[:SHOWN_ITEMS] if is_long else value)] + more
    return value


def picture_told(data: str) -> str:
    """Return what is in base64, empty if it is no picture; Gemini's alphabet is another."""
    try:
        content = base64.b64decode(data.replace("-", "+").replace("_", "/"), validate=True)
        with Image.open(io.BytesIO(content)) as picture:
            return f"a {picture.format} of {picture.width}x{picture.height} in base64"
    except (ValueError, OSError):
        return ""


def all_ways() -> list[dict[str, Any]]:
    """Return what was received, for each provider and for a server that is named by its address."""
    brain = wrong_first(fill_in("Name", "Ada", "Save", "saved Ada"), also_prose=False)
    rows = []
    for hosted in HOSTED.values():
        with hosted.server(brain) as server:
            os.environ[hosted.address_variable] = server.address + hosted.path
            choice = ModelChoice(model=hosted.model, pictures="always")
            rows.append(ask(server, choice, {hosted.key_variable: "none"}))
    with OpenAIServer(brain) as server:
        choice = ModelChoice(model=f"{server.address}/v1", name="tiny", pictures="always")
        rows.append(ask(server, choice, {}))
    return rows


def gui_ways() -> list[dict[str, Any]]:
    """Return what was received, for each GUI model's protocol.

    They need no calibration here: nothing is clicked.
    """
    keys = {"ANTHROPIC_API_KEY": "none", "OPENAI_API_KEY": "none"}
    rows = []
    for kind, model, variable, path in (
        (ClaudeComputerServer, "anthropic:claude-sonnet-4-6", "ANTHROPIC_BASE_URL", ""),
        (OpenAIComputerServer, "openai:computer-use-preview", "OPENAI_BASE_URL", "/v1"),
        (UiTarsServer, "", "", "/v1"),
    ):
        with kind(outside_first()) as server:
            assert isinstance(server, GuiServer)
            named, name = f"gui:{model}", ""
            if model:
                os.environ[variable] = server.address + path
            else:
                named, name = f"gui:{server.address}{path}", "UI-TARS-1.5-7B"
            choice = ModelChoice(model=named, name=name, uncalibrated=True)
            rows.append(ask(server, choice, keys, turns=2))
    return rows


def outside_first() -> SeeingBrain:
    """Point outside the picture at first, then at Save."""
    places = [(9999, 10)]

    def think(_prompt: str, picture: Image.Image) -> Deed:
        x, y = places.pop() if places else SAVE.centre
        return Deed("click", int(x), int(y))

    return think


def main() -> int:
    """Print what was received; 1 if a request broke its protocol."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    rows = [*all_ways(), *gui_ways()]
    if given.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        print(f"{'protocol':36}{'model':32}{'requests':>9}{'bytes':>8}{'tools':>7}  problems")
        for row in rows:
            print(
                f"{row['protocol']:36}{row['model']:32}{row['requests']:9}{row['bytes']:8}"
                f"{row['bytes of tools']:7}  {'; '.join(row['problems']) or 'none'}"
            )
        for row in rows:
            print(f"\n{row['model']}: the last request, POST {row['path']}")
            if row["beta"]:
                print(f"anthropic-beta: {row['beta']}")
            print(json.dumps(row["last"], indent=1, ensure_ascii=False))
    return int(any(row["problems"] for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
