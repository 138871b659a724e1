"""A layout: how an export of a meter reads, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

DIRECTIONS = ("production", "consumption", "import", "export", "charge", "discharge")
QUALITIES = ("measured", "estimated", "substituted", "corrected")
ENERGY_UNITS = {"Wh": 1, "kWh": 10**3, "MWh": 10**6}
POWER_UNITS = {"W": 1, "kW": 10**3, "MW": 10**6}
DAY_S = 86_400

Kind = Literal["energy", "power", "counter"]
Negative = Literal["refuse", "import", "zero"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A column that allows some values only; a row with another is refused, or skipped."""

    column: str
    values: frozenset[str]
    is_skipped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A column whose labels stand for values of ours."""

    column: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueColumn:
    """A column of values; without a direction it has the layout's or the row's."""

    column: str
    direction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a time is written: local pieces, ISO 8601 with its offset, or an epoch.

    `order` holds where year, month and day stand; `clock` is one of h, h:m, h:m:s, hm.
    """

    kind: Literal["local", "iso", "epoch-seconds", "epoch-milliseconds"]
    order: str = "ymd"
    date_separator: str = "-"
    clock: str = "h:m"
    between: str = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Where the times stand and what they mean; `zone` is where local days begin.

    `interval_s` is None where start and end are columns that say it row by row.
    """

    zone: tzinfo
    interval_s: int | None
    place: Literal["stamp", "date-and-clock", "date-and-period", "start-and-end", "date"]
    columns: tuple[str, ...]
    form: Form
    is_end: bool
    is_repeated_in_order: bool
    is_standard: bool
    is_midnight_the_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How lines become cells; `columns` is None where a line of the file names them."""

    encoding: Literal["utf-8", "latin-1"]
    separator: str
    skip_lines: int
    comment: str
    trim: bool
    columns: tuple[str, ...] | None
    ignored: frozenset[str]
    ignore_other: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What a value is; `decimals` is how many its text means, `register_digits` where it rolls."""

    kind: Kind
    decimal: str
    unit: str | None
    units: Mapped | None
    blanks: frozenset[str]
    decimals: int | None
    is_carried: bool
    negative: Negative
    register_digits: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one kind of export reads.

    `form` long has a row for each reading; wide a row for each series and day, with a column for
    each period (`periods`).
    """

    name: str
    title: str
    notes: tuple[str, ...]
    form: Literal["long", "wide"]
    is_sorted: bool
    series: tuple[str, ...]
    constant: tuple[str, ...]
    only: tuple[Expected, ...]
    table: Table
    time: Time
    amount: Amount
    values: tuple[ValueColumn, ...]
    periods: tuple[str, ...]
    direction: str | None
    directions: Mapped | None
    quality: str
    qualities: Mapped | None

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Every column that the layout reads, each once."""
        names = [
            *self.series,
            *self.constant,
            *(item.column for item in self.only),
            *self.time.columns,
            *(item.column for item in self.values),
            *self.periods,
        ]
        mapped = (self.amount.units, self.directions, self.qualities)
        names += [item.column for item in mapped if item is not None]
        return tuple(dict.fromkeys(names))

    @property
    def given_directions(self) -> frozenset[str]:
        """Every direction that the layout itself gives to a value."""
        named = {item.direction or self.direction for item in self.values}
        named |= set(self.directions.values.values()) if self.directions else {self.direction}
        return frozenset(name for name in named if name)
