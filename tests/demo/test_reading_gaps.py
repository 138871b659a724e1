"""Gaps: the longest stretches without a reading."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.demo.gaps import find_gaps
from app.layouts.days import Reading, SeriesDay

PERIOD_MS = 30 * 60 * 1000
DAY_MS = 48 * PERIOD_MS
MONTH_MS = 3 * DAY_MS


def day_of(number: int, *periods: int) -> SeriesDay:
    start_at = number * DAY_MS
    readings = tuple(
        Reading(start_at + period * PERIOD_MS, start_at + (period + 1) * PERIOD_MS, 0)
        for period in periods
    )
    return SeriesDay(
        series=("P", "N", "G", "Hydro"),
        date=date(2024, 4, number + 1),
        start_ms=start_at,
        end_ms=start_at + DAY_MS,
        readings=readings,
    )


def test_a_full_period_has_no_gap() -> None:
    days = [day_of(number, *range(48)) for number in range(3)]

    assert find_gaps(days=days, start_at=0, end_at=MONTH_MS) == ()


def test_without_a_day_the_whole_period_is_a_gap() -> None:
    assert find_gaps(days=[], start_at=0, end_at=MONTH_MS) == ((0, MONTH_MS),)


def test_blanks_at_the_edges_of_a_missing_day_make_one_gap_with_it() -> None:
    days = [day_of(0, *range(47)), day_of(2, *range(1, 48))]

    gaps = find_gaps(days=days, start_at=0, end_at=MONTH_MS)

    assert gaps == ((47 * PERIOD_MS, 2 * DAY_MS + PERIOD_MS),)


@given(taken=st.sets(st.integers(min_value=0, max_value=3 * 48 - 1)))
def test_gaps_and_readings_divide_the_period_and_no_two_gaps_touch(taken: set[int]) -> None:
    days = [
        day_of(number, *sorted(slot - number * 48 for slot in taken if slot // 48 == number))
        for number in range(3)
    ]

    gaps = find_gaps(days=days, start_at=0, end_at=MONTH_MS)

    free = [slot for start, end in gaps for slot in range(start // PERIOD_MS, end // PERIOD_MS)]
    edges = [edge for gap in gaps for edge in gap]
    assert free == [slot for slot in range(3 * 48) if slot not in taken]
    assert edges == sorted(set(edges))
