"""Register a device: by a generator, described as it can be, one GSRN for one device."""

from dataclasses import replace
from typing import Any

import pytest
from builders import (
    BOILER,
    BUYER,
    CAPACITY_W,
    COMMISSIONED_ON,
    DEVICE,
    GAS,
    GENERATOR,
    GENESIS,
    GSRNS,
    HASH,
    HOUR_MS,
    METERING,
    NOW,
    RIVAL,
    SETTINGS,
    STRANGER,
    UNKNOWN,
    WOOD,
    boiler_parts,
    decide_and_apply,
    devices_book,
    parties_book,
    refusal,
    register,
    two_domains,
    uid,
)

from app.ledger.times import TIME_MAX_MS
from app.registry.devices import Device, Registration, latest_date
from app.registry.operations.device_register import DeviceRegister
from app.registry.presets import domain_of

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
        kind="production",
        part_of=None,
        state="registered",
        automatic_wh=0,
        carried_wh=0,
        deficit_wh=0,
        adjustment_wh=0,
        last_issuance=None,
        version=1,
    )
    described = Registration(
        device=NEW,
        number=1,
        organisation=by,
        energy_source="F01050100",
        technology="T020001",
        capacity_w=CAPACITY_W,
        commissioned_on=COMMISSIONED_ON,
        attributes=HASH,
        support="none",
        dissemination="grid",
        measurement_body=METERING,
        latitude=None,
        longitude=None,
        subdivision="",
        storage_wh=0,
        state="submitted",
        valid_from=0,
        valid_until=0,
        verifier="",
        is_taken=True,
    )
    assert rows.puts == (expected, described)
    assert book.state.has_gsrn(GSRNS[3])


def test_a_device_may_be_registered_once_its_date_of_commissioning_has_come_anywhere() -> None:
    book = parties_book()
    tomorrow = replace(REGISTER, commissioned_on="2025-03-02")

    book.time_ms = NOW + 10 * HOUR_MS - 1
    assert refusal(book, tomorrow) == ("invalid-device-data", "/commissioned_on", "")
    book.time_ms += 1
    decide_and_apply(book, tomorrow)
    assert book.state.registration(NEW, 1).commissioned_on == "2025-03-02"


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
        (replace(REGISTER, measurement_body=UNKNOWN), ("not-found", "/measurement_body", "")),
        (replace(REGISTER, measurement_body=BUYER), ("forbidden-role", "/measurement_body", "R62")),
        (replace(REGISTER, measurement_body=RIVAL), ("forbidden-role", "/measurement_body", "R62")),
        (replace(REGISTER, latitude=56_000_000), ("invalid-coordinates", "/longitude", "")),
        (replace(REGISTER, longitude=10_000_000), ("invalid-coordinates", "/longitude", "")),
        (replace(REGISTER, latitude=0, longitude=0), ("invalid-coordinates", "/latitude", "")),
        (
            replace(REGISTER, subdivision="SE-K"),
            ("subdivision-country-mismatch", "/subdivision", ""),
        ),
        (replace(REGISTER, kind="storage"), ("invalid-device-data", "/storage_wh", "R12")),
        (
            replace(REGISTER, kind="storage", storage_wh=0),
            ("invalid-device-data", "/storage_wh", "R12"),
        ),
        (replace(REGISTER, storage_wh=1), ("invalid-device-data", "/storage_wh", "R12")),
        (
            replace(REGISTER, kind="multi_fuel", storage_wh=1),
            ("invalid-device-data", "/storage_wh", "R12"),
        ),
        (replace(REGISTER, device=DEVICE), ("id-in-use", "/device", "")),
        (replace(REGISTER, part_of=UNKNOWN), ("not-found", "/part_of", "")),
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


def test_a_registrant_may_report_its_own_readings() -> None:
    book = parties_book()

    decide_and_apply(book, replace(REGISTER, measurement_body=GENERATOR))

    assert book.state.registration(NEW, 1).is_self_reporting
    assert not devices_book().state.registration(DEVICE, 1).is_self_reporting


@pytest.mark.parametrize(
    ("capacity_w", "place", "is_told"),
    [
        (49_999, (56_100_000, -10_200_000), True),
        (49_999, (56_100_001, -10_200_000), False),
        (49_999, (56_100_000, -10_200_001), False),
        (50_000, (56_100_001, -10_200_001), True),
    ],
)
def test_below_50_kilowatts_no_finer_place_than_a_tenth_of_a_degree_is_told(
    capacity_w: int, place: tuple[int, int], *, is_told: bool
) -> None:
    book = parties_book()
    placed = replace(REGISTER, capacity_w=capacity_w, latitude=place[0], longitude=place[1])

    if is_told:
        decide_and_apply(book, placed)
        found = book.state.registration(NEW, 1)
        assert (found.latitude, found.longitude) == place
    else:
        assert refusal(book, placed) == ("invalid-coordinates", "/latitude", "R70")


def test_a_device_stands_in_a_subdivision_of_its_domains_country() -> None:
    book = parties_book()

    decide_and_apply(book, replace(REGISTER, subdivision="DK-84"))

    assert book.state.registration(NEW, 1).subdivision == "DK-84"


