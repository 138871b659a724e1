"""Offer: by the holder, to any other account; what is offered is frozen until the offer ends."""

from dataclasses import replace

import pytest
from builders import (
    BUYER_ACCOUNT,
    CLOSED,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GENERATOR_OTHER_ACCOUNT,
    ISSUED,
    OFFER,
    RETIRE,
    RIVAL,
    RIVAL_ACCOUNT,
    STRANGER,
    TRANSFER,
    UNKNOWN,
    accept_offer,
    decide_and_apply,
    holding,
    offered_book,
    parties_book,
    ready_book,
    refusal,
    uid,
)

from app.registry.offers import Offer
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.ranges import Bundle, Move, Range

FREE, OFFERED = (GENERATOR_ACCOUNT, "active"), (GENERATOR_ACCOUNT, "offered")
OTHER_OFFER = replace(
    OFFER, id=uid("other offer"), offer=uid("offered too"), items=(Range(ISSUED, 4, 6),)
)


@pytest.mark.parametrize("to", [RIVAL_ACCOUNT, BUYER_ACCOUNT, GENERATOR_OTHER_ACCOUNT])
def test_what_is_offered_stays_with_the_holder_and_names_its_offer(to: str) -> None:
    book = ready_book()
    offering = replace(OFFER, to=to, items=(Range(ISSUED, 8, 10), Range(ISSUED, 1, 2)))
    index = book.index

    change = offering.decide(book.state, book.at)
    decide_and_apply(book, offering)

    expected = Offer(OFFER.offer, GENERATOR_ACCOUNT, to, quantity=5, state="open", index=index)
    assert change.puts == (expected,)
    assert change.moves == (
        Move(ISSUED, 1, 2, *FREE, *OFFERED, OFFER.offer),
        Move(ISSUED, 8, 10, *FREE, *OFFERED, OFFER.offer),
    )
    held = [(b.first, b.last, b.account, b.state, b.offer) for b in book.state.bundles]
    assert sorted(held) == [
        (1, 2, *OFFERED, OFFER.offer),
        (3, 7, *FREE, None),
        (8, 10, *OFFERED, OFFER.offer),
    ]
    assert book.state.find(Offer, OFFER.offer) == expected


def test_a_quantity_is_offered_from_the_oldest() -> None:
    book = ready_book()

    (move,) = replace(OFFER, items=None, quantity=4).decide(book.state, book.at).moves

    assert (move.first, move.last) == (1, 4)


def test_a_row_of_change_does_not_repeat_the_offer() -> None:
    (move,) = OFFER.decide(ready_book().state, ready_book().at).moves

    assert move.plain == {
        "issuance": ISSUED,
        "first": 1,
        "last": 3,
        "from": f"{GENERATOR_ACCOUNT}/active",
        "to": f"{GENERATOR_ACCOUNT}/offered",
    }


def test_two_offers_beside_each_other_do_not_merge() -> None:
    book = ready_book()

    rows = decide_and_apply(book, OFFER, OTHER_OFFER)

    assert [(b.first, b.last, b.offer) for b in rows.opened] == [
        (1, 3, OFFER.offer),
        (4, 6, OTHER_OFFER.offer),
        (7, 10, None),
    ]
    assert book.state.bundles.of_offer(OTHER_OFFER.offer) == [rows.opened[1]]


@pytest.mark.parametrize("is_first_accepted", [True, False])
def test_each_of_two_offers_beside_each_other_can_be_accepted_alone(
    *, is_first_accepted: bool
) -> None:
    book = offered_book()
    decide_and_apply(book, OTHER_OFFER)
    accepted, left = (OFFER, OTHER_OFFER) if is_first_accepted else (OTHER_OFFER, OFFER)

    decide_and_apply(book, accept_offer(accepted.offer))

    held = {(b.first, b.last): (b.account, b.state, b.offer) for b in book.state.bundles}
    places = {OFFER.offer: (1, 3), OTHER_OFFER.offer: (4, 6)}
    assert held == {
        places[accepted.offer]: (RIVAL_ACCOUNT, "active", None),
        places[left.offer]: (*OFFERED, left.offer),
        (7, 10): (*FREE, None),
    }


@pytest.mark.parametrize(
    "operation",
    [replace(OFFER, offer=UNKNOWN), TRANSFER, RETIRE],
    ids=lambda operation: operation.type,
)
def test_what_is_offered_cannot_be_offered_again_transferred_or_retired(
    operation: TransferOffer | Transfer | Retire,
) -> None:
    book = offered_book()
    named = replace(operation, items=(Range(ISSUED, 3, 4),), quantity=None)
    counted = replace(operation, items=None, quantity=8)

    assert refusal(book, named) == ("invalid-state-transition", "/items/0", "R28")
    assert refusal(book, counted) == ("insufficient-balance", "/quantity", "R31")


def test_what_can_no_longer_be_transferred_is_not_offered() -> None:
    book = parties_book()
    closed = uid("closed")
    holding(book, closed, (5, *FREE), windows=CLOSED)
    named = replace(OFFER, items=(Range(closed, 1, 1),))

    assert refusal(book, named) == ("transfer-window-closed", "", "R28")
    assert refusal(book, replace(OFFER, items=None, quantity=1))[0] == "insufficient-balance"


def test_an_id_of_an_offer_is_used_once_even_when_it_is_decided() -> None:
    book = offered_book()
    again = replace(OFFER, items=(Range(ISSUED, 9, 9),))
    open_still = refusal(book, again)
    decide_and_apply(book, accept_offer())

    assert open_still == refusal(book, again) == ("id-in-use", "/offer", "")


def test_a_bundle_is_of_its_offer_in_every_column() -> None:
    book = ready_book()
    (before,) = book.state.bundles

    rows = decide_and_apply(book, OFFER)

    assert rows.closed == (before,)
    assert rows.opened == (
        Bundle(*before)._replace(
            last=3, state="offered", offer=OFFER.offer, from_height=book.height
        ),
        Bundle(*before)._replace(first=4, from_height=book.height),
    )


def test_refusals_are_raised_in_this_order() -> None:
    book = offered_book()
    overlapping = (Range(UNKNOWN, 2, 3), Range(UNKNOWN, 1, 2))
    worst = replace(OFFER, by=STRANGER, from_=UNKNOWN, to=UNKNOWN, items=overlapping, quantity=1)
    asked = replace(worst, quantity=None)
    once = replace(asked, items=(Range(UNKNOWN, 1, 2),))
    admitted = replace(once, by=RIVAL)
    known = replace(admitted, from_=GENERATOR_ACCOUNT)
    own = replace(known, by=GENERATOR)
    to_itself = replace(own, to=GENERATOR_ACCOUNT)
    to_rival = replace(own, to=RIVAL_ACCOUNT)
    new = replace(to_rival, offer=UNKNOWN)

    steps = [worst, asked, once, admitted, known, to_itself, own, to_rival, new]

    assert [refusal(book, step)[:2] for step in steps] == [
        ("ambiguous-quantity", "/items"),
        ("duplicate-item", "/items"),
        ("unknown-organisation", ""),
        ("not-found", "/from"),
        ("not-holder", "/from"),
        ("invalid-target-account", "/to"),
        ("not-found", "/to"),
        ("id-in-use", "/offer"),
        ("not-found", "/items/0/issuance"),
    ]
