"""Automate a device: by the issuing body, of the version that it has seen."""

from dataclasses import replace

import pytest
from builders import (
    AUTOMATIC_DEVICE,
    DEVICE,
    GENERATOR,
    ISSUED,
    ISSUING_BODY,
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
    uid,
)

from app.registry.issuances import Issuance


@pytest.mark.parametrize("device", [DEVICE, AUTOMATIC_DEVICE])
@pytest.mark.parametrize("automatic", [True, False])
def test_whether_a_device_is_automatic_is_set_under_a_new_version(
    device: str, *, automatic: bool
) -> None:
    book = devices_book()
    before = book.state.device(device)

    rows = decide_and_apply(book, automate(device, automatic=automatic, version=2))

    assert rows.puts == (replace(before, is_automatic=automatic, version=3),)


def test_a_version_counts_registration_approval_and_each_setting_but_no_issue() -> None:
    book = ready_book()
    versions = [book.state.device(REGISTERED_DEVICE).version]
    decide_and_apply(book, approve_device(REGISTERED_DEVICE))
    versions.append(book.state.device(REGISTERED_DEVICE).version)
    decide_and_apply(book, automate(REGISTERED_DEVICE, automatic=True, version=2))
    versions.append(book.state.device(REGISTERED_DEVICE).version)

    assert versions == [1, 2, 3]
    assert book.state.has(Issuance, ISSUED)
    assert book.state.device(DEVICE).version == 2


def test_what_is_requested_of_an_automated_device_is_issued_at_once() -> None:
    book = ready_book()
    decide_and_apply(book, automate(DEVICE, automatic=True, version=2))

    decide_and_apply(book, request(uid("at once"), 3, 3))

    assert book.state.issuance(uid("at once")).quantity == 10


@pytest.mark.parametrize("version", [1, 3])
def test_another_version_than_the_devices_is_stale(version: int) -> None:
    stale = automate(DEVICE, automatic=True, version=version)

    assert refusal(ready_book(), stale) == ("stale-version", "/version", "R78")


def test_of_two_who_have_seen_the_same_version_one_is_late() -> None:
    book = ready_book()
    decide_and_apply(book, automate(DEVICE, automatic=True, version=2))

    late = automate(DEVICE, automatic=False, version=2)

    assert refusal(book, late)[0] == "stale-version"


def test_refusals_are_raised_in_this_order() -> None:
    worst = replace(automate(UNKNOWN, automatic=True, version=9), by=STRANGER)
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
