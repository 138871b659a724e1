"""Windows: calendar months with clamping, and a bound that holds in every zone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from builders import SETTINGS, ms
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.times import TIME_MAX_MS
from app.registry.domains import Deadline, DomainSettings
from app.registry.windows import (
    Windows,
    add_months,
    is_plausible,
    is_retirable,
    nominal_end,
    nominal_windows,
)

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
FIXED_ZONES = [timezone(timedelta(minutes=30 * half_hours)) for half_hours in range(-24, 29)]
NAMED_ZONES = [COPENHAGEN, ZoneInfo("Pacific/Auckland"), ZoneInfo("America/St_Johns")]
DAY_MS = 86_400_000
NEVER = replace(SETTINGS, transfer_months=None, retire_months=None)
ITALY = replace(SETTINGS, retire_deadline=Deadline(years=2, month=3, day=31))

PUBLISHED = [
    ("2025-01-31T23:00Z", "2026-01-31T23:00Z", "2026-07-31T22:00Z"),
    ("2024-02-29T23:00Z", "2025-02-28T23:00Z", "2025-08-29T22:00Z"),
    ("2025-08-31T22:00Z", "2026-08-31T22:00Z", "2027-02-28T23:00Z"),
]


def exact_windows(
    period_end: int, zone: ZoneInfo | timezone, deadline: Deadline | None = None
) -> Windows:
    """Return the windows as calendar months and a deadline say them, in a zone."""
    last_day = datetime.fromtimestamp((period_end - 1) / 1000, zone).date()
    ends = [add_months(last_day, months) for months in (12, 18)]
    if deadline is not None:
        month = date(last_day.year + deadline.years, deadline.month, 1)
        last = min(add_months(month, 1) - timedelta(days=1), month + timedelta(deadline.day - 1))
        ends = [min(end, last) for end in ends]
    instants = [datetime.combine(end + timedelta(days=1), time(), zone) for end in ends]
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


@given(
    period_end_minutes=st.integers(0, 60 * 24 * 365 * 60),
    zone=st.sampled_from([*FIXED_ZONES, *NAMED_ZONES]),
    years=st.integers(1, 2),
    month=st.integers(2, 11),
    day=st.integers(1, 31),
)
def test_exact_windows_with_a_deadline_are_plausible_in_every_zone(
    period_end_minutes: int, zone: ZoneInfo | timezone, years: int, month: int, day: int
) -> None:
    period_end = ms("1990-01-01") + period_end_minutes * 60_000
    deadline = Deadline(years=years, month=month, day=day)
    settings = replace(SETTINGS, retire_deadline=deadline)

    assert is_plausible(settings, period_end, exact_windows(period_end, zone, deadline))


@pytest.mark.parametrize(
    ("period_end", "retire_until"),
    [
        ("2025-01-01T04:00Z", "2026-03-29T04:00Z"),
        ("2025-01-01T05:00Z", "2026-03-29T05:00Z"),
        ("2024-12-31T23:30Z", "2027-03-28T22:00Z"),
        ("2024-12-31T12:00Z", "2027-03-28T12:00Z"),
    ],
    ids=["Halifax", "Toronto", "Rome, half past midnight", "Auckland"],
)
def test_a_deadline_follows_the_year_that_the_last_day_has_in_its_zone(
    period_end: str, retire_until: str
) -> None:
    settings = replace(NEVER, retire_deadline=Deadline(years=2, month=3, day=28))
    until, year_ms = ms(retire_until), 365 * DAY_MS
    end = ms(period_end)

    assert is_plausible(settings, end, Windows(until, until))
    for other in (until - 2 * year_ms, until + 2 * year_ms):
        assert not is_plausible(settings, end, Windows(other, other))


def test_away_from_the_turn_of_the_year_one_year_alone_is_plausible() -> None:
    settings = replace(NEVER, retire_deadline=Deadline(years=1, month=3, day=28))

    for period_end in (ms("2025-01-01T14:01"), ms("2025-12-31T09:59")):
        plausible = [
            year
            for year in range(2024, 2029)
            for until in [ms(f"{year}-03-29")]
            if is_plausible(settings, period_end, Windows(until, until))
        ]
        assert plausible == [2026]


def test_where_the_year_may_have_turned_the_earlier_deadline_says_what_is_retirable() -> None:
    settings = replace(NEVER, retire_deadline=Deadline(years=1, month=3, day=28))
    last = ms("2025-03-25") - 1

    for period_end in (ms("2025-01-01T13:59"), ms("2024-12-31T10:00")):
        assert is_retirable(settings, period_end, time_ms=last)
        assert not is_retirable(settings, period_end, time_ms=last + 1)
    assert is_retirable(settings, ms("2025-01-01T14:01"), time_ms=last + 1)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SETTINGS, Windows(ms("2026-02-01"), ms("2026-08-01"))),
        (replace(SETTINGS, transfer_months=18), Windows(ms("2026-08-01"), ms("2026-08-01"))),
        (replace(SETTINGS, retire_months=None), Windows(ms("2026-02-01"), TIME_MAX_MS)),
        (NEVER, Windows(TIME_MAX_MS, TIME_MAX_MS)),
        (replace(SETTINGS, retire_months=1200), Windows(ms("2026-02-01"), ms("2125-02-01"))),
        (ITALY, Windows(ms("2026-02-01"), ms("2026-08-01"))),
        (replace(ITALY, retire_months=36), Windows(ms("2026-02-01"), ms("2027-04-01"))),
        (replace(ITALY, retire_months=None), Windows(ms("2026-02-01"), ms("2027-04-01"))),
        (
            replace(NEVER, retire_deadline=Deadline(years=1, month=1, day=1)),
            Windows(ms("2026-01-02"), ms("2026-01-02")),
        ),
    ],
    ids=[
        "go",
        "together",
        "retired whenever",
        "never",
        "a hundred years",
        "months before the deadline",
        "deadline before months",
        "deadline alone",
        "deadline for transferring too",
    ],
)
def test_in_utc_windows_are_months_a_deadline_or_never(
    settings: DomainSettings, expected: Windows
) -> None:
    found = nominal_windows(settings, ms("2025-02-01"))

    assert found == expected
    assert is_plausible(settings, ms("2025-02-01"), found)


def test_the_deadline_follows_the_year_of_the_last_day() -> None:
    settings = replace(ITALY, retire_months=None)

    before, after = (
        nominal_windows(settings, end).retire_until
        for end in (ms("2025-01-01"), ms("2025-01-01") + 1)
    )

    assert (before, after) == (ms("2026-04-01"), ms("2027-04-01"))


@pytest.mark.parametrize("settings", [NEVER, replace(SETTINGS, retire_months=None)])
def test_what_never_ends_is_never_and_no_millisecond_sooner(settings: DomainSettings) -> None:
    period_end = ms("2025-02-01")
    transfer_until, _ = nominal_windows(settings, period_end)

    assert is_plausible(settings, period_end, Windows(transfer_until, TIME_MAX_MS))
    assert not is_plausible(settings, period_end, Windows(transfer_until, TIME_MAX_MS - 1))


def test_where_nothing_expires_an_end_is_not_plausible() -> None:
    months = Windows(ms("2026-02-01"), ms("2026-08-01"))

    assert not is_plausible(NEVER, ms("2025-02-01"), months)
    assert not is_plausible(SETTINGS, ms("2025-02-01"), Windows(TIME_MAX_MS, TIME_MAX_MS))


@pytest.mark.parametrize(
    ("settings", "last"),
    [
        (SETTINGS, ms("2026-07-28") - 1),
        (replace(ITALY, retire_months=None), ms("2027-03-28") - 1),
    ],
    ids=["months", "deadline"],
)
def test_production_is_retirable_until_some_days_before_the_window_closes_anywhere(
    settings: DomainSettings, last: int
) -> None:
    period_end = ms("2025-02-01")

    assert is_retirable(settings, period_end, time_ms=last)
    assert not is_retirable(settings, period_end, time_ms=last + 1)


@pytest.mark.parametrize(
    ("deadline", "last"),
    [
        (Deadline(years=2, month=3, day=31), "2027-03-31"),
        (Deadline(years=1, month=4, day=31), "2026-04-30"),
        (Deadline(years=1, month=2, day=29), "2026-02-28"),
        (Deadline(years=3, month=2, day=31), "2028-02-29"),
        (Deadline(years=1, month=1, day=1), "2026-01-01"),
    ],
)
def test_a_deadline_is_a_day_of_a_later_year_or_the_last_of_a_shorter_month(
    deadline: Deadline, last: str
) -> None:
    assert deadline.after(2025) == date.fromisoformat(last)


def test_what_never_expires_is_always_retirable() -> None:
    assert is_retirable(NEVER, ms("2025-02-01"), time_ms=TIME_MAX_MS)


def test_a_window_that_would_end_beyond_what_can_be_written_never_ends() -> None:
    assert nominal_end(ms("9990-01-01"), 1200) == TIME_MAX_MS
    assert nominal_end(ms("9990-01-01"), 12) == ms("9991-01-01")
    far = replace(NEVER, retire_deadline=Deadline(years=9, month=12, day=28))
    assert nominal_windows(far, ms("9991-01-01")).retire_until == TIME_MAX_MS
    assert nominal_windows(far, ms("9990-01-01")).retire_until == ms("9998-12-29")
    assert is_plausible(far, TIME_MAX_MS, Windows(TIME_MAX_MS, TIME_MAX_MS))


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
