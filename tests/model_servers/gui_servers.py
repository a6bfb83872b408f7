"""Servers of GUI models: UI-TARS behind chat completions, Claude's and OpenAI's computer tools.

Each checks that a request is as its protocol and its model want it: the size that is declared is
that of the newest picture, and nothing calls a tool that is not there.
"""

import base64
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

from .anthropic_messages import AnthropicServer
from .openai_chat import OpenAIServer
from .seeing_brains import Deed, SeeingBrain
from .server import ModelServer, Reply, check_picture, check_tool

BETAS = {
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20251124": "computer-use-2025-11-24",
}


class GuiServer(ModelServer):
    """Has a model that sees: `sizes` says what it was shown, the newest picture of each request."""

    def __init__(self, sees: SeeingBrain) -> None:
        super().__init__(lambda _prompt: Reply())
        self.sees = sees
        self.sizes: list[tuple[int, int]] = []

    def think(self, body: Mapping[str, Any]) -> Reply:
        picture = newest_picture(body)
        self.sizes.append(picture.size)
        return self.said(self.sees(self.prompt(body), picture))

    def said(self, deed: Deed) -> Reply:
        """Return a deed in the words of the model's format."""
        raise NotImplementedError


class UiTarsServer(GuiServer, OpenAIServer):
    """UI-TARS 1.5 as vLLM serves it: text in, text out, no system message and no tools."""

    protocol = "OpenAI chat completions, UI-TARS"

    def check(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Iterator[str]:
        if path != "/v1/chat/completions":
            yield f"path {path}"
        if not headers.get("authorization", "").startswith("Bearer "):
            yield "no bearer token"
        if set(body) - {"model", "messages", "temperature", "stream"} or body["temperature"] != 0:
            yield f"parameters {sorted(body)} at temperature {body.get('temperature')}"
        roles = [message["role"] for message in body["messages"]]
        if roles != (["user", "assistant"] * len(roles))[: len(roles)] or roles[-1] != "user":
            yield f"roles {roles}"
        for kind, data in _pictures(body):
            yield from check_picture(kind, data)

    def prompt(self, body: Mapping[str, Any]) -> str:
        return "\n".join(_texts(body["messages"]))

    def said(self, deed: Deed) -> Reply:
        content = deed.text.replace("'", r"\'")
        call = {
            "click": f"click(point='<point>{deed.x} {deed.y}</point>')",
            "type": f"type(content='{content}')",
            "wait": "wait()",
            "done": f"finished(content='{content}')",
        }[deed.kind]
        return Reply(text=f"Thought: I {deed.kind} now.\nAction: {call}")


class ClaudeComputerServer(GuiServer, AnthropicServer):
    """Claude with its computer tool, which a beta header switches on."""

    protocol = "Anthropic messages, computer tool"

    def check(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Iterator[str]:
        asked = {**body, "tool_choice": {"type": "any"}, "tools": body["tools"][1:]}
        if "tool_choice" in body:
            yield f"tool_choice {body['tool_choice']!r}"
        yield from super().check(path, headers, {k: v for k, v in asked.items() if k != "betas"})
        tool = body["tools"][0]
        if BETAS.get(tool["type"]) not in headers.get("anthropic-beta", "").split(","):
            yield f"{tool['type']} with the betas {headers.get('anthropic-beta')!r}"
        declared = (tool["display_width_px"], tool["display_height_px"])
        if tool["name"] != "computer" or declared != newest_picture(body).size:
            yield f"a display of {declared}"

    def said(self, deed: Deed) -> Reply:
        if deed.kind == "done":
            return Reply("finish", {"success": True, "summary": deed.text})
        calls: dict[str, dict[str, Any]] = {
            "click": {"action": "left_click", "coordinate": [deed.x, deed.y]},
            "type": {"action": "type", "text": deed.text},
            "wait": {"action": "screenshot"},
        }
        return Reply("computer", calls[deed.kind], text=f"I {deed.kind} now.")


class OpenAIComputerServer(GuiServer):
    """OpenAI's responses protocol with the computer tool, safety checks included."""

    protocol = "OpenAI responses, computer tool"

    def check(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Iterator[str]:
        if path != "/v1/responses":
            yield f"path {path}"
        if not headers.get("authorization", "").startswith("Bearer "):
            yield "no bearer token"
        if body.get("truncation") != "auto":
            yield "truncation must be 'auto' with computer_use_preview"
        if unknown := set(body) - {"model", "input", "tools", "truncation", "stream"}:
            yield f"unknown parameters {sorted(unknown)}"
        tool, *functions = body["tools"]
        declared = (tool["display_width"], tool["display_height"])
        is_tool = tool["type"] == "computer_use_preview" and tool["environment"] == "linux"
        if not is_tool or declared != newest_picture(body).size:
            yield f"the tool {tool!r}"
        for function in functions:
            yield from check_tool(function["name"], function["parameters"])
        for item in body["input"]:
            if item.get("type", "message") != "message" or "acknowledged_safety_checks" in item:
                yield f"an item {sorted(item)}"
        for kind, data in _pictures(body):
            yield from check_picture(kind, data)

    def prompt(self, body: Mapping[str, Any]) -> str:
        return "\n".join(_texts(body["input"]))

    def said(self, deed: Deed) -> Reply:
        if deed.kind == "done":
            return Reply("finish", {"success": True, "summary": deed.text})
        actions: dict[str, dict[str, Any]] = {
            "click": {"type": "click", "button": "left", "x": deed.x, "y": deed.y},
            "type": {"type": "type", "text": deed.text},
            "wait": {"type": "screenshot"},
        }
        return Reply("computer", actions[deed.kind], checks=deed.checks)

    def answer(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        number = len(self.received)
        call: dict[str, Any] = {"id": f"c_{number}", "call_id": f"call_{number}"}
        if reply.tool == "computer":
            pending = [{"id": f"sc_{number}", "code": "c", "message": m} for m in reply.checks]
            call |= {"type": "computer_call", "status": "completed", "action": reply.arguments}
            call |= {"pending_safety_checks": pending}
        else:
            arguments = json.dumps(dict(reply.arguments))
            call |= {"type": "function_call", "name": reply.tool, "arguments": arguments}
        return {
            "id": f"resp_{number}", "object": "response", "created_at": 1, "model": body["model"],
            "status": "completed", "output": [call], "parallel_tool_calls": False,
            "tool_choice": "auto", "tools": body["tools"],
            "usage": {
                "input_tokens": 900, "output_tokens": 30, "total_tokens": 930,
                "input_tokens_details": {"cached_tokens": 500},
                "output_tokens_details": {"reasoning_tokens": 0},
            },
        }  # fmt: skip

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = "invalid_request_error"
        return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def newest_picture(body: Mapping[str, Any]) -> Image.Image:
    """Return the last picture of a request, as it arrived."""
    *_, (_kind, data) = _pictures(body)
    return Image.open(io.BytesIO(base64.b64decode(data)))


def _pictures(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the kind and the base64 data of every picture in a request, in any protocol."""
    match value:
        case {"type": "base64", "media_type": str() as kind, "data": str() as data}:
            yield kind, data
        case str() as url if url.startswith("data:image/"):
            head, _, data = url.partition(";base64,")
            yield head.removeprefix("data:"), data
        case dict():
            for part in value.values():
                yield from _pictures(part)
        case list():
            for part in value:
                yield from _pictures(part)


def _texts(messages: list[dict[str, Any]]) -> Iterator[str]:
    for message in messages:
        content = message["content"]
        for part in [{"text": content}] if isinstance(content, str) else content:
            if "text" in part:
                yield part["text"]
