"""Review an organisation: until when it counts as verified, whether it may act, what it may not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import (
    BUYER,
    DEVICE,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GSRNS,
    ISSUING_BODY,
    KYC_UNTIL,
    METERING,
    NOW,
    OFFER,
    OPERATOR,
    PENDING_REQUEST,
    RETIRE,
    RIVAL,
    RIVAL_ACCOUNT,
    STRANGER,
    TRANSFER,
    UNKNOWN,
    Book,
    accept_offer,
    add_person,
    approve,
    automate,
    close_offer,
    correct,
    day_span,
    decide_and_apply,
    declare_fuels,
    draft_book,
    endorse,
    erase,
    fuels_book,
    hand_over,
    handed_book,
    measure,
    offered_book,
    open_account,
    ready_book,
    refusal,
    register,
    reject,
    request,
    review,
    review_organisation,
    revise,
    submit,
    take_over,
    uid,
    whitelist,
    withdraw,
)

from app.registry.operation import Operation

LAPSED = ("kyc-not-valid", "", "R30")
SUSPENDED = ("organisation-suspended", "", "")

Case = tuple[Callable[[], Book], Operation]
NEEDS_VERIFIED: list[Case] = [
    (ready_book, register(uid("one more"), GSRNS[3])),
    (ready_book, revise(DEVICE, version=2)),
    (ready_book, hand_over(DEVICE, version=2)),
    (handed_book, take_over(DEVICE)),
    (ready_book, request(uid("4 January"), 3, 3)),
    (draft_book, submit(uid("issuance of 4 January, a draft"))),
    (ready_book, TRANSFER),
    (ready_book, OFFER),
    (offered_book, accept_offer()),
]
"""What nobody does whose identity is not verified."""
NEEDS_NOT_SUSPENDED: list[Case] = [
    (ready_book, RETIRE),
    (ready_book, add_person(UNKNOWN, GENERATOR)),
    (ready_book, endorse(TRANSFER, by=GENERATOR, person=None)),
    (ready_book, measure(day_span(5))),
    (ready_book, correct(day_span(3))),
    (fuels_book, declare_fuels((uid("the wood in the boiler"), 10_000))),
    (ready_book, review(PENDING_REQUEST, by=METERING)),
]
"""What is done with a verification that has lapsed, but not by who is suspended."""


MOVES_NOTHING: list[Case] = [
    (ready_book, withdraw(PENDING_REQUEST)),
    (ready_book, open_account(UNKNOWN, GENERATOR)),
    (ready_book, whitelist(GENERATOR_ACCOUNT, RIVAL_ACCOUNT, by=GENERATOR)),
    (offered_book, close_offer("recalled", by=GENERATOR)),
]


def cases(*found: Case) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("made", "operation"), found, ids=[operation.type for _, operation in found]
    )


def lapse(book: Book, organisation: str, *, at: int = NOW) -> Book:
    decide_and_apply(book, review_organisation(organisation, kyc_until=at))
    return book


def suspended(book: Book, organisation: str) -> Book:
    decide_and_apply(book, review_organisation(organisation, suspended=True))
    return book


def test_a_review_says_until_when_an_organisation_is_verified_and_whether_it_may_act() -> None:
    book = ready_book()
    before = book.state.actor(BUYER)

    rows = decide_and_apply(book, review_organisation(BUYER, kyc_until=NOW + 5, suspended=True))

    assert rows.puts == (replace(before, kyc_until=NOW + 5, is_suspended=True),)


def test_a_later_review_takes_the_place_of_an_earlier_one() -> None:
    book = suspended(ready_book(), BUYER)

    decide_and_apply(book, review_organisation(BUYER))

    assert book.state.actor(BUYER).kyc_until == KYC_UNTIL
    assert not book.state.actor(BUYER).is_suspended


@pytest.mark.parametrize("organisation", [OPERATOR, ISSUING_BODY])
def test_who_comes_from_genesis_is_not_reviewed(organisation: str) -> None:
    refused = refusal(ready_book(), review_organisation(organisation))

    assert refused == ("separation-of-duties", "/organisation", "R60")


def test_refusals_are_raised_in_this_order() -> None:
    worst = replace(review_organisation(UNKNOWN), by=STRANGER)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    known = replace(by_issuing_body, organisation=OPERATOR)

    steps = [worst, admitted, by_issuing_body, known]

    assert [refusal(ready_book(), step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/organisation", ""),
        ("separation-of-duties", "/organisation", "R60"),
    ]


@cases(*NEEDS_VERIFIED)
def test_what_needs_a_verified_identity_is_refused_from_the_millisecond_at_which_it_lapses(
    made: Callable[[], Book], operation: Operation
) -> None:
    lapsing = lapse(made(), operation.by, at=NOW)
    valid = lapse(made(), operation.by, at=NOW + 1)

    assert refusal(lapsing, operation) == LAPSED
    change = operation.decide(valid.state, valid.at)
    assert change.puts or change.moves


@cases(*NEEDS_VERIFIED, *NEEDS_NOT_SUSPENDED)
def test_who_is_suspended_does_none_of_this(made: Callable[[], Book], operation: Operation) -> None:
    assert refusal(suspended(made(), operation.by), operation) == SUSPENDED


@cases(*NEEDS_NOT_SUSPENDED)
def test_a_lapsed_verification_stops_neither_readings_nor_end_use(
    made: Callable[[], Book], operation: Operation
) -> None:
    book = lapse(made(), operation.by, at=1)

    assert operation.decide(book.state, book.at).puts


@cases(*MOVES_NOTHING)
def test_who_is_suspended_may_still_do_what_moves_no_certificate(
    made: Callable[[], Book], operation: Operation
) -> None:
    book = suspended(made(), operation.by)

    assert operation.decide(book.state, book.at).puts


@pytest.mark.parametrize(
    ("operation", "organisation"), [(TRANSFER, BUYER), (OFFER, RIVAL)], ids=["transfer", "offer"]
)
def test_nothing_goes_to_whom_must_not_receive(operation: Operation, organisation: str) -> None:
    lapsed = lapse(ready_book(), organisation)
    stopped = suspended(ready_book(), organisation)

    assert refusal(lapsed, operation) == ("kyc-not-valid", "/to", "R30")
    assert refusal(stopped, operation) == ("organisation-suspended", "/to", "")


def test_an_offer_is_not_accepted_from_whose_verification_has_lapsed_since() -> None:
    lapsed = lapse(offered_book(), GENERATOR)
    stopped = suspended(offered_book(), GENERATOR)

    assert refusal(lapsed, accept_offer()) == ("kyc-not-valid", "/offer", "R30")
    assert refusal(stopped, accept_offer()) == ("organisation-suspended", "/offer", "")


def test_nothing_is_issued_to_who_is_suspended_but_it_is_with_a_lapsed_verification() -> None:
    stopped, lapsed = suspended(ready_book(), GENERATOR), lapse(ready_book(), GENERATOR)

    assert refusal(stopped, approve(PENDING_REQUEST)) == SUSPENDED
    assert approve(PENDING_REQUEST).decide(lapsed.state, lapsed.at).follows


def test_the_issuing_body_goes_on_with_what_a_suspended_organisation_left() -> None:
    book = suspended(ready_book(), GENERATOR)
    steps = [
        reject(PENDING_REQUEST),
        automate(DEVICE, automatic_wh=0, version=2),
        erase("ef" * 32),
        review_organisation(GENERATOR),
    ]

    assert all(step.decide(book.state, book.at).puts for step in steps)
