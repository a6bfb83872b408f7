"""What each provider's package sends for one turn, as a local server of its protocol received it.

    python benchmarks/wire_formats.py           # a table, and the requests shortened
    python benchmarks/wire_formats.py --json    # one document

Nothing leaves this machine: the servers are those of the tests, and they check what they receive.
A turn is asked with a picture and with one wrong answer, so that a correction is in it as well.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

# Not installed; last, so that nothing else is found there first.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from deskhand.agent.planners.choose import Belongings, ModelChoice, load_planner
from deskhand.agent.planners.planner import Turn
from deskhand.tools.perception.elements import Observation
from tests.model_servers.brains import fill_in, wrong_first
from tests.model_servers.form_desk import FormScreen
from tests.model_servers.hosted import HOSTED
from tests.model_servers.openai_chat import OpenAIServer
from tests.model_servers.server import ModelServer

SHOWN_CHARS = 60
SHOWN_ITEMS = 2
"""Of a long list, such as that of the tools."""
TASK = "put Ada into the form and save it"


def ask(server: ModelServer, choice: ModelChoice, keys: dict[str, str]) -> dict[str, Any]:
    """Ask for one action and return what the server received."""
    with tempfile.TemporaryDirectory() as folder:
        screen = FormScreen(Path(folder))
        seen = Observation(
            capture=screen.desktop.capture(), elements=screen.elements(), windows=screen.windows()
        )
        planner = load_planner(TASK, choice, Belongings(keys=keys))
        proposal = planner.plan(
            Turn(task=TASK, observation=seen, memory={}, history=(), step=1, last_outcome=None)
        )
    first, *_, last = server.received
    return {
        "protocol": server.protocol,
        "model": choice.name or choice.model,
        "path": first.path,
        "requests": len(server.received),
        "bytes": len(json.dumps(first.body)),
        "bytes of tools": len(json.dumps(first.body["tools"])),
        "problems": [problem for received in server.received for problem in received.problems],
        "action": proposal.sentence,
        "first": shortened(first.body),
        "last": shortened(last.body),
    }


def shortened(value: Any) -> Any:
    """Return a request with its long texts and lists cut."""
    if isinstance(value, str) and len(value) > SHOWN_CHARS:
        return f"{value[:SHOWN_CHARS]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {name: shortened(part) for name, part in value.items()}
    if isinstance(value, list):
        is_long = len(value) > 2 * SHOWN_ITEMS
        more = [f"… {len(value) - SHOWN_ITEMS} more"] if is_long else []
        return [shortened(part) for part in (value[:SHOWN_ITEMS] if is_long else value)] + more
    return value


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


def main() -> int:
    """Print what was received; 1 if a request broke its protocol."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    rows = all_ways()
    if given.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        print(f"{'protocol':26}{'model':32}{'requests':>9}{'bytes':>8}{'tools':>7}  problems")
        for row in rows:
            print(
                f"{row['protocol']:26}{row['model']:32}{row['requests']:9}{row['bytes']:8}"
                f"{row['bytes of tools']:7}  {'; '.join(row['problems']) or 'none'}"
            )
        for row in rows:
            print(f"\n{row['model']}: POST {row['path']}")
            print(json.dumps(row["last"], indent=1, ensure_ascii=False))
    return int(any(row["problems"] for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
