"""Endorse: somebody's word for one content; who may give it, and when it counts as a second one."""

from dataclasses import replace

import pytest
from builders import (
    ADJUST,
    BUYER,
    CLERK,
    DAY_ENERGY_WH,
    ENDORSEMENT,
    GENERATOR,
    ISSUING_BODY,
    OFFICER,
    SECOND_OFFICER,
    STRANGER,
    WITHDRAW,
    Book,
    decide_and_apply,
    endorse,
    endorsed_book,
    ready_book,
    refusal,
    review_organisation,
    uid,
)

from app.registry.operation import Operation, content_digest
from app.registry.operations.measure_adjust import MeasureAdjust
from app.registry.operations.withdraw import Withdraw
from app.registry.organisations import Endorsement

Seconded = Withdraw | MeasureAdjust
seconded = pytest.mark.parametrize(
    ("operation", "code"),
    [(WITHDRAW, "withdrawal-not-authorised"), (ADJUST, "separation-of-duties")],
    ids=["withdraw", "adjust"],
)


def endorsed(operation: Operation, *, by: str = ISSUING_BODY, person: str | None) -> Book:
    book = ready_book()
    decide_and_apply(book, endorse(operation, by=by, person=person))
    return book


@pytest.mark.parametrize(
    ("by", "person"), [(ISSUING_BODY, OFFICER), (GENERATOR, CLERK), (BUYER, None)]
)
def test_everybody_may_give_their_word_for_a_content(by: str, person: str | None) -> None:
    book = ready_book()

    rows = decide_and_apply(book, endorse(WITHDRAW, by=by, person=person))

    assert rows.puts == (Endorsement(ENDORSEMENT, by, person, content_digest(WITHDRAW)),)


def test_refusals_are_raised_in_this_order() -> None:
    book = endorsed_book(WITHDRAW)
    decide_and_apply(book, review_organisation(BUYER, suspended=True))
    worst = endorse(WITHDRAW, by=STRANGER)
    admitted = replace(worst, by=BUYER)
    acting = replace(worst, by=GENERATOR)

    steps = [worst, admitted, acting]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("organisation-suspended", "", ""),
        ("id-in-use", "/endorsement", ""),
    ]


@seconded
def test_two_persons_of_the_issuing_body_are_enough_whoever_of_them_asks(
    operation: Seconded, code: str
) -> None:
    as_planned = endorsed(operation, person=SECOND_OFFICER)
    the_other_way = endorsed(operation, person=OFFICER)

    assert operation.decide(as_planned.state, as_planned.at).puts, code
    assert (
        replace(operation, person=SECOND_OFFICER).decide(the_other_way.state, the_other_way.at).puts
    )


@seconded
@pytest.mark.parametrize(
    ("by", "endorser", "asker"),
    [
        (ISSUING_BODY, OFFICER, OFFICER),
        (ISSUING_BODY, None, OFFICER),
        (ISSUING_BODY, SECOND_OFFICER, None),
        (ISSUING_BODY, None, None),
        (GENERATOR, CLERK, OFFICER),
        (GENERATOR, None, OFFICER),
    ],
    ids=["the same", "nameless", "asked namelessly", "both nameless", "another's", "another"],
)
def test_who_is_not_certainly_a_second_person_of_the_same_body_does_not_count(
    operation: Seconded, code: str, by: str, endorser: str | None, asker: str | None
) -> None:
    book = endorsed(operation, by=by, person=endorser)

    refused = refusal(book, replace(operation, person=asker))

    assert refused == (code, "/endorsement", "R33")


@seconded
def test_a_word_that_was_never_given_does_not_count(operation: Seconded, code: str) -> None:
    assert refusal(ready_book(), operation) == ("not-found", "/endorsement", ""), code


@pytest.mark.parametrize(
    ("endorsed_one", "asked", "code"),
    [
        (WITHDRAW, replace(WITHDRAW, reason="another-reason"), "withdrawal-not-authorised"),
        (WITHDRAW, replace(WITHDRAW, withdrawal=uid("another")), "withdrawal-not-authorised"),
        (WITHDRAW, replace(WITHDRAW, compensates=True), "withdrawal-not-authorised"),
        (ADJUST, replace(ADJUST, energy_wh=DAY_ENERGY_WH - 2), "separation-of-duties"),
        (WITHDRAW, ADJUST, "separation-of-duties"),
    ],
)
def test_a_word_holds_for_what_it_was_given_for_alone(
    endorsed_one: Operation, asked: Seconded, code: str
) -> None:
    book = endorsed(endorsed_one, person=SECOND_OFFICER)

    assert refusal(book, asked) == (code, "/endorsement", "R33")
