"""Months: of each zone, with its changes of clocks, as far as a registration is in force."""

from datetime import UTC, datetime

import pytest

from app.ledger.times import TIME_MAX_MS
from app.services.monthly import Piece, Version, Wanted, pieces

HOUR_MS = 3_600_000
AUCKLAND, COPENHAGEN = "Pacific/Auckland", "Europe/Copenhagen"


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type, misc]  # parts of a time


def version(timezone: str, valid_from: int = 0, valid_until: int = TIME_MAX_MS) -> Version:
    return Version("device", timezone, valid_from, valid_until)


@pytest.mark.parametrize(
    ("month", "timezone", "start", "end"),
    [
        ("2025-01", COPENHAGEN, (2024, 12, 31, 23), (2025, 1, 31, 23)),
        ("2025-03", COPENHAGEN, (2025, 2, 28, 23), (2025, 3, 31, 22)),
        ("2025-10", COPENHAGEN, (2025, 9, 30, 22), (2025, 10, 31, 23)),
        ("2025-04", AUCKLAND, (2025, 3, 31, 11), (2025, 4, 30, 12)),
        ("2024-02", AUCKLAND, (2024, 1, 31, 11), (2024, 2, 29, 11)),
        ("2025-12", "UTC", (2025, 12, 1), (2026, 1, 1)),
    ],
)
def test_a_month_is_that_of_the_zone(
    month: str, timezone: str, start: tuple[int, ...], end: tuple[int, ...]
) -> None:
    (found,) = pieces([version(timezone)], Wanted.of_month(month))

    assert found == Piece("device", utc(*start), utc(*end), is_whole=True)


def test_the_month_of_a_change_of_clocks_is_an_hour_shorter_or_longer() -> None:
    lengths = [
        (end - start) // HOUR_MS
        for month in ("2025-03", "2025-10", "2025-05")
        for start, end in [Wanted.of_month(month).period(COPENHAGEN)]
    ]

    assert lengths == [31 * 24 - 1, 31 * 24 + 1, 31 * 24]


def test_a_version_has_its_part_of_the_month_and_no_more() -> None:
    start, middle, end = utc(2025, 1, 1), utc(2025, 1, 10, 11), utc(2025, 2, 1)
    versions = [
        version("UTC", 0, middle),
        version("UTC", middle, end),
        version("UTC", end),
        version("UTC", 0, start),
    ]

    found = list(pieces(versions, Wanted.of_month("2025-01")))

    assert found == [
        Piece("device", start, middle, is_whole=False),
        Piece("device", middle, end, is_whole=False),
    ]


def test_another_period_is_the_same_in_every_zone() -> None:
    wanted = Wanted(start=1_000, end=5_000)

    found = list(pieces([version(COPENHAGEN), version(AUCKLAND, 2_000)], wanted))

    assert [piece[1:] for piece in found] == [(1_000, 5_000, True), (2_000, 5_000, False)]
