"""Declare fuels: the sources of a multi-fuel device have shares that make up the whole."""

from dataclasses import replace
from itertools import pairwise

import pytest
from builders import (
    BOILER,
    DEVICE,
    GAS,
    GENERATOR,
    METERING,
    NOW,
    STRANGER,
    UNKNOWN,
    WOOD,
    approve_device,
    boiler_parts,
    day,
    decide_and_apply,
    declare_fuels,
    devices_book,
    fuels_book,
    ms,
    refusal,
    review_organisation,
    suspend,
)
from hypothesis import given
from hypothesis import strategies as st

from app.registry.fuels import FuelShares

BOTH = ((WOOD, 6_000), (GAS, 4_000))


def test_shares_of_a_period_are_kept_in_their_order() -> None:
    rows = decide_and_apply(fuels_book(), declare_fuels(*BOTH))

    assert rows.puts == (FuelShares(BOILER, day(0), day(31), BOTH),)


@pytest.mark.parametrize(
    "shares",
    [
        ((WOOD, 10_000),),
        ((WOOD, 1), (GAS, 9_999)),
        ((GAS, 5_000), (WOOD, 5_000)),
    ],
    ids=["one", "a basis point", "the other order"],
)
def test_shares_that_make_up_the_whole_are_accepted(shares: tuple[tuple[str, int], ...]) -> None:
    assert decide_and_apply(fuels_book(), declare_fuels(*shares)).puts


@pytest.mark.parametrize(
    "shares",
    [
        ((WOOD, 9_999),),
        ((WOOD, 6_000), (GAS, 3_999)),
        ((WOOD, 6_000), (GAS, 4_001)),
        ((WOOD, 10_000), (GAS, 10_000)),
    ],
    ids=["one too small", "a basis point less", "a basis point more", "twice the whole"],
)
def test_shares_sum_up_to_10000(shares: tuple[tuple[str, int], ...]) -> None:
    refused = refusal(fuels_book(), declare_fuels(*shares))

    assert refused == ("fuel-split-not-100", "/shares", "R1")


def test_a_source_is_named_once() -> None:
    twice = declare_fuels((WOOD, 3_000), (GAS, 4_000), (WOOD, 3_000))

    assert refusal(fuels_book(), twice) == ("duplicate-item", "/shares", "")


@pytest.mark.parametrize("other", [DEVICE, BOILER, UNKNOWN])
def test_only_sources_of_that_device_have_shares(other: str) -> None:
    refused = refusal(fuels_book(), declare_fuels((WOOD, 6_000), (other, 4_000)))

    assert refused == ("not-found", "/shares/1/device", "")


@pytest.mark.parametrize(
    ("first", "last"),
    [(0, 9), (9, 9), (5, 30), (9, 40), (0, 40)],
    ids=["same", "end", "begin", "last", "around"],
)
def test_a_period_is_declared_once(first: int, last: int) -> None:
    book = fuels_book()
    decide_and_apply(book, declare_fuels(*BOTH, first=0, last=9))

    refused = refusal(book, declare_fuels((WOOD, 10_000), first=first, last=last))

    assert refused == ("measurement-overlap", "", "R1")


def test_periods_side_by_side_are_declared_each_for_itself() -> None:
    book = fuels_book()
    decide_and_apply(book, declare_fuels(*BOTH, first=5, last=9))

    decide_and_apply(book, declare_fuels((WOOD, 10_000), first=0, last=4))
    decide_and_apply(book, declare_fuels((GAS, 10_000), first=10, last=20))

    found = book.state.fuel_shares(BOILER, day(4), day(11))
    assert [shares.start for shares in found] == [day(5), day(0), day(10)]
    assert [shares.start for shares in book.state.fuel_shares(BOILER, day(5), day(10))] == [day(5)]


def test_a_device_of_one_source_declares_nothing() -> None:
    other = replace(declare_fuels(*BOTH), device=DEVICE)

    assert refusal(fuels_book(), other) == ("invalid-device-data", "/device", "R1")


