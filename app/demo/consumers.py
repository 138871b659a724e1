"""Read the bundled offtake from the grid: who drew energy in the month, and how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from app.demo.bundle import read_days
from app.demo.places import Place, read_places
from app.layouts.days import SeriesDay

ConsumerKind = Literal["city", "consumer", "house-load"]

SMELTER = ("TWI2201", "NZAS")
"""Point and network of the aluminium smelter at Tiwai Point."""

_CITIES = frozenset({"CPK0331", "ISL0331"})
_HOUSE_LOADS = frozenset(
    {
        "BEN2202",
        "HRP2201",
        "KOE1101",
        "LTN2201",
        "MAN2201",
        "TWC2201",
        "WDV1101",
        "WVY1101",
        "WWD1102",
        "WWD1103",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """What one network drew at one connection point over the month.

    House load is what a generator's own connection point draws while it stands still.
    """

    point: str
    network: str
    name: str
    kind: ConsumerKind
    energy_wh: int
    half_hours: int


def read_consumers() -> tuple[Consumer, ...]:
    """Return the bundled consumers, by point and network."""
    places = read_places()
    days = read_days(name="consumption.csv", layout="nz-grid-export")
    return tuple(
        _consumer(tuple(group), places[point, network])
        for (point, network), group in groupby(days, key=lambda day: day.series)
    )


def _consumer(days: Sequence[SeriesDay], place: Place) -> Consumer:
    point, network = days[0].series
    return Consumer(
        point=point,
        network=network,
        name=place.description,
        kind=_kind(point),
        energy_wh=sum(day.energy_wh for day in days),
        half_hours=sum(len(day.readings) for day in days),
    )


def _kind(point: str) -> ConsumerKind:
    if point in _HOUSE_LOADS:
        return "house-load"
    return "city" if point in _CITIES else "consumer"
