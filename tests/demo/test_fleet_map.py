"""Our map from series to register rows."""

import pytest

from app.demo.bundle import BundleError
from app.demo.fleet import read_fleet
from app.demo.fleet_map import MapEntry, resolve_map
from app.demo.register import RegisterKey, RegisterRow
from app.layouts.findings import SeriesKey

OWN = ("A", "A0", "AAA0001")


def register_of(*keys: RegisterKey, operator: str = "OPER") -> dict[RegisterKey, RegisterRow]:
    return {
        key: RegisterRow(
            plant=key[0],
            unit=key[1],
            point=key[2],
            fuel="Hydro",
            operator_code=operator,
            operator_name="Operator",
            commissioned_on=None,
            capacity_w=1,
        )
        for key in keys
    }


def key_of(generator: str) -> SeriesKey:
    return ("AAA0001", "NETW", generator, "Hydro")


def entry(register_rows: str, generator: str) -> dict[str, str]:
    return {
        "POC_Code": "AAA0001",
        "Nwk_Code": "NETW",
        "Gen_Code": generator,
        "Fuel_Code": "Hydro",
        "name": "Plant",
        "register_rows": register_rows,
        "note": "",
    }


def resolve(
    *texts: str, register: dict[RegisterKey, RegisterRow] | None = None
) -> dict[SeriesKey, MapEntry]:
    """Resolve a map whose entries are for the generators g0, g1 and so on."""
    table = [entry(text, f"g{number}") for number, text in enumerate(texts)]
    return resolve_map(
        table=table,
        register=register_of(OWN) if register is None else register,
        series=[key_of(f"g{number}") for number in range(len(texts))],
    )


def test_rows_are_taken_at_the_own_point_or_at_the_one_named() -> None:
    register = register_of(OWN, ("B", "B0", "BBB0001"))

    entries = resolve("A|A0;B|B0@BBB0001", register=register)

    assert entries[key_of("g0")].rows == tuple(register.values())


def test_a_series_may_have_no_row() -> None:
    assert resolve("")[key_of("g0")].rows == ()


@pytest.mark.parametrize("text", ["A|A1", "A|A0@BBB0001", "A", "A|A0;A|A0", "A|A0 "])
def test_a_row_that_is_not_there_or_no_longer_free_is_our_mistake(text: str) -> None:
    with pytest.raises(BundleError, match="not in force or is taken twice"):
        resolve(text)


def test_a_row_for_two_series_is_our_mistake() -> None:
    with pytest.raises(BundleError, match="not in force or is taken twice"):
        resolve("A|A0", "A|A0")


def test_rows_of_two_operators_under_one_series_are_our_mistake() -> None:
    register = register_of(OWN) | register_of(("B", "B0", "AAA0001"), operator="ELSE")

    with pytest.raises(BundleError, match="several operators"):
        resolve("A|A0;B|B0", register=register)


def test_a_series_named_twice_is_our_mistake() -> None:
    with pytest.raises(BundleError, match=r"the map has .* twice"):
        resolve_map(table=[entry("", "g0")] * 2, register={}, series=[key_of("g0")])


@pytest.mark.parametrize("generators", [[], ["g0", "g1"], ["g1"]], ids=["more", "fewer", "other"])
def test_a_map_of_other_series_than_the_meter_file_has_is_our_mistake(
    generators: list[str],
) -> None:
    series = [key_of(generator) for generator in generators]

    with pytest.raises(BundleError, match="without its counterpart"):
        resolve_map(table=[entry("", "g0")], register={}, series=series)


def test_every_device_has_a_name_of_its_own() -> None:
    names = [device.name for device in read_fleet().devices]

    assert all(names)
    assert len(set(names)) == len(names)


def test_whatever_is_not_one_row_of_the_same_fuel_at_the_own_point_says_why() -> None:
    fuels = {"Geo": "Geothermal"}

    for device in read_fleet().devices:
        point, fuel = device.series[0], device.series[3]
        own = [
            row.point == point and row.fuel == fuels.get(fuel, fuel) for row in device.register_rows
        ]
        assert own == [True] or device.note, device.series
