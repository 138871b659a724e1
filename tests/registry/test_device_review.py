"""Review a registration: verified, referred back or rejected, by the issuing body."""

from dataclasses import replace

import pytest
from builders import (
    DEVICE,
    GENERATOR,
    ISSUING_BODY,
    OFFICER,
    REGISTERED_DEVICE,
    SECOND_OFFICER,
    STRANGER,
    UNKNOWN,
    Book,
    approve_device,
    decide_and_apply,
    deregister,
    devices_book,
    refusal,
    review_device,
    revise,
)

from app.registry.devices import Registration


def described(book: Book, number: int = 1) -> Registration:
    return book.state.registration(REGISTERED_DEVICE, number)


@pytest.mark.parametrize(
    ("person", "verifier"), [(None, ISSUING_BODY), (OFFICER, OFFICER)], ids=["nameless", "person"]
)
def test_who_verified_a_version_is_on_record(person: str | None, verifier: str) -> None:
    book = devices_book()
    before, device = described(book), book.state.device(REGISTERED_DEVICE)

    rows = decide_and_apply(book, review_device(REGISTERED_DEVICE, person=person))

    assert rows.puts == (
        replace(before, state="verified", verifier=verifier),
        replace(device, version=device.version + 1),
    )


@pytest.mark.parametrize("outcome", ["referred", "rejected"])
@pytest.mark.parametrize("is_verified", [False, True])
def test_what_is_referred_back_or_rejected_is_verified_by_nobody(
    outcome: str, *, is_verified: bool
) -> None:
    book = devices_book()
    if is_verified:
        decide_and_apply(book, review_device(REGISTERED_DEVICE, person=OFFICER))

    decide_and_apply(book, review_device(REGISTERED_DEVICE, outcome, person=SECOND_OFFICER))

    assert (described(book).state, described(book).verifier) == (outcome, "")


def test_the_last_word_of_a_verification_counts() -> None:
    book = devices_book()

    for person in (OFFICER, SECOND_OFFICER):
        decide_and_apply(book, review_device(REGISTERED_DEVICE, person=person))

    assert described(book).verifier == SECOND_OFFICER


@pytest.mark.parametrize("outcome", ["referred", "rejected"])
def test_what_was_referred_back_or_rejected_is_described_anew_and_looked_at_again(
    outcome: str,
) -> None:
    book = devices_book()
    decide_and_apply(book, review_device(REGISTERED_DEVICE, outcome))

    decide_and_apply(book, revise(REGISTERED_DEVICE, version=2))
    decide_and_apply(book, review_device(REGISTERED_DEVICE, number=2, person=OFFICER))

    assert [described(book, number).state for number in (1, 2)] == ["superseded", "verified"]


@pytest.mark.parametrize("state", ["referred", "rejected", "superseded", "approved"])
@pytest.mark.parametrize("outcome", ["verified", "referred", "rejected"])
def test_only_what_waits_is_reviewed(state: str, outcome: str) -> None:
    book = devices_book()
    if state == "approved":
        decide_and_apply(book, approve_device(REGISTERED_DEVICE))
    elif state == "superseded":
        decide_and_apply(book, revise(REGISTERED_DEVICE, version=1))
    else:
        decide_and_apply(book, review_device(REGISTERED_DEVICE, state))

    refused = refusal(book, review_device(REGISTERED_DEVICE, outcome))

    assert refused == ("invalid-state-transition", "", "R73")


def test_what_was_deregistered_is_not_reviewed() -> None:
    book = devices_book()
    decide_and_apply(book, deregister(REGISTERED_DEVICE))

    refused = refusal(book, review_device(REGISTERED_DEVICE))

    assert refused == ("invalid-state-transition", "", "R73")


def test_refusals_are_raised_in_this_order() -> None:
    worst = replace(review_device(UNKNOWN, number=9), by=STRANGER)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    known = replace(by_issuing_body, device=DEVICE)
    approved = replace(known, number=1)

    steps = [worst, admitted, by_issuing_body, known, approved]

    assert [refusal(devices_book(), step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/device", ""),
        ("not-found", "/number", ""),
        ("invalid-state-transition", "", "R73"),
    ]
