"""Approve a device: by the issuing body, once, for a time after its commissioning."""

from dataclasses import replace

import pytest
from builders import (
    DEVICE,
    GENERATOR,
    HOUR_MS,
    ISSUING_BODY,
    REGISTERED_DEVICE,
    STRANGER,
    UNKNOWN,
    approve_device,
    decide_and_apply,
    devices_book,
    ms,
    refusal,
)

from app.registry.devices import Device
from app.registry.errors import RefusalError

APPROVE = approve_device(REGISTERED_DEVICE)
EARLIEST = ms("2020-01-01") - 14 * HOUR_MS
"""When the date of commissioning begins in the zone farthest ahead."""


@pytest.mark.parametrize("automatic", [False, True])
def test_an_approved_device_has_a_time_and_says_how_it_is_issued(*, automatic: bool) -> None:
    book = devices_book()
    registered = book.state.device(REGISTERED_DEVICE)

    rows = decide_and_apply(book, replace(APPROVE, automatic=automatic))

    expected = replace(
        registered,
        state="approved",
        valid_from=APPROVE.valid_from,
        valid_until=APPROVE.valid_until,
        is_automatic=automatic,
        version=registered.version + 1,
    )
    assert rows.puts == (expected,)
    assert book.state.find(Device, REGISTERED_DEVICE) == expected


def test_it_may_be_valid_from_its_day_of_commissioning_on_for_one_millisecond() -> None:
    book = devices_book()
    shortest = replace(APPROVE, valid_from=EARLIEST, valid_until=EARLIEST + 1)

    decide_and_apply(book, shortest)

    assert book.state.device(REGISTERED_DEVICE).valid_until == EARLIEST + 1


def test_refusals_are_raised_in_this_order() -> None:
    book = devices_book()
    worst = replace(
        APPROVE,
        by=STRANGER,
        device=UNKNOWN,
        valid_from=EARLIEST - 1,
        valid_until=EARLIEST - 1,
    )
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    approved_already = replace(by_issuing_body, device=DEVICE)
    registered = replace(by_issuing_body, device=REGISTERED_DEVICE)
    forwards = replace(registered, valid_until=EARLIEST)

    steps = [worst, admitted, by_issuing_body, approved_already, registered, forwards]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/device", ""),
        ("invalid-state-transition", "", "R73"),
        ("invalid-interval", "/valid_until", "R7"),
        ("outside-operation-period", "/valid_from", ""),
    ]


@pytest.mark.parametrize(
    ("start", "end", "is_covered"),
    [
        (APPROVE.valid_from, APPROVE.valid_until, True),
        (APPROVE.valid_from, APPROVE.valid_from + 1, True),
        (APPROVE.valid_from, APPROVE.valid_from, False),
        (APPROVE.valid_from - 1, APPROVE.valid_until, False),
        (APPROVE.valid_from, APPROVE.valid_until + 1, False),
    ],
)
def test_a_registration_covers_what_lies_within_it_and_is_not_empty(
    start: int, end: int, *, is_covered: bool
) -> None:
    device = devices_book().state.device(DEVICE)

    if is_covered:
        device.must_be_valid(start, end)
    else:
        with pytest.raises(RefusalError, match="registration-boundary"):
            device.must_be_valid(start, end)
