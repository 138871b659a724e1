"""Deregister a device: its registration ends, for good, unless the device owes energy."""

from dataclasses import replace

import pytest
from builders import (
    ADJUST,
    AUTOMATIC_DEVICE,
    DAY_MS,
    DEVICE,
    GENERATOR,
    GSRNS,
    ISSUING_BODY,
    JANUARY,
    NOW,
    PENDING_REQUEST,
    REGISTERED_DEVICE,
    STRANGER,
    UNKNOWN,
    Book,
    approve,
    approve_device,
    correct,
    day,
    day_span,
    decide_and_apply,
    deregister,
    devices_book,
    endorsed_book,
    hand_over,
    measure,
    ms,
    ready_book,
    refusal,
    register,
    request,
    review_device,
    revise,
    suspend,
    take_over,
    uid,
)

NOT_ELIGIBLE = ("device-not-eligible", "", "R3")
FEBRUARY = ms("2025-02-01")


def states(book: Book, device: str = DEVICE) -> list[str]:
    return [item.state for item in book.state.registrations(device)]


def test_a_device_that_leaves_is_no_longer_automatic_and_its_version_ends() -> None:
    book = devices_book()
    device = book.state.device(AUTOMATIC_DEVICE)
    (version,) = book.state.registrations(AUTOMATIC_DEVICE)

    rows = decide_and_apply(book, deregister(AUTOMATIC_DEVICE, ended_at=FEBRUARY))

    assert rows.puts == (
        replace(version, valid_until=FEBRUARY),
        replace(device, state="deregistered", automatic_wh=0, version=device.version + 1),
    )


@pytest.mark.parametrize("made", ["registered", "approved", "suspended"])
def test_a_device_leaves_whatever_its_state(made: str) -> None:
    book = devices_book()
    device = REGISTERED_DEVICE if made == "registered" else DEVICE
    if made == "suspended":
        decide_and_apply(book, suspend(DEVICE))

    decide_and_apply(book, deregister(device))

    assert book.state.device(device).state == "deregistered"


@pytest.mark.parametrize("outcome", ["submitted", "verified", "referred", "rejected"])
def test_a_version_that_waits_when_its_device_leaves_is_approved_no_more(outcome: str) -> None:
    book = devices_book()
    if outcome != "submitted":
        decide_and_apply(book, review_device(REGISTERED_DEVICE, outcome))

    decide_and_apply(book, deregister(REGISTERED_DEVICE))

    assert states(book, REGISTERED_DEVICE) == ["superseded"]
    assert refusal(book, approve_device(REGISTERED_DEVICE)) == NOT_ELIGIBLE


def test_of_several_versions_only_those_that_would_outlast_it_are_cut() -> None:
    book = devices_book()
    for number, start in ((2, day(10)), (3, day(20))):
        decide_and_apply(book, revise(DEVICE, version=book.state.device(DEVICE).version))
        following = approve_device(DEVICE, number=number)
        decide_and_apply(book, replace(following, valid_from=start))

    rows = decide_and_apply(book, deregister(DEVICE, ended_at=day(15)))

    times = [(item.valid_from, item.valid_until) for item in book.state.registrations(DEVICE)]
    assert times == [(JANUARY, day(10)), (day(10), day(15)), (day(20), day(20))]
    assert len(rows.puts) == 3


def test_a_version_that_has_ended_already_stays_as_it_was() -> None:
    book = devices_book()
    ended = replace(approve_device(REGISTERED_DEVICE), valid_until=FEBRUARY)
    decide_and_apply(book, ended)

    rows = decide_and_apply(book, deregister(REGISTERED_DEVICE, ended_at=FEBRUARY))

    assert [type(put).__name__ for put in rows.puts] == ["Device"]


def test_it_has_ended_when_that_is_said_and_not_later() -> None:
    book = devices_book()

    assert refusal(book, deregister(DEVICE, ended_at=NOW + 1)) == (
        "invalid-interval",
        "/ended_at",
        "R7",
    )
    assert decide_and_apply(book, deregister(DEVICE, ended_at=NOW)).puts


def test_a_device_that_owes_energy_does_not_leave() -> None:
    book = endorsed_book(ADJUST)
    decide_and_apply(book, ADJUST)

    refused = refusal(book, deregister(DEVICE))

    assert refused == ("adjustment-outstanding", "", "R36")


def test_a_device_to_which_something_is_owed_leaves() -> None:
    more = replace(ADJUST, energy_wh=ADJUST.energy_wh + 10**7)
    book = endorsed_book(more)
    decide_and_apply(book, more)

    decide_and_apply(book, deregister(DEVICE))

    assert book.state.device(DEVICE).adjustment_wh < 0


def test_of_a_device_that_has_left_nothing_more_is_measured_requested_or_changed() -> None:
    book = ready_book()
    decide_and_apply(book, deregister(DEVICE, ended_at=day(10)))
    steps = [
        measure(day_span(5)),
        correct(day_span(3)),
        request(uid("4 January"), 3, 3),
        approve(PENDING_REQUEST),
        revise(DEVICE, version=3),
        hand_over(DEVICE, version=3),
        deregister(DEVICE),
    ]

    assert [refusal(book, step) for step in steps] == [NOT_ELIGIBLE] * len(steps)


def test_what_was_handed_over_and_not_approved_is_not_taken_when_the_device_has_left() -> None:
    book = devices_book()
    decide_and_apply(book, hand_over(DEVICE, version=2))

    decide_and_apply(book, deregister(DEVICE))

    assert states(book) == ["approved", "superseded"]
    assert refusal(book, take_over(DEVICE)) == ("invalid-state-transition", "", "R73")


def test_its_number_stays_taken() -> None:
    book = devices_book()
    decide_and_apply(book, deregister(DEVICE))

    assert refusal(book, register(UNKNOWN, GSRNS[0]))[0] == "device-already-registered"


def test_refusals_are_raised_in_this_order() -> None:
    book = endorsed_book(ADJUST)
    decide_and_apply(book, ADJUST)
    decide_and_apply(book, deregister(AUTOMATIC_DEVICE))
    worst = replace(deregister(UNKNOWN, ended_at=NOW + DAY_MS), by=STRANGER)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    gone = replace(by_issuing_body, device=AUTOMATIC_DEVICE)
    owing = replace(by_issuing_body, device=DEVICE)
    even = replace(by_issuing_body, device=REGISTERED_DEVICE)

    steps = [worst, admitted, by_issuing_body, gone, owing, even]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/device", ""),
        NOT_ELIGIBLE,
        ("adjustment-outstanding", "", "R36"),
        ("invalid-interval", "/ended_at", "R7"),
    ]
