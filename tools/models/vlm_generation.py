"""One answer of a local model, written in a thread of its own and read piece by piece.

The thread holds the model's lock, never its reader: pieces wait in a queue without bound, so a
reader that pauses, or asks the same model something in between, blocks nobody.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Literal

import torch
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from ...memory.errors import ModelUnavailable
from .answer_readers import AnswerReader
from .tool_call_text import Answer
from .vlm import LocalVLM
from .vlm_prompt import Prompt

FinishReason = Literal["stop", "length", "cancelled", "deadline"]
LOOK_EVERY_S = 0.05
"""How often one that waits for the model looks whether it should still wait."""
UNFINISHED = "\ufffd"
"""What a decoder writes for a character of which bytes are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the tokens are chosen."""

    max_new_tokens: int
    temperature: float = 0.0
    """0 takes the likeliest token each time."""
    logits_processors: Sequence[LogitsProcessor] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How an answer ended."""

    reason: FinishReason
    answer: Answer
    """What was not shown while it was written."""
    input_tokens: int
    """0 if it ended before the prompt was made."""
    output_tokens: int
    pictures_left_out: int
    seconds: float
    """From the call on, waiting for the model included."""


class StopRule:
    """Whether to go on: neither cancelled, nor abandoned by the reader, nor too late.

    It is asked between tokens. What cannot be ended is the reading of the prompt, which is a single
    step; a hard limit needs a process that can be killed.

    Args:
        cancels: Set by whoever wants the answer to end.
        timeout_s: Seconds from now on; None for no limit.
    """

    def __init__(self, cancels: Sequence[threading.Event], timeout_s: float | None) -> None:
        self._cancels = cancels
        self.began = time.monotonic()
        self._deadline = None if timeout_s is None else self.began + timeout_s

    def reason(self) -> FinishReason | None:
        """Return why to end; None to go on."""
        if any(event.is_set() for event in self._cancels):
            return "cancelled"
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return "deadline"
        return None


