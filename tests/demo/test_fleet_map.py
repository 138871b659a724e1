"""Our map from series to register rows."""

import pytest

from app.demo.bundle import BundleError
from app.demo.fleet_map import read_map, resolve_map
from app.demo.register import RegisterKey, RegisterRow, read_register


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


def entry(register_rows: str, generator: str = "gen") -> dict[str, str]:
    return {
        "POC_Code": "AAA0001",
        "Nwk_Code": "NETW",
        "Gen_Code": generator,
        "Fuel_Code": "Hydro",
        "name": "Plant",
        "register_rows": register_rows,
        "note": "",
    }


def test_rows_are_taken_at_the_own_point_or_at_the_one_named() -> None:
    register = register_of(("A", "A0", "AAA0001"), ("B", "B0", "BBB0001"))

    entries = resolve_map(table=[entry("A|A0;B|B0@BBB0001")], register=register)

    assert entries["AAA0001", "NETW", "gen", "Hydro"].rows == tuple(register.values())


def test_a_series_may_have_no_row() -> None:
    entries = resolve_map(table=[entry("")], register={})

    assert entries["AAA0001", "NETW", "gen", "Hydro"].rows == ()


@pytest.mark.parametrize("text", ["A|A1", "A|A0@BBB0001", "A", "A|A0;A|A0", "A|A0 "])
def test_a_row_that_is_not_there_or_no_longer_free_is_our_mistake(text: str) -> None:
    with pytest.raises(BundleError, match="not in force or is taken twice"):
        resolve_map(table=[entry(text)], register=register_of(("A", "A0", "AAA0001")))


def test_a_row_for_two_series_is_our_mistake() -> None:
    table = [entry("A|A0"), entry("A|A0", generator="other")]

    with pytest.raises(BundleError, match="taken twice"):
        resolve_map(table=table, register=register_of(("A", "A0", "AAA0001")))


def test_a_series_named_twice_is_our_mistake() -> None:
    with pytest.raises(BundleError, match="twice"):
        resolve_map(table=[entry(""), entry("")], register={})


def test_rows_of_two_operators_under_one_series_are_our_mistake() -> None:
    register = register_of(("A", "A0", "AAA0001"))
    register |= register_of(("B", "B0", "AAA0001"), operator="ELSE")

    with pytest.raises(BundleError, match="several operators"):
        resolve_map(table=[entry("A|A0;B|B0")], register=register)


def test_every_series_has_a_name_of_its_own() -> None:
    names = [entry.name for entry in read_map(register=read_register()).values()]

    assert all(names)
    assert len(set(names)) == len(names)


def test_whatever_is_not_one_row_of_the_same_fuel_at_the_own_point_says_why() -> None:
    fuels = {"Geo": "Geothermal"}

    for series, found in read_map(register=read_register()).items():
        own = [
            row.point == series[0] and row.fuel == fuels.get(series[3], series[3])
            for row in found.rows
        ]
        assert own == [True] or found.note, series
