"""Open the bundled files and say which month they hold."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from io import StringIO
from zoneinfo import ZoneInfo

from app.layouts.trading_periods import Layout, SeriesDay, periods_of, read_trading_periods

ZONE = ZoneInfo("Pacific/Auckland")
FIRST_DAY = date(2024, 4, 1)
LAST_DAY = date(2024, 4, 30)
MONTH_START_AT = periods_of(day=FIRST_DAY, zone=ZONE)[0][0]
MONTH_END_AT = periods_of(day=LAST_DAY, zone=ZONE)[-1][1]

Table = Iterable[Mapping[str, str]]
"""Rows of a bundled table, by column."""


class BundleError(RuntimeError):
    """The bundled files contradict one another: our mistake, never a party's."""


def read_days(*, name: str, layout: Layout) -> tuple[SeriesDay, ...]:
    """Return the days of a bundled meter file, by series and date."""
    days = read_trading_periods(lines=_open(name), source=name, layout=layout, zone=ZONE)
    for day in days:
        check_in_month(day=day.date)
    return tuple(sorted(days, key=lambda day: (day.series, day.date)))


def check_in_month(*, day: date) -> None:
    """Raise BundleError for a day outside the month."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BundleError(f"{day} is outside the month")


def read_table(*, name: str) -> Table:
    """Return the rows of a bundled table."""
    return tuple(csv.DictReader(_open(name), strict=True))


def _open(name: str) -> StringIO:
    data = (files("app.demo") / "data" / name).read_bytes()
    return StringIO(data.decode("utf-8"), newline="")
