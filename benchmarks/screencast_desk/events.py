"""What happens on the driven desktop and when, what is said, and what is asked afterwards.

The queries were written with the events, before the first recording.
"""

from dataclasses import dataclass
from typing import Literal

Where = Literal["mail", "notice", "dialog", "page", "terminal", "typed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that appears."""

    at_s: float
    where: Where
    text: str
    query: str
    """By its words."""
    other_words: str
    """By what it means."""
    for_s: float | None = None
    """How long it stays; None for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Something that is said."""

    at_s: float
    text: str
    query: str


def _event(
    at_s: float, where: Where, text: str, query: str, other: str, for_s: float | None = None
) -> Event:
    return Event(at_s=at_s, where=where, text=text, query=query, other_words=other, for_s=for_s)


EVENTS = (
    _event(6.3, "mail", "Halden Ltd   Invoice 20931", "invoice 20931", "a bill arrived"),
    _event(14.8, "page", "Garden hose 35.50", "garden hose", "pipe for watering"),
    _event(23.1, "notice", "Battery low: 9 percent left", "battery low", "out of power", 3.1),
    _event(31.7, "terminal", "warning: deprecated call in render.c", "deprecated call", "old code"),
    _event(39.4, "typed", "Meeting moved to Thursday", "meeting moved thursday", "new date"),
    _event(48.9, "dialog", "Delete the old backups?", "delete old backups", "remove copies", 5.2),
    _event(57.2, "mail", "Rafael Moreno   Lunch on Tuesday", "lunch on tuesday", "eating out"),
    _event(66.6, "page", "Total 58.60", "total 58.60", "sum of the prices"),
    _event(75.0, "notice", "Printer is out of paper", "printer out of paper", "cannot print", 2.6),
    _event(83.3, "terminal", "error: library zlib not found", "zlib not found", "it is missing"),
    _event(91.8, "mail", "Post office   Parcel 7741 handed over", "parcel 7741", "a delivery"),
    _event(100.4, "typed", "Call the plumber about the sink", "plumber sink", "repair at home"),
    _event(109.7, "notice", "Disk almost full", "disk almost full", "no storage left", 2.4),
    _event(117.9, "page", "Voucher SPRING accepted", "voucher spring", "discount code"),
    _event(126.2, "terminal", "unit tests: 212 passed", "212 passed", "checks succeeded"),
    _event(134.5, "dialog", "Your session ends in 5 minutes", "session ends", "logged out", 4.4),
    _event(143.1, "mail", "Bank   Card blocked", "card blocked", "cannot pay any more"),
    _event(151.6, "page", "Order 48213 confirmed", "order 48213", "the purchase went through"),
    _event(160.8, "notice", "Connection lost", "connection lost", "the network is down", 2.8),
    _event(169.3, "terminal", "uploading to server aurora", "server aurora", "sending to a host"),
)

ABSENT = (
    "flight to Lisbon", "fire alarm", "invoice 77120", "voucher autumn", "blood pressure",
    "chess game", "unit tests failed", "order cancelled", "weather forecast", "video call started",
)  # fmt: skip

SENTENCES = tuple(
    Sentence(at_s=at_s, text=text, query=query)
    for at_s, text, query in (
        (9.0, "Welcome to the weekly report of the garden team.", "weekly report"),
        (26.0, "The old greenhouse needs a new roof before winter.", "greenhouse roof"),
        (43.0, "Please send the pictures of the apple trees to Martin.", "pictures of apple trees"),
        (60.0, "We sold four hundred bags of soil in October.", "bags of soil"),
        (78.0, "The water pump was repaired on Monday morning.", "water pump repaired"),
        (95.0, "Our next customer lives on a small island.", "small island"),
        (112.0, "Nobody has ordered the yellow tulips so far.", "yellow tulips"),
        (129.0, "The truck will arrive at seven in the evening.", "truck will arrive"),
        (146.0, "Remember to lock the gate behind you.", "lock the gate"),
        (163.0, "Thank you all for your patience this year.", "thank you patience"),
    )
)
END_S = 180.0
