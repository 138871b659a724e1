"""Close an offer: the receiver rejects it or the sender recalls it; all goes back."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GENERATOR_OTHER_ACCOUNT,
    ISSUED,
    OFFER,
    OPEN,
    RIVAL,
    STRANGER,
    TRANSFER,
    UNKNOWN,
    accept_offer,
    close_offer,
    decide_and_apply,
    holding,
    offered_book,
    parties_book,
    ready_book,
    refusal,
    uid,
)

from app.registry.offers import Offer
from app.registry.operation import Operation
from app.registry.ranges import Move, Range

FREE, OFFERED = (GENERATOR_ACCOUNT, "active"), (GENERATOR_ACCOUNT, "offered")
RECALL = close_offer("recalled", by=GENERATOR)
REJECT = close_offer("rejected", by=RIVAL)
both = pytest.mark.parametrize("closing", [RECALL, REJECT], ids=["recalled", "rejected"])


@both
def test_what_was_offered_is_active_again_where_it_came_from(closing: Operation) -> None:
    book = ready_book()
    decide_and_apply(book, OFFER)
    offer = book.state.find(Offer, OFFER.offer)

    change = closing.decide(book.state, book.at)
    decide_and_apply(book, closing)

    ending = "recalled" if closing is RECALL else "rejected"
    assert change.puts == (replace(offer, state=ending),)
    assert change.moves == (Move(ISSUED, 1, 3, *OFFERED, *FREE),)
    assert [(b.first, b.last, b.state, b.offer) for b in book.state.bundles] == [
        (1, 10, "active", None)
    ]
    assert TRANSFER.decide(book.state, book.at).moves


@both
def test_what_is_offered_and_closed_in_one_group_leaves_no_rows(closing: Operation) -> None:
    book = ready_book()
    (before,) = book.state.bundles

    rows = decide_and_apply(book, OFFER, closing)

    assert rows.opened == rows.closed == ()
    assert list(book.state.bundles) == [before]


@both
def test_an_offer_is_closed_even_when_its_window_has_closed(closing: Operation) -> None:
    book = parties_book()
    old = uid("old")
    holding(book, old, (5, *FREE), windows=OPEN)
    decide_and_apply(book, replace(OFFER, items=(Range(old, 2, 5),)))
    book.time_ms = OPEN.transfer_until + 1

    decide_and_apply(book, closing)

    assert [(b.first, b.last, b.state) for b in book.state.bundles] == [(1, 5, "active")]


@both
@pytest.mark.parametrize("ending", [accept_offer(), RECALL, REJECT], ids=["a", "b", "c"])
def test_an_offer_is_decided_once(closing: Operation, ending: Operation) -> None:
    book = offered_book()
    decide_and_apply(book, ending)

    assert refusal(book, closing) == ("offer-already-decided", "/offer", "R29")


@pytest.mark.parametrize("why", ["recalled", "rejected"])
def test_between_own_accounts_either_word_closes_it(why: str) -> None:
    book = ready_book()
    decide_and_apply(book, replace(OFFER, to=GENERATOR_OTHER_ACCOUNT))

    decide_and_apply(book, close_offer(why, by=GENERATOR))

    assert book.state.find(Offer, OFFER.offer).state == why


@pytest.mark.parametrize(
    ("why", "by", "expected"),
    [
        ("recalled", RIVAL, ("not-holder", "/why", "R26")),
        ("rejected", GENERATOR, ("recipient-not-mandated", "/why", "")),
        ("recalled", BUYER, ("not-found", "/offer", "")),
        ("rejected", BUYER, ("not-found", "/offer", "")),
    ],
    ids=["receiver recalls", "sender rejects", "stranger recalls", "stranger rejects"],
)
def test_each_party_has_its_own_word(why: str, by: str, expected: tuple[str, str, str]) -> None:
    assert refusal(offered_book(), close_offer(why, by=by)) == expected


def test_refusals_are_raised_in_this_order() -> None:
    book = offered_book()
    decide_and_apply(book, accept_offer())

    steps = [
        close_offer("recalled", UNKNOWN, by=STRANGER),
        close_offer("recalled", UNKNOWN, by=BUYER),
        close_offer("recalled", by=BUYER),
        close_offer("recalled", by=RIVAL),
        REJECT,
    ]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "not-found",
        "not-found",
        "not-holder",
        "offer-already-decided",
    ]
