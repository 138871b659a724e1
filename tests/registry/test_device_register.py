"""Register a device: by a generator, with codes that fit, one GSRN for one device."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    CAPACITY_W,
    COMMISSIONED_ON,
    DEVICE,
    GENERATOR,
    GENESIS,
    GSRNS,
    HASH,
    HOUR_MS,
    NOW,
    RIVAL,
    SETTINGS,
    STRANGER,
    decide_and_apply,
    devices_book,
    parties_book,
    refusal,
    register,
    uid,
)

from app.ledger.times import TIME_MAX_MS
from app.registry.devices import Device, latest_date
from app.registry.operations.device_register import DeviceRegister

NEW = uid("new device")
REGISTER = register(NEW, GSRNS[3])


@pytest.mark.parametrize("by", [GENERATOR, RIVAL])
def test_a_device_is_registered_for_its_registrant_and_not_yet_approved(by: str) -> None:
    book = parties_book()

    rows = decide_and_apply(book, replace(REGISTER, by=by))

    expected = Device(
        id=NEW,
        organisation=by,
        domain="DK",
        gsrn=GSRNS[3],
        energy_source="F01050100",
        technology="T020001",
        capacity_w=CAPACITY_W,
        commissioned_on=COMMISSIONED_ON,
        attributes=HASH,
        state="registered",
        valid_from=0,
        valid_until=0,
        is_automatic=False,
        carried_wh=0,
        version=1,
    )
    assert rows.puts == (expected,)
    assert book.state.has_gsrn(GSRNS[3])


def test_a_device_may_be_registered_once_its_date_of_commissioning_has_come_anywhere() -> None:
    book = parties_book()
    tomorrow = replace(REGISTER, commissioned_on="2025-03-02")

    book.time_ms = NOW + 10 * HOUR_MS - 1
    assert refusal(book, tomorrow) == ("invalid-device-data", "/commissioned_on", "")
    book.time_ms += 1
    decide_and_apply(book, tomorrow)
    assert book.state.device(NEW).commissioned_on == "2025-03-02"


@pytest.mark.parametrize(
    ("time_ms", "expected"),
    [
        (0, "1970-01-01"),
        (10 * HOUR_MS - 1, "1970-01-01"),
        (10 * HOUR_MS, "1970-01-02"),
        (TIME_MAX_MS, "9999-12-31"),
    ],
)
def test_the_latest_date_is_that_of_the_zone_farthest_ahead(time_ms: int, expected: str) -> None:
    assert latest_date(time_ms) == expected


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (replace(REGISTER, by=STRANGER), ("unknown-organisation", "", "")),
        (replace(REGISTER, by=BUYER), ("forbidden-role", "", "R62")),
        (replace(REGISTER, domain="SE"), ("not-found", "/domain", "")),
        (replace(REGISTER, gsrn="571313180400013562"), ("invalid-gsrn", "/gsrn", "R14")),
        (
            replace(REGISTER, energy_source="F01999999"),
            ("unknown-code", "/energy_source", "R77"),
        ),
        (replace(REGISTER, technology="T999999"), ("unknown-code", "/technology", "R77")),
        (
            replace(REGISTER, technology="T010000"),
            ("source-technology-mismatch", "/technology", "R9"),
        ),
        (
            replace(REGISTER, energy_source="F02010100", technology="T050000"),
            ("source-not-eligible", "/energy_source", "R9"),
        ),
        (
            replace(REGISTER, commissioned_on="2025-03-02"),
            ("invalid-device-data", "/commissioned_on", ""),
        ),
        (replace(REGISTER, device=DEVICE), ("id-in-use", "/device", "")),
        (replace(REGISTER, gsrn=GSRNS[0]), ("device-already-registered", "/gsrn", "R14")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_registered_is_refused(
    wrong: DeviceRegister, expected: tuple[str, str, str]
) -> None:
    assert refusal(devices_book(), wrong) == expected


def test_a_gsrn_is_taken_for_every_registrant() -> None:
    refused = refusal(devices_book(), replace(REGISTER, by=RIVAL, gsrn=GSRNS[0]))

    assert refused[0] == "device-already-registered"


def test_a_domain_may_certify_single_sources_only() -> None:
    only_hydro = replace(GENESIS, domains=(replace(SETTINGS, sources=("F02", "F010502")),))
    book = parties_book(only_hydro)
    hydro = replace(REGISTER, energy_source="F01050200", technology="T030000")

    assert refusal(book, REGISTER)[0] == "source-not-eligible"
    assert decide_and_apply(book, hydro).puts


def test_refusals_are_raised_in_this_order() -> None:
    book = devices_book()
    worst = replace(
        REGISTER,
        by=STRANGER,
        device=DEVICE,
        domain="SE",
        gsrn="571313180400013562",
        energy_source="F02999999",
        technology="T999999",
        commissioned_on="2025-03-02",
    )
    buyer = replace(worst, by=BUYER)
    generator = replace(worst, by=GENERATOR)
    in_domain = replace(generator, domain="DK")
    numbered = replace(in_domain, gsrn=GSRNS[0])
    sourced = replace(numbered, energy_source="F02010100")
    equipped = replace(sourced, technology="T020000")
    fitting = replace(equipped, technology="T050000")
    eligible = replace(equipped, energy_source="F01050100")
    commissioned = replace(eligible, commissioned_on="2025-03-01")
    new = replace(commissioned, device=NEW)

    steps = [worst, buyer, generator, in_domain, numbered, sourced]
    steps += [equipped, fitting, eligible, commissioned, new]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "forbidden-role",
        "not-found",
        "invalid-gsrn",
        "unknown-code",
        "unknown-code",
        "source-technology-mismatch",
        "source-not-eligible",
        "invalid-device-data",
        "id-in-use",
        "device-already-registered",
    ]
    assert refusal(book, numbered)[1] == "/energy_source"
    assert refusal(book, sourced)[1] == "/technology"
