"""Withdraw a request: by the registrant, as long as nobody has decided it."""

from dataclasses import replace

import pytest
from builders import (
    APPROVED_REQUEST,
    DAY_MS,
    GENERATOR,
    ISSUED,
    ISSUING_BODY,
    PENDING_REQUEST,
    RIVAL,
    STRANGER,
    UNKNOWN,
    approve,
    decide_and_apply,
    ready_book,
    refusal,
    reject,
    request,
    uid,
    withdraw,
)

from app.registry.issuances import Request
from app.registry.operation import Operation


def test_a_withdrawn_request_is_decided_and_its_period_free() -> None:
    book = ready_book()
    pending = book.state.find(Request, PENDING_REQUEST)

    rows = decide_and_apply(book, withdraw(PENDING_REQUEST))
    decide_and_apply(book, request(uid("anew"), 1, 1))

    assert rows.puts == (replace(pending, state="withdrawn"),)
    assert rows.opened == rows.closed == ()
    assert book.state.find(Request, uid("anew")).state == "submitted"


def test_what_can_no_longer_be_issued_can_be_withdrawn() -> None:
    book = ready_book()
    book.time_ms += 1_000 * DAY_MS

    decide_and_apply(book, withdraw(PENDING_REQUEST))

    assert book.state.find(Request, PENDING_REQUEST).state == "withdrawn"


@pytest.mark.parametrize("issuance", [APPROVED_REQUEST, ISSUED])
def test_what_is_approved_or_issued_is_not_withdrawn(issuance: str) -> None:
    assert refusal(ready_book(), withdraw(issuance)) == ("request-already-decided", "", "")


@pytest.mark.parametrize("first", [reject(PENDING_REQUEST), withdraw(PENDING_REQUEST)])
def test_a_request_is_decided_once(first: Operation) -> None:
    book = ready_book()
    decide_and_apply(book, first)

    assert refusal(book, withdraw(PENDING_REQUEST)) == ("request-already-decided", "", "")


def test_in_one_group_what_is_withdrawn_first_is_not_approved() -> None:
    book = ready_book()
    decide_and_apply(book, withdraw(PENDING_REQUEST))

    assert refusal(book, approve(PENDING_REQUEST))[0] == "request-already-decided"


def test_refusals_are_raised_in_this_order() -> None:
    worst = replace(withdraw(UNKNOWN), by=STRANGER)
    admitted = replace(worst, by=RIVAL)
    known = replace(admitted, issuance=ISSUED)
    by_issuing_body = replace(known, by=ISSUING_BODY)
    own = replace(known, by=GENERATOR)

    steps = [worst, admitted, known, by_issuing_body, own]

    assert [refusal(ready_book(), step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("not-found", "/issuance", ""),
        ("not-registrant", "", "R26"),
        ("not-registrant", "", "R26"),
        ("request-already-decided", "", ""),
    ]
