"""What model calls cost: tokens, seconds, and money where the prices are known."""

from dataclasses import asdict, dataclass
from typing import Any

TOKENS_A_PRICE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a million tokens cost, in the currency of whoever gave the prices."""

    input: float
    output: float
    cached: float | None = None
    """Input tokens that the provider had in its cache; None for the price of any other input."""

    def of(self, *, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """Return what a call costs.

        Args:
            input_tokens: All of them, the cached ones included.
            cached_tokens: How many of them were cached.
            output_tokens: Those of the answer.

        >>> Price(input=2.0, output=10.0, cached=0.5).of(
        ...     input_tokens=1_000_000, cached_tokens=400_000, output_tokens=100_000
        ... )
        2.4
        """
        cached = self.input if self.cached is None else self.cached
        fresh_tokens = input_tokens - cached_tokens
        total = (
            fresh_tokens * self.input + cached_tokens * cached + output_tokens * self.output
        ) / TOKENS_A_PRICE
        return round(total, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one or more model calls cost together."""

    calls: int = 0
    input_tokens: int = 0
    """The cached ones included."""
    output_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0
    price: float | None = None
    """None as soon as the price of one call is not known."""

    @property
    def tokens(self) -> int:
        """Input and output together: what a token budget counts."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        """Return what both cost."""
        if not (self.calls and other.calls):
            return self if self.calls else other
        is_known = self.price is not None and other.price is not None
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            seconds=round(self.seconds + other.seconds, 3),
            price=round((self.price or 0) + (other.price or 0), 9) if is_known else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain data; empty where no model was called."""
        return asdict(self) if self.calls else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One call of a model, whether or not something came of it."""

    model: str
    answer: str
    """What came back, in a word or two: the tools called, `text`, or what went wrong."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0
    price: float | None = None
    is_estimate: bool = False
    """True where the server did not say how many tokens it took and they were estimated."""
    n_pictures: int = 0
    prompt: str = ""
    """The text that was sent; written down only if that was asked for."""

    @property
    def usage(self) -> Usage:
        """What it cost."""
        return Usage(
            calls=1,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cached_tokens=self.cached_tokens,
            seconds=self.seconds,
            price=self.price,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)
