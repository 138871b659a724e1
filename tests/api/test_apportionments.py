"""Apportionments: a boiler of wood and gas; what is renewable of it is certified, nothing else."""

from typing import Any

import pytest

from tests.api.doors import Doors
from tests.api.meter_exports import Exports, hours
from tests.api.parties import Party, approval, code, joined, new_device, period
from tests.scenario import MWH, gsrn

SHARES_BP = (7_250, 2_750)
PLANT = 900_777
HOURLY_WH = [3 * MWH + 7 * hour for hour in range(48)]
DECLARED = {**period(days=3)}


def make_boiler(doors: Doors) -> tuple[Exports, str, str]:
    """Return a boiler of two fuels with what measures it, and the parts of wood and of gas."""
    issuing_body = Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)
    generator = joined(doors.client, issuing_body, "generator")
    body = joined(doors.client, issuing_body, "measurement_body")
    number = gsrn(PLANT)

    def device(source: str, **more: object) -> str:
        described = new_device(
            gsrn=number,
            energy_source=source,
            technology="T050000",
            measurement_body=body.id,
            **more,
        )
        found: str = generator.made("/devices", described)["id"]
        issuing_body.made(f"/devices/{found}/approve", approval(automatic="part_of" in more))
        return found

    generator.device = device("F00000000", kind="multi_fuel")
    wood, gas = (device(source, part_of=generator.device) for source in ("F01010300", "F02030100"))
    made = Exports(doors, issuing_body, body, generator)
    made.install()
    return made, wood, gas


@pytest.fixture
def boiler(doors: Doors) -> tuple[Exports, str, str]:
    return make_boiler(doors)


def declare(bench: Exports, wood: str, gas: str, **when: str) -> None:
    shares = [
        {"device": part, "share_bp": share}
        for part, share in zip((wood, gas), SHARES_BP, strict=True)
    ]
    said = {"device": bench.device, "shares": shares, **DECLARED, **when}
    bench.body.made("/fuel-declarations", said)


def apportioned(bench: Exports, *, by: Party | None = None, key: str | None = None) -> Any:  # noqa: ANN401 - a response
    return (by or bench.body).post(f"/devices/{bench.device}/apportion", {**DECLARED}, key=key)


def energies(party: Party, device: str) -> list[int]:
    return [span["energy_wh"] for span in party.shown(f"/devices/{device}/spans")["spans"]]


def requested(bench: Exports, device: str) -> Any:  # noqa: ANN401 - a response
    asked = {"device": device, "account": bench.generator.account, **DECLARED}
    starts = [
        (span["start"], span["end"])
        for span in bench.generator.shown(f"/devices/{device}/spans")["spans"]
    ]
    return bench.generator.post(
        "/issuances", {**asked, "period_start": starts[0][0], "period_end": starts[-1][1]}
    )


