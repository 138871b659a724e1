"""Read the bundled generation: a device for each renewable series, a refusal for each fossil one.

- Every series of the meter file becomes one or the other; the fleet map names each device.
- Where the register has no row, the largest reading stands in for the capacity and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Literal

from app.demo.bundle import MONTH_END_AT, MONTH_START_AT, read_days
from app.demo.capacity import largest_power_w, readings_over
from app.demo.fleet_map import MapEntry, read_map
from app.demo.gaps import find_gaps
from app.demo.places import Place, read_places
from app.demo.register import RegisterRow, read_register
from app.layouts.days import SeriesDay
from app.layouts.findings import SeriesKey

NOT_RENEWABLE = "not-renewable"
EECS_CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "Geo": ("F01040200", "T050000"),
        "Hydro": ("F01050200", "T030000"),
        "Solar": ("F01040100", "T010000"),
        "Wind": ("F01050100", "T020000"),
        "Wood": ("F01010300", "T050000"),
    }
)
"""Energy source and technology (EECS Fact Sheet 5) of each renewable fuel of the meter file."""

_FOSSIL = frozenset({"Coal", "Diesel", "Gas"})
_OVER_PERCENT = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetDevice:
    """A renewable series as a device: who runs it, what it may produce and what it produced.

    `over_capacity` and `over_capacity_110` count, by the day's start, the readings whose average
    power is above the capacity and above 110 % of it; days without any are absent.
    """

    series: SeriesKey
    name: str
    operator_code: str
    operator_name: str
    energy_source: str
    technology: str
    capacity_w: int
    capacity_basis: Literal["register", "largest-reading"]
    commissioned_on: str | None
    place: Place
    register_rows: tuple[RegisterRow, ...]
    note: str
    days: tuple[SeriesDay, ...]
    gaps: tuple[tuple[int, int], ...]
    over_capacity: Mapping[int, int]
    over_capacity_110: Mapping[int, int]

    @property
    def energy_wh(self) -> int:
        """The month's energy."""
        return sum(day.energy_wh for day in self.days)

    @property
    def half_hours(self) -> int:
        """How many half-hours were read."""
        return sum(len(day.readings) for day in self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSeries:
    """A series that is no device here, why, and the energy that stays outside with it."""

    series: SeriesKey
    code: str
    energy_wh: int
    half_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All series of the meter file, each in one of two lists, both in order of their keys."""

    devices: tuple[FleetDevice, ...]
    refused: tuple[RefusedSeries, ...]


def read_fleet() -> Fleet:
    """Return the bundled fleet. Raises BundleError where its files contradict one another."""
    days = read_days(name="production_A.csv", layout="nz-generation-wide")
    by_series = {key: tuple(group) for key, group in groupby(days, key=lambda day: day.series)}
    renewable = {key: days for key, days in by_series.items() if not _is_fossil(key)}
    entries = read_map(register=read_register(), series=renewable.keys())
    places = read_places()
    return Fleet(
        devices=tuple(
            _device(entries[key], days, places[key[0], key[1]]) for key, days in renewable.items()
        ),
        refused=tuple(_refused(days) for key, days in by_series.items() if _is_fossil(key)),
    )


def _is_fossil(series: SeriesKey) -> bool:
    return series[3] in _FOSSIL


def _refused(days: tuple[SeriesDay, ...]) -> RefusedSeries:
    return RefusedSeries(
        series=days[0].series,
        code=NOT_RENEWABLE,
        energy_wh=sum(day.energy_wh for day in days),
        half_hours=sum(len(day.readings) for day in days),
    )


def _device(entry: MapEntry, days: tuple[SeriesDay, ...], place: Place) -> FleetDevice:
    series, rows = days[0].series, entry.rows
    network, fuel = series[1], series[3]
    energy_source, technology = EECS_CODES[fuel]
    capacity_w = sum(row.capacity_w for row in rows) if rows else largest_power_w(days=days)
    return FleetDevice(
        series=series,
        name=entry.name,
        operator_code=rows[0].operator_code if rows else network,
        operator_name=rows[0].operator_name if rows else network,
        energy_source=energy_source,
        technology=technology,
        capacity_w=capacity_w,
        capacity_basis="register" if rows else "largest-reading",
        commissioned_on=min(
            (row.commissioned_on for row in rows if row.commissioned_on), default=None
        ),
        place=place,
        register_rows=rows,
        note=entry.note,
        days=days,
        gaps=find_gaps(days=days, start_at=MONTH_START_AT, end_at=MONTH_END_AT),
        over_capacity=readings_over(days=days, capacity_w=capacity_w),
        over_capacity_110=readings_over(days=days, capacity_w=capacity_w, percent=_OVER_PERCENT),
    )
