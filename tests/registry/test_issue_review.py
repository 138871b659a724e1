"""Review a request: who verified it is on record, and is not who approves it."""

from dataclasses import replace

import pytest
from builders import (
    AUDITOR,
    DEVICE,
    GENERATOR,
    ISSUED,
    ISSUING_BODY,
    METERING,
    OFFICER,
    OPERATOR,
    PENDING_REQUEST,
    READER,
    RIVAL,
    SECOND_OFFICER,
    STRANGER,
    UNKNOWN,
    Book,
    approve,
    decide_and_apply,
    ready_book,
    refusal,
    review,
    review_organisation,
)

from app.registry.issuances import Request

DUTIES = ("separation-of-duties", "", "R8")
NOT_THERE = ("not-found", "/issuance", "")


def verified_book(*, by: str = ISSUING_BODY, person: str | None = None) -> Book:
    book = ready_book()
    decide_and_apply(book, review(PENDING_REQUEST, by=by, person=person))
    return book


def self_reported_book() -> Book:
    """Return a registry in which the device's registrant reports its own readings."""
    book = ready_book()
    registration = book.state.registration(DEVICE, 1)
    book.state.add(replace(registration, measurement_body=GENERATOR))
    return book


@pytest.mark.parametrize(
    ("by", "person", "verifier"),
    [
        (ISSUING_BODY, OFFICER, OFFICER),
        (ISSUING_BODY, None, ISSUING_BODY),
        (METERING, READER, READER),
        (METERING, None, METERING),
    ],
)
def test_who_verified_it_is_kept_as_closely_as_it_is_told(
    by: str, person: str | None, verifier: str
) -> None:
    book = verified_book(by=by, person=person)

    found = book.state.find(Request, PENDING_REQUEST)

    assert (found.state, found.verifier) == ("verified", verifier)


def test_what_is_referred_back_nobody_has_verified() -> None:
    book = verified_book(person=OFFICER)

    decide_and_apply(book, review(PENDING_REQUEST, "referred"))

    found = book.state.find(Request, PENDING_REQUEST)
    assert (found.state, found.verifier) == ("referred", "")


@pytest.mark.parametrize("person", [OFFICER, None])
def test_who_verified_it_does_not_approve_it(person: str | None) -> None:
    book = verified_book(person=person)

    assert refusal(book, replace(approve(PENDING_REQUEST), person=person)) == DUTIES


@pytest.mark.parametrize(("verifier", "approver"), [(None, OFFICER), (OFFICER, None)])
def test_of_one_who_does_not_say_who_it_is_nobody_is_another(
    verifier: str | None, approver: str | None
) -> None:
    book = verified_book(person=verifier)

    assert refusal(book, replace(approve(PENDING_REQUEST), person=approver)) == DUTIES


@pytest.mark.parametrize(
    ("by", "verifier", "approver"),
    [
        (ISSUING_BODY, OFFICER, SECOND_OFFICER),
        (METERING, READER, OFFICER),
        (METERING, None, None),
    ],
    ids=["another person", "a person of another body", "another body"],
)
def test_another_one_approves_what_was_verified(
    by: str, verifier: str | None, approver: str | None
) -> None:
    book = verified_book(by=by, person=verifier)

    decide_and_apply(book, replace(approve(PENDING_REQUEST), person=approver))

    assert book.state.find(Request, PENDING_REQUEST).state == "issued"


def test_who_verified_last_counts() -> None:
    book = verified_book(person=OFFICER)
    decide_and_apply(book, review(PENDING_REQUEST, person=SECOND_OFFICER))

    assert refusal(book, replace(approve(PENDING_REQUEST), person=SECOND_OFFICER)) == DUTIES
    decide_and_apply(book, replace(approve(PENDING_REQUEST), person=OFFICER))


@pytest.mark.parametrize("by", [RIVAL, AUDITOR, OPERATOR])
@pytest.mark.parametrize("outcome", ["verified", "referred"])
def test_to_anybody_else_the_request_is_not_there(by: str, outcome: str) -> None:
    book = ready_book()

    known = refusal(book, review(PENDING_REQUEST, outcome, by=by))
    unknown = refusal(book, review(UNKNOWN, outcome, by=by))

    assert known == unknown == NOT_THERE


def test_the_measurement_body_refers_nothing() -> None:
    assert refusal(ready_book(), review(PENDING_REQUEST, "referred", by=METERING)) == DUTIES


def test_who_reports_its_own_readings_does_not_verify_them() -> None:
    assert refusal(self_reported_book(), review(PENDING_REQUEST, by=GENERATOR)) == DUTIES


def test_a_registrant_whom_another_meters_verifies_nothing() -> None:
    assert refusal(ready_book(), review(PENDING_REQUEST, by=GENERATOR)) == NOT_THERE


def test_who_is_suspended_verifies_nothing() -> None:
    book = ready_book()
    decide_and_apply(book, review_organisation(METERING, suspended=True))

    refused = refusal(book, review(PENDING_REQUEST, by=METERING))

    assert refused == ("organisation-suspended", "", "")


def test_refusals_are_raised_in_this_order() -> None:
    worst = review(UNKNOWN, "referred", by=STRANGER)
    admitted = replace(worst, by=METERING)
    known = replace(admitted, issuance=ISSUED)
    verifying = replace(known, outcome="verified")
    steps = [worst, admitted, known, verifying]

    assert [refusal(ready_book(), step) for step in steps] == [
        ("unknown-organisation", "", ""),
        NOT_THERE,
        DUTIES,
        ("request-already-decided", "", ""),
    ]