def test_wood_is_certified_by_its_share_and_gas_is_not(boiler: tuple[Exports, str, str]) -> None:
    bench, wood, gas = boiler
    bench.imported(hours(*HOURLY_WH), "hours")
    declare(bench, wood, gas)

    answer = apportioned(bench)

    whole = energies(bench.generator, bench.device)
    of_wood, of_gas = energies(bench.generator, wood), energies(bench.generator, gas)
    assert answer.status_code == 200
    assert [item["energy_wh"] for item in answer.json["parts"]] == [sum(of_wood), sum(of_gas)]
    assert sum(whole) == sum(HOURLY_WH)
    assert [sum(span) for span in zip(of_wood, of_gas, strict=True)] == whole
    assert of_wood == [span_wh * SHARES_BP[0] // 10_000 for span_wh in whole]
    issued, refused = requested(bench, wood), requested(bench, gas)
    assert issued.json["state"] == "issued"
    assert issued.json["quantity"] == sum(of_wood) // MWH
    assert (refused.status_code, code(refused)) == (422, "source-not-eligible")
    assert code(requested(bench, bench.device)) == "source-not-eligible"


def test_gaps_of_the_whole_are_gaps_of_its_parts(boiler: tuple[Exports, str, str]) -> None:
    bench, wood, gas = boiler
    data = hours(*HOURLY_WH[:5]) + hours(*HOURLY_WH[:5], first=30, is_first=False)
    bench.imported(data, "hours")
    declare(bench, wood, gas)

    apportioned(bench)

    lines = [
        [
            (span["start"], span["end"], span["gap"])
            for span in bench.generator.shown(f"/devices/{device}/spans")["spans"]
        ]
        for device in (bench.device, wood, gas)
    ]
    assert lines[0] == lines[1] == lines[2]
    assert "not-in-file" in {gap for _, _, gap in lines[0]}


def test_the_same_call_again_says_the_same_and_reports_nothing_twice(
    boiler: tuple[Exports, str, str],
) -> None:
    bench, wood, gas = boiler
    bench.imported(hours(*HOURLY_WH), "hours")
    declare(bench, wood, gas)
    first = apportioned(bench, key="march")

    again = apportioned(bench, key="march")
    other = apportioned(bench, key="another")

    assert again.json == first.json
    assert {item["problem"]["type"] for item in other.json["parts"]} == {
        "/problems/measurement-overlap"
    }
    trail = bench.body.shown("/refusals")["refusals"]
    assert [item["code"] for item in trail] == ["measurement-overlap"] * 2


def test_without_a_declaration_nothing_is_parted(boiler: tuple[Exports, str, str]) -> None:
    bench, _, _ = boiler
    bench.imported(hours(*HOURLY_WH), "hours")

    answer = apportioned(bench)

    assert (answer.status_code, code(answer)) == (422, "fuel-split-not-100")


def test_what_was_not_measured_is_not_parted(boiler: tuple[Exports, str, str]) -> None:
    bench, wood, gas = boiler
    declare(bench, wood, gas)

    answer = apportioned(bench)

    assert (answer.status_code, answer.json) == (200, {"parts": []})


def test_another_measurement_body_parts_nothing_of_it(
    boiler: tuple[Exports, str, str], doors: Doors
) -> None:
    bench, wood, gas = boiler
    bench.imported(hours(*HOURLY_WH), "hours")
    declare(bench, wood, gas)
    stranger = joined(doors.client, bench.issuing_body, "measurement_body")

    answer = apportioned(bench, by=stranger)
    registrant = apportioned(bench, by=bench.generator)

    assert (answer.status_code, code(answer)) == (404, "not-found")
    assert {item["problem"]["type"] for item in registrant.json["parts"]} == {
        "/problems/reporter-not-authorised"
    }


def test_a_whole_over_its_capacity_is_parted_once_it_is_accepted(
    boiler: tuple[Exports, str, str],
) -> None:
    bench, wood, gas = boiler
    bench.imported(hours(11 * MWH), "hours")
    declare(bench, wood, gas)
    before = apportioned(bench)
    (report,) = bench.body.shown("/measurement-reports")["reports"]
    bench.issuing_body.made(
        f"/measurement-reports/{report['id']}/accept", {"reason": "checked-on-site"}
    )

    after = apportioned(bench)

    assert {item["problem"]["type"] for item in before.json["parts"]} == {"/problems/finding-open"}
    assert [item["energy_wh"] for item in after.json["parts"]] == [
        11 * MWH * share // 10_000 for share in SHARES_BP
    ]


def test_a_period_that_ends_before_it_starts_parts_nothing(
    boiler: tuple[Exports, str, str],
) -> None:
    bench, wood, gas = boiler
    declare(bench, wood, gas)
    reversed_period = {
        "period_start": DECLARED["period_end"],
        "period_end": DECLARED["period_start"],
    }

    answer = bench.body.post(f"/devices/{bench.device}/apportion", reversed_period)

    assert (answer.status_code, code(answer)) == (422, "invalid-interval")
