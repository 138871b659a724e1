"""Suspend a device: nothing is issued while it is; readings are taken all the same."""

from dataclasses import replace

import pytest
from builders import (
    DEVICE,
    GENERATOR,
    ISSUING_BODY,
    PENDING_REQUEST,
    REGISTERED_DEVICE,
    STRANGER,
    UNKNOWN,
    approve,
    approve_device,
    automate,
    correct,
    day_span,
    decide_and_apply,
    deregister,
    devices_book,
    measure,
    ready_book,
    refusal,
    request,
    suspend,
    uid,
)

NOT_ELIGIBLE = ("device-not-eligible", "", "R3")


@pytest.mark.parametrize(
    ("suspended", "before", "after"),
    [(True, "approved", "suspended"), (False, "suspended", "approved")],
    ids=["suspend", "resume"],
)
def test_a_device_is_suspended_and_resumed(before: str, after: str, *, suspended: bool) -> None:
    book = devices_book()
    if not suspended:
        decide_and_apply(book, suspend(DEVICE))
    device = book.state.device(DEVICE)
    assert device.state == before

    rows = decide_and_apply(book, suspend(DEVICE, suspended=suspended))

    assert rows.puts == (replace(device, state=after, version=device.version + 1),)


def test_nothing_is_requested_approved_or_automated_for_a_suspended_device() -> None:
    book = ready_book()
    decide_and_apply(book, suspend(DEVICE))
    steps = [
        request(uid("4 January"), 3, 3),
        approve(PENDING_REQUEST),
        automate(DEVICE, automatic_wh=1, version=3),
    ]

    assert [refusal(book, step) for step in steps] == [NOT_ELIGIBLE] * 3


def test_once_it_goes_on_what_waited_is_approved() -> None:
    book = ready_book()
    decide_and_apply(book, suspend(DEVICE))

    decide_and_apply(book, suspend(DEVICE, suspended=False))
    decide_and_apply(book, approve(PENDING_REQUEST))

    assert book.state.issuance(PENDING_REQUEST).quantity == 10


def test_readings_of_a_suspended_device_are_taken_and_corrected() -> None:
    book = ready_book()
    decide_and_apply(book, suspend(DEVICE))

    decide_and_apply(book, measure(day_span(5)))
    decide_and_apply(book, correct(day_span(5, 1)))

    assert [span.energy_wh for span in book.state.timeline(DEVICE)][-1] == 1


@pytest.mark.parametrize("suspended", [True, False])
def test_only_an_approved_device_is_suspended_and_only_a_suspended_one_resumed(
    *, suspended: bool
) -> None:
    book = devices_book()
    wrong = [suspend(REGISTERED_DEVICE, suspended=suspended)]
    if suspended:
        decide_and_apply(book, suspend(DEVICE))
    wrong.append(suspend(DEVICE, suspended=suspended))

    assert [refusal(book, step) for step in wrong] == [NOT_ELIGIBLE] * 2


def test_what_has_left_is_neither_suspended_nor_resumed() -> None:
    book = devices_book()
    decide_and_apply(book, deregister(DEVICE))

    for suspended in (True, False):
        assert refusal(book, suspend(DEVICE, suspended=suspended)) == NOT_ELIGIBLE


def test_refusals_are_raised_in_this_order() -> None:
    worst = replace(suspend(UNKNOWN), by=STRANGER)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    registered = replace(by_issuing_body, device=REGISTERED_DEVICE)
    book = devices_book()

    steps = [worst, admitted, by_issuing_body, registered]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/device", ""),
        NOT_ELIGIBLE,
    ]
    decide_and_apply(book, approve_device(REGISTERED_DEVICE))
    assert decide_and_apply(book, registered).puts
