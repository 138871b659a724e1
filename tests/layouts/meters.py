"""Layouts and meter files of tests: a plain one, and what differs from it."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from app.layouts.days import Reading, SeriesDay
from app.layouts.findings import Finding
from app.layouts.layout import Layout
from app.layouts.parsing import parse_layout
from app.layouts.reading import MeterFile, read

DATA = Path(__file__).parent / "data"
HALF_HOUR_MS = 30 * 60 * 1000


class Absent(Enum):
    """Stands for a member that a test leaves out."""

    ABSENT = 0


ABSENT = Absent.ABSENT


def members(**changes: object) -> dict[str, object]:
    """Return a layout of half-hours in kWh at start stamps in UTC, changed."""
    plain: dict[str, object] = {
        "name": "test",
        "title": "Test",
        "form": "long",
        "series": ["meter"],
        "time": {"zone": "UTC", "interval": 1800, "stamp": "at"},
        "value": "kWh",
        "unit": "kWh",
        "direction": "production",
    }
    return {name: value for name, value in (plain | changes).items() if value is not ABSENT}


def layout_of(**changes: object) -> Layout:
    return parse_layout(text=json.dumps(members(**changes)))


def wide_of(**changes: object) -> Layout:
    """Return a layout with a row for a day: P1 to P50 in kWh, half-hours of Auckland."""
    wide: dict[str, object] = {
        "form": "wide",
        "value": ABSENT,
        "time": {"zone": "Pacific/Auckland", "interval": 1800, "date": "day"},
        "periods": {"prefix": "P", "first": 1, "last": 50},
    }
    return layout_of(**(wide | changes))


def local_of(zone: str, *, interval: int = 1800, **times: object) -> Layout:
    """Return a layout of local stamps in a zone."""
    time = {"zone": zone, "interval": interval, "stamp": "at"} | times
    return layout_of(time=time)


def file_of(layout: Layout, *lines: str) -> tuple[MeterFile, list[SeriesDay]]:
    file = read(layout=layout, lines=[f"{line}\n" for line in lines])
    return file, list(file)


def readings_of(layout: Layout, *lines: str) -> list[Reading]:
    _, days = file_of(layout, *lines)
    return [reading for day in days for reading in day.readings]


def energies_of(layout: Layout, *lines: str) -> list[int]:
    return [reading.energy_wh for reading in readings_of(layout, *lines)]


def findings_of(layout: Layout, *lines: str) -> list[Finding]:
    """Return all findings; every line and cell is accounted for."""
    file, _ = file_of(layout, *lines)
    assert file.tally.is_balanced
    return file.tally.kept


def seen(findings: Iterable[Finding]) -> list[tuple[str, int, int]]:
    """Return code, line and column of findings."""
    return [(finding.code, finding.line, finding.column) for finding in findings]


def utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def starts_of(layout: Layout, *stamps: str) -> list[str]:
    """Return when the readings begin that are stamped so, in UTC."""
    lines = [f"A,{stamp},{number}" for number, stamp in enumerate(stamps)]
    readings = readings_of(layout, "meter,at,kWh", *lines)
    return [iso(reading.start_ms) for reading in readings]


def iso(instant_ms: int) -> str:
    seconds, rest = divmod(instant_ms, 1000)
    assert rest == 0
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%m-%dT%H:%MZ")
