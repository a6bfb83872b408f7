"""llama.cpp in this process: one server for each weights file, shared, with nothing on the network.

The engine binds a loopback port that nothing here uses; it is closed by a random key.
"""

import atexit
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ...memory.errors import MissingExtraError, ModelOutputError, ModelUnavailable


@contextmanager
def _sleeping_threads() -> Iterator[None]:
    """Let OpenMP's threads sleep while they wait; it reads the variable as it is loaded.

    Measured on two cores with seven busy processes: 17 tokens a second, against 1.3 with threads
    that spin until the other one gets its turn.
    """
    before = os.environ.get("OMP_WAIT_POLICY")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_WAIT_POLICY"]


try:
    with _sleeping_threads():
        import xllamacpp
except ModuleNotFoundError as error:
    raise MissingExtraError(error.name or "xllamacpp", extra="llama") from error

logger = logging.getLogger(__name__)

CONTEXT_TOKENS = 4096
"""Of a prompt with its answer. The engine's own default is all that a model was trained on."""
PROMPT_CACHE_MIB = 256
"""The engine's own default is 8192."""
BATCH_TOKENS = 256
"""Of a prompt, read in one go: an answer can be ended between two, so within 4 s on two cores.
Measured with a prompt of 1500: 21.8 s to read it by 256, 21.1 by 512, 22.5 by 128, 24.9 by 64."""
MAX_THREADS = 8
QUIET = -1
"""Below the engine's most important messages, which go to stderr."""
GGUF_MAGIC = b"GGUF"
MIN_GGUF_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaSettings:
    """How an engine is set up."""

    context_tokens: int = CONTEXT_TOKENS
    threads: int | None = None
    """None for one for each core, at most 8."""
    prompt_cache_mib: int = PROMPT_CACHE_MIB

    @property
    def thread_count(self) -> int:
        """Return how many threads work on one answer."""
        if self.threads is not None:
            return self.threads
        return max(1, min(MAX_THREADS, psutil.cpu_count(logical=False) or os.cpu_count() or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the engine wrote."""

    text: str
    finish_reason: str
    """`stop`, `length`, `deadline` or `cancelled`."""
    input_tokens: int
    cached_tokens: int
    """Of the input: those that were known from the call before."""
    output_tokens: int
    seconds: float


class LlamaEngine:
    """A model that is loaded. One answer at a time: further callers wait.

    Args:
        path: The GGUF file.
        settings: How to run it.

    Raises:
        ModelUnavailable: If the file is not there or cannot be loaded.
    """

    def __init__(self, path: Path, settings: LlamaSettings) -> None:
        _check_file(path)
        self.path = path
        self.settings = settings
        self._lock = threading.Lock()
        self._has_answered = False
        started = time.monotonic()
        try:
            self._server: Any = xllamacpp.Server(_parameters(path, settings))
        except RuntimeError as error:
            raise ModelUnavailable(
                f"{path.name} cannot be loaded: the file is damaged or is not a language model; "
                "pull it again"
            ) from error
        logger.info("llama: %s loaded in %.1f s", path.name, time.monotonic() - started)

    @property
    def is_closed(self) -> bool:
        """Whether the weights were let go."""
        return self._server is None

    def close(self) -> None:
        """Let the weights go, after the answer that is being written. May be called twice."""
        if not self.is_closed and not self._has_answered:
            # llama.cpp waits forever for its own loop if it is ended before that has begun.
            self.chat([{"role": "user", "content": "."}], max_tokens=1)
        with self._lock:
            self._server = None

    def chat(
        self,
        messages: list[dict[str, str]],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: list[str] | None = None,
        grammar: str = "",
        deadline_s: float | None = None,
        cancels: Sequence[threading.Event] = (),
    ) -> Answer:
        """Return the answer to a conversation.

        Args:
            messages: `role` and `content`. Control tokens in a content are obeyed by the engine:
                what comes from a screen has been made harmless before.
            max_tokens: Of the answer.
            temperature: 0 for the likeliest answer.
            stop: Texts that end the answer.
            grammar: GBNF that the answer must follow.
            deadline_s: After so many seconds the answer ends where it is; asked between two tokens
                of it, and between two batches of the prompt.
            cancels: Set by whoever wants the answer to end where it is, in the same way.

        Raises:
            ModelUnavailable: If the engine is closed, or refuses the request.
            ModelOutputError: If the prompt does not fit into the context.
        """
        request: dict[str, Any] = {
            "messages": messages,
            "max_tokens": max_tokens,
            "temperature": temperature,
            "cache_prompt": True,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,  # a piece without text for each batch of the prompt
        }
        if stop:
            request["stop"] = stop
        if grammar:
            request["grammar"] = grammar
        interrupted = threading.Event()
        collected = _Collected(deadline_s, [*cancels, interrupted])
        # In a thread of its own: an interrupt that arrives within the engine's callback is lost.
        worker = threading.Thread(target=self._work, args=(request, collected), daemon=True)
        worker.start()
        try:
            worker.join()
        except BaseException:
            interrupted.set()
            raise
        return collected.answer()

    def _work(self, request: Mapping[str, Any], collected: "_Collected") -> None:
        with self._lock:
            if self._server is None:
                message = f"{self.path.name} was closed; load it again"
                collected.problem = {"message": message}
                return
            if collected.is_cancelled():
                return
            returned = self._server.handle_chat_completions(request, collected.take)
            self._has_answered = True
            # A request that is refused at once is told here, and not to the callback.
            if isinstance(returned, Mapping) and "error" in returned:
                collected.problem = returned["error"]


class _Collected:
    """The pieces of one answer, and what became of it."""

    def __init__(self, deadline_s: float | None, cancels: Sequence[threading.Event]) -> None:
        self._started = time.monotonic()
        self._deadline_s = deadline_s
        self._pieces: list[str] = []
        self._finish = ""
        self._usage: Mapping[str, Any] = {}
        self._cancels = cancels
        self.problem: Mapping[str, Any] | None = None

    def is_cancelled(self) -> bool:
        """Tell whether the answer is to end at its next piece."""
        if any(cancel.is_set() for cancel in self._cancels):
            self._finish = self._finish or "cancelled"
        return self._finish == "cancelled"

    def take(self, chunk: Mapping[str, Any]) -> bool:
        """Keep one piece; True tells the engine to stop."""
        if "error" in chunk:
            self.problem = chunk["error"]
            return True
        self._usage = chunk.get("usage") or self._usage
        for choice in chunk.get("choices", ()):
            piece = choice["delta"].get("content")
            self._finish = choice.get("finish_reason") or self._finish
            if piece:
                self._pieces.append(piece)
        if self._deadline_s is not None and not self._finish:
            if time.monotonic() - self._started > self._deadline_s:
                self._finish = "deadline"
                return True
        return self.is_cancelled()

    def answer(self) -> Answer:
        """Return the whole.

        Raises:
            ModelUnavailable: If the engine refused the request.
            ModelOutputError: If the prompt did not fit.
        """
        if self.problem is not None:
            raise _refusal(self.problem)
        details = self._usage.get("prompt_tokens_details") or {}
        return Answer(
            text="".join(self._pieces),
            finish_reason=self._finish,
            input_tokens=self._usage.get("prompt_tokens", 0),
            cached_tokens=details.get("cached_tokens", 0),
            # An answer that was ended from outside is not counted: one token a piece.
            output_tokens=self._usage.get("completion_tokens", len(self._pieces)),
            seconds=time.monotonic() - self._started,
        )


def _refusal(problem: Mapping[str, Any]) -> ModelUnavailable | ModelOutputError:
    if problem.get("type") == "exceed_context_size_error":
        return ModelOutputError(
            f"the prompt has {problem['n_prompt_tokens']} tokens and the context "
            f"{problem['n_ctx']}; show less of the screen or load with more context_tokens"
        )
    said = " ".join(str(problem.get("message", "no reason given")).split())
    return ModelUnavailable(f"llama.cpp refused the request: {said}")


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ModelUnavailable(
            f"there is no model file {path.name} in {path.parent}; "
            "get it with: deskhand models pull"
        )
    with path.open("rb") as file:
        magic = file.read(len(GGUF_MAGIC))
    if magic != GGUF_MAGIC or path.stat().st_size < MIN_GGUF_BYTES:
        raise ModelUnavailable(
            f"{path.name} is no GGUF file (it begins with {magic!r}); pull it again"
        )


def _parameters(path: Path, settings: LlamaSettings) -> Any:  # Any: as xllamacpp, untyped
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = settings.context_tokens
    parameters.n_parallel = 1
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.cache_ram_mib = settings.prompt_cache_mib
    parameters.cpuparams.n_threads = settings.thread_count
    parameters.cpuparams_batch.n_threads = settings.thread_count
    parameters.use_jinja = True
    parameters.warmup = False
    parameters.verbosity = QUIET
    parameters.ui = False
    parameters.offline = True
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [secrets.token_hex(32)]
    return parameters


_engines: dict[tuple[Path, LlamaSettings], LlamaEngine] = {}
_starting = threading.Lock()


def load_engine(path: Path, settings: LlamaSettings | None = None) -> LlamaEngine:
    """Return the engine for a file, the one that is running already if there is one.

    Raises:
        ModelUnavailable: If the file is not there or cannot be loaded.
    """
    settings = settings or LlamaSettings()
    key = (path.resolve(), settings)
    with _starting:
        engine = _engines.get(key)
        if engine is None or engine.is_closed:
            engine = _engines[key] = LlamaEngine(path, settings)
        return engine


@atexit.register
def close_engines() -> None:
    """Let the weights of every engine go."""
    with _starting:
        while _engines:
            _engines.popitem()[1].close()
