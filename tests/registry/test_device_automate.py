"""Automate a device: by the issuing body, of the version that it has seen, up to an energy."""

from dataclasses import replace

import pytest
from builders import (
    AUTOMATIC_DEVICE,
    DAY_ENERGY_WH,
    DAY_MS,
    DEVICE,
    GENERATOR,
    ISSUED,
    ISSUING_BODY,
    JANUARY,
    PLENTY_WH,
    REGISTERED_DEVICE,
    STRANGER,
    UNKNOWN,
    approve_device,
    automate,
    decide_and_apply,
    devices_book,
    ready_book,
    refusal,
    request,
    revise,
    uid,
)

from app.registry.issuances import Issuance


@pytest.mark.parametrize("device", [DEVICE, AUTOMATIC_DEVICE])
@pytest.mark.parametrize("automatic_wh", [PLENTY_WH, 1, 0])
def test_up_to_how_much_a_device_is_automatic_is_set_under_a_new_version(
    device: str, automatic_wh: int
) -> None:
    book = devices_book()
    before = book.state.device(device)

    rows = decide_and_apply(book, automate(device, automatic_wh=automatic_wh, version=2))

    assert rows.puts == (replace(before, automatic_wh=automatic_wh, version=3),)


def test_a_version_counts_registration_approval_and_each_setting_but_no_issue() -> None:
    book = ready_book()
    versions = [book.state.device(REGISTERED_DEVICE).version]
    decide_and_apply(book, approve_device(REGISTERED_DEVICE))
    versions.append(book.state.device(REGISTERED_DEVICE).version)
    decide_and_apply(book, automate(REGISTERED_DEVICE, automatic_wh=1, version=2))
    versions.append(book.state.device(REGISTERED_DEVICE).version)

    assert versions == [1, 2, 3]
    assert book.state.has(Issuance, ISSUED)
    assert book.state.device(DEVICE).version == 2


def test_what_is_requested_of_an_automated_device_is_issued_at_once() -> None:
    book = ready_book()
    decide_and_apply(book, automate(DEVICE, automatic_wh=DAY_ENERGY_WH, version=2))

    decide_and_apply(book, request(uid("at once"), 3, 3))

    assert book.state.issuance(uid("at once")).quantity == 10


def test_what_is_requested_above_the_rule_waits() -> None:
    book = ready_book()
    decide_and_apply(book, automate(DEVICE, automatic_wh=DAY_ENERGY_WH - 1, version=2))

    decide_and_apply(book, request(uid("at once"), 3, 3))

    assert not book.state.has(Issuance, uid("at once"))


def test_a_device_that_reports_its_own_readings_is_never_automatic() -> None:
    book = devices_book()
    own = replace(revise(DEVICE, version=2), measurement_body=GENERATOR)
    decide_and_apply(book, own)
    decide_and_apply(book, replace(approve_device(DEVICE, number=2), valid_from=JANUARY + DAY_MS))

    refused = refusal(book, automate(DEVICE, automatic_wh=1, version=4))

    assert refused == ("separation-of-duties", "/automatic_wh", "R8")
    assert decide_and_apply(book, automate(DEVICE, automatic_wh=0, version=4)).puts


def test_what_counts_is_the_newest_version_that_is_approved() -> None:
    book = devices_book()
    decide_and_apply(book, replace(revise(DEVICE, version=2), measurement_body=GENERATOR))

    assert decide_and_apply(book, automate(DEVICE, automatic_wh=1, version=3)).puts


@pytest.mark.parametrize("version", [1, 3])
def test_another_version_than_the_devices_is_stale(version: int) -> None:
    stale = automate(DEVICE, automatic_wh=1, version=version)

    assert refusal(ready_book(), stale) == ("stale-version", "/version", "R78")


def test_of_two_who_have_seen_the_same_version_one_is_late() -> None:
    book = ready_book()
    decide_and_apply(book, automate(DEVICE, automatic_wh=1, version=2))

    late = automate(DEVICE, automatic_wh=0, version=2)

    assert refusal(book, late)[0] == "stale-version"


def test_refusals_are_raised_in_this_order() -> None:
    worst = replace(automate(UNKNOWN, automatic_wh=1, version=9), by=STRANGER)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    stale = replace(by_issuing_body, device=REGISTERED_DEVICE)
    not_approved = replace(stale, version=1)

    steps = [worst, admitted, by_issuing_body, stale, not_approved]

    assert [refusal(devices_book(), step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/device", ""),
        ("stale-version", "/version", "R78"),
        ("device-not-eligible", "", "R3"),
    ]
