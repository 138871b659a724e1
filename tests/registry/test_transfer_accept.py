"""Accept: by the receiver, all that is offered and nothing else, while it can be transferred."""

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
    RIVAL_ACCOUNT,
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
from app.registry.windows import Windows

FREE, OFFERED = (GENERATOR_ACCOUNT, "active"), (GENERATOR_ACCOUNT, "offered")
TAKEN = (RIVAL_ACCOUNT, "active")
OLD, YOUNG = sorted(uid(name) for name in ("old", "young"))


def test_exactly_the_offered_ranges_change_their_holder() -> None:
    book = ready_book()
    items = (Range(ISSUED, 8, 9), Range(ISSUED, 2, 3))
    decide_and_apply(book, replace(OFFER, items=items))
    offer = book.state.find(Offer, OFFER.offer)

    change = accept_offer().decide(book.state, book.at)
    decide_and_apply(book, accept_offer())

    assert change.puts == (replace(offer, state="accepted"),)
    assert change.moves == (
        Move(ISSUED, 2, 3, *OFFERED, *TAKEN),
        Move(ISSUED, 8, 9, *OFFERED, *TAKEN),
    )
    held = [(b.first, b.account, b.state, b.offer) for b in book.state.bundles]
    assert sorted(held) == [
        (1, *FREE, None),
        (2, *TAKEN, None),
        (4, *FREE, None),
        (8, *TAKEN, None),
        (10, *FREE, None),
    ]
    assert book.state.bundles.of_offer(OFFER.offer) == []


def test_what_is_accepted_merges_with_what_the_receiver_holds_beside_it() -> None:
    book = offered_book()
    second = replace(OFFER, offer=uid("second"), items=(Range(ISSUED, 4, 4),))
    decide_and_apply(book, second)

    decide_and_apply(book, accept_offer())
    decide_and_apply(book, accept_offer(second.offer))

    assert [(b.first, b.last, b.account) for b in sorted(book.state.bundles)] == [
        (1, 4, RIVAL_ACCOUNT),
        (5, 10, GENERATOR_ACCOUNT),
    ]


def test_an_offer_can_be_accepted_in_the_group_in_which_it_is_made() -> None:
    book = ready_book()

    rows = decide_and_apply(book, OFFER, accept_offer())

    (offer,) = (put for put in rows.puts if isinstance(put, Offer))
    assert offer.state == "accepted"
    assert [(b.first, b.account, b.offer) for b in rows.opened] == [
        (1, RIVAL_ACCOUNT, None),
        (4, GENERATOR_ACCOUNT, None),
    ]


def test_an_organisation_may_offer_between_its_own_accounts() -> None:
    book = ready_book()
    decide_and_apply(book, replace(OFFER, to=GENERATOR_OTHER_ACCOUNT))

    decide_and_apply(book, accept_offer(by=GENERATOR))

    assert sorted((b.first, b.account) for b in book.state.bundles) == [
        (1, GENERATOR_OTHER_ACCOUNT),
        (4, GENERATOR_ACCOUNT),
    ]


def test_what_was_accepted_is_the_receivers_to_move_on() -> None:
    book = offered_book()
    decide_and_apply(book, accept_offer())

    back = replace(TRANSFER, by=RIVAL, from_=RIVAL_ACCOUNT, to=GENERATOR_ACCOUNT)

    assert refusal(book, back)[0] == "not-whitelisted"
    assert refusal(book, TRANSFER) == ("not-holder", "/items/0", "R26")


@pytest.mark.parametrize(
    "ending",
    [
        accept_offer(),
        close_offer("recalled", by=GENERATOR),
        close_offer("rejected", by=RIVAL),
    ],
    ids=["accepted", "recalled", "rejected"],
)
def test_an_offer_is_decided_once(ending: Operation) -> None:
    book = offered_book()
    decide_and_apply(book, ending)

    assert refusal(book, accept_offer()) == ("offer-already-decided", "/offer", "R29")


@pytest.mark.parametrize("by", [GENERATOR, BUYER])
def test_to_anybody_but_the_receiver_the_offer_is_not_there(by: str) -> None:
    unknown = refusal(offered_book(), accept_offer(UNKNOWN))

    assert refusal(offered_book(), accept_offer(by=by)) == unknown == ("not-found", "/offer", "")


def test_no_offer_extends_the_window_of_any_issuance_in_it() -> None:
    book = parties_book()
    later = Windows(OPEN.transfer_until + 1, OPEN.retire_until + 1)
    holding(book, OLD, (5, *FREE), windows=OPEN)
    holding(book, YOUNG, (5, *FREE), windows=later)
    items = (Range(OLD, 1, 2), Range(YOUNG, 1, 2))
    decide_and_apply(book, replace(OFFER, items=items))

    book.time_ms = OPEN.transfer_until - 1
    in_time = accept_offer().decide(book.state, book.at)
    book.time_ms = OPEN.transfer_until
    too_late = refusal(book, accept_offer())

    assert len(in_time.moves) == 2
    assert too_late == ("transfer-window-closed", "", "R28")


def test_refusals_are_raised_in_this_order() -> None:
    book = parties_book()
    holding(book, OLD, (5, *FREE), windows=OPEN)
    decide_and_apply(book, replace(OFFER, items=(Range(OLD, 1, 2),)))
    decided = replace(OFFER, offer=uid("decided"), items=(Range(OLD, 4, 5),))
    decide_and_apply(book, decided, close_offer("recalled", decided.offer, by=GENERATOR))
    book.time_ms = OPEN.transfer_until

    steps = [
        accept_offer(UNKNOWN, by=STRANGER),
        accept_offer(UNKNOWN),
        accept_offer(decided.offer, by=GENERATOR),
        accept_offer(decided.offer),
        accept_offer(),
    ]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "not-found",
        "not-found",
        "offer-already-decided",
        "transfer-window-closed",
    ]
