"""A server of Gemini's generateContent protocol."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .server import ModelServer, Reply, check_picture, check_tool, unanswered

PATH = re.compile(r"/v1(?:beta)?/models/[\w.-]+:generateContent")
KNOWN = {
    "contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig",
}  # fmt: skip
URL_SAFE = str.maketrans("-_", "+/")
KINDS = ("text", "inlineData", "functionCall", "functionResponse")


class GeminiServer(ModelServer):
    protocol = "Gemini generateContent"

    def check(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Iterator[str]:
        if not PATH.fullmatch(path):
            yield f"path {path}"
        if not headers.get("x-goog-api-key"):
            yield "no key"
        if unknown := set(body) - KNOWN:
            yield f"unknown parameters {sorted(unknown)}"
        rules = body.get("systemInstruction", {}).get("parts", [{}])
        if not all(set(part) == {"text"} for part in rules):
            yield "a system instruction that is no text"
        names = set()
        for tool in body.get("tools", ()):
            for declared in tool["functionDeclarations"]:
                names.add(declared["name"])
                # A function that takes nothing has no parameters here.
                takes = declared.get("parameters") or {"type": "OBJECT"}
                yield from check_tool(declared["name"], takes)
                if set(takes) - {"type", "properties", "required", "description", "nullable"}:
                    yield f"tool {declared['name']} has a schema of {sorted(takes)}"
        choice = body.get("toolConfig", {}).get("functionCallingConfig", {})
        if choice.get("mode") != "ANY" or set(choice.get("allowedFunctionNames", ())) - names:
            yield f"tool choice {choice!r}"
        yield from self._check_contents(body["contents"])

    def _check_contents(self, contents: list[dict[str, Any]]) -> Iterator[str]:
        if contents[0]["role"] != "user" or contents[-1]["role"] != "user":
            yield "the contents do not begin and end with the user's"
        asked: list[str] = []
        for content in contents:
            role, parts = content["role"], content["parts"]
            if role not in ("user", "model") or not parts:
                yield f"a content of {role!r} with {len(parts)} parts"
            answered = [p["functionResponse"]["name"] for p in parts if "functionResponse" in p]
            yield from unanswered(asked, answered)
            asked = [p["functionCall"]["name"] for p in parts if "functionCall" in p]
            if asked and role != "model":
                yield "a function call of the user"
            for part in parts:
                if len(set(part) & set(KINDS)) != 1:
                    yield f"a part of {sorted(part)}"
                if "inlineData" in part:
                    data = part["inlineData"]
                    if role != "user":
                        yield "a picture of the model"
                    # Both spellings of names and both alphabets of base64 are taken, as in all
                    # of Google's JSON.
                    mime_type = data.get("mimeType", data.get("mime_type"))
                    yield from check_picture(mime_type, data["data"].translate(URL_SAFE))

    def prompt(self, body: Mapping[str, Any]) -> str:
        said = []
        for content in body["contents"]:
            for part in content["parts"]:
                if "text" in part:
                    said.append(part["text"])
                elif "functionResponse" in part:
                    said.append(str(part["functionResponse"]["response"]))
        return "\n".join(said)

    def answer(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        parts: list[dict[str, Any]] = []
        if reply.text:
            parts.append({"text": reply.text})
        if reply.tool:
            parts.append({"functionCall": {"name": reply.tool, "args": dict(reply.arguments)}})
        return {
            "candidates": [
                {
                    "content": {"role": "model", "parts": parts},
                    "finishReason": "STOP",
                    "index": 0,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 900,
                "candidatesTokenCount": 30,
                "totalTokenCount": 930,
                "cachedContentTokenCount": 500,
            },
            "modelVersion": "gemini",
        }

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED"}.get(status, "INVALID_ARGUMENT")
        return {"error": {"code": status, "message": message, "status": kind}}
