"""Readings against a capacity, compared with fractions."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.capacity import largest_power_w, readings_over
from app.layouts.days import Reading, SeriesDay

PERIOD_MS = 30 * 60 * 1000


def day_of(*energies_wh: int, start_at: int = 0) -> SeriesDay:
    readings = tuple(
        Reading(start_at + number * PERIOD_MS, start_at + (number + 1) * PERIOD_MS, energy_wh)
        for number, energy_wh in enumerate(energies_wh)
    )
    return SeriesDay(
        series=("P", "N", "G", "Hydro"),
        date=date(2024, 4, 1),
        start_ms=start_at,
        end_ms=start_at + len(readings) * PERIOD_MS,
        readings=readings,
    )


@pytest.mark.parametrize(
    ("energy_wh", "percent", "count"),
    [(500, 100, 0), (501, 100, 1), (550, 110, 0), (551, 110, 1)],
)
def test_a_reading_is_over_from_the_first_watt_hour_above_the_limit(
    energy_wh: int, percent: int, count: int
) -> None:
    over = readings_over(days=[day_of(energy_wh)], capacity_w=1000, percent=percent)

    assert sum(over.values()) == count


def test_counts_are_kept_by_day_and_days_without_any_are_absent() -> None:
    days = [day_of(1, 9, 9), day_of(1, 1, start_at=10**9), day_of(9, start_at=2 * 10**9)]

    assert readings_over(days=days, capacity_w=2) == {0: 2, 2 * 10**9: 1}


@given(
    energies_wh=st.lists(st.integers(min_value=0, max_value=10**18), max_size=5),
    capacity_w=st.integers(min_value=0, max_value=10**18),
    percent=st.sampled_from([100, 110]),
)
def test_the_count_agrees_with_fractions(
    energies_wh: list[int], capacity_w: int, percent: int
) -> None:
    limit_w = Fraction(capacity_w * percent, 100)
    expected = sum(Fraction(energy_wh) / Fraction(1, 2) > limit_w for energy_wh in energies_wh)

    over = readings_over(days=[day_of(*energies_wh)], capacity_w=capacity_w, percent=percent)

    assert sum(over.values()) == expected


@given(
    energies_wh=st.lists(st.integers(min_value=0, max_value=10**18), min_size=1),
    length_ms=st.integers(min_value=1, max_value=10**8),
)
def test_the_largest_power_is_the_least_whole_watt_that_no_reading_exceeds(
    energies_wh: list[int], length_ms: int
) -> None:
    readings = tuple(Reading(0, length_ms, energy_wh) for energy_wh in energies_wh)
    day = SeriesDay(
        series=("P",), date=date(2024, 4, 1), start_ms=0, end_ms=length_ms, readings=readings
    )

    power_w = largest_power_w(days=[day])

    assert not readings_over(days=[day], capacity_w=power_w)
    assert power_w == 0 or readings_over(days=[day], capacity_w=power_w - 1)


def test_a_series_without_a_reading_has_no_power() -> None:
    assert largest_power_w(days=[day_of()]) == 0