@pytest.mark.parametrize("by", [GENERATOR, STRANGER])
def test_the_measurement_body_declares(by: str) -> None:
    refused = refusal(fuels_book(), replace(declare_fuels(*BOTH), by=by))

    assert (
        refused
        == {
            GENERATOR: ("reporter-not-authorised", "", "R59"),
            STRANGER: ("unknown-organisation", "", ""),
        }[by]
    )


def test_who_is_suspended_declares_nothing_and_of_a_suspended_device_it_is_declared() -> None:
    book = fuels_book()
    decide_and_apply(book, suspend(BOILER))

    assert declare_fuels(*BOTH).decide(book.state, book.at).puts
    decide_and_apply(book, review_organisation(METERING, suspended=True))
    assert refusal(book, declare_fuels(*BOTH))[0] == "organisation-suspended"


def test_refusals_are_raised_in_this_order() -> None:
    book = devices_book()
    decide_and_apply(book, *boiler_parts())
    worst = replace(
        declare_fuels((WOOD, 1), (WOOD, 1)), by=STRANGER, device=UNKNOWN, period_end=day(0)
    )
    admitted = replace(worst, by=GENERATOR)
    registered = replace(admitted, device=BOILER)
    single = replace(admitted, device=DEVICE)

    assert [refusal(book, step)[0] for step in (worst, admitted, registered, single)] == [
        "unknown-organisation",
        "not-found",
        "device-not-eligible",
        "invalid-device-data",
    ]
    decide_and_apply(book, *map(approve_device, (BOILER, WOOD, GAS)))
    decide_and_apply(book, declare_fuels(*BOTH, first=0, last=0))
    forward = replace(registered, period_start=day(-1), period_end=NOW + 1)
    over = replace(forward, period_end=NOW)
    inside = replace(over, period_start=day(0))
    metered = replace(inside, by=METERING)
    once = replace(metered, shares=declare_fuels((DEVICE, 1)).shares)
    own = replace(metered, shares=declare_fuels((WOOD, 1)).shares)
    whole = replace(metered, shares=declare_fuels(*BOTH).shares)
    steps = [registered, forward, over, inside, metered, once, own, whole]

    assert [refusal(book, step) for step in steps] == [
        ("invalid-interval", "/period_end", "R7"),
        ("future-production", "", "R7"),
        ("registration-boundary", "", "R3"),
        ("reporter-not-authorised", "", "R59"),
        ("duplicate-item", "/shares", ""),
        ("not-found", "/shares/0/device", ""),
        ("fuel-split-not-100", "/shares", "R1"),
        ("measurement-overlap", "", "R1"),
    ]
    assert book.time_ms < ms("2028-01-01")


def share_lists() -> st.SearchStrategy[list[int]]:
    """Give lists of basis points that make up 10,000."""
    cuts = st.sets(st.integers(1, 9_999), max_size=15)
    return cuts.map(lambda found: [0, *sorted(found), 10_000]).map(
        lambda bounds: [after - before for before, after in pairwise(bounds)]
    )


@given(shares_bp=share_lists(), energy_wh=st.integers(0, 2**53 - 1))
def test_parts_make_up_the_whole_to_the_watt_hour(shares_bp: list[int], energy_wh: int) -> None:
    shares = FuelShares("boiler", 0, 1, tuple((str(at), bp) for at, bp in enumerate(shares_bp)))

    parts = [shares.part_of(energy_wh, str(at)) for at in range(len(shares_bp))]

    assert sum(part or 0 for part in parts) == energy_wh
    for part, share_bp in zip(parts, shares_bp, strict=True):
        assert part is not None
        assert abs(part * 10_000 - energy_wh * share_bp) < 10_000


def test_the_odd_watt_hour_goes_by_the_order_of_the_shares() -> None:
    thirds = FuelShares("boiler", 0, 1, (("a", 3_333), ("b", 3_333), ("c", 3_334)))
    turned = FuelShares("boiler", 0, 1, (("c", 3_334), ("b", 3_333), ("a", 3_333)))

    assert [thirds.part_of(10, part) for part in "abc"] == [3, 3, 4]
    assert [turned.part_of(10, part) for part in "abc"] == [4, 3, 3]


def test_what_has_no_share_has_no_part() -> None:
    assert FuelShares("boiler", 0, 1, (("a", 10_000),)).part_of(10, "b") is None
