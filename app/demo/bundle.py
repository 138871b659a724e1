"""Open the bundled files and say which month they hold."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

from app.layouts.days import SeriesDay
from app.layouts.layout import Layout
from app.layouts.local_days import LocalDays
from app.layouts.opening import open_lines
from app.layouts.reading import read
from app.layouts.shipped import shipped

ZONE = ZoneInfo("Pacific/Auckland")
FIRST_DAY = date(2024, 4, 1)
LAST_DAY = date(2024, 4, 30)
MONTH_START_AT = LocalDays(ZONE).on(FIRST_DAY).start_ms
MONTH_END_AT = LocalDays(ZONE).on(LAST_DAY).end_ms

Table = Iterable[Mapping[str, str]]
"""Rows of a bundled table, by column."""


class BundleError(RuntimeError):
    """The bundled files contradict one another: our mistake, never a party's."""


_EXPECTED_FINDINGS = frozenset({"gap", "missing"})
"""What the published files have: half-hours that are blank or whose day is not there."""


def read_days(*, name: str, layout: str) -> tuple[SeriesDay, ...]:
    """Return the days of a bundled meter file by a layout that we ship, by series and date."""
    days = days_of(data=_bytes(name), layout=shipped(name=layout))
    for day in days:
        check_in_month(day=day.date)
    return days


def days_of(*, data: bytes, layout: Layout) -> tuple[SeriesDay, ...]:
    """Return the days of a meter file, by series and date.

    Raises BundleError where it has anything to be found but readings that are missing.
    """
    file = read(
        layout=layout,
        lines=open_lines(stream=BytesIO(data), encoding=layout.table.encoding),
    )
    days = sorted(file, key=lambda day: (day.series, day.date))
    others = file.tally.total().findings.keys() - _EXPECTED_FINDINGS
    if others:
        raise BundleError(f"{layout.name} finds {', '.join(sorted(others))}")
    return tuple(days)


def check_in_month(*, day: date) -> None:
    """Raise BundleError for a day outside the month."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BundleError(f"{day} is outside the month")


def read_table(*, name: str) -> Table:
    """Return the rows of a bundled table."""
    text = StringIO(_bytes(name).decode("utf-8"), newline="")
    return tuple(csv.DictReader(text, strict=True))


def _bytes(name: str) -> bytes:
    return (files("app.demo") / "data" / name).read_bytes()