# Any: transformers' tokenizers have no common types.
class _Watch(StoppingCriteria):  # type: ignore[misc]  # untyped base
    """Sees every new token: decodes it, passes its text on, and says when to end.

    transformers' streamers are told of a token only after it was decided whether to go on.
    """

    def __init__(
        self, tokenizer: Any, prompt: int, hidden: frozenset[int], reader: AnswerReader,
        stop_rule: StopRule, show: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._tokenizer = tokenizer
        self._seen = prompt
        self._hidden = hidden
        self._reader = reader
        self._stop_rule = stop_rule
        self._show = show
        self._ids: list[int] = []
        self._begin = self._read = 0
        self.tokens = 0
        self.last: int | None = None
        self.reason: FinishReason | None = None

    def __call__(
        self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **_unused: object
    ) -> torch.Tensor:
        new = input_ids[0, self._seen :].tolist()
        self._seen += len(new)
        self.tokens += len(new)
        self.last = new[-1] if new else self.last
        self._ids += [number for number in new if number not in self._hidden]
        self._pass_on(self._decode())
        self.reason = self._stop_rule.reason()
        if self._reader.is_stopped:
            self.reason = "stop"
        done = self.reason is not None
        return torch.full((input_ids.shape[0],), done, dtype=torch.bool, device=input_ids.device)

    def finish(self) -> None:
        """Pass on the last bytes, also those that are no whole character."""
        self._pass_on(self._decode(whole=False))

    def _pass_on(self, text: str) -> None:
        if text and (safe := self._reader.feed(text)):
            self._show(safe)

    def _decode(self, *, whole: bool = True) -> str:
        """Return the text of the new tokens, decoded after the ones before for the space between.

        Args:
            whole: Wait for the rest of a character whose first bytes are there.
        """
        before = self._text(self._ids[self._begin : self._read])
        text = self._text(self._ids[self._begin :])
        if len(text) <= len(before) or (whole and text.endswith(UNFINISHED)):
            return ""
        self._begin, self._read = self._read, len(self._ids)
        return text[len(before) :]

    def _text(self, ids: list[int]) -> str:
        decoded = self._tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        return str(decoded)


class Generation:
    """One answer: iterate over `pieces`, then look at `finished`.

    Args:
        vlm: The model.
        write_prompt: Makes the prompt; called in the thread, with the model's lock held.
        sampling: How the tokens are chosen.
        reader: What of the text may be shown as it comes, and what it comes to.
        cancels: Set by whoever wants the answer to end.
        timeout_s: Seconds for all of it; None for no limit.
    """

    def __init__(
        self,
        vlm: LocalVLM,
        write_prompt: Callable[[], Prompt],
        *,
        sampling: Sampling,
        reader: AnswerReader,
        cancels: Sequence[threading.Event],
        timeout_s: float | None,
    ) -> None:
        self._vlm = vlm
        self._write_prompt = write_prompt
        self._sampling = sampling
        self._reader = reader
        self._abandoned = threading.Event()
        self._stop_rule = StopRule([*cancels, self._abandoned], timeout_s)
        self._pieces: SimpleQueue[str | None] = SimpleQueue()
        self.finished: Finished | None = None
        """How it ended, once `pieces` is at its end."""

    def pieces(self) -> Iterator[str]:
        """Yield the text as it is written; leaving early ends the answer.

        Raises:
            BadArgumentError: The prompt has no room.
            ModelUnavailable: The model was closed, or the device has no memory left.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="vlm") as pool:
            work = pool.submit(self._work)
            work.add_done_callback(lambda _work: self._pieces.put(None))
            try:
                while (piece := self._pieces.get()) is not None:
                    yield piece
            finally:
                self._abandoned.set()
            self.finished = work.result()

    def _work(self) -> Finished:
        while not self._vlm.lock.acquire(timeout=LOOK_EVERY_S):
            if (reason := self._stop_rule.reason()) is not None:
                return self._end(reason)
        try:
            if (reason := self._stop_rule.reason()) is not None:
                return self._end(reason)
            model = self._vlm.model
            prompt = self._write_prompt()
            watch = self._watch(model, prompt)
            try:
                self._generate(model, prompt, watch)
            except torch.OutOfMemoryError as error:
                raise ModelUnavailable(
                    f"no memory left on {model.device} for a prompt of {prompt.tokens} tokens; "
                    f"lower max_pixels or context_tokens"
                ) from error
            reason = watch.reason or ("stop" if watch.last in _ends(model) else "length")
            watch.finish()
            return self._end(reason, prompt=prompt, tokens=watch.tokens)
        finally:
            self._vlm.lock.release()

    def _end(
        self, reason: FinishReason, *, prompt: Prompt | None = None, tokens: int = 0
    ) -> Finished:
        return Finished(
            reason=reason,
            answer=self._reader.finish(complete=reason == "stop"),
            input_tokens=0 if prompt is None else prompt.tokens,
            output_tokens=tokens,
            pictures_left_out=0 if prompt is None else prompt.pictures_left_out,
            seconds=time.monotonic() - self._stop_rule.began,
        )

    def _watch(self, model: Any, prompt: Prompt) -> _Watch:
        tokenizer = self._vlm.processor.tokenizer
        self._reader.begin(str(tokenizer.decode(prompt.inputs["input_ids"][0])))
        hidden = {*tokenizer.all_special_ids, *_ends(model)}
        hidden -= self._reader.shown_control_tokens(tokenizer)
        return _Watch(
            tokenizer,
            prompt.tokens,
            frozenset(hidden),
            self._reader,
            self._stop_rule,
            self._pieces.put,
        )

    def _generate(self, model: Any, prompt: Prompt, watch: _Watch) -> None:
        sampling = self._sampling
        # BatchFeature casts the floating point tensors only.
        inputs = prompt.inputs.to(model.device, dtype=model.dtype)
        # A checkpoint's own sampling settings would be complained about where nothing is sampled.
        greedy = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        sampled = {"do_sample": True, "temperature": sampling.temperature}
        model.generate(
            **inputs,
            **(sampled if sampling.temperature > 0 else greedy),
            max_new_tokens=sampling.max_new_tokens,
            stopping_criteria=StoppingCriteriaList([watch]),
            logits_processor=LogitsProcessorList(sampling.logits_processors),
        )


def _ends(model: Any) -> set[int]:
    """Return the ids of the tokens that end an answer."""
    ends = model.generation_config.eos_token_id
    return set() if ends is None else {ends} if isinstance(ends, int) else set(ends)
