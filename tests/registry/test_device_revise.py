"""Revise a device: a new version waits, the one in force stays; what may change, and what not."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    CAPACITY_W,
    COMMISSIONED_ON,
    DEVICE,
    GENERATOR,
    GSRNS,
    HASH,
    METERING,
    OTHER_HASH,
    REGISTERED_DEVICE,
    RIVAL,
    STRANGER,
    UNKNOWN,
    Book,
    approve_device,
    decide_and_apply,
    deregister,
    devices_book,
    issue_days,
    ms,
    ready_book,
    refusal,
    register,
    revise,
    suspend,
    uid,
)

from app.registry.devices import Registration
from app.registry.operations.device_revise import DeviceRevise, Repowering

REVISE = revise(DEVICE, version=2)
SUMMER = ms("2025-06-01")
MORE = Repowering(on="2025-05-31", added_w=1)


def versions(book: Book, device: str = DEVICE) -> list[Registration]:
    return book.state.registrations(device)


def test_a_new_version_waits_beside_the_one_in_force() -> None:
    book = devices_book()
    (before,), device = versions(book), book.state.device(DEVICE)

    rows = decide_and_apply(book, REVISE)

    waiting = replace(
        before, number=2, attributes=OTHER_HASH, state="submitted", valid_from=0, valid_until=0
    )
    assert rows.puts == (waiting, replace(device, version=3))
    assert versions(book) == [before, waiting]


def test_what_was_in_force_goes_on_being_issued_until_the_new_version_is_approved() -> None:
    book = ready_book()
    decide_and_apply(book, REVISE)

    found = issue_days(book, uid("4 January"), 3, 3)

    assert (found.registration, found.attributes) == (1, HASH)


@pytest.mark.parametrize("device", [DEVICE, REGISTERED_DEVICE])
def test_a_version_that_waits_is_replaced_by_the_next(device: str) -> None:
    book = devices_book()
    seen = book.state.device(device).version
    decide_and_apply(book, revise(device, version=seen))

    decide_and_apply(book, revise(device, version=seen + 1))

    states = [item.state for item in versions(book, device)]
    assert states[1:] == ["superseded", "submitted"]
    assert states[0] == ("approved" if device == DEVICE else "superseded")


def test_a_suspended_device_may_be_described_anew() -> None:
    book = devices_book()
    decide_and_apply(book, suspend(DEVICE))

    assert decide_and_apply(book, revise(DEVICE, version=3)).puts


def test_measurement_body_support_and_place_may_change() -> None:
    book = devices_book()
    changed = replace(
        REVISE,
        measurement_body=GENERATOR,
        support="production",
        dissemination="self_consumption",
        technology="T020002",
        latitude=56_000_001,
        longitude=10_000_001,
        subdivision="DK-84",
    )

    decide_and_apply(book, changed)

    found = versions(book)[-1]
    assert found.is_self_reporting
    assert (found.support, found.dissemination) == ("production", "self_consumption")
    assert (found.technology, found.subdivision) == ("T020002", "DK-84")
    assert (found.latitude, found.longitude) == (56_000_001, 10_000_001)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            replace(REVISE, energy_source="F01050200", technology="T030000", correction="case-7"),
            ("immutable-attribute", "/energy_source", "R74"),
        ),
        (
            replace(REVISE, storage_wh=1, correction="case-7"),
            ("immutable-attribute", "/storage_wh", "R74"),
        ),
        (
            replace(REVISE, commissioned_on="2020-01-02"),
            ("immutable-attribute", "/commissioned_on", "R74"),
        ),
        (
            replace(REVISE, commissioned_on="2020-01-02", repowering=MORE),
            ("immutable-attribute", "/commissioned_on", "R74"),
        ),
        (
            replace(REVISE, capacity_w=CAPACITY_W + 1),
            ("immutable-attribute", "/capacity_w", "R74"),
        ),
        (
            replace(REVISE, capacity_w=CAPACITY_W - 1),
            ("immutable-attribute", "/capacity_w", "R74"),
        ),
        (
            replace(REVISE, capacity_w=CAPACITY_W + 2, repowering=MORE),
            ("immutable-attribute", "/capacity_w", "R74"),
        ),
        (replace(REVISE, repowering=MORE), ("immutable-attribute", "/capacity_w", "R74")),
    ],
    ids=[
        "source",
        "store",
        "first day",
        "first day by repowering",
        "more",
        "less",
        "more than was added",
        "less than was added",
    ],
)
def test_what_makes_it_another_device_or_nothing_explains_does_not_change(
    wrong: DeviceRevise, expected: tuple[str, str, str]
) -> None:
    assert refusal(devices_book(), wrong) == expected


@pytest.mark.parametrize(
    "explained",
    [
        replace(REVISE, capacity_w=CAPACITY_W + 1, repowering=MORE),
        replace(REVISE, capacity_w=CAPACITY_W - 1, correction="case-7"),
        replace(REVISE, commissioned_on="2019-12-31", correction="case-7"),
    ],
    ids=["repowering", "corrected capacity", "corrected first day"],
)
def test_capacity_and_first_day_change_where_something_explains_it(
    explained: DeviceRevise,
) -> None:
    book = devices_book()

    decide_and_apply(book, explained)

    found = versions(book)[-1]
    assert (found.capacity_w, found.commissioned_on) == (
        explained.capacity_w,
        explained.commissioned_on,
    )


def test_what_nobody_has_approved_is_corrected_freely_but_for_its_source() -> None:
    book = devices_book()
    fresh = replace(
        revise(REGISTERED_DEVICE, version=1), capacity_w=1, commissioned_on="2021-01-01"
    )

    other = replace(fresh, energy_source="F01050200", technology="T030000")

    assert refusal(book, other) == ("immutable-attribute", "/energy_source", "R74")
    assert decide_and_apply(book, fresh).puts


def test_capacity_is_compared_with_that_of_the_newest_approved_version() -> None:
    book = devices_book()
    decide_and_apply(book, replace(REVISE, capacity_w=CAPACITY_W + 1, repowering=MORE))
    decide_and_apply(book, replace(approve_device(DEVICE, number=2), valid_from=SUMMER))

    back = refusal(book, revise(DEVICE, version=4))

    assert back == ("immutable-attribute", "/capacity_w", "R74")


def test_a_version_in_between_that_nobody_approved_explains_nothing() -> None:
    book = devices_book()
    decide_and_apply(book, REVISE)
    more = replace(revise(DEVICE, version=3), capacity_w=CAPACITY_W + 1)

    refused = refusal(book, more)

    assert refused == ("immutable-attribute", "/capacity_w", "R74")
    assert decide_and_apply(book, replace(more, repowering=MORE)).puts


def test_an_alias_is_the_same_source() -> None:
    book = devices_book()
    heat = replace(register(uid("heat"), GSRNS[3]), energy_source="F01040203", technology="T070000")
    decide_and_apply(book, heat)
    misprinted = replace(
        revise(uid("heat"), version=1), energy_source="F02040203", technology="T070000"
    )

    decide_and_apply(book, misprinted)

    assert versions(book, uid("heat"))[-1].energy_source == "F01040203"


def test_who_had_a_device_before_or_never_had_it_does_not_describe_it() -> None:
    assert refusal(devices_book(), replace(REVISE, by=RIVAL)) == ("not-registrant", "", "R26")


def test_refusals_are_raised_in_this_order() -> None:
    book = devices_book()
    worst = replace(
        revise(UNKNOWN, version=9),
        by=STRANGER,
        energy_source="F01050200",
        technology="T999999",
        commissioned_on="2025-03-02",
        measurement_body=BUYER,
        capacity_w=1,
        storage_wh=1,
    )
    admitted = replace(worst, by=RIVAL)
    known = replace(admitted, device=DEVICE)
    own = replace(known, by=GENERATOR)
    fresh = replace(own, version=2)
    coded = replace(fresh, technology="T030000")
    past = replace(coded, commissioned_on="2020-01-02")
    measured = replace(past, measurement_body=METERING)
    same_source = replace(measured, energy_source="F01050100", technology="T020001")
    same_store = replace(same_source, storage_wh=None)
    same_day = replace(same_store, commissioned_on=COMMISSIONED_ON)

    steps = [worst, admitted, known, own, fresh, coded, past, measured, same_source]
    steps += [same_store, same_day]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("not-found", "/device", ""),
        ("not-registrant", "", "R26"),
        ("stale-version", "/version", "R78"),
        ("unknown-code", "/technology", "R77"),
        ("invalid-device-data", "/commissioned_on", ""),
        ("forbidden-role", "/measurement_body", "R62"),
        ("immutable-attribute", "/energy_source", "R74"),
        ("immutable-attribute", "/storage_wh", "R74"),
        ("immutable-attribute", "/commissioned_on", "R74"),
        ("immutable-attribute", "/capacity_w", "R74"),
    ]


def test_a_device_that_has_left_is_not_described_any_more() -> None:
    book = devices_book()
    decide_and_apply(book, deregister(DEVICE))
    unknown_code = replace(revise(DEVICE, version=3), technology="T999999")

    assert refusal(book, unknown_code) == ("device-not-eligible", "", "R3")
