"""Importing: every watt-hour of a file is reported, left out or refused, and nothing twice."""

from collections.abc import Callable
from itertools import chain, pairwise

import pytest

from app.factory import Registry
from app.layouts.shipped import shipped
from app.layouts.tallies import Tally
from app.registry.operations.device_suspend import DeviceSuspend
from app.services.files import Imported
from app.services.importing import DRAWN, GIVEN, flows_of
from app.services.intake import LeftOut
from app.services.netting import Balance
from app.services.record import Asked, Outcome
from app.services.results import DeviceResult, Refused
from tests.layouts.meters import DATA, file_of, layout_of
from tests.scenario import HOUR_MS, ORIGIN, accept, issuing_body, new_id
from tests.services.imports import (
    BOTH_WAYS,
    UTC_HOURS,
    audited,
    device_of,
    hourly_lines,
    imported,
    known,
    lines,
    metering_body,
    meters,
    reports_on_log,
    stored,
)

ARAPUNI = ("ARI1101", "MRPL", "arapuni", "Hydro")
HIGHBANK = ("ASB0661", "EASH", "highbank", "Hydro")
YEAR = DATA / "production_year_days.csv.gz"


class CutOffError(Exception):
    """The process ends here."""


def cut_off_after(
    registry: Registry, count: int, asked: list[str] | None = None
) -> Callable[[list[Asked]], list[Outcome]]:
    """Return what notes all that a group asks, records so many operations of it, then ends."""

    def record(group: list[Asked]) -> list[Outcome]:
        if asked is not None:
            asked.extend(item.operation.id for item in group)
        registry.record(group[:count])
        raise CutOffError

    return record


def energy(tally: Tally, directions: tuple[str, ...]) -> int:
    return sum(tally.energies[name].energy_wh for name in directions if name in tally.energies)


def counted(part: DeviceResult | LeftOut | Refused) -> tuple[int, int, int]:
    """Return readings, and what they gave and drew."""
    return part.readings, part.given_wh, part.drawn_wh


def reckoned(result: DeviceResult) -> tuple[int, ...]:
    """Return readings, and what they gave and drew, wherever they went."""
    parts = [counted(result), *map(counted, result.left_out.values())]
    return tuple(map(sum, zip(*parts, *map(counted, result.refused), strict=True)))


def must_balance(registry: Registry, found: Imported) -> None:
    """Compare what the file says with results, and results with what is stored."""
    tally = found.tally
    assert tally.is_balanced
    for device, result in found.importer.results.items():
        of_device = Tally()
        for series in result.series:
            of_device.add(tally.series[series])
        assert reckoned(result)[1:] == (energy(of_device, GIVEN), energy(of_device, DRAWN))
        aside = {name: item.energy_wh for name, item in of_device.energies.items()}
        assert result.aside == {name: aside[name] for name in aside if name not in GIVEN + DRAWN}
        spans = [span for span in stored(registry, device) if not span.gap]
        assert sum(span.energy_wh for span in spans) == result.energy_wh
        assert sum(span.count for span in spans) == result.readings
        assert len(spans) == result.spans
        assert all(before.end <= after.start for before, after in pairwise(spans))


