"""The machine of requests: from every state each verb leads where it should, or is refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import (
    CLERK,
    DEVICE,
    GENERATOR_ACCOUNT,
    METERING,
    OFFICER,
    READER,
    SECOND_OFFICER,
    Book,
    approve,
    day,
    decide_and_apply,
    ready_book,
    refusal,
    reject,
    request,
    review,
    submit,
    uid,
    withdraw,
)

from app.registry.issuances import REQUEST_STATES, Request
from app.registry.operation import Operation

WANTED = uid("wanted")

VERBS: dict[str, Callable[[str], Operation]] = {
    "submit": submit,
    "verify": lambda issuance: replace(review(issuance), person=OFFICER),
    "verify as measurement body": lambda issuance: review(issuance, by=METERING, person=READER),
    "refer": lambda issuance: review(issuance, "referred"),
    "approve": lambda issuance: replace(approve(issuance), person=SECOND_OFFICER),
    "reject": reject,
    "withdraw": withdraw,
}
ALLOWED = {
    ("draft", "submit"): "submitted",
    ("draft", "withdraw"): "withdrawn",
    ("submitted", "verify"): "verified",
    ("submitted", "verify as measurement body"): "verified",
    ("submitted", "refer"): "referred",
    ("submitted", "approve"): "issued",
    ("submitted", "reject"): "rejected",
    ("submitted", "withdraw"): "withdrawn",
    ("verified", "verify"): "verified",
    ("verified", "verify as measurement body"): "verified",
    ("verified", "refer"): "referred",
    ("verified", "approve"): "issued",
    ("verified", "reject"): "rejected",
    ("verified", "withdraw"): "withdrawn",
    ("referred", "submit"): "submitted",
    ("referred", "reject"): "rejected",
    ("referred", "withdraw"): "withdrawn",
    ("rejected", "submit"): "submitted",
}
"""REGISTRY B.2; a registrant does not see what is verified, and takes it back all the same."""


def book_in(state: str) -> Book:
    """Return a registry with a request in that state."""
    book = ready_book()
    verifier = uid("somebody else") if state == "verified" else ""
    asked = Request(WANTED, DEVICE, GENERATOR_ACCOUNT, day(3), day(4), state, verifier)
    book.state.add(asked)
    return book


@pytest.mark.parametrize(("state", "verb"), ALLOWED, ids=" ".join)
def test_what_is_allowed_leads_on(state: str, verb: str) -> None:
    book = book_in(state)

    decide_and_apply(book, VERBS[verb](WANTED))

    assert book.state.find(Request, WANTED).state == ALLOWED[state, verb]


@pytest.mark.parametrize(
    ("state", "verb"),
    [(state, verb) for state in REQUEST_STATES for verb in VERBS if (state, verb) not in ALLOWED],
    ids=" ".join,
)
def test_what_is_not_allowed_is_refused_and_changes_nothing(state: str, verb: str) -> None:
    book = book_in(state)
    before = book.state.find(Request, WANTED)

    refused = refusal(book, VERBS[verb](WANTED))

    assert refused == ("request-already-decided", "", "")
    assert book.state.find(Request, WANTED) == before


@pytest.mark.parametrize("state", REQUEST_STATES)
def test_a_request_is_asked_for_once_whatever_became_of_it(state: str) -> None:
    assert refusal(book_in(state), request(WANTED, 3, 3))[:2] == ("id-in-use", "/issuance")


def test_a_request_goes_the_whole_way_by_the_hands_of_several() -> None:
    book = ready_book()
    draft = replace(request(WANTED, 3, 3), draft=True, person=CLERK)
    seen = []

    for operation in (
        draft,
        submit(WANTED),
        review(WANTED, by=METERING, person=READER),
        review(WANTED, "referred"),
        replace(submit(WANTED), id=uid("again")),
        review(WANTED, person=OFFICER),
        reject(WANTED),
        replace(submit(WANTED), id=uid("once more")),
        approve(WANTED),
    ):
        decide_and_apply(book, operation)
        seen.append(book.state.find(Request, WANTED).state)

    assert seen == [
        "draft",
        "submitted",
        "verified",
        "referred",
        "submitted",
        "verified",
        "rejected",
        "submitted",
        "issued",
    ]
    assert book.state.issuance(WANTED).quantity == 10
