"""Approve a request: by the issuing body, once, while it can still be issued."""

from dataclasses import replace

import pytest
from builders import (
    APPROVED_REQUEST,
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
    request,
    uid,
)

from app.registry.issuances import Issuance, Request
from app.registry.state import Follow, follow_id


def test_an_approved_request_is_issued_in_the_same_group() -> None:
    book = ready_book()
    approval = approve(PENDING_REQUEST)
    pending = book.state.find(Request, PENDING_REQUEST)

    change = approval.decide(book.state, book.at)
    rows = decide_and_apply(book, approval)

    assert change.puts == (replace(pending, state="approved"),)
    assert change.follows == (Follow("issue", PENDING_REQUEST),)
    assert [put.quantity for put in rows.puts if isinstance(put, Issuance)] == [10]
    assert replace(pending, state="issued") in rows.puts
    assert follow_id(approval.id, "issue") in book.state.recorded


@pytest.mark.parametrize("issuance", [APPROVED_REQUEST, ISSUED])
def test_a_request_is_approved_once(issuance: str) -> None:
    assert refusal(ready_book(), approve(issuance)) == ("request-already-decided", "", "")


def test_refusals_are_raised_in_this_order() -> None:
    book = ready_book()
    decide_and_apply(book, request(uid("second request"), 1, 1))
    worst = replace(approve(UNKNOWN), by=STRANGER)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    known = replace(by_issuing_body, issuance=ISSUED)
    undecided = replace(known, issuance=uid("second request"))
    decide_and_apply(book, approve(PENDING_REQUEST))

    steps = [worst, admitted, by_issuing_body, known, undecided]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/issuance", ""),
        ("request-already-decided", "", ""),
        ("double-issuance", "", "R1"),
    ]
