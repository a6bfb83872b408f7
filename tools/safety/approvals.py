"""Approvals out of band: a program asks, a person answers elsewhere, the program asks again.

A request is a file that only the user can read. It is bound to the very action, to what it would
land on and to all that the window shows, ends after some minutes, and serves once. So an approval
cannot be used for other arguments, for a window that changed, or twice.
"""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from ...memory.errors import ApprovalRequired, BadArgumentError, ConfigError
from ...memory.file_lock import is_locked
from ..actions import Action
from .gate import Approval
from .policy import ActionContext, Decision

LASTS_S = 600.0
BY_COMMAND = "deskhand approve"
TOKEN_BYTES = 6
TARGETS = ("target", "source", "into")
"""Fields of actions that name a place: two names of one place are the same action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One action that waits for a person, or for which a person answered."""

    token: str
    """Names the request to the person; of no use to the program that asked."""
    key: str
    """What it is bound to."""
    what: str
    """What would be done where, in a phrase with no secret in it."""
    rule: str
    ends_at: float
    """Seconds since the epoch."""
    answer: Literal["", "approve", "refuse"] = ""
    about: str = ""
    """What asked, such as the id of a tool call; empty where nothing says."""
    run: str = ""
    """The run that waits for the answer; empty for a tool call, which comes again."""
    lock: str = ""
    """A file that is locked while somebody waits; empty where nothing tells."""
    by: str = ""
    """Where the answer was given."""


ASKED_BY: ContextVar[str] = ContextVar("deskhand_asked_by", default="")
"""Set around a call by whoever has to find its request again."""

_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)


def default_folder() -> Path:
    """Return the folder for requests in the user's state folder."""
    from platformdirs import user_state_path

    return user_state_path("deskhand", appauthor=False) / "approvals"


class Approvals:
    """The requests that wait, in a folder that programs and people share.

    Args:
        folder: Where; made for the user alone as the first request comes.
        clock: Tells the time.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def approver(
        self, action: Action, context: ActionContext, decision: Decision
    ) -> Approval | None:
        """Return the answer that a person gave for this very action; ask if there is none.

        Raises:
            ApprovalRequired: Saying how a person approves it.
        """
        key = _key(action, context)
        for path, request in self._all():
            if request.key == key and request.answer and _take(path):
                return Approval(answer=request.answer, by=request.by)
        waiting = next((one for one in self.waiting() if one.key == key), None)
        about = ASKED_BY.get()
        if waiting is None:
            waiting = self._new(key, decision, about=about)
        elif about and waiting.about != about:
            self._write(replace(waiting, about=about))
        raise ApprovalRequired(
            f"{decision.reason}: needs a person's yes",
            remedy=f"approval_required: ask your user to run `deskhand approve {waiting.token}`, "
            "then call this again with the same arguments",
        )

    def post(
        self, action: Action, context: ActionContext, decision: Decision, *, run: str, lock: Path
    ) -> Request:
        """Write down what a run asks, for its own `take`; it ends with `withdraw`.

        It asks one thing at a time: what an earlier process of the run asked is removed.

        Args:
            action: What it would do.
            context: Where.
            decision: Why a person is asked.
            run: Its id.
            lock: A file that its process holds locked: a run that was killed waits no more.
        """
        for path, request in self._all():
            if request.run == run:
                path.unlink(missing_ok=True)
        return self._new(_key(action, context, run), decision, run=run, lock=str(lock.absolute()))

    def take(self, token: str) -> Approval | None:
        """Return the answer to a request and remove it; None while there is none."""
        for path, request in self._all():
            if request.token == token and request.answer and _take(path):
                return Approval(answer=request.answer, by=request.by)
        return None

    def withdraw(self, token: str) -> None:
        """Remove a request that nobody waits for any more."""
        (self._folder / f"{token}.json").unlink(missing_ok=True)

    def asked_by(self, about: str) -> Request | None:
        """Return the request without an answer that something asked, None if there is none."""
        return next((request for request in self.waiting() if request.about == about), None)

    def waiting(self) -> list[Request]:
        """Return the requests without an answer, the oldest first."""
        return sorted(
            (request for _, request in self._all() if not request.answer),
            key=lambda request: request.ends_at,
        )

    def answer(
        self, token: str, answer: Literal["approve", "refuse"], *, by: str = BY_COMMAND
    ) -> Request:
        """Answer a request.

        Args:
            token: Which one.
            answer: Yes or no.
            by: Where it was given; goes into the record.

        Raises:
            BadArgumentError: If none of this token waits.
        """
        for _, request in self._all():
            if request.token == token and not request.answer:
                answered = replace(request, answer=answer, by=by)
                self._write(answered)
                return answered
        raise BadArgumentError(
            f"no request {token!r} waits: it was answered, it ended after {LASTS_S / 60:.0f} "
            "minutes or with its run, or there never was one"
        )

    def _new(
        self, key: str, decision: Decision, *, about: str = "", run: str = "", lock: str = ""
    ) -> Request:
        request = Request(
            token=secrets.token_hex(TOKEN_BYTES),
            key=key,
            what=decision.reason,
            rule=decision.rule,
            ends_at=self._clock() + LASTS_S,
            about=about,
            run=run,
            lock=lock,
        )
        self._write(request)
        return request

    def _all(self) -> list[tuple[Path, Request]]:
        """Return the requests that somebody waits for; those whose time is over are removed."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                request = _REQUEST.validate_json(path.read_bytes())
            except (OSError, ValidationError):
                continue  # of another version, or just being removed
            if request.ends_at < self._clock():
                path.unlink(missing_ok=True)
            elif not request.lock or is_locked(Path(request.lock)):
                found.append((path, request))
        return found

    def _write(self, request: Request) -> None:
        path = self._folder / f"{request.token}.json"
        partial = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(request), file)
            partial.replace(path)
        except OSError as error:
            raise ConfigError(f"cannot write the request {path}: {error.strerror}") from error


def _take(path: Path) -> bool:
    """Remove a file; False if another process was first."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _key(action: Action, context: ActionContext, run: str = "") -> str:
    """Return what an approval is bound to, as a hash; one for a run is of no use to others."""
    element = context.element
    bound: dict[str, Any] = {
        "action": action.model_dump(mode="json", exclude=set(TARGETS)),
        "element": None if element is None else [element.role, element.text, *element.box.xyxy],
        "window": [context.app, context.window_title],
        "shown": context.shown,
        "run": run,
    }
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()
