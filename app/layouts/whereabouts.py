"""Where the cells of a row belong: the bag of its local day, and its interval."""

from collections.abc import Sequence
from typing import Protocol

from app.layouts.bags import Bag, Bags, SeriesState
from app.layouts.layout import DAY_S, Layout
from app.layouts.local_days import LocalDay, LocalDays
from app.layouts.places import PlaceError, instant_ms, place_of
from app.layouts.rows import Rows
from app.layouts.stamps import read_date

Placed = tuple[Bag, int, int, tuple[int, ...] | None]
"""Bag, start and end; and all starts that the stamp may mean, where it may mean several."""

_CACHE_MAX = 20_000
_NUMBER_LENGTH_MAX = 4


class Places(Protocol):
    """Places rows."""

    def place(self, line: int, row: Sequence[str], state: SeriesState) -> Placed:
        """Return where a row's cells belong. Raises PlaceError."""
        ...


def places_of(layout: Layout, rows: Rows, bags: Bags) -> Places:
    """Return what places the rows of a long file."""
    by_date = layout.time.place in {"date", "date-and-period"}
    return _ByPeriod(layout, rows, bags) if by_date else _ByStamp(layout, rows, bags)


class Dates:
    """Dates of rows as local days, and the starts of their intervals."""

    def __init__(self, layout: Layout, rows: Rows) -> None:
        """Find the column."""
        self._form = layout.time.form
        self._index = rows.index(layout.time.columns[0])
        self._days = LocalDays(layout.time.zone)
        self._interval_s = layout.time.interval_s or 0
        self._known: dict[str, tuple[LocalDay, Sequence[int]]] = {}

    def of(self, row: Sequence[str]) -> tuple[LocalDay, Sequence[int]]:
        """Return the day of a row. Raises PlaceError."""
        text = row[self._index]
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _CACHE_MAX:
                self._known.clear()
            found = self._known[text] = self._read(text)
        return found

    def _read(self, text: str) -> tuple[LocalDay, Sequence[int]]:
        on = read_date(text, self._form)
        if on is None:
            detail = f"{text[:40]!r} is no date in the form of the layout"
            raise PlaceError(code="not-a-time", index=self._index, detail=detail)
        day = self._days.on(on)
        if self._interval_s == DAY_S:
            return day, [day.start_ms] if day.end_ms > day.start_ms else []
        return day, list(day.starts(self._interval_s * 1000))


class _ByPeriod:
    """Rows that name a date, and the number of a period of it unless they are whole days."""

    def __init__(self, layout: Layout, rows: Rows, bags: Bags) -> None:
        self._dates = Dates(layout, rows)
        self._bags = bags
        self._index = rows.index(layout.time.columns[-1])
        self._interval_ms = (layout.time.interval_s or 0) * 1000
        self._is_whole_day = layout.time.place == "date"
        self._numbers: dict[str, int] = {}

    def place(self, line: int, row: Sequence[str], state: SeriesState) -> Placed:
        """Return where a row's cells belong. Raises PlaceError."""
        day, starts = self._dates.of(row)
        number = 1 if self._is_whole_day else self._number(row[self._index])
        if number > len(starts):
            detail = f"the day has {len(starts)} periods"
            raise PlaceError(code="outside-day", index=self._index, detail=detail)
        bag = self._bags.bag(state, day, line)
        start_ms = starts[number - 1]
        return (
            bag,
            start_ms,
            day.end_ms if self._is_whole_day else start_ms + self._interval_ms,
            None,
        )

    def _number(self, text: str) -> int:
        found = self._numbers.get(text)
        if found is None:
            is_number = text.isascii() and text.isdigit() and len(text) <= _NUMBER_LENGTH_MAX
            if not is_number or int(text) == 0:
                detail = f"{text[:40]!r} is no number of a period"
                raise PlaceError(code="not-a-time", index=self._index, detail=detail)
            found = self._numbers[text] = int(text)
        return found


class _ByStamp:
    """Rows that are stamped, in whatever form."""

    def __init__(self, layout: Layout, rows: Rows, bags: Bags) -> None:
        indexes = [rows.index(name) for name in layout.time.columns]
        self._place = place_of(layout.time, indexes)
        self._days = LocalDays(layout.time.zone)
        self._bags = bags
        self._first, self._last = indexes[0], indexes[-1]
        self._form = layout.time.form.kind
        self._interval_ms = (layout.time.interval_s or 0) * 1000
        self._day = self._days.at(0)

    def place(self, line: int, row: Sequence[str], state: SeriesState) -> Placed:
        """Return where a row's cells belong. Raises PlaceError."""
        starts = self._place.starts(row)
        if not isinstance(starts, int):
            return self._doubtful(line, starts, state)
        day = self._day
        if not day.start_ms <= starts < day.end_ms:
            day = self._day = self._days.at(starts)
        end_ms = starts + self._interval_ms if self._interval_ms else self._end_ms(row, starts)
        if self._interval_ms and (starts - day.start_ms) % self._interval_ms:
            detail = "the interval does not lie on the grid of its day"
            raise PlaceError(code="misaligned", index=self._first, detail=detail)
        if end_ms > day.end_ms:
            detail = "the interval goes on past the end of its day"
            raise PlaceError(code="outside-day", index=self._last, detail=detail)
        return self._bags.bag(state, day, line), starts, end_ms, None

    def _doubtful(self, line: int, starts: tuple[int, ...], state: SeriesState) -> Placed:
        if not starts:
            detail = "the local clock never shows this time"
            raise PlaceError(code="ambiguous-local-time", index=self._first, detail=detail)
        bag = self._bags.bag(state, self._days.at(starts[0]), line)
        return bag, starts[0], starts[0] + self._interval_ms, starts

    def _end_ms(self, row: Sequence[str], start_ms: int) -> int:
        found = instant_ms(row[self._last], self._form)
        if found is None or found <= start_ms or start_ms % 1000 or found % 1000:
            detail = "the interval is not a number of whole seconds, one at least"
            raise PlaceError(code="misaligned", index=self._last, detail=detail)
        return found
