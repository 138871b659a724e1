"""When the interval of a row begins, from the columns that its layout names."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from app.layouts.layout import Time
from app.layouts.local_days import EPOCH, FIRST_MS, LAST_MS
from app.layouts.stamps import LocalStamps, Starts

_MS = timedelta(milliseconds=1)
_DATE_LENGTH = len("2024-01-01")
_EPOCH_DIGITS_MAX = 13
_EPOCH_SCALES = {"epoch-seconds": 1000, "epoch-milliseconds": 1}


class PlaceError(ValueError):
    """A row whose interval cannot be told; `index` is that of the column."""

    def __init__(self, *, code: str, index: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.index = index
        self.detail = detail


class Place(Protocol):
    """Where the interval of a row begins."""

    def starts(self, row: Sequence[str]) -> Starts:
        """Return the start of a row's interval. Raises PlaceError."""
        ...


def place_of(time: Time, indexes: Sequence[int]) -> Place:
    """Return what reads the starts of rows, for columns at these indexes."""
    if time.place == "date-and-clock":
        return _DateAndClock(LocalStamps(time), indexes, is_end=time.is_end)
    one = _one(time)
    if time.place == "start-and-end" and time.interval_s is not None:
        return _StartAndEnd(one, indexes)
    return _Stamp(one, indexes[0], is_end=time.is_end)


def instant_ms(text: str, form: str) -> int | None:
    """Return the instant of a text that tells its own offset; None for no such time."""
    found = _iso_ms(text) if form == "iso" else _epoch_ms(text, _EPOCH_SCALES[form])
    return found if found is not None and FIRST_MS <= found < LAST_MS else None


def _iso_ms(text: str) -> int | None:
    if text[4:5] + text[7:8] != "--" or text[_DATE_LENGTH : _DATE_LENGTH + 1] not in {
        "T",
        "t",
        " ",
    }:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None or found.microsecond % 1000:
        return None
    return (found - EPOCH) // _MS


def _epoch_ms(text: str, scale: int) -> int | None:
    digits = text.removeprefix("-")
    is_whole = digits.isascii() and digits.isdigit() and len(digits) <= _EPOCH_DIGITS_MAX
    return int(text) * scale if is_whole else None


_One = Callable[[str, bool], Starts | None]


def _one(time: Time) -> _One:
    """Return what reads one column: a text, and whether it marks the end of the interval."""
    form, length_ms = time.form.kind, (time.interval_s or 0) * 1000
    if form == "local":
        stamps = LocalStamps(time)
        return lambda text, is_end: stamps.one(text, is_end=is_end)

    def read(text: str, is_end: bool) -> int | None:  # noqa: FBT001 a callable of two positions
        found = instant_ms(text, form)
        return found - length_ms if found is not None and is_end else found

    return read


def _unreadable(index: int) -> PlaceError:
    detail = "the text is no time in the form of the layout"
    return PlaceError(code="not-a-time", index=index, detail=detail)


class _Stamp:
    def __init__(self, one: _One, index: int, *, is_end: bool) -> None:
        self._one = one
        self._index = index
        self._is_end = is_end

    def starts(self, row: Sequence[str]) -> Starts:
        """Return the start of a row's interval. Raises PlaceError."""
        found = self._one(row[self._index], self._is_end)
        if found is None:
            raise _unreadable(self._index)
        return found


class _DateAndClock:
    def __init__(self, stamps: LocalStamps, indexes: Sequence[int], *, is_end: bool) -> None:
        self._stamps = stamps
        self._day, self._clock = indexes
        self._is_end = is_end

    def starts(self, row: Sequence[str]) -> Starts:
        """Return the start of a row's interval. Raises PlaceError."""
        found = self._stamps.two(row[self._day], row[self._clock], is_end=self._is_end)
        if found is None:
            raise _unreadable(self._day)
        return found


class _StartAndEnd:
    def __init__(self, one: _One, indexes: Sequence[int]) -> None:
        self._one = one
        self._start, self._end = indexes

    def starts(self, row: Sequence[str]) -> Starts:
        """Return the start of a row's interval, as both columns have it. Raises PlaceError."""
        by_start, by_end = self._one(row[self._start], False), self._one(row[self._end], True)
        if by_start is None or by_end is None:
            raise _unreadable(self._start if by_start is None else self._end)
        if by_start == by_end:
            return by_start
        common = sorted(_set(by_start) & _set(by_end))
        if not common and by_start != ():
            detail = "start and end are not one interval apart"
            raise PlaceError(code="misaligned", index=self._end, detail=detail)
        return common[0] if len(common) == 1 else tuple(common)


def _set(starts: Starts) -> set[int]:
    return {starts} if isinstance(starts, int) else set(starts)
