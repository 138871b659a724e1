"""Retire: by the holder, for good, in favour of a beneficiary's period of consumption."""

from dataclasses import replace

import pytest
from builders import (
    DAY_MS,
    GENERATOR,
    GENERATOR_ACCOUNT,
    HASH,
    ISSUED,
    JANUARY,
    NOW,
    RETIRE,
    RIVAL,
    STRANGER,
    TRANSFER,
    UNKNOWN,
    decide_and_apply,
    ms,
    ready_book,
    refusal,
    uid,
)

from app.registry.ranges import Move, Range
from app.registry.retirements import Retirement

LONGEST_MS = 24 * 31 * DAY_MS
AHEAD_MS = 366 * DAY_MS


@pytest.mark.parametrize("usage", ["compliance", "disclosure", "own_use"])
def test_retired_certificates_stay_with_the_account_and_are_recorded(usage: str) -> None:
    book = ready_book()
    retiring = replace(RETIRE, usage=usage, quantity=None, items=(Range(ISSUED, 4, 6),))
    index = book.index

    change = retiring.decide(book.state, book.at)
    decide_and_apply(book, retiring)

    expected = Retirement(
        id=RETIRE.retirement,
        account=GENERATOR_ACCOUNT,
        usage=usage,
        beneficiary=HASH,
        country="DK",
        period_start=JANUARY,
        period_end=ms("2026-01-01"),
        quantity=3,
        index=index,
    )
    assert change.puts == (expected,)
    assert change.moves == (
        Move(ISSUED, 4, 6, GENERATOR_ACCOUNT, "active", GENERATOR_ACCOUNT, "retired"),
    )
    held = [(bundle.first, bundle.last, bundle.state) for bundle in book.state.bundles]
    assert sorted(held) == [(1, 3, "active"), (4, 6, "retired"), (7, 10, "active")]
    assert book.state.find(Retirement, RETIRE.retirement) == expected


def test_the_quantity_of_a_retirement_is_the_sum_of_its_ranges() -> None:
    book = ready_book()
    items = (Range(ISSUED, 1, 1), Range(ISSUED, 3, 4), Range(ISSUED, 9, 10))

    decide_and_apply(book, replace(RETIRE, quantity=None, items=items))

    assert book.state.find(Retirement, RETIRE.retirement).quantity == 5


def test_what_is_retired_is_never_retired_or_transferred_again() -> None:
    book = ready_book()
    decide_and_apply(book, RETIRE)
    again = replace(RETIRE, retirement=uid("again"))

    named = replace(again, quantity=None, items=(Range(ISSUED, 3, 4),))
    assert refusal(book, named) == ("already-retired", "/items/0", "R45")
    assert refusal(book, TRANSFER) == ("already-retired", "/items/0", "R45")
    assert refusal(book, replace(again, quantity=8))[0] == "insufficient-balance"
    assert replace(again, quantity=7).decide(book.state, book.at).moves[0].first == 4


def test_the_id_of_a_retirement_is_used_once() -> None:
    book = ready_book()
    decide_and_apply(book, RETIRE)

    assert refusal(book, RETIRE) == ("id-in-use", "/retirement", "")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (JANUARY, JANUARY),
        (JANUARY, JANUARY - 1),
        (JANUARY, JANUARY + LONGEST_MS + 1),
        (NOW, NOW + AHEAD_MS + 1),
        (NOW + AHEAD_MS + 1, NOW + AHEAD_MS + 2),
    ],
    ids=["empty", "backwards", "over 24 months", "over a year ahead", "wholly ahead"],
)
def test_a_period_that_cannot_be_claimed_is_refused(start: int, end: int) -> None:
    refused = refusal(ready_book(), replace(RETIRE, period_start=start, period_end=end))

    assert refused == ("invalid-consumption-period", "/period_end", "R43")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (JANUARY, JANUARY + 1),
        (JANUARY - LONGEST_MS, JANUARY),
        (NOW + AHEAD_MS - LONGEST_MS, NOW + AHEAD_MS),
        (NOW + AHEAD_MS - 1, NOW + AHEAD_MS),
    ],
    ids=["a millisecond", "24 months", "until a year ahead", "within a year ahead"],
)
def test_a_period_up_to_24_months_and_a_year_ahead_can_be_claimed(start: int, end: int) -> None:
    book = ready_book()

    decide_and_apply(book, replace(RETIRE, period_start=start, period_end=end))

    retirement = book.state.find(Retirement, RETIRE.retirement)
    assert (retirement.period_start, retirement.period_end) == (start, end)


def test_refusals_are_raised_in_this_order() -> None:
    book = ready_book()
    decide_and_apply(book, replace(RETIRE, quantity=1))
    overlapping = (Range(UNKNOWN, 1, 2), Range(UNKNOWN, 2, 2))
    worst = replace(
        RETIRE,
        by=STRANGER,
        account=UNKNOWN,
        period_end=JANUARY,
        items=overlapping,
    )
    asked = replace(worst, quantity=None)
    once = replace(asked, items=(Range(UNKNOWN, 1, 2),))
    admitted = replace(once, by=RIVAL)
    known = replace(admitted, account=GENERATOR_ACCOUNT)
    own = replace(known, by=GENERATOR)
    new = replace(own, retirement=uid("new"))
    forward = replace(new, period_end=NOW)

    steps = [worst, asked, once, admitted, known, own, new, forward]

    assert [refusal(book, step)[0] for step in steps] == [
        "ambiguous-quantity",
        "duplicate-item",
        "unknown-organisation",
        "not-found",
        "not-holder",
        "id-in-use",
        "invalid-consumption-period",
        "not-found",
    ]
    assert [refusal(book, step)[1] for step in (admitted, known)] == ["/account", "/account"]
