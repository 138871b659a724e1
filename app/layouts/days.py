"""What a meter file gives: readings, and the local days they make up."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from app.layouts.findings import Finding, SeriesKey


class Reading(NamedTuple):
    """The energy of one interval [start, end) in one direction, in UTC milliseconds and Wh."""

    start_ms: int
    end_ms: int
    energy_wh: int
    quality: str = "measured"
    direction: str = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDay:
    """What was read of a series over one local day [start, end), in order of time."""

    series: SeriesKey
    date: date
    start_ms: int
    end_ms: int
    readings: tuple[Reading, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def energy_wh(self) -> int:
        """The day's energy in all directions, as far as it was read."""
        return sum(reading.energy_wh for reading in self.readings)

    def in_direction(self, direction: str) -> tuple[Reading, ...]:
        """Return the readings of one direction."""
        return tuple(item for item in self.readings if item.direction == direction)
