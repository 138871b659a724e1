"""Take rows apart: labels are checked, times placed, values read; cells go into bags."""

from collections.abc import Sequence
from typing import Protocol

from app.layouts.bags import HELD_MAX, Bags, Doubtful, SeriesState
from app.layouts.cells import Cells, refuse_outside
from app.layouts.errors import MeterFileError
from app.layouts.findings import Finding
from app.layouts.labels import Labels, RowError
from app.layouts.layout import Layout
from app.layouts.places import PlaceError
from app.layouts.rows import Rows
from app.layouts.tallies import FileTally
from app.layouts.whereabouts import Dates, places_of


class Taker(Protocol):
    """Takes the cells of a row."""

    def take(self, line: int, row: Sequence[str], state: SeriesState) -> None:
        """Put a row's cells into bags. Raises RowError or PlaceError for the row as a whole."""
        ...


class Rowwise:
    """Takes row after row, whatever the form of the layout."""

    def __init__(self, layout: Layout, rows: Rows, bags: Bags, tally: FileTally) -> None:
        """Find the columns."""
        self._labels = Labels(layout, rows)
        self._tally = tally
        self._bags = bags
        self._blanks = layout.amount.blanks
        names = layout.periods or [item.column for item in layout.values]
        self._values = [rows.index(name) for name in names]
        self._is_sorted = layout.is_sorted
        self._held = 0
        self._taker = _taker(layout, rows, bags, self._labels)

    def take(self, line: int, row: Sequence[str]) -> None:
        """Take a row, or say why not."""
        if self._labels.is_skipped(row):
            self._tally.skipped += 1
            return
        state = self._bags.state(self._labels.key(row), line)
        state.tally.rows += 1
        self._hold(line)
        try:
            self._labels.check(row, state)
            self._taker.take(line, row, state)
        except (RowError, PlaceError) as error:
            count = sum(row[index] not in self._blanks for index in self._values)
            state.tally.cells += count
            state.tally.refused[error.code] += count
            finding = Finding(error.code, state.key, line, error.index + 1, count, error.detail)
            self._tally.note([finding])

    def _hold(self, line: int) -> None:
        self._held += 0 if self._is_sorted else len(self._values)
        if self._held > HELD_MAX:
            reason = f"a file that is not sorted has up to {HELD_MAX} values"
            raise MeterFileError(code="too-much-unsorted", line=line, column=1, reason=reason)


def _taker(layout: Layout, rows: Rows, bags: Bags, labels: Labels) -> Taker:
    taker = _Wide if layout.form == "wide" else _Long
    return taker(layout, rows, bags, labels)


class _Wide:
    def __init__(self, layout: Layout, rows: Rows, bags: Bags, labels: Labels) -> None:
        self._columns = [rows.index(name) for name in layout.periods]
        self._dates = Dates(layout, rows)
        self._interval_ms = (layout.time.interval_s or 0) * 1000
        self._blanks = layout.amount.blanks
        self._bags, self._labels, self._cells = bags, labels, Cells(layout)

    def take(self, line: int, row: Sequence[str], state: SeriesState) -> None:
        """Put a row's cells into the bag of its day. Raises RowError or PlaceError."""
        labels, put, interval_ms = self._labels, self._cells.put, self._interval_ms
        direction, quality, unit = labels.direction(row), labels.quality(row), labels.unit(row)
        day, starts = self._dates.of(row)
        bag = self._bags.bag(state, day, line)
        for index, start_ms in zip(self._columns, starts, strict=False):
            spot = (bag, start_ms, start_ms + interval_ms, line, index + 1, direction)
            put(spot, row[index], quality, unit)
        for index in self._columns[len(starts) :]:
            if (text := row[index]) not in self._blanks:
                refuse_outside(bag, text=text, line=line, column=index + 1, count=len(starts))


class _Long:
    def __init__(self, layout: Layout, rows: Rows, bags: Bags, labels: Labels) -> None:
        self._columns = [(rows.index(item.column), item.direction) for item in layout.values]
        self._places = places_of(layout, rows, bags)
        self._labels = labels
        self._cells = Cells(layout)

    def take(self, line: int, row: Sequence[str], state: SeriesState) -> None:
        """Put a row's cells into the bag of its day. Raises RowError or PlaceError."""
        labels, put = self._labels, self._cells.put
        quality, unit, by_row = labels.quality(row), labels.unit(row), labels.direction(row)
        bag, start_ms, end_ms, starts = self._places.place(line, row, state)
        count = len(bag.cells)
        for index, direction in self._columns:
            put(
                (bag, start_ms, end_ms, line, index + 1, direction or by_row),
                row[index],
                quality,
                unit,
            )
        if starts is not None:
            bag.doubtful += [Doubtful(starts, cell) for cell in bag.cells[count:]]
            del bag.cells[count:]
