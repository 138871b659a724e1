"""Windows in a domain's own zone: known rows, and what zones and months do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.ledger.times import TIME_MAX_MS
from app.registry.domains import Deadline, Domain
from app.registry.windows import Windows, is_plausible
from app.services.calendar import windows
from tests.scenario import DOMAIN


def instant(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp()) * 1000


def domain(timezone: str, *, transfer_months: int = 12, retire_months: int = 18) -> Domain:
    settings = replace(
        DOMAIN, timezone=timezone, transfer_months=transfer_months, retire_months=retire_months
    )
    return Domain(settings, issued=0)


def with_deadline(
    timezone: str, deadline: Deadline, *, months: tuple[int | None, int | None] = (12, 18)
) -> Domain:
    transfer_months, retire_months = months
    settings = replace(
        DOMAIN,
        timezone=timezone,
        transfer_months=transfer_months,
        retire_months=retire_months,
        retire_deadline=deadline,
    )
    return Domain(settings, issued=0)


def texts(*instants: int) -> list[str]:
    return [datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M") for at in instants]


@pytest.mark.parametrize(
    ("period_end", "transfer_until", "retire_until"),
    [
        ("2025-01-31T23:00", "2026-01-31T23:00", "2026-07-31T22:00"),
        ("2024-02-29T23:00", "2025-02-28T23:00", "2025-08-29T22:00"),
        ("2025-08-31T22:00", "2026-08-31T22:00", "2027-02-28T23:00"),
    ],
)
def test_windows_are_those_of_the_specification(
    period_end: str, transfer_until: str, retire_until: str
) -> None:
    found = windows(domain("Europe/Copenhagen"), instant(period_end))

    assert texts(*found) == [transfer_until, retire_until]


@pytest.mark.parametrize(
    ("period_end", "transfer_until", "retire_until"),
    [
        ("2025-01-31T11:00", "2026-01-31T11:00", "2026-07-31T12:00"),
        ("2025-06-30T12:00", "2026-06-30T12:00", "2026-12-30T11:00"),
        ("2024-09-28T12:00", "2025-09-28T11:00", "2026-03-28T11:00"),
    ],
    ids=["summer", "winter", "the day the clocks change"],
)
def test_windows_end_at_midnight_in_new_zealand(
    period_end: str, transfer_until: str, retire_until: str
) -> None:
    found = windows(domain("Pacific/Auckland"), instant(period_end))

    assert texts(*found) == [transfer_until, retire_until]


def test_a_period_that_ends_at_local_midnight_belongs_to_the_day_before() -> None:
    at_midnight, after = (
        windows(domain("Europe/Copenhagen"), instant(text))
        for text in ("2025-03-15T23:00", "2025-03-15T23:01")
    )

    assert texts(at_midnight.transfer_until) == ["2026-03-15T23:00"]
    assert texts(after.transfer_until) == ["2026-03-16T23:00"]


@pytest.mark.parametrize(
    ("months", "last_day"),
    [
        (1, "2024-02-29"),
        (13, "2025-02-28"),
        (3, "2024-04-30"),
        (2, "2024-03-31"),
        (12, "2025-01-31"),
    ],
)
def test_the_last_of_a_month_is_clamped_to_a_shorter_months_last(
    months: int, last_day: str
) -> None:
    found = windows(
        domain("UTC", transfer_months=months, retire_months=months), instant("2024-02-01T00:00")
    )

    expected = datetime.fromisoformat(f"{last_day}T23:59:59.999999+00:00").timestamp()
    assert found.transfer_until == found.retire_until == round(expected) * 1000


LATE_MARCH = Deadline(years=2, month=3, day=31)
"""As Italy has it."""


@pytest.mark.parametrize(
    ("period_end", "retire_until"),
    [
        ("2025-01-31T23:00", "2026-07-31T22:00"),
        ("2025-09-30T22:00", "2027-03-30T22:00"),
        ("2025-10-01T22:00", "2027-03-31T22:00"),
        ("2025-12-31T23:00", "2027-03-31T22:00"),
        ("2025-12-31T23:01", "2027-07-01T22:00"),
    ],
    ids=["months", "months by a day", "together", "last of the year", "first of the next"],
)
def test_a_deadline_ends_a_window_that_months_would_leave_open(
    period_end: str, retire_until: str
) -> None:
    found = windows(with_deadline("Europe/Rome", LATE_MARCH), instant(period_end))

    assert texts(found.retire_until) == [retire_until]


def test_a_deadline_ends_transferring_too_where_that_lasts_longer() -> None:
    early = Deadline(years=1, month=1, day=28)

    found = windows(with_deadline("Europe/Rome", early), instant("2025-06-30T22:00"))

    assert texts(*found) == ["2026-01-28T23:00"] * 2


def test_a_deadline_alone_is_a_window() -> None:
    found = windows(
        with_deadline("Europe/Rome", LATE_MARCH, months=(None, None)), instant("2025-06-30T22:00")
    )

    assert texts(*found) == ["2027-03-31T22:00"] * 2


def test_without_months_nothing_ends() -> None:
    never = replace(DOMAIN, transfer_months=None, retire_months=None)

    found = windows(Domain(never, issued=0), instant("2025-06-30T22:00"))

    assert found == Windows(TIME_MAX_MS, TIME_MAX_MS)


def test_what_may_be_retired_whenever_may_still_have_an_end_of_transferring() -> None:
    settings = replace(DOMAIN, timezone="Europe/Copenhagen", transfer_months=12, retire_months=None)

    found = windows(Domain(settings, issued=0), instant("2025-01-31T23:00"))

    assert texts(found.transfer_until) == ["2026-01-31T23:00"]
    assert found.retire_until == TIME_MAX_MS


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(
    "period_end", ["2024-12-31T09:00", "2024-12-31T23:00", "2025-01-01T00:01", "2025-01-01T12:00"]
)
@pytest.mark.parametrize("months", [(12, 18), (None, None), (12, None), (None, 18)])
def test_windows_with_a_deadline_or_without_an_end_are_what_a_replay_finds_plausible(
    timezone: str, period_end: str, months: tuple[int | None, int | None]
) -> None:
    found = with_deadline(timezone, LATE_MARCH, months=months)
    never = replace(found, settings=replace(found.settings, retire_deadline=None))
    end = instant(period_end)

    assert is_plausible(found.settings, end, windows(found, end))
    assert is_plausible(never.settings, end, windows(never, end))


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("period_end", ["2024-02-29T12:00", "2025-08-31T00:00", "2025-12-31T23:00"])
def test_windows_of_every_zone_are_what_a_replay_finds_plausible(
    timezone: str, period_end: str
) -> None:
    found = domain(timezone)
    end = instant(period_end)

    assert is_plausible(found.settings, end, windows(found, end))
