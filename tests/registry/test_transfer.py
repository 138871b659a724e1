"""Transfer: by the holder, between own accounts or to one that has whitelisted the sender."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    BUYER_ACCOUNT,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GENERATOR_OTHER_ACCOUNT,
    ISSUED,
    RIVAL,
    RIVAL_ACCOUNT,
    STRANGER,
    TRANSFER,
    UNKNOWN,
    decide_and_apply,
    ready_book,
    refusal,
    whitelist,
)

from app.registry.ranges import Bundle, Move, Range


@pytest.mark.parametrize("to", [BUYER_ACCOUNT, GENERATOR_OTHER_ACCOUNT])
def test_named_ranges_change_their_holder(to: str) -> None:
    book = ready_book()
    moving = replace(TRANSFER, to=to, items=(Range(ISSUED, 8, 10), Range(ISSUED, 1, 2)))

    change = moving.decide(book.state, book.at)
    decide_and_apply(book, moving)

    assert change.moves == (
        Move(ISSUED, 1, 2, GENERATOR_ACCOUNT, "active", to, "active"),
        Move(ISSUED, 8, 10, GENERATOR_ACCOUNT, "active", to, "active"),
    )
    assert not change.puts
    held = [(bundle.first, bundle.last, bundle.account) for bundle in book.state.bundles]
    assert sorted(held) == [(1, 2, to), (3, 7, GENERATOR_ACCOUNT), (8, 10, to)]


def test_a_move_stands_in_its_leaf_as_from_and_to() -> None:
    book = ready_book()

    (move,) = TRANSFER.decide(book.state, book.at).moves

    assert move.plain == {
        "issuance": ISSUED,
        "first": 1,
        "last": 3,
        "from": f"{GENERATOR_ACCOUNT}/active",
        "to": f"{BUYER_ACCOUNT}/active",
    }


def test_a_transfer_closes_one_bundle_and_opens_two_at_its_height() -> None:
    book = ready_book()
    (before,) = book.state.bundles

    rows = decide_and_apply(book, TRANSFER)

    assert rows.closed == (before,)
    assert rows.opened == (
        Bundle(*before)._replace(last=3, account=BUYER_ACCOUNT, from_height=book.height),
        Bundle(*before)._replace(first=4, from_height=book.height),
    )
    assert before.from_height < book.height


def test_what_is_transferred_and_sent_back_is_whole_again() -> None:
    book = ready_book()
    back = replace(TRANSFER, by=BUYER, from_=BUYER_ACCOUNT, to=GENERATOR_ACCOUNT)
    decide_and_apply(book, whitelist(GENERATOR_ACCOUNT, BUYER_ACCOUNT, by=GENERATOR))

    decide_and_apply(book, TRANSFER)
    decide_and_apply(book, back)

    (whole,) = book.state.bundles
    assert (whole.first, whole.last, whole.account) == (1, 10, GENERATOR_ACCOUNT)
    assert whole.from_height == book.height


def test_what_is_sent_back_in_the_same_group_leaves_no_rows() -> None:
    book = ready_book()
    (before,) = book.state.bundles
    back = replace(TRANSFER, by=BUYER, from_=BUYER_ACCOUNT, to=GENERATOR_ACCOUNT)
    decide_and_apply(book, whitelist(GENERATOR_ACCOUNT, BUYER_ACCOUNT, by=GENERATOR))

    rows = decide_and_apply(book, TRANSFER, back)

    assert rows.opened == rows.closed == ()
    assert list(book.state.bundles) == [before]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (GENERATOR_ACCOUNT, ("invalid-target-account", "/to", "R27")),
        (UNKNOWN, ("not-found", "/to", "")),
        (RIVAL_ACCOUNT, ("not-whitelisted", "/to", "R27")),
    ],
    ids=["itself", "unknown", "not whitelisted"],
)
def test_what_is_no_target_is_refused(to: str, expected: tuple[str, str, str]) -> None:
    assert refusal(ready_book(), replace(TRANSFER, to=to)) == expected


def test_the_whitelist_names_the_sending_account_and_not_its_organisation() -> None:
    from_other = replace(TRANSFER, from_=GENERATOR_OTHER_ACCOUNT)

    assert refusal(ready_book(), from_other) == ("not-whitelisted", "/to", "R27")


def test_a_sender_that_was_taken_off_the_whitelist_is_refused() -> None:
    book = ready_book()
    off = whitelist(BUYER_ACCOUNT, GENERATOR_ACCOUNT, by=BUYER, allowed=False)
    decide_and_apply(book, off)

    assert refusal(book, TRANSFER) == ("not-whitelisted", "/to", "R27")


def test_who_was_whitelisted_may_not_take_by_itself() -> None:
    taking = replace(TRANSFER, by=BUYER)

    assert refusal(ready_book(), taking) == ("not-holder", "/from", "R26")


def test_refusals_are_raised_in_this_order() -> None:
    book = ready_book()
    overlapping = (Range(UNKNOWN, 2, 3), Range(UNKNOWN, 1, 2))
    worst = replace(TRANSFER, by=STRANGER, from_=UNKNOWN, to=UNKNOWN, items=overlapping, quantity=1)
    asked = replace(worst, quantity=None)
    once = replace(asked, items=(Range(UNKNOWN, 1, 2),))
    admitted = replace(once, by=RIVAL)
    known = replace(admitted, from_=GENERATOR_ACCOUNT)
    own = replace(known, by=GENERATOR)
    to_itself = replace(own, to=GENERATOR_ACCOUNT)
    to_stranger = replace(own, to=RIVAL_ACCOUNT)
    to_buyer = replace(own, to=BUYER_ACCOUNT)

    steps = [worst, asked, once, admitted, known, to_itself, own, to_stranger, to_buyer]

    assert [refusal(book, step)[0] for step in steps] == [
        "ambiguous-quantity",
        "duplicate-item",
        "unknown-organisation",
        "not-found",
        "not-holder",
        "invalid-target-account",
        "not-found",
        "not-whitelisted",
        "not-found",
    ]
    assert [refusal(book, step)[1] for step in (admitted, own)] == ["/from", "/to"]


def test_an_account_that_is_its_own_target_is_refused_before_it_is_looked_for() -> None:
    book = ready_book()
    itself = replace(TRANSFER, to=GENERATOR_ACCOUNT, items=(Range(UNKNOWN, 1, 1),))

    assert refusal(book, itself)[0] == "invalid-target-account"
