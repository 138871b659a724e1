"""Reject a request: by the issuing body, once, whether it could be issued or not."""

from dataclasses import replace

import pytest
from builders import (
    APPROVED_REQUEST,
    DAY_MS,
    GENERATOR,
    ISSUED,
    ISSUING_BODY,
    PENDING_REQUEST,
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


def test_a_rejected_request_is_decided_and_its_period_free() -> None:
    book = ready_book()
    pending = book.state.find(Request, PENDING_REQUEST)

    rows = decide_and_apply(book, reject(PENDING_REQUEST))
    decide_and_apply(book, request(uid("anew"), 1, 1))
    decide_and_apply(book, approve(uid("anew")))

    assert rows.puts == (replace(pending, state="rejected"),)
    assert rows.opened == rows.closed == ()
    assert book.state.issuance(uid("anew")).quantity == 10


def test_the_id_of_a_rejected_request_is_not_used_again() -> None:
    book = ready_book()
    decide_and_apply(book, reject(PENDING_REQUEST))

    assert refusal(book, request(PENDING_REQUEST, 1, 1)) == ("id-in-use", "/issuance", "")


def test_what_can_no_longer_be_issued_can_be_rejected() -> None:
    book = ready_book()
    book.time_ms += 1_000 * DAY_MS
    not_approved = refusal(book, approve(PENDING_REQUEST))[0]

    decide_and_apply(book, reject(PENDING_REQUEST))

    assert not_approved == "issue-window-closed"
    assert book.state.find(Request, PENDING_REQUEST).state == "rejected"


@pytest.mark.parametrize("issuance", [APPROVED_REQUEST, ISSUED])
def test_what_is_approved_or_issued_is_not_rejected(issuance: str) -> None:
    assert refusal(ready_book(), reject(issuance)) == ("request-already-decided", "", "")


@pytest.mark.parametrize("first", [reject(PENDING_REQUEST), withdraw(PENDING_REQUEST)])
def test_a_request_is_decided_once(first: Operation) -> None:
    book = ready_book()
    decide_and_apply(book, first)

    refused = {
        refusal(book, again) for again in (reject(PENDING_REQUEST), approve(PENDING_REQUEST))
    }

    assert refused == {("request-already-decided", "", "")}


def test_refusals_are_raised_in_this_order() -> None:
    worst = replace(reject(UNKNOWN), by=STRANGER)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    known = replace(by_issuing_body, issuance=ISSUED)

    steps = [worst, admitted, by_issuing_body, known]

    assert [refusal(ready_book(), step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/issuance", ""),
        ("request-already-decided", "", ""),
    ]
