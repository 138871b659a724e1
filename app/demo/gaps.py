"""Find what a series leaves out of a period: blank half-hours and whole days alike."""

from collections.abc import Iterable

from app.layouts.days import SeriesDay


def find_gaps(
    *, days: Iterable[SeriesDay], start_at: int, end_at: int
) -> tuple[tuple[int, int], ...]:
    """Return the longest stretches without a reading, for days in order inside the period."""
    gaps: list[tuple[int, int]] = []
    covered_until = start_at
    for day in days:
        for reading in day.readings:
            if reading.start_ms > covered_until:
                gaps.append((covered_until, reading.start_ms))
            covered_until = reading.end_ms
    if covered_until < end_at:
        gaps.append((covered_until, end_at))
    return tuple(gaps)
