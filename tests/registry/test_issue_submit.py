"""Submit a request: a draft, or one that came back, is looked at; a draft may be automatic."""

from dataclasses import replace

import pytest
from builders import (
    AUTOMATIC_DEVICE,
    DAY_ENERGY_WH,
    DEVICE,
    FACE_VALUE_WH,
    GENERATOR,
    ISSUED,
    ISSUING_BODY,
    KYC_UNTIL,
    OFFICER,
    RIVAL,
    SECOND_OFFICER,
    STRANGER,
    UNKNOWN,
    Book,
    approve,
    automate,
    day,
    day_span,
    decide_and_apply,
    devices_book,
    measure,
    measured_book,
    ready_book,
    refusal,
    reject,
    request,
    review,
    review_organisation,
    submit,
    uid,
)

from app.registry.issuances import Issuance, Request
from app.registry.state import Follow, follow_id

WANTED = uid("wanted")


def draft_of(number: int = 0, *, device: str = AUTOMATIC_DEVICE) -> Book:
    """Return a registry in which a measured day of a device is drafted."""
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), device=device))
    draft = replace(request(WANTED, number, number, device=device), draft=True)
    decide_and_apply(book, draft)
    return book


def stands(book: Book) -> str:
    return book.state.find(Request, WANTED).state


def test_a_draft_is_not_looked_at() -> None:
    book = devices_book()
    far_away = replace(request(WANTED, 700, 700), draft=True)

    change = far_away.decide(book.state, book.at)

    assert [put.state for put in change.puts if isinstance(put, Request)] == ["draft"]
    assert not change.follows


def test_a_draft_of_an_automatic_device_is_issued_once_it_is_submitted() -> None:
    book = draft_of()
    operation = submit(WANTED)

    change = operation.decide(book.state, book.at)
    decide_and_apply(book, operation)

    assert change.follows == (Follow("issue", WANTED),)
    assert (stands(book), book.state.issuance(WANTED).quantity) == ("issued", 10)
    assert follow_id(operation.id, "issue") in book.state.recorded


def test_a_draft_of_another_device_waits_once_it_is_submitted() -> None:
    book = draft_of(device=DEVICE)

    decide_and_apply(book, submit(WANTED))

    assert stands(book) == "submitted"
    assert not book.state.has(Issuance, WANTED)


@pytest.mark.parametrize("back", [reject(WANTED), review(WANTED, "referred")])
def test_what_somebody_has_looked_at_is_never_automatic_again(back: object) -> None:
    book = draft_of(device=DEVICE)
    decide_and_apply(book, submit(WANTED))
    decide_and_apply(book, back)  # type: ignore[arg-type]
    decide_and_apply(book, automate(DEVICE, automatic_wh=DAY_ENERGY_WH, version=2))

    decide_and_apply(book, replace(submit(WANTED), id=uid("again")))

    assert stands(book) == "submitted"


def test_who_verified_it_before_it_was_rejected_has_not_verified_it_now() -> None:
    book = draft_of(device=DEVICE)
    decide_and_apply(book, submit(WANTED))
    decide_and_apply(book, review(WANTED, person=OFFICER))
    decide_and_apply(book, reject(WANTED))

    decide_and_apply(book, replace(submit(WANTED), id=uid("again")))

    assert book.state.find(Request, WANTED).verifier == ""
    decide_and_apply(book, replace(approve(WANTED), person=OFFICER))
    assert stands(book) == "issued"


@pytest.mark.parametrize("number", [0, 1])
def test_what_could_not_be_issued_is_not_submitted(number: int) -> None:
    book = measured_book(FACE_VALUE_WH - 1)
    decide_and_apply(book, replace(request(WANTED, number, number), draft=True))

    refused = refusal(book, submit(WANTED))

    assert refused[0] == ["below-face-value", "measurement-incomplete"][number]
    assert stands(book) == "draft"


def test_a_late_draft_is_never_automatic() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), device=AUTOMATIC_DEVICE))
    late = replace(request(WANTED, 0, 0, device=AUTOMATIC_DEVICE), draft=True, late="forgotten")
    decide_and_apply(book, late)

    decide_and_apply(book, submit(WANTED))

    assert (stands(book), book.state.find(Request, WANTED).is_late) == ("submitted", True)


def test_who_is_not_verified_or_suspended_submits_nothing() -> None:
    book = draft_of(device=DEVICE)
    book.time_ms = KYC_UNTIL

    assert refusal(book, submit(WANTED)) == ("kyc-not-valid", "", "R30")
    decide_and_apply(book, review_organisation(GENERATOR, suspended=True))
    assert refusal(book, submit(WANTED)) == ("organisation-suspended", "", "")


def test_a_request_verified_by_one_and_approved_by_another_is_issued() -> None:
    book = draft_of(device=DEVICE)
    decide_and_apply(book, submit(WANTED))
    decide_and_apply(book, review(WANTED, person=OFFICER))

    decide_and_apply(book, replace(approve(WANTED), person=SECOND_OFFICER))

    assert book.state.issuance(WANTED).period_start == day(0)


def test_refusals_are_raised_in_this_order() -> None:
    book = ready_book()
    worst = replace(submit(UNKNOWN), by=STRANGER)
    admitted = replace(worst, by=RIVAL)
    known = replace(admitted, issuance=ISSUED)
    by_issuing_body = replace(known, by=ISSUING_BODY)
    own = replace(known, by=GENERATOR)

    steps = [worst, admitted, known, by_issuing_body, own]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("not-found", "/issuance", ""),
        ("not-registrant", "", "R26"),
        ("not-registrant", "", "R26"),
        ("request-already-decided", "", ""),
    ]