def test_an_alias_is_stored_as_what_was_meant() -> None:
    book = parties_book()
    misprinted = replace(REGISTER, energy_source="F02040203", technology="T070000")

    decide_and_apply(book, misprinted)

    assert book.state.registration(NEW, 1).energy_source == "F01040203"


def test_a_domain_has_the_codes_of_its_own_list() -> None:
    irec = domain_of(
        {
            "scheme": "irec",
            "code": "BR",
            "country": "BR",
            "timezone": "America/Sao_Paulo",
            "issuer_prefix": "789000001",
        }
    )
    book = parties_book(replace(GENESIS, domains=(SETTINGS, irec)))
    solar = replace(REGISTER, domain="BR", energy_source="ES100", technology="TC110")

    decide_and_apply(book, solar)

    assert book.state.registration(NEW, 1).energy_source == "ES100"
    assert refusal(book, replace(solar, domain="DK"))[0] == "unknown-code"
    assert refusal(book, replace(REGISTER, domain="BR"))[0] == "unknown-code"


def test_a_store_says_what_it_stores() -> None:
    book = parties_book()
    store = replace(REGISTER, kind="storage", storage_wh=4_000_000, energy_source="F02010100")

    decide_and_apply(book, replace(store, technology="T050000"))

    assert book.state.device(NEW).kind == "storage"
    assert book.state.registration(NEW, 1).storage_wh == 4_000_000


def test_a_boiler_of_two_fuels_is_three_devices_under_one_number() -> None:
    book = parties_book()
    whole, wood, gas = boiler_parts()

    decide_and_apply(book, whole, wood, gas)

    devices = [book.state.device(key) for key in (BOILER, WOOD, GAS)]
    assert [device.kind for device in devices] == ["multi_fuel", "production", "production"]
    assert [device.part_of for device in devices] == [None, BOILER, BOILER]
    assert {device.gsrn for device in devices} == {whole.gsrn}
    assert book.state.registration(GAS, 1).energy_source == "F02020000"


def test_the_number_of_a_whole_is_taken_for_every_other_device() -> None:
    book = parties_book()
    whole, wood, _ = boiler_parts()
    decide_and_apply(book, whole, wood)

    refused = refusal(book, replace(REGISTER, gsrn=whole.gsrn))

    assert refused == ("device-already-registered", "/gsrn", "R14")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"part_of": DEVICE, "gsrn": GSRNS[0]}, ("invalid-device-data", "/part_of", "R1")),
        ({"gsrn": GSRNS[3]}, ("invalid-device-data", "/part_of", "R1")),
        ({"domain": "NO"}, ("invalid-device-data", "/part_of", "R1")),
        ({"kind": "multi_fuel"}, ("invalid-device-data", "/part_of", "R1")),
        ({"kind": "storage", "storage_wh": 1}, ("invalid-device-data", "/part_of", "R1")),
        ({"by": RIVAL}, ("not-registrant", "", "R26")),
    ],
    ids=["of one source", "another number", "elsewhere", "a whole", "a store", "another's"],
)
def test_a_part_fits_its_whole(wrong: dict[str, Any], expected: tuple[str, str, str]) -> None:
    book = devices_book(two_domains())
    whole, wood, _ = boiler_parts()
    decide_and_apply(book, whole)

    assert refusal(book, replace(wood, **wrong)) == expected


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
        latitude=1,
        subdivision="SE-K",
        measurement_body=UNKNOWN,
        kind="storage",
    )
    buyer = replace(worst, by=BUYER)
    generator = replace(worst, by=GENERATOR)
    in_domain = replace(generator, domain="DK")
    numbered = replace(in_domain, gsrn=GSRNS[0])
    sourced = replace(numbered, energy_source="F02010100")
    equipped = replace(sourced, technology="T020000")
    fitting = replace(equipped, technology="T050000")
    placed = replace(fitting, longitude=1)
    divided = replace(placed, subdivision="DK-84")
    commissioned = replace(divided, commissioned_on="2025-03-01")
    measured = replace(commissioned, measurement_body=METERING)
    producing = replace(measured, kind="production")
    eligible = replace(producing, energy_source="F01050100", technology="T020000")
    new = replace(eligible, device=NEW)

    steps = [worst, buyer, generator, in_domain, numbered, sourced, equipped, fitting, placed]
    steps += [divided, commissioned, measured, producing, eligible, new]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "forbidden-role",
        "not-found",
        "invalid-gsrn",
        "unknown-code",
        "unknown-code",
        "source-technology-mismatch",
        "invalid-coordinates",
        "subdivision-country-mismatch",
        "invalid-device-data",
        "not-found",
        "invalid-device-data",
        "source-not-eligible",
        "id-in-use",
        "device-already-registered",
    ]
    assert refusal(book, divided)[1] == "/commissioned_on"
    assert refusal(book, measured)[1] == "/storage_wh"
    assert refusal(book, numbered)[1] == "/energy_source"
    assert refusal(book, sourced)[1] == "/technology"
