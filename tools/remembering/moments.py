"""Times as people give them: `2026-11-25`, `14:30`, `yesterday`, `2h`, `monday`.

Few forms, each with one meaning: a library that understands every date also understands what is
none, and a wrong `--until` forgets the wrong screens.
"""

import re
from datetime import datetime, time, timedelta

from ...memory.errors import BadArgumentError

UNITS = {
    "m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1),
    "d": timedelta(days=1), "w": timedelta(weeks=1),
}  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = (
    "a date such as 2026-11-25, 2026-11-25T14:30 or 14:30, today, yesterday, monday, 30m, 2h, 3d"
)

_AGO = re.compile(r"(\d{1,5}) ?(m|min|h|d|w)(?: ago)?")
_DAY_AND_TIME = re.compile(r"(\S+)(?: at)? (\d{1,2}:\d{2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


def parse_moment(text: str, *, now: datetime, is_end: bool = False) -> datetime:
    """Return the time that a text names.

    Args:
        text: One of `FORMS`, upper or lower case.
        now: The present, in the time zone that the text means.
        is_end: Take the end of a named day, not its beginning.

    Raises:
        BadArgumentError: If it is none of them.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
    >>> parse_moment("2h", now=now).isoformat()
    '2026-11-25T16:00:00+00:00'
    >>> parse_moment("yesterday", now=now, is_end=True).isoformat()
    '2026-11-24T23:59:59.999999+00:00'
    """
    given = " ".join(text.split()).casefold()
    if given == "now":
        return now
    if ago := _AGO.fullmatch(given):
        return now - int(ago[1]) * UNITS[ago[2]]
    if clock := _TIME.fullmatch(given):
        return _at(now, clock[0], text)
    if both := _DAY_AND_TIME.fullmatch(given):
        day = _day(both[1], now)
        if day is not None:
            return _at(day, both[2], text)
    day = _day(given, now)
    if day is not None:
        return day.replace(hour=23, minute=59, second=59, microsecond=999999) if is_end else day
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadArgumentError(f"{text!r} is no time; expected {FORMS}") from None
    return moment.replace(tzinfo=now.tzinfo) if moment.tzinfo is None else moment


def parse_age(text: str) -> timedelta:
    """Return the span that a text such as `30d` names.

    Raises:
        BadArgumentError: If it is none.
    """
    given = _AGO.fullmatch(" ".join(text.split()).casefold())
    if given is None:
        raise BadArgumentError(f"{text!r} is no age; expected a number with m, h, d or w: 90d")
    return int(given[1]) * UNITS[given[2]]


def _day(name: str, now: datetime) -> datetime | None:
    """Return the midnight that a day begins with, None where none is named."""
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    if name == "today":
        return midnight
    if name == "yesterday":
        return midnight - timedelta(days=1)
    if name in WEEKDAYS:
        # The last one that is over or has begun.
        return midnight - timedelta(days=(now.weekday() - WEEKDAYS.index(name)) % 7)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        try:
            return datetime.combine(datetime.fromisoformat(name).date(), time(), now.tzinfo)
        except ValueError:
            return None
    return None


def _at(day: datetime, clock: str, text: str) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    if hour > 23 or minute > 59:
        raise BadArgumentError(f"{text!r} is no time; expected {FORMS}")
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)
