"""Times on the log: UTC milliseconds inside, one RFC 3339 spelling outside."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from re import compile as pattern

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPELLING = pattern(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{3}Z")
_DAY_MS = 86_400_000
TIME_MAX_MS = 253_402_300_799_999


class TimeError(ValueError):
    """A time that has no place or no spelling on the log."""


def format_time(time_ms: int) -> str:
    """Return `2026-11-22T12:00:00.000Z` for UTC milliseconds since 1970. Raises TimeError."""
    if not 0 <= time_ms <= TIME_MAX_MS:
        raise TimeError("a time before 1970 or after 9999")
    return f"{_date(time_ms // _DAY_MS)}T{_clock(time_ms % _DAY_MS)}Z"


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    """Return the date so many days after 1970 began."""
    return (_EPOCH + timedelta(days=days)).date().isoformat()


@lru_cache(maxsize=4096)
def _clock(time_ms: int) -> str:
    """Return the time of a day; years of half-hours have 48 of them."""
    seconds, rest_ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest_ms:03d}"


@lru_cache(maxsize=8192)
def parse_time(text: str) -> int:
    """Return UTC milliseconds for the one spelling that `format_time` gives. Raises TimeError."""
    if not _SPELLING.fullmatch(text) or not text.isascii():
        raise TimeError("a time is written 2026-11-22T12:00:00.000Z")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeError("no such time") from error
    time_ms = (instant - _EPOCH) // timedelta(milliseconds=1)
    if time_ms < 0:
        raise TimeError("a time before 1970")
    return time_ms
