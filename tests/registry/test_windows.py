"""Windows: calendar months with clamping, and a bound that holds in every zone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from builders import SETTINGS, ms
from hypothesis import given
from hypothesis import strategies as st

from app.registry.windows import Windows, add_months, is_plausible, nominal_end

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
FIXED_ZONES = [timezone(timedelta(minutes=30 * half_hours)) for half_hours in range(-24, 29)]
NAMED_ZONES = [COPENHAGEN, ZoneInfo("Pacific/Auckland"), ZoneInfo("America/St_Johns")]
DAY_MS = 86_400_000

PUBLISHED = [
    ("2025-01-31T23:00Z", "2026-01-31T23:00Z", "2026-07-31T22:00Z"),
    ("2024-02-29T23:00Z", "2025-02-28T23:00Z", "2025-08-29T22:00Z"),
    ("2025-08-31T22:00Z", "2026-08-31T22:00Z", "2027-02-28T23:00Z"),
]


def exact_windows(period_end: int, zone: ZoneInfo | timezone) -> Windows:
    """Return the windows as calendar months say them, in a zone."""
    last_day = datetime.fromtimestamp((period_end - 1) / 1000, zone).date()
    ends = [add_months(last_day, months) + timedelta(days=1) for months in (12, 18)]
    instants = [datetime.combine(end, time(), zone) for end in ends]
    return Windows(*(int(instant.timestamp() * 1000) for instant in instants))


@pytest.mark.parametrize(("period_end", "transfer_until", "retire_until"), PUBLISHED)
def test_the_published_examples_are_exact_in_their_zone_and_plausible(
    period_end: str, transfer_until: str, retire_until: str
) -> None:
    windows = Windows(ms(transfer_until), ms(retire_until))

    assert exact_windows(ms(period_end), COPENHAGEN) == windows
    assert is_plausible(SETTINGS, ms(period_end), windows)


@pytest.mark.parametrize(("period_end", "transfer_until", "retire_until"), PUBLISHED)
@pytest.mark.parametrize("days", [-6, 6, -30, 365])
def test_a_window_some_days_off_is_not_plausible(
    period_end: str, transfer_until: str, retire_until: str, days: int
) -> None:
    transfer, retire, off = ms(transfer_until), ms(retire_until), days * DAY_MS

    assert not is_plausible(SETTINGS, ms(period_end), Windows(transfer + off, retire))
    assert not is_plausible(SETTINGS, ms(period_end), Windows(transfer, retire + off))
    assert not is_plausible(SETTINGS, ms(period_end), Windows(transfer + off, retire + off))


@pytest.mark.parametrize("days", [-4, 4])
def test_windows_may_be_four_days_off_what_they_are_in_utc_and_no_millisecond_more(
    days: int,
) -> None:
    period_end = ms("2025-02-01")
    transfer, retire = ms("2026-02-01") + days * DAY_MS, ms("2026-08-01") + days * DAY_MS
    further = days // 4

    assert is_plausible(SETTINGS, period_end, Windows(transfer, retire))
    assert not is_plausible(SETTINGS, period_end, Windows(transfer + further, retire))
    assert not is_plausible(SETTINGS, period_end, Windows(transfer, retire + further))


def test_retiring_never_ends_before_transferring() -> None:
    together = replace(SETTINGS, transfer_months=18)
    period_end, until = ms("2025-02-01"), ms("2026-08-01")

    assert is_plausible(together, period_end, Windows(until, until))
    assert not is_plausible(together, period_end, Windows(until + 1, until))


@given(
    period_end_minutes=st.integers(0, 60 * 24 * 365 * 60),
    zone=st.sampled_from([*FIXED_ZONES, *NAMED_ZONES]),
)
def test_exact_windows_are_plausible_in_every_zone(
    period_end_minutes: int, zone: ZoneInfo | timezone
) -> None:
    period_end = ms("1990-01-01") + period_end_minutes * 60_000

    assert is_plausible(SETTINGS, period_end, exact_windows(period_end, zone))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2025-08-31", 18, "2027-02-28"),
        ("2025-12-31", 1, "2026-01-31"),
        ("2025-11-30", 1, "2025-12-30"),
        ("2025-12-01", 12, "2026-12-01"),
        ("2025-03-15", 1200, "2125-03-15"),
    ],
)
def test_months_are_added_and_the_day_is_clamped(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@given(day=st.dates(date(1970, 1, 1), date(2900, 1, 1)), months=st.integers(1, 1200))
def test_the_result_is_months_later_on_the_same_day_or_the_last_of_its_month(
    day: date, months: int
) -> None:
    found = add_months(day, months)

    assert (found.year - day.year) * 12 + found.month - day.month == months
    is_last_of_month = (found + timedelta(days=1)).day == 1
    assert found.day == day.day or (found.day < day.day and is_last_of_month)


@pytest.mark.parametrize(
    ("period_end", "months", "expected"),
    [
        (ms("2025-02-01"), 12, ms("2026-02-01")),
        (ms("2025-02-01") + 1, 12, ms("2026-02-02")),
        (ms("2025-01-31T23:00Z"), 18, ms("2026-08-01")),
        (ms("2024-02-29T23:00Z"), 12, ms("2025-03-01")),
        (ms("2025-09-01"), 18, ms("2027-03-01")),
    ],
)
def test_in_utc_a_window_ends_with_the_day_months_after_the_last_one(
    period_end: int, months: int, expected: int
) -> None:
    assert nominal_end(period_end, months) == expected


def test_the_last_day_is_that_of_the_last_millisecond() -> None:
    midnight = ms("2025-02-01")
    windows = Windows(ms("2026-02-05"), ms("2026-08-05"))

    assert datetime.fromtimestamp(midnight / 1000, UTC).day == 1
    assert is_plausible(SETTINGS, midnight, windows)
    assert not is_plausible(SETTINGS, midnight - DAY_MS, windows)
