"""What went wrong with a call of a server's model, in one line that says what to do."""

from collections.abc import Iterator

from ...memory.errors import ModelUnavailable

REASON_CHARS = 200

_ADVICE = {
    400: "the request was refused",
    401: "the key is missing or wrong; check the provider's key variable",
    403: "the key may not use this model; check the provider's key variable",
    404: "there is no such model; check its name",
    408: "no answer in time; try again, or take a faster model",
    413: "the request is too large for it",
    429: "the rate limit or the quota is used up; wait, or take another model",
}
_NO_ANSWER = "no answer in time; try again, or take a faster model"
_NO_SERVER = "its server cannot be reached; is it running, and is there a network?"


def unavailable(name: str, error: BaseException) -> ModelUnavailable:
    """Return one line for a call that failed: which model, what is the matter, what to do."""
    status = next((found for e in _chain(error) if (found := _status(e)) is not None), None)
    words = {word for e in _chain(error) for word in _family(e)}
    reason = " ".join(str(error).split())[:REASON_CHARS]
    if status == 400 and "api key" in reason.casefold():  # as Gemini tells it
        status = 401
    if status is not None and status >= 500:
        told = f"its server fails ({status}); try again later"
    elif status in _ADVICE:
        told = f"{_ADVICE[status]} ({status})"
        told += f": {reason}" if status in (400, 404, 413) else ""
    elif "timeout" in words:
        told = _NO_ANSWER
    elif "connect" in words:
        told = _NO_SERVER
    else:
        told = f"{type(error).__name__}: {reason}"
    return ModelUnavailable(f"model {name}: {told}")


def refuses_forced_call(error: BaseException) -> bool:
    """Tell whether a request was refused because the model was made to call a tool."""
    said = str(error).casefold()
    status = next((found for e in _chain(error) if (found := _status(e)) is not None), None)
    return status == 400 and ("tool_choice" in said or "forced tool" in said)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _status(error: BaseException) -> int | None:
    """Return the HTTP status that an error carries, under any of the names in use."""
    for name in ("status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return None


def _family(error: BaseException) -> set[str]:
    names = " ".join(kind.__name__.casefold() for kind in type(error).__mro__)
    return {word for word in ("timeout", "connect") if word in names}
