"""Windows in a domain's own zone: known rows, and what zones and months do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.registry.domains import Domain
from app.registry.windows import is_plausible
from app.services.calendar import windows
from tests.scenario import DOMAIN


def instant(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp()) * 1000


def domain(timezone: str, *, transfer_months: int = 12, retire_months: int = 18) -> Domain:
    settings = replace(
        DOMAIN, timezone=timezone, transfer_months=transfer_months, retire_months=retire_months
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


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("period_end", ["2024-02-29T12:00", "2025-08-31T00:00", "2025-12-31T23:00"])
def test_windows_of_every_zone_are_what_a_replay_finds_plausible(
    timezone: str, period_end: str
) -> None:
    found = domain(timezone)
    end = instant(period_end)

    assert is_plausible(found.settings, end, windows(found, end))
