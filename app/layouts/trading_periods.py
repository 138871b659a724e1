"""Read the Electricity Authority's wide layout: a row for each series and day, TP1..TP50 in kWh.

- TP1 starts at 00:00 of the local clock; a day has 48 periods, 46 when daylight saving starts and
  50 when it ends.
- Every value becomes whole watt-hours exactly, or the file is refused with line and column:
  nothing is dropped, clipped or rounded.
- A blank inside the day is a missing half-hour, never zero; past the day's end all is blank.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from itertools import pairwise
from re import compile as pattern
from typing import NamedTuple
from zoneinfo import ZoneInfo

PERIOD_MS = 30 * 60 * 1000
PERIODS_MAX = 50
DATE_COLUMN = "Trading_Date"
PERIOD_COLUMNS = tuple(f"TP{number}" for number in range(1, PERIODS_MAX + 1))

SeriesKey = tuple[str, ...]
"""The labels that tell one series from another, in the order the layout names them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = pattern(r"(-?)[0-9]{1,15}(?:\.([0-9]+))?")
_KWH_DECIMALS = 3
_EXACT = Context(prec=15 + _KWH_DECIMALS, traps=[Inexact])


class TradingPeriodsError(ValueError):
    """A file refused, with a code and the place of its first fault; line and column start at 1.

    Codes: header, not-csv, field-count, fixed-label, date, duplicate-day, label-varies,
    outside-day, not-an-amount, negative, too-precise.
    """

    def __init__(self, *, code: str, source: str, line: int, column: int, reason: str) -> None:
        super().__init__(f"{source}, line {line}, column {column}: {reason}")
        self.code = code
        self.source = source
        self.line = line
        self.column = column
        self.reason = reason


class Reading(NamedTuple):
    """The energy of one half-hour."""

    start_at: int
    end_at: int
    energy_wh: int


