"""Take a device over: by whom it was handed to, once; to all others nothing was handed over."""

from dataclasses import replace

import pytest
from builders import (
    AUDITOR,
    BUYER,
    DEVICE,
    GENERATOR,
    HAND_OVER,
    ISSUING_BODY,
    OFFICER,
    RIVAL,
    STRANGER,
    UNKNOWN,
    approve_device,
    decide_and_apply,
    handed_book,
    ready_book,
    refusal,
    review_device,
    take_over,
)

TAKE = take_over(DEVICE)


def test_what_was_taken_over_waits_for_the_issuing_body() -> None:
    book = handed_book()
    handed = book.state.registration(DEVICE, 2)

    rows = decide_and_apply(book, TAKE)

    assert rows.puts == (replace(handed, is_taken=True),)
    assert book.state.device(DEVICE).organisation == GENERATOR


def test_what_was_verified_meanwhile_is_taken_all_the_same() -> None:
    book = handed_book()
    decide_and_apply(book, review_device(DEVICE, number=2, person=OFFICER))

    decide_and_apply(book, TAKE)

    taken = book.state.registration(DEVICE, 2)
    assert (taken.state, taken.verifier, taken.is_taken) == ("verified", OFFICER, True)


@pytest.mark.parametrize("outcome", ["referred", "rejected"])
def test_what_the_issuing_body_does_not_want_is_not_taken(outcome: str) -> None:
    book = handed_book()
    decide_and_apply(book, review_device(DEVICE, outcome, number=2))

    assert refusal(book, TAKE) == ("invalid-state-transition", "", "R73")


def test_what_nobody_has_taken_is_not_approved() -> None:
    book = handed_book()
    approval = replace(approve_device(DEVICE, number=2), valid_from=HAND_OVER)

    assert refusal(book, approval) == ("invalid-state-transition", "", "R75")
    decide_and_apply(book, TAKE)
    assert decide_and_apply(book, approval).puts


def test_it_is_taken_once() -> None:
    book = handed_book()
    decide_and_apply(book, TAKE)

    assert refusal(book, TAKE) == ("invalid-state-transition", "", "R75")


@pytest.mark.parametrize("by", [GENERATOR, BUYER, AUDITOR, ISSUING_BODY])
def test_to_all_others_nothing_was_handed_over(by: str) -> None:
    assert refusal(handed_book(), take_over(DEVICE, by=by)) == ("not-found", "/number", "")


def test_what_is_described_by_its_registrant_is_taken_from_the_beginning() -> None:
    book = ready_book()

    own = refusal(book, take_over(DEVICE, number=1, by=GENERATOR))

    assert own == ("invalid-state-transition", "", "R73")


def test_refusals_are_raised_in_this_order() -> None:
    book = handed_book()
    decide_and_apply(book, TAKE)
    worst = take_over(UNKNOWN, number=9, by=STRANGER)
    admitted = replace(worst, by=BUYER)
    known = replace(admitted, device=DEVICE)
    handed = replace(known, number=2)
    own = replace(handed, by=RIVAL)

    steps = [worst, admitted, known, handed, own]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("not-found", "/number", ""),
        ("not-found", "/number", ""),
        ("not-found", "/number", ""),
        ("invalid-state-transition", "", "R75"),
    ]
