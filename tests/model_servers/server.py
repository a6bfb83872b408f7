"""What the model servers have in common: they keep each request, check it, and answer as told.

A request that breaks its protocol is answered with status 400 and what is wrong with it, as the
real service would.
"""

import base64
import binascii
import io
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from PIL import Image

MAX_PICTURE_BYTES = 5_000_000
TOOL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
SCHEMA_TYPES = {"string", "integer", "number", "boolean", "array", "object"}


@dataclass(frozen=True)
class Reply:
    """What a model answers."""

    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    status: int = 200
    """Anything but 200 is an error of the service."""
    checks: tuple[str, ...] = ()
    """Safety checks that come with it, in a protocol that has them."""


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    problems: tuple[str, ...]
    """How it breaks the protocol; empty if it does not."""


Brain = Callable[[str], Reply]
"""From the text of a request's last prompt and what followed it to the answer."""


class ModelServer:
    """A server on a free local port, for the time of a `with` block."""

    protocol: str

    def __init__(self, brain: Brain) -> None:
        self.brain = brain
        self.received: list[Received] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.serve(self)

            def log_message(self, *_: Any) -> None:
                """Be quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "ModelServer":
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Serve no more; a second time does nothing."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers["content-length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        body: dict[str, Any] = json.loads(raw)
        problems = tuple(self.check(request.path, headers, body))
        self.received.append(Received(request.path, headers, body, problems))
        if problems:
            status, answer = 400, self.error(400, "; ".join(problems))
        else:
            reply = self.think(body)
            status = reply.status
            answer = self.answer(reply, body) if status == 200 else self.error(status, reply.text)
        content = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(content)))
        # The clients honour it: nobody waits for a server that says not to.
        request.send_header("retry-after-ms", "1")
        request.send_header("retry-after", "0")
        request.end_headers()
        request.wfile.write(content)

    def think(self, body: Mapping[str, Any]) -> Reply:
        """Return what the model answers to a request."""
        return self.brain(self.prompt(body))

    def check(
        self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> Iterator[str]:
        """Yield what is wrong with a request."""
        raise NotImplementedError

    def prompt(self, body: Mapping[str, Any]) -> str:
        """Return the text of the messages, without the system's."""
        raise NotImplementedError

    def answer(self, reply: Reply, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a response of the protocol."""
        raise NotImplementedError

    def error(self, status: int, message: str) -> dict[str, Any]:
        """Return an error of the protocol."""
        raise NotImplementedError


def check_tool(name: object, schema: object) -> Iterator[str]:
    """Yield what is wrong with a tool."""
    if not isinstance(name, str) or not TOOL_NAME.fullmatch(name):
        yield f"tool name {name!r}"
    if not isinstance(schema, dict) or str(schema.get("type")).lower() != "object":
        yield f"the schema of tool {name} is no object"
        return
    properties = schema.get("properties", {})
    for key, value in properties.items():
        if str(value.get("type")).lower() not in SCHEMA_TYPES:
            yield f"tool {name}: property {key} has type {value.get('type')!r}"
    unknown = set(schema.get("required", ())) - set(properties)
    if unknown:
        yield f"tool {name} requires {sorted(unknown)}, which it does not have"


def check_picture(mime_type: object, data: object) -> Iterator[str]:
    """Yield what is wrong with a picture in base64."""
    try:
        content = base64.b64decode(str(data), validate=True)
        with Image.open(io.BytesIO(content)) as picture:
            found = Image.MIME[str(picture.format)]
    except (binascii.Error, OSError):
        yield "a picture that is none"
        return
    if found != mime_type:
        yield f"a picture is called {mime_type} and is {found}"
    if len(content) > MAX_PICTURE_BYTES:
        yield f"a picture of {len(content)} bytes"


def unanswered(asked: Sequence[str], answered: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the answers to the tool calls of one message."""
    if sorted(asked) != sorted(answered):
        yield f"tool calls {list(asked)} are answered by {list(answered)}"