@dataclass(frozen=True, slots=True)
class SeriesDay:
    """One row: a series over one local day, in order of time; `missing` holds its blank periods."""

    series: SeriesKey
    date: date
    start_at: int
    end_at: int
    readings: tuple[Reading, ...]
    missing: tuple[tuple[int, int], ...]

    @property
    def energy_wh(self) -> int:
        """The day's energy, as far as it was read."""
        return sum(reading.energy_wh for reading in self.readings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns before the date; those that name a series; those that allow one value only.

    Any other label may differ between series but not within one.
    """

    labels: tuple[str, ...]
    series: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """All columns, in order."""
        return (*self.labels, DATE_COLUMN, *PERIOD_COLUMNS)


GENERATION = Layout(
    labels=("Site_Code", "POC_Code", "Nwk_Code", "Gen_Code", "Fuel_Code", "Tech_Code"),
    series=("POC_Code", "Nwk_Code", "Gen_Code", "Fuel_Code"),
)
GRID_EXPORT = Layout(
    labels=(
        "POC",
        "Nwk_Code",
        "Generation_Type",
        "Trader",
        "Unit_Measure",
        "Flow_Direction",
        "Status",
    ),
    series=("POC", "Nwk_Code"),
    fixed=(("Unit_Measure", "kWh"), ("Flow_Direction", "X")),
)


def read_trading_periods(
    *, lines: Iterable[str], source: str, layout: Layout, zone: ZoneInfo
) -> tuple[SeriesDay, ...]:
    """Return the days of a file, in its order. Raises TradingPeriodsError, naming it `source`."""
    rows = _rows(lines, source)
    _check_header(next(rows, _Row(source, 1, ())), layout)
    days: dict[tuple[SeriesKey, date], SeriesDay] = {}
    labels: dict[SeriesKey, Sequence[str]] = {}
    for row in rows:
        day = _read_day(row, layout, zone)
        if (day.series, day.date) in days:
            raise row.error(len(layout.labels), "duplicate-day", "this day of the series was read")
        _check_labels(row, labels.setdefault(day.series, row.cells[: len(layout.labels)]))
        days[day.series, day.date] = day
    return tuple(days.values())


@lru_cache(maxsize=1024)
def periods_of(*, day: date, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """Return start and end of each half-hour of a local day.

    Raises ValueError for a day that is no whole number of half-hours, or none, or more than 50.
    """
    if day == date.max:
        raise ValueError("the calendar ends before this day does")
    start_at = _midnight_ms(day, zone)
    count, rest = divmod(_midnight_ms(day + timedelta(days=1), zone) - start_at, PERIOD_MS)
    if rest or not 0 < count <= PERIODS_MAX:
        raise ValueError(f"the day is not 1 to {PERIODS_MAX} whole half-hours")
    edges = [start_at + number * PERIOD_MS for number in range(count + 1)]
    return tuple(pairwise(edges))


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    return (midnight - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Row:
    source: str
    line: int
    cells: Sequence[str]

    def error(self, index: int, code: str, reason: str) -> TradingPeriodsError:
        """Return the refusal of the cell at an index."""
        return TradingPeriodsError(
            code=code, source=self.source, line=self.line, column=index + 1, reason=reason
        )


def _rows(lines: Iterable[str], source: str) -> Iterator[_Row]:
    table = csv.reader(lines, strict=True)
    try:
        for cells in table:
            yield _Row(source, table.line_num, cells)
    except csv.Error as error:
        row = _Row(source, table.line_num, ())
        raise row.error(0, "not-csv", "the line is no CSV") from error


def _check_header(row: _Row, layout: Layout) -> None:
    for index, (found, expected) in enumerate(zip(row.cells, layout.header, strict=False)):
        if found != expected:
            raise row.error(index, "header", f"this column should be {expected}")
    _check_count(row, layout, "header")


def _check_count(row: _Row, layout: Layout, code: str) -> None:
    found, expected = len(row.cells), len(layout.header)
    if found != expected:
        raise row.error(min(found, expected), code, f"{found} columns, not {expected}")


def _check_labels(row: _Row, labels: Sequence[str]) -> None:
    for index, label in enumerate(labels):
        if row.cells[index] != label:
            raise row.error(index, "label-varies", "this label changed within the series")


def _read_day(row: _Row, layout: Layout, zone: ZoneInfo) -> SeriesDay:
    _check_count(row, layout, "field-count")
    for name, value in layout.fixed:
        index = layout.labels.index(name)
        if row.cells[index] != value:
            raise row.error(index, "fixed-label", f"{name} is not {value!r}")
    day, periods = _read_date(row, len(layout.labels), zone)
    readings, missing = _read_periods(row, len(layout.labels) + 1, periods)
    return SeriesDay(
        series=tuple(row.cells[layout.labels.index(name)] for name in layout.series),
        date=day,
        start_at=periods[0][0],
        end_at=periods[-1][1],
        readings=readings,
        missing=missing,
    )


def _read_date(row: _Row, index: int, zone: ZoneInfo) -> tuple[date, tuple[tuple[int, int], ...]]:
    text = row.cells[index]
    if not _DATE.fullmatch(text):
        raise row.error(index, "date", "a date is written 2024-04-30")
    try:
        day = date.fromisoformat(text)
        return day, periods_of(day=day, zone=zone)
    except ValueError as error:
        reason = f"no such day, or none of 1 to {PERIODS_MAX} whole half-hours"
        raise row.error(index, "date", reason) from error


def _read_periods(
    row: _Row, first: int, periods: Sequence[tuple[int, int]]
) -> tuple[tuple[Reading, ...], tuple[tuple[int, int], ...]]:
    readings: list[Reading] = []
    missing: list[tuple[int, int]] = []
    for index, (start_at, end_at) in enumerate(periods, first):
        if row.cells[index]:
            readings.append(Reading(start_at, end_at, _read_amount_wh(row, index)))
        else:
            missing.append((start_at, end_at))
    for index in range(first + len(periods), len(row.cells)):
        if row.cells[index]:
            raise row.error(index, "outside-day", f"the day has {len(periods)} periods")
    return tuple(readings), tuple(missing)


def _read_amount_wh(row: _Row, index: int) -> int:
    text = row.cells[index]
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise row.error(index, "not-an-amount", "an amount is up to 15 digits and decimals")
    sign, decimals = match.groups()
    if sign:
        raise row.error(index, "negative", "an amount is never negative")
    if decimals is not None and len(decimals) > _KWH_DECIMALS:
        raise row.error(index, "too-precise", "an amount has no more decimals than a watt-hour")
    return int(Decimal(text).scaleb(_KWH_DECIMALS, _EXACT))
