"""Grounder and GUI planner over a real client and a real socket: what a server is really sent.

The server speaks the protocol of chat completions and of responses; its "model" looks at the
picture that arrived.
"""

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deskhand.agent.planners.gui_models import GuiModelPlanner, gui_format
from deskhand.agent.planners.planner import Turn
from deskhand.tools.actions import AskUser, Click, PointTarget
from deskhand.tools.desktop.capture import Capture
from deskhand.tools.desktop.geometry import Box, View
from deskhand.tools.models.coordinates.families import family
from deskhand.tools.models.grounder import Grounder
from deskhand.tools.perception.elements import Observation

RED = (220, 20, 30)
TARGET = Box(900, 500, 940, 528)


def screen() -> Capture:
    pixels = np.full((800, 1280, 3), 200, np.uint8)
    pixels[TARGET.top : TARGET.bottom, TARGET.left : TARGET.right] = RED
    return Capture(pixels=pixels, view=View(width=1280, height=800, origin_x=-1280))


class Server(ThreadingHTTPServer):
    """Keeps what it was sent."""

    requests: list[tuple[str, dict[str, Any]]]
    checks: list[dict[str, str]]
    sizes: list[tuple[int, int]]


class Handler(BaseHTTPRequestHandler):
    """Answers with the middle of the red in the picture that arrived."""

    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, body))
        if self.path == "/v1/chat/completions":
            answer = self._completion(body)
        else:
            answer = self._response(body)
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        """Stay quiet."""

    def _look(self, url: str) -> tuple[int, int]:
        head, _, data = url.partition(",")
        assert head == "data:image/png;base64"
        image = Image.open(io.BytesIO(base64.b64decode(data)))
        self.server.sizes.append(image.size)
        pixels = np.asarray(image)
        rows, columns = np.nonzero((pixels[:, :, 0] > 205) & (pixels[:, :, 1] < 100))
        return int(columns.mean()), int(rows.mean())

    def _completion(self, body: dict[str, Any]) -> dict[str, Any]:
        content = body["messages"][-1]["content"]
        (image,) = (part for part in content if part["type"] == "image_url")
        x, y = self._look(image["image_url"]["url"])
        arguments = {"action": "left_click", "coordinate": [x, y]}
        call = json.dumps({"name": "computer_use", "arguments": arguments})
        message = {"role": "assistant", "content": f"<tool_call>\n{call}\n</tool_call>"}
        return {
            "id": "1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1334, "completion_tokens": 30, "total_tokens": 1364},
        }  # fmt: skip

    def _response(self, body: dict[str, Any]) -> dict[str, Any]:
        image = next(part for part in body["input"][-1]["content"] if part["type"] == "input_image")
        x, y = self._look(image["image_url"])
        call = {
            "type": "computer_call", "id": "cu_1", "call_id": "call_1", "status": "completed",
            "action": {"type": "click", "button": "left", "x": x, "y": y},
            "pending_safety_checks": self.server.checks,
        }  # fmt: skip
        return {
            "id": "resp_1", "object": "response", "created_at": 1, "model": "m",
            "status": "completed", "output": [call], "parallel_tool_calls": False,
            "tool_choice": "auto", "tools": body["tools"],
            "usage": {
                "input_tokens": 1000, "output_tokens": 20, "total_tokens": 1020,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 0},
            },
        }  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.requests, server.checks, server.sizes = [], [], []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def chat(server: Server, **more: Any) -> Any:
    openai = pytest.importorskip("langchain_openai")
    address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    return openai.ChatOpenAI(
        model="m", base_url=address, api_key="none", temperature=0, max_retries=0, **more
    )


def turn() -> Turn:
    return Turn(
        task="Press the red button",
        observation=Observation(capture=screen(), elements=[]),
        memory={},
        history=(),
        step=1,
        last_outcome=None,
    )


def test_a_grounder_over_chat_completions(server: Server) -> None:
    capture = screen()
    model = chat(server, use_responses_api=False)
    grounder = Grounder(model, family("qwen2.5-vl"), name="q", zoom=True)
    found = grounder.find(capture, "the red button")
    assert TARGET.contains(found.point.x, found.point.y)
    assert abs(found.point.x - TARGET.centre[0]) < 1.5
    assert abs(found.point.y - TARGET.centre[1]) < 1.5
    assert server.sizes == [(1288, 812), (1736, 1092)]
    assert "resolution is 1288x812." in server.requests[0][1]["messages"][0]["content"]


def test_a_planner_over_chat_completions(server: Server) -> None:
    model = chat(server, use_responses_api=False)
    planner = GuiModelPlanner(model, gui_format("qwen2.5-computer-use"))
    proposal = planner.plan(turn())
    assert isinstance(proposal.action, Click)
    assert isinstance(proposal.action.target, PointTarget)
    assert TARGET.contains(proposal.action.target.x, proposal.action.target.y)
    assert (proposal.usage.input_tokens, proposal.usage.output_tokens) == (1334, 30)


def test_a_planner_over_responses_with_the_computer_tool(server: Server) -> None:
    model = chat(server, use_responses_api=True, truncation="auto")
    planner = GuiModelPlanner(model, gui_format("openai-computer"))
    proposal = planner.plan(turn())
    assert isinstance(proposal.action, Click)
    assert isinstance(proposal.action.target, PointTarget)
    assert TARGET.contains(proposal.action.target.x, proposal.action.target.y)
    path, body = server.requests[0]
    assert path == "/v1/responses"
    assert server.sizes == [(1280, 800)]
    assert body["tools"][0] == {
        "type": "computer_use_preview", "display_width": 1280, "display_height": 800,
        "environment": "linux",
    }  # fmt: skip
    assert [tool["name"] for tool in body["tools"][1:]] == ["finish", "ask_user"]


def test_a_safety_check_arrives_and_is_not_acknowledged(server: Server) -> None:
    server.checks = [{"id": "sc_1", "code": "malicious_instructions", "message": "Look first."}]
    model = chat(server, use_responses_api=True)
    proposal = GuiModelPlanner(model, gui_format("openai-computer")).plan(turn())
    assert isinstance(proposal.action, AskUser)
    assert '"Look first."' in proposal.action.question
    assert len(server.requests) == 1