def test_days_of_a_year_are_reported_to_the_watt_hour_with_months_of_gaps(
    registry: Registry,
) -> None:
    body = metering_body(registry)
    devices = [device_of(registry, body) for _ in range(2)]

    found = imported(
        registry,
        YEAR,
        shipped(name="nz-generation-long"),
        dict(zip([ARAPUNI, HIGHBANK], devices, strict=True)),
        by=body,
    )

    must_balance(registry, found)
    for device in devices:
        result, line = found.importer.results[device], stored(registry, device)
        assert (result.readings, result.spans, result.refused) == (336, 7, [])
        assert result.left_out == {}
        assert all(before.end == after.start for before, after in pairwise(line))
        hours = [(span.end - span.start) // HOUR_MS for span in line if not span.gap]
        assert hours == [24, 25, 24, 24, 23, 24, 24]
    assert found.is_done
    audited(registry)


@pytest.mark.parametrize(
    ("name", "file", "first", "given"),
    [
        ("ausgrid-prosumer", "prosumer_ausgrid_days.csv", 2010, "production"),
        ("steel-kr-quarter-hourly", "steel_kr_days.csv", 2016, ""),
    ],
)
def test_a_file_of_one_series_is_reported_as_far_as_it_counts_at_the_point(
    registry: Registry, name: str, file: str, first: int, given: str
) -> None:
    body = metering_body(registry)
    device = device_of(registry, body, first=first, last=first + 4)

    found = imported(registry, DATA / file, shipped(name=name), {(): device}, by=body)

    must_balance(registry, found)
    result = found.importer.results[device]
    assert result.aside.keys() == {"consumption"}
    assert bool(result.energy_wh) is bool(given)
    assert found.is_done
    audited(registry)


def test_a_year_that_is_more_than_a_leaf_holds_is_reported_in_many(registry: Registry) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    rows = [
        f"A,2024-{month:02}-{day:02}T{hour:02}:00:00Z,{month * 1000 + hour}"
        for month in range(1, 13)
        for day in range(1, 29)
        for hour in range(0, 24, 3)
    ]

    found = imported(registry, lines(*rows), UTC_HOURS, meters(A=device), by=body)

    must_balance(registry, found)
    result = found.importer.results[device]
    assert result.operations > 10
    assert result.refused == []
    assert len(reports_on_log(registry)) == result.operations


def test_two_registers_of_one_meter_are_netted_interval_by_interval(registry: Registry) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    rows = [
        f"A,{register},2024-03-01T{hour:02}:00:00Z,{value}"
        for register, values in (("A-", (0, 5, 9, 7)), ("A+", (4, 0, 3, 0)))
        for hour, value in enumerate(values)
    ]
    data = lines(*rows, header="meter,register,at,Wh")

    found = imported(registry, data, BOTH_WAYS, {("A", "A-"): device, ("A", "A+"): device}, by=body)

    must_balance(registry, found)
    result = found.importer.results[device]
    assert (result.given_wh, result.drawn_wh, result.energy_wh) == (21, 7, 14)
    assert result.series == [("A", "A-"), ("A", "A+")]
    audited(registry)


def test_what_other_meters_drew_is_deducted_only_where_production_was_read(
    registry: Registry,
) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    rows = hourly_lines("A", 10, 10, 10, 10)
    del rows[2]
    _, days = file_of(UTC_HOURS, "meter,at,Wh", *hourly_lines("B", 1, 30, 2, 2, 50))
    drawn = {device: flows_of(days)}

    found = imported(registry, lines(*rows), UTC_HOURS, meters(A=device), by=body, drawn=drawn)

    result = found.importer.results[device]
    assert (result.given_wh, result.drawn_wh, result.energy_wh) == (30, 33, 9)
    assert {code: left.drawn_wh for code, left in result.left_out.items()} == {
        "no-production-reading": 52
    }
    assert [span.gap for span in stored(registry, device)] == ["", "not-in-file", ""]
    assert balance_of(registry, device).deficit_wh == 12
    audited(registry)


def test_series_that_are_no_known_device_are_counted_and_the_others_reported(
    registry: Registry,
) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    data = lines(*hourly_lines("A", 1, 2), *hourly_lines("B", 3, 4, 5))

    found = imported(registry, data, UTC_HOURS, meters(B=device), by=body)

    assert found.importer.unknown == {("A",): 2}
    assert found.plain["unknown_meters"] == [{"series": ["A"], "readings": 2}]
    assert found.importer.results[device].energy_wh == 12
    assert not found.is_done


def test_a_file_whose_meters_become_known_later_is_reported_then(registry: Registry) -> None:
    body = metering_body(registry)
    first, second = device_of(registry, body), device_of(registry, body)
    data = lines(*hourly_lines("A", 1, 2), *hourly_lines("B", 3, 4, 5))
    imported(registry, data, UTC_HOURS, meters(B=first), by=body)

    found = imported(registry, data, UTC_HOURS, meters(A=second, B=first), by=body)

    results = found.importer.results
    assert (results[first].operations, results[second].operations) == (0, 1)
    assert results[first].left_out["measurement-overlap"].given_wh == 12
    assert found.is_done
    must_balance_after(registry, {first: 12, second: 3})


def must_balance_after(registry: Registry, expected: dict[str, int]) -> None:
    """Compare what devices have measured in all, however often they were reported."""
    assert {
        device: sum(span.energy_wh for span in stored(registry, device)) for device in expected
    } == expected
    audited(registry)


def suspended(registry: Registry, device: str) -> None:
    accept(
        registry,
        DeviceSuspend(
            id=new_id(),
            origin=ORIGIN,
            by=issuing_body(registry),
            device=device,
            suspended=True,
            reason="meter-in-doubt",
        ),
    )


def test_what_is_refused_is_told_and_the_rest_goes_on(registry: Registry) -> None:
    body, other = metering_body(registry), metering_body(registry)
    theirs, ours = device_of(registry, other), device_of(registry, body)
    data = lines(*hourly_lines("A", 1, 2), *hourly_lines("B", 3, 4))

    found = imported(registry, data, UTC_HOURS, meters(A=theirs, B=ours), by=body)

    must_balance(registry, found)
    (refused,) = found.importer.results[theirs].refused
    assert (refused.refusal.code, refused.readings) == ("reporter-not-authorised", 2)
    assert found.importer.results[ours].energy_wh == 7
    assert not found.is_done


def test_negative_values_that_were_taken_as_nothing_are_findings(registry: Registry) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    layout = layout_of(
        name="zeroed",
        time={"zone": "UTC", "interval": 3600, "stamp": "at", "form": "iso"},
        value="Wh",
        unit="Wh",
        negative="zero",
    )
    data = lines(*hourly_lines("A", 5, -3, 7))

    found = imported(registry, data, layout, meters(A=device), by=body, are_negatives_flagged=True)

    must_balance(registry, found)
    assert found.importer.results[device].findings == {"negative": 1}
    assert [span.is_accepted for span in stored(registry, device)] == [False]


def test_readings_over_capacity_are_findings_and_wait(registry: Registry) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    data = lines(*hourly_lines("A", 99_999_999, 100_000_000))

    found = imported(registry, data, UTC_HOURS, meters(A=device), by=body)

    assert found.importer.results[device].findings == {"over-capacity": 1}
    assert [span.is_accepted for span in stored(registry, device)] == [False]


def months(meter: str, count: int) -> list[str]:
    """Return hours of months that give little and draw much, so that deficits are carried on."""
    return [
        f"{meter},{register},2024-{month:02}-{day:02}T{hour:02}:00:00Z,{value}"
        for register in ("A-", "A+")
        for month in range(1, count + 1)
        for day in range(1, 29)
        for hour in (0, 1, 2)
        for value in [(hour + day) % 7 if register == "A-" else (hour * day) % 5]
    ]


@pytest.mark.parametrize("count", [0, 3])
def test_a_file_cut_off_half_way_goes_on_as_if_it_had_not_been(
    registry: Registry, count: int
) -> None:
    body = metering_body(registry)
    straight, cut = [device_of(registry, body) for _ in range(2)]
    data = lines(*months("A", 12), header="meter,register,at,Wh")
    both = [("A", "A-"), ("A", "A+")]
    imported(registry, data, BOTH_WAYS, dict.fromkeys(both, straight), by=body)
    with pytest.raises(CutOffError):
        imported(
            registry,
            data,
            BOTH_WAYS,
            dict.fromkeys(both, cut),
            by=body,
            record=cut_off_after(registry, count),
        )

    found = imported(registry, data, BOTH_WAYS, dict.fromkeys(both, cut), by=body)

    must_be_alike(registry, straight, cut)
    assert found.importer.results[cut].refused == []
    assert balance_of(registry, cut) == balance_of(registry, straight)
    assert found.is_done
    audited(registry)


def balance_of(registry: Registry, device: str) -> Balance:
    return known(registry, meters(A=device))[("A",)].balance


def must_be_alike(registry: Registry, one: str, other: str) -> None:
    """Compare the spans of two devices."""
    of_one, of_other = stored(registry, one), stored(registry, other)
    assert len(of_one) > 100
    assert [(span.start, span.end, span.root, span.gap, span.netted_wh) for span in of_one] == [
        (span.start, span.end, span.root, span.gap, span.netted_wh) for span in of_other
    ]


def test_a_file_sent_again_has_the_ids_that_it_had_and_adds_nothing(registry: Registry) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    march = (hourly_lines("A", 5, 6, day=f"2024-03-{day:02}") for day in range(1, 29))
    data, devices = lines(*chain.from_iterable(march)), meters(A=device)
    asked: list[str] = []
    with pytest.raises(CutOffError):
        imported(
            registry,
            data,
            UTC_HOURS,
            devices,
            by=body,
            record=cut_off_after(registry, 1, asked),
        )
    cut = reports_on_log(registry)

    imported(registry, data, UTC_HOURS, devices, by=body)
    whole = reports_on_log(registry)
    again = imported(registry, data, UTC_HOURS, devices, by=body)

    assert cut == asked[:1]
    assert reports_on_log(registry) == whole == asked
    assert len(asked) > 1
    assert again.importer.results[device].operations == 0


def test_a_month_so_far_goes_on_behind_what_was_reported_of_it(registry: Registry) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    rows = [
        row
        for day in range(1, 11)
        for row in hourly_lines("A", *range(24), day=f"2024-03-{day:02}")
    ]

    for hours in (100, 101, 240):
        found = imported(registry, lines(*rows[:hours]), UTC_HOURS, meters(A=device), by=body)
        assert found.importer.results[device].refused == []

    line = stored(registry, device)
    assert sum(span.energy_wh for span in line) == 10 * sum(range(24))
    assert all(before.end == after.start for before, after in pairwise(line))
    audited(registry)


def test_a_gap_to_what_was_reported_before_is_refused_since_it_may_yet_be_reported(
    registry: Registry,
) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    march = [hourly_lines("A", 1, 2, day=f"2024-03-{day:02}") for day in (1, 2, 3)]
    imported(registry, lines(*march[0]), UTC_HOURS, meters(A=device), by=body)

    found = imported(registry, lines(*march[2]), UTC_HOURS, meters(A=device), by=body)

    (refused,) = found.importer.results[device].refused
    assert refused.refusal.code == "measurement-gap"
    assert not found.is_done


def test_a_device_that_is_suspended_is_measured_all_the_same(registry: Registry) -> None:
    body = metering_body(registry)
    device = device_of(registry, body)
    suspended(registry, device)

    found = imported(registry, lines(*hourly_lines("A", 1)), UTC_HOURS, meters(A=device), by=body)

    assert found.importer.results[device].energy_wh == 1


def test_the_results_are_told_as_json_can_say_them(registry: Registry) -> None:
    body = metering_body(registry)
    device = device_of(registry, body, first=2024)
    data = lines("A,2023-12-31T23:00:00Z,4", *hourly_lines("A", 5, 100_000_000))

    found = imported(registry, data, UTC_HOURS, meters(A=device), by=body).plain

    assert found["devices"][device] == {
        "series": [["A"]],
        "operations": 1,
        "spans": 1,
        "readings": 2,
        "given_wh": 100_000_005,
        "drawn_wh": 0,
        "energy_wh": 100_000_005,
        "gaps": 0,
        "findings": {"over-capacity": 1},
        "left_out": {"outside-operation-period": {"readings": 1, "given_wh": 4, "drawn_wh": 0}},
        "aside": {},
        "refused": [],
    }
    assert found["file"]["is_balanced"] is True
