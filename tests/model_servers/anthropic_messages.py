"""A server of Anthropic's messages protocol."""

from collections.abc import Iterator, Mapping
from typing import Any

from .server import ModelServer, Reply, check_picture, check_tool, unanswered

KNOWN = {
    "model", "messages", "system", "max_tokens", "tools", "tool_choice", "stream", "temperature",
    "metadata", "stop_sequences", "top_k", "top_p", "thinking",
}  # fmt: skip


class AnthropicServer(ModelServer):
    protocol = "Anthropic messages"
    may_force = True
    """Whether the model can be made to call a tool; newer ones that think first refuse it."""

    def check(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Iterator[str]:
        if path.partition("?")[0] != "/v1/messages":
            yield f"path {path}"
        # The key came in a header of its own before its client sent it as a bearer token.
        has_key = "x-api-key" in headers or headers.get("authorization", "").startswith("Bearer ")
        if not has_key or "anthropic-version" not in headers:
            yield "no key or no version"
        if unknown := set(body) - KNOWN:
            yield f"unknown parameters {sorted(unknown)}"
        if not 0 < body.get("max_tokens", 0) <= 64_000:
            yield f"max_tokens {body.get('max_tokens')!r}"
        if not self.may_force and body.get("tool_choice", {"type": "auto"}) != {"type": "auto"}:
            yield "tool_choice: this model does not support forced tool use"
        if self.may_force and body.get("tool_choice") != {"type": "any"}:
            yield f"tool_choice {body.get('tool_choice')!r}"
        for block in _blocks(body.get("system", "")):
            if block.get("type") != "text" or not block["text"]:
                yield "a system that is no text"
        for tool in body.get("tools", ()):
            yield from check_tool(tool.get("name"), tool.get("input_schema"))
        yield from self._check_messages(body["messages"])

    def _check_messages(self, messages: list[dict[str, Any]]) -> Iterator[str]:
        if messages[0]["role"] != "user":
            yield "the first message is not the user's"
        asked: list[str] = []
        for message in messages:
            blocks = _blocks(message["content"])
            if not blocks:
                yield "an empty message"
            answered = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
            yield from unanswered(asked, answered)
            asked = []
            for block in blocks:
                match message["role"], block:
                    case "user" | "assistant", {"type": "text", "text": str() as text}:
                        if not text.strip():
                            yield "an empty text"
                    case "user", {"type": "image", "source": {"type": "base64"} as source}:
                        yield from check_picture(source["media_type"], source["data"])
                    case "user", {"type": "tool_result", "content": content}:
                        if any(b["type"] != "text" for b in _blocks(content)):
                            yield "a tool result holds something else than text"
                    case "assistant", {"type": "tool_use", "id": str() as number, "input": dict()}:
                        asked.append(number)
                    case role, {"type": kind}:
                        yield f"a {kind} block of the {role}"

    def prompt(self, body: Mapping[str, Any]) -> str:
        said = []
        for message in body["messages"]:
            for block in _blocks(message["content"]):
                if block["type"] == "text":
                    said.append(block["text"])
                elif block["type"] == "tool_result":
                    said += [part["text"] for part in _blocks(block["content"])]
        return "\n".join(said)

    def answer(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        content: list[dict[str, Any]] = []
        if reply.text:
            content.append({"type": "text", "text": reply.text})
        if reply.tool:
            number = f"toolu_{len(self.received)}"
            content.append(
                {"type": "tool_use", "id": number, "name": reply.tool, "input": reply.arguments}
            )
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": "tool_use" if reply.tool else "end_turn",
            "stop_sequence": None,
            "usage": {
                "input_tokens": 400,
                "cache_read_input_tokens": 500,
                "cache_creation_input_tokens": 0,
                "output_tokens": 30,
            },
        }

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = {401: "authentication_error", 429: "rate_limit_error"}.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}}


def _blocks(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content)
