"""Compare readings with a capacity, in whole numbers."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from app.layouts.days import Reading, SeriesDay

_MS_PER_HOUR = 3_600_000


def largest_power_w(*, days: Iterable[SeriesDay]) -> int:
    """Return the largest average power of a reading, rounded up to a whole watt; 0 for none."""
    return max((_power_w(reading) for day in days for reading in day.readings), default=0)


def readings_over(
    *, days: Sequence[SeriesDay], capacity_w: int, percent: int = 100
) -> Mapping[int, int]:
    """Count the readings above a share of the capacity, by the day's start, where there are any.

    Above means energy_wh * 3 600 000 > capacity_w * length_ms * percent / 100, exactly.
    """
    counts = {day.start_ms: _count_over(day, capacity_w * percent) for day in days}
    return MappingProxyType({start_at: count for start_at, count in counts.items() if count})


def _power_w(reading: Reading) -> int:
    return -(-reading.energy_wh * _MS_PER_HOUR // (reading.end_ms - reading.start_ms))


def _count_over(day: SeriesDay, limit_percent_w: int) -> int:
    return sum(
        reading.energy_wh * _MS_PER_HOUR * 100
        > limit_percent_w * (reading.end_ms - reading.start_ms)
        for reading in day.readings
    )
