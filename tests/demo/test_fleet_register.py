"""The fleet register: which rows are in force, and what they say in whole watts."""

import pytest

from app.demo.bundle import BundleError
from app.demo.register import RegisterRow, read_register, rows_in_force

FOREVER = "9999-12-31T23:59:59.000+1300"
ALWAYS = "1900-01-01T00:30:00.000+1200"
KEY = ("Aratiatia", "ARA0", "ARA2201")


def row(
    *,
    start: str = ALWAYS,
    end: str = FOREVER,
    commissioned: str = "1/01/1964",
    decommissioned: str = "",
    megawatts: str = "78",
) -> dict[str, str]:
    return {
        "PlantName": "Aratiatia",
        "PointOfConnectionCode": "ARA2201",
        "UnitCode": "ARA0",
        "FuelDescription": "Hydro",
        "PlantOperatorCode": "MRPL",
        "PlantOperatorDescription": "Mighty River Power Ltd",
        "DateCommissioned": commissioned,
        "DateDecommissioned": decommissioned,
        "NameplateMegawatts": megawatts,
        "EffectiveStartDate": start,
        "EffectiveEndDate": end,
    }


@pytest.mark.parametrize(
    ("start", "end", "is_in_force"),
    [
        (ALWAYS, FOREVER, True),
        ("2024-04-01T00:00:00.000+1300", "2024-04-30T23:59:59.000+1200", True),
        ("2024-04-01T00:00:01.000+1300", FOREVER, False),
        (ALWAYS, "2024-04-30T23:59:58.000+1200", False),
    ],
)
def test_a_row_counts_when_it_was_in_force_all_month(
    start: str, end: str, *, is_in_force: bool
) -> None:
    assert (KEY in rows_in_force(table=[row(start=start, end=end)])) == is_in_force


@pytest.mark.parametrize(
    ("decommissioned", "is_in_force"),
    [("", True), ("1/05/2024", True), ("30/04/2024", False), ("2/05/2014", False)],
)
def test_a_row_decommissioned_by_the_end_of_the_month_does_not_count(
    decommissioned: str, *, is_in_force: bool
) -> None:
    assert (KEY in rows_in_force(table=[row(decommissioned=decommissioned)])) == is_in_force


def test_a_row_is_read_with_day_before_month_and_whole_watts() -> None:
    rows = rows_in_force(table=[row(commissioned="2/11/1964", megawatts="112.5")])

    assert rows[KEY] == RegisterRow(
        plant="Aratiatia",
        unit="ARA0",
        point="ARA2201",
        fuel="Hydro",
        operator_code="MRPL",
        operator_name="Mighty River Power Ltd",
        commissioned_on="1964-11-02",
        capacity_w=112_500_000,
    )


def test_a_blank_date_of_commissioning_is_none() -> None:
    assert rows_in_force(table=[row(commissioned="")])[KEY].commissioned_on is None


def test_a_capacity_below_a_watt_is_our_mistake() -> None:
    with pytest.raises(BundleError, match="whole number of watts"):
        rows_in_force(table=[row(megawatts="0.0000001")])


def test_two_rows_in_force_with_one_key_are_our_mistake() -> None:
    with pytest.raises(BundleError, match="two rows in force"):
        rows_in_force(table=[row(), row()])


def test_an_owner_who_left_before_the_month_is_not_the_operator() -> None:
    register = read_register()

    assert register["Aniwhenua", "ANI0", "MAT1101"].operator_code == "PUNZ"
    assert ("Norske Skog CoGen", "ONU0", "KAW0112") not in register
    assert ("New Plymouth", "NPL3", "NPL2201") not in register
