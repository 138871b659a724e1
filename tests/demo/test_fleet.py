"""The bundled fleet, compared with a plain sum over the file it is read from."""

import csv
from collections import Counter
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from importlib.resources import files

import pytest

from app.demo.bundle import MONTH_END_AT, MONTH_START_AT
from app.demo.fleet import EECS_CODES, Fleet, FleetDevice, RefusedSeries, read_fleet

DATA = files("app.demo") / "data"
CODES = files("app.registry") / "codes"
PERIOD_MS = 30 * 60 * 1000
FOSSIL = {"Coal", "Diesel", "Gas"}
MONTH_HALF_HOURS = 29 * 48 + 50

# EECS Fact Sheet 5, permissible combinations for electricity; ? stands for any digit.
PERMITTED = {
    "T01????": ["F01040100"],
    "T02????": ["F010501??"],
    "T03????": ["F010502??"],
    "T05????": ["F0101????", "F0102????", "F0103????", "F0104????", "F010500??"],
}


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return read_fleet()


@pytest.fixture(scope="module")
def devices(fleet: Fleet) -> dict[tuple[str, ...], FleetDevice]:
    return {device.series: device for device in fleet.devices}


def plain_sums() -> tuple[dict[tuple[str, ...], Decimal], Counter[tuple[str, ...]]]:
    """Return kWh and count of values of each series, read without any of our code."""
    energies_kwh: dict[tuple[str, ...], Decimal] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    text = (DATA / "production_A.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        series = (row["POC_Code"], row["Nwk_Code"], row["Gen_Code"], row["Fuel_Code"])
        values = [Decimal(row[f"TP{number}"]) for number in range(1, 51) if row[f"TP{number}"]]
        energies_kwh[series] = energies_kwh.get(series, Decimal(0)) + sum(values, Decimal(0))
        counts[series] += len(values)
    return energies_kwh, counts


def codes(name: str) -> set[str]:
    text = (CODES / name).read_text(encoding="utf-8")
    return {row["code"] for row in csv.DictReader(text.splitlines())}


def utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def test_every_series_is_a_device_or_refused_with_all_its_energy(fleet: Fleet) -> None:
    energies_kwh, counts = plain_sums()

    found: list[FleetDevice | RefusedSeries] = [*fleet.devices, *fleet.refused]

    assert len(found) == 83
    assert {item.series: item.energy_wh for item in found} == {
        series: energy_kwh * 1000 for series, energy_kwh in energies_kwh.items()
    }
    assert {item.series: item.half_hours for item in found} == counts


def test_the_fossil_series_and_no_others_are_refused_as_not_renewable(fleet: Fleet) -> None:
    energies_kwh, _ = plain_sums()

    assert [item.series for item in fleet.refused] == sorted(
        series for series in energies_kwh if series[3] in FOSSIL
    )
    assert {item.code for item in fleet.refused} == {"not-renewable"}


def test_the_month_has_the_totals_we_publish(fleet: Fleet) -> None:
    devices, refused = fleet.devices, fleet.refused
    energies_wh: Counter[str] = Counter()
    for device in devices:
        energies_wh[device.series[3]] += device.energy_wh

    assert energies_wh == {
        "Geo": 657_283_503_000,
        "Hydro": 1_841_620_893_000,
        "Solar": 7_274_367_000,
        "Wind": 254_296_904_000,
        "Wood": 21_773_572_000,
    }
    assert (len(devices), sum(device.half_hours for device in devices)) == (72, 103_486)
    assert (len(refused), sum(item.half_hours for item in refused)) == (11, 14_660)
    assert sum(item.energy_wh for item in refused) == 513_707_639_000


def test_devices_and_their_days_are_in_order(fleet: Fleet) -> None:
    keys = [device.series for device in fleet.devices]

    assert keys == sorted(set(keys))
    for device in fleet.devices:
        dates = [day.date for day in device.days]
        assert dates == sorted(set(dates))


def test_half_hours_never_overlap_and_gaps_fill_the_month(fleet: Fleet) -> None:
    for device in fleet.devices:
        spans = [
            (reading.start_ms, reading.end_ms) for day in device.days for reading in day.readings
        ]
        spans = sorted([*spans, *device.gaps])
        assert spans[0][0] == MONTH_START_AT, device.series
        assert spans[-1][1] == MONTH_END_AT, device.series
        assert all(end_at == spans[i + 1][0] for i, (_, end_at) in enumerate(spans[:-1]))


def test_the_day_daylight_saving_ends_has_50_half_hours_for_every_device_that_reported_it(
    fleet: Fleet,
) -> None:
    start_at = utc_ms("2024-04-07T00:00:00+13:00")

    lengths = [
        len(day.readings)
        for device in fleet.devices
        for day in device.days
        if day.start_ms == start_at
    ]

    assert lengths == [50] * 71


def test_only_aniwhenua_has_a_gap_of_seven_days(
    devices: dict[tuple[str, ...], FleetDevice],
) -> None:
    gap = (utc_ms("2024-04-03T00:00:00+13:00"), utc_ms("2024-04-10T00:00:00+12:00"))

    gaps = {series: device.gaps for series, device in devices.items() if device.gaps}

    assert gaps == {("MAT1101", "BOPD", "aniwhenua", "Hydro"): (gap,)}
    assert (gap[1] - gap[0]) // PERIOD_MS == MONTH_HALF_HOURS - 1104


def test_every_fuel_has_codes_that_exist_and_may_go_together() -> None:
    sources, technologies = (
        codes("eecs_energy_source_codes.csv"),
        codes("eecs_technology_codes.csv"),
    )

    for energy_source, technology in EECS_CODES.values():
        assert energy_source in sources
        assert technology in technologies
        assert any(
            fnmatchcase(technology, pattern)
            and any(fnmatchcase(energy_source, allowed) for allowed in PERMITTED[pattern])
            for pattern in PERMITTED
        )


@pytest.mark.parametrize(
    ("generator", "energy_source", "technology"),
    [
        ("aratiatia", "F01050200", "T030000"),
        ("turitea", "F01050100", "T020000"),
        ("te_mihi", "F01040200", "T050000"),
        ("Kohira", "F01040100", "T010000"),
        ("kinleith", "F01010300", "T050000"),
    ],
)
def test_a_device_has_the_codes_of_its_fuel(
    fleet: Fleet, generator: str, energy_source: str, technology: str
) -> None:
    (device,) = [device for device in fleet.devices if device.series[2] == generator]

    assert (device.energy_source, device.technology) == (energy_source, technology)


def test_a_device_over_several_rows_has_their_sum_and_the_earliest_year(
    devices: dict[tuple[str, ...], FleetDevice],
) -> None:
    device = devices["TUI1101", "GENE", "waikaremoana", "Hydro"]

    assert [row.plant for row in device.register_rows] == ["Kaitawa", "Pirirpaua", "Tuai"]
    assert (device.capacity_w, device.capacity_basis) == (140_000_000, "register")
    assert device.commissioned_on == "1929-01-01"
    assert (device.operator_code, device.operator_name) == ("GENE", "Genesis Power Ltd")


def test_a_device_without_a_row_is_run_by_its_network_and_has_its_largest_reading(
    devices: dict[tuple[str, ...], FleetDevice],
) -> None:
    device = devices["KOE1101", "TOPE", "Kohira", "Solar"]

    assert device.register_rows == ()
    assert (device.operator_code, device.operator_name) == ("TOPE", "TOPE")
    assert (device.capacity_w, device.capacity_basis) == (24_078_000, "largest-reading")
    assert device.commissioned_on is None
    assert (device.place.point, device.place.description) == ("KOE1101", "Kaikohe")


def test_the_basis_of_the_capacity_is_the_register_exactly_where_it_has_rows(fleet: Fleet) -> None:
    for device in fleet.devices:
        expected = "register" if device.register_rows else "largest-reading"
        assert device.capacity_basis == expected, device.series


def test_the_series_that_exceed_their_register_are_these(
    devices: dict[tuple[str, ...], FleetDevice],
) -> None:
    counts = {
        series[:3]: (sum(device.over_capacity.values()), sum(device.over_capacity_110.values()))
        for series, device in devices.items()
        if device.over_capacity or device.over_capacity_110
    }

    assert counts == {
        ("CYD2201", "CTCT", "clyde"): (18, 0),
        ("KOE1101", "TOPE", "ngawha"): (1442, 1442),
        ("NAP2201", "NAPJ", "nap"): (1189, 0),
        ("NAP2202", "MRPL", "Ngatamariki"): (34, 0),
        ("ROX2201", "CTCT", "roxburgh"): (9, 0),
        ("TKA0111", "GENE", "tekapo_a"): (54, 0),
        ("WKM2201", "MRPL", "whakamaru"): (7, 0),
        ("WWD1102", "MERI", "west_wind"): (492, 436),
    }


def test_the_days_over_capacity_are_days_of_the_device(fleet: Fleet) -> None:
    for device in fleet.devices:
        starts = {day.start_ms for day in device.days}
        assert device.over_capacity_110.keys() <= device.over_capacity.keys() <= starts
