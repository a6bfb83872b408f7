"""A server of OpenAI's chat completions protocol, as vLLM, llama-server and others speak it too."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .server import ModelServer, Reply, check_picture, check_tool, unanswered

KNOWN = {
    "model", "messages", "tools", "tool_choice", "stream", "max_completion_tokens", "max_tokens",
    "temperature", "parallel_tool_calls", "n",
}  # fmt: skip


class OpenAIServer(ModelServer):
    protocol = "OpenAI chat completions"

    def check(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Iterator[str]:
        if path != "/v1/chat/completions":
            yield f"path {path}"
        if not headers.get("authorization", "").startswith("Bearer "):
            yield "no bearer token"
        if unknown := set(body) - KNOWN:
            yield f"unknown parameters {sorted(unknown)}"
        if "tools" in body and body.get("tool_choice") not in ("required", "auto", "none"):
            yield f"tool_choice {body.get('tool_choice')!r}"
        for tool in body.get("tools", ()):
            if tool.get("type") != "function":
                yield f"tool type {tool.get('type')!r}"
            yield from check_tool(tool["function"]["name"], tool["function"]["parameters"])
        yield from self._check_messages(body["messages"])

    def _check_messages(self, messages: list[dict[str, Any]]) -> Iterator[str]:
        if [m["role"] for m in messages[:2]] != ["system", "user"]:
            yield "the messages begin with another than system, user"
        open_calls: list[str] = []
        answered: list[str] = []
        for message in [*messages[1:], {"role": "end", "content": ""}]:
            role, content = message["role"], message.get("content")
            if role == "tool":
                answered.append(message["tool_call_id"])
                if not isinstance(content, str):
                    yield "a tool message holds something else than text"
                continue
            yield from unanswered(open_calls, answered)
            open_calls, answered = [], []
            match role:
                case "user":
                    yield from _check_user(content)
                case "assistant":
                    for call in message.get("tool_calls", ()):
                        open_calls.append(call["id"])
                        if not isinstance(json.loads(call["function"]["arguments"]), dict):
                            yield "arguments that are no object"
                    if not open_calls and not content:
                        yield "an empty assistant message"
                case "end":
                    pass
                case _:
                    yield f"role {role!r} after the beginning"

    def prompt(self, body: Mapping[str, Any]) -> str:
        said = []
        for message in body["messages"][1:]:
            content = message.get("content") or ""
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            said += [part["text"] for part in parts if part["type"] == "text"]
        return "\n".join(said)

    def answer(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        if reply.tool:
            function = {"name": reply.tool, "arguments": json.dumps(dict(reply.arguments))}
            number = len(self.received)
            message["tool_calls"] = [
                {"id": f"call_{number}", "type": "function", "function": function}
            ]
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "finish_reason": "tool_calls" if reply.tool else "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 900,
                "completion_tokens": 30,
                "total_tokens": 930,
                "prompt_tokens_details": {"cached_tokens": 500},
            },
        }

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = "invalid_request_error"
        return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def _check_user(content: object) -> Iterator[str]:
    for part in content if isinstance(content, list) else ():
        match part:
            case {"type": "text", "text": str() as text, **more} if not more:
                if not text:
                    yield "an empty text"
            case {"type": "image_url", "image_url": {"url": str() as url}}:
                head, _, data = url.partition(";base64,")
                if not head.startswith("data:"):
                    yield "a picture that is to be fetched"
                yield from check_picture(head.removeprefix("data:"), data)
            case _:
                yield f"a user's part {sorted(part)}"
