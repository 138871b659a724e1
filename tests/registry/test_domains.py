"""Domains: issue windows by capacity, numbers that are never reused."""

from dataclasses import replace

import pytest
from builders import GENESIS, SETTINGS, genesis_book, two_domains

from app.registry.domains import Domain, IssueWindow

SMALL, LARGE = IssueWindow(days=365, capacity_w_most=150_000), IssueWindow(days=62)


@pytest.mark.parametrize(
    ("windows", "capacity_w", "days"),
    [
        ((LARGE,), 1, 62),
        ((LARGE,), 10**12, 62),
        ((SMALL, LARGE), 149_999, 365),
        ((SMALL, LARGE), 150_000, 365),
        ((SMALL, LARGE), 150_001, 62),
        ((LARGE, SMALL), 1, 62),
        ((SMALL,), 150_000, 365),
        ((SMALL,), 150_001, 0),
    ],
)
def test_the_first_window_that_a_capacity_fits_says_how_long_issuance_is_asked_for(
    windows: tuple[IssueWindow, ...], capacity_w: int, days: int
) -> None:
    settings = replace(SETTINGS, issue_windows=windows)

    assert settings.issue_days(capacity_w) == days


@pytest.mark.parametrize(
    ("scheme", "is_granular"),
    [("go", False), ("irec", False), ("rec", False), ("granular", True)],
)
def test_only_a_granular_domain_is_granular(scheme: str, *, is_granular: bool) -> None:
    assert replace(SETTINGS, scheme=scheme).is_granular is is_granular


@pytest.mark.parametrize(
    ("issued", "number"),
    [
        (0, "571234567000000000000000000001"),
        (1, "571234567000000000000000000002"),
        (10**21 - 2, "571234567999999999999999999999"),
    ],
)
def test_a_number_is_the_prefix_of_its_issuer_and_a_sequence_of_21_digits(
    issued: int, number: str
) -> None:
    assert Domain(SETTINGS, issued).next_number == number
    assert len(number) == 30


def test_a_domain_is_found_by_its_code() -> None:
    book = genesis_book(two_domains())

    assert [book.state.domain(code).key for code in ("DK", "NO")] == ["DK", "NO"]
    assert GENESIS.domains[0].code == "DK"
