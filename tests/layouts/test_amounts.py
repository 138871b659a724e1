"""Values of cells: exact, rounded only where a layout says so, and never lost."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.layouts.meters import (
    ABSENT,
    energies_of,
    file_of,
    findings_of,
    layout_of,
    readings_of,
    seen,
)

HEADER = "meter,at,kWh"


def lines_of(*texts: str) -> list[str]:
    """Return a file of half-hours from the first of January."""
    stamps = [f"2024-01-01 {number // 2:02}:{number % 2 * 30:02}" for number in range(len(texts))]
    rows = [f"A,{at},{text}" for at, text in zip(stamps, texts, strict=True)]
    return [HEADER, *rows]


@pytest.mark.parametrize(
    ("text", "energy_wh"),
    [
        ("7", 7000),
        ("7.0", 7000),
        ("7.05", 7050),
        ("7.005", 7005),
        ("7.005000", 7005),
        ("0.001", 1),
        ("007", 7000),
        ("-0", 0),
        ("999999999999999.999", 999_999_999_999_999_999),
    ],
)
def test_kilowatt_hours_become_watt_hours(text: str, energy_wh: int) -> None:
    assert energies_of(layout_of(), *lines_of(text)) == [energy_wh]


@pytest.mark.parametrize(
    ("unit", "text", "energy_wh"),
    [("Wh", "7", 7), ("kWh", "0.007", 7), ("MWh", "0.000007", 7), ("MWh", "1.5", 1_500_000)],
)
def test_energy_is_read_in_every_unit(unit: str, text: str, energy_wh: int) -> None:
    assert energies_of(layout_of(unit=unit), *lines_of(text)) == [energy_wh]


@pytest.mark.parametrize(
    ("unit", "text", "energy_wh"),
    [("W", "8", 2), ("kW", "0.392", 98), ("MW", "0.000004", 1), ("MW", "12", 3_000_000)],
)
def test_average_power_is_times_the_length_of_the_interval(
    unit: str, text: str, energy_wh: int
) -> None:
    time = {"zone": "UTC", "interval": 900, "stamp": "at"}
    layout = layout_of(kind="power", unit=unit, time=time)

    assert energies_of(layout, *lines_of(text)) == [energy_wh]


def test_a_unit_may_stand_in_a_column() -> None:
    units = {"column": "unit", "units": {"KWH": "kWh", "MWH": "MWh"}}
    layout = layout_of(unit=ABSENT, unit_column=units)
    rows = ["A,2024-01-01 00:00,1,KWH", "A,2024-01-01 00:30,1,MWH", "A,2024-01-01 01:00,1,kvarh"]

    file, (day,) = file_of(layout, HEADER + ",unit", *rows)

    assert [reading.energy_wh for reading in day.readings] == [1000, 1_000_000]
    assert seen(file.tally.kept) == [("unexpected-label", 4, 4)]


def test_a_comma_may_part_the_decimals() -> None:
    layout = layout_of(separator=";", decimal=",")

    assert energies_of(layout, "meter;at;kWh", "A;2024-01-01 00:00;1234,567") == [1_234_567]


@pytest.mark.parametrize(
    "text",
    [
        "1e3",
        "NaN",
        "Infinity",
        "+1",
        "1_000",
        "1.",
        ".5",
        "1 ",
        " ",
        "--1",
        "-",
        "٣",
        "²",
        "1,5",
        "1.2.3",
        "1000000000000000",
        "0.0000000000000000001",
    ],
)
@pytest.mark.parametrize("rounding", ["exact", "carry"])
def test_a_text_that_is_no_number_is_refused_where_it_stands(text: str, rounding: str) -> None:
    first, *_, last = lines_of("1", text, "1")
    bad = f'A,2024-01-01 00:30,"{text}"'

    findings = findings_of(layout_of(rounding=rounding), first, "A,2024-01-01 00:00,1", bad, last)

    assert seen(findings) == [("not-a-number", 3, 3), ("gap", 4, 3)]


@pytest.mark.parametrize("text", ["0.0001", "1.9999", "-0.0001"])
def test_less_than_a_watt_hour_is_refused_where_nothing_is_rounded(text: str) -> None:
    findings = findings_of(layout_of(), *lines_of(text))

    assert seen(findings)[0] == ("sub-watt-hour-precision", 2, 3)


def test_what_is_less_than_a_watt_hour_is_carried_to_the_next_reading() -> None:
    file, (day,) = file_of(layout_of(rounding="carry"), *lines_of(*["0.0004"] * 7))

    (energy,) = file.tally.total().energies.values()
    assert [reading.energy_wh for reading in day.readings] == [0, 0, 1, 0, 1, 0, 0]
    assert (energy.energy_wh, energy.exact_wh) == (2, Fraction(14, 5))
    assert energy.remainder == "4/5"


def test_what_is_carried_goes_over_midnight_but_not_to_another_series() -> None:
    rows = ["A,2024-01-01 23:30,0.0006", "A,2024-01-02 00:00,0.0006", "B,2024-01-02 00:00,0.0006"]

    assert energies_of(layout_of(rounding="carry"), HEADER, *rows) == [0, 1, 0]


@settings(max_examples=50)
@given(
    amounts=st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=48),
    unit=st.sampled_from(["kWh", "kW"]),
    is_sorted=st.booleans(),
)
def test_energy_is_conserved_to_the_watt_hour_under_carry(
    amounts: list[int], unit: str, *, is_sorted: bool
) -> None:
    kind = "energy" if unit == "kWh" else "power"
    layout = layout_of(rounding="carry", unit=unit, kind=kind, sorted=is_sorted)
    texts = [f"{amount // 10**6}.{amount % 10**6:06}" for amount in amounts]
    exact_wh = [Fraction(text) * (1000 if unit == "kWh" else 500) for text in texts]

    file, (day,) = file_of(layout, *lines_of(*texts))

    given_wh = [reading.energy_wh for reading in day.readings]
    sums = [(sum(given_wh[:at]), sum(exact_wh[:at])) for at in range(1, len(texts) + 1)]
    (energy,) = file.tally.total().energies.values()
    assert all(0 <= exact - whole < 1 for whole, exact in sums)
    assert energy.exact_wh == sum(exact_wh)
    assert energy.energy_wh == sum(given_wh)


@pytest.mark.parametrize(
    ("text", "energy_wh", "is_noise"),
    [
        ("0.48200000000000004", 482, True),
        ("0.39799999999999996", 398, True),
        ("0.482", 482, False),
        ("0.4820000000", 482, False),
        ("0.0005", 0, True),
        ("0.0015", 2, True),
        ("0.00050000001", 1, True),
        ("1.9999", 2000, True),
    ],
)
def test_noise_of_decimals_is_rounded_half_to_even_and_counted(
    text: str, energy_wh: int, *, is_noise: bool
) -> None:
    file, (day,) = file_of(layout_of(decimals=3), *lines_of(text, text))

    assert [reading.energy_wh for reading in day.readings] == [energy_wh, energy_wh]
    assert file.tally.total().findings["decimal-noise"] == 2 * is_noise


@settings(max_examples=50)
@given(
    text=st.decimals(min_value=0, max_value=10**6, allow_nan=False, allow_infinity=False, places=9),
    decimals=st.integers(min_value=0, max_value=3),
)
def test_rounding_of_noise_is_that_of_decimal_arithmetic(text: Decimal, decimals: int) -> None:
    meant = text.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)

    assert energies_of(layout_of(decimals=decimals), *lines_of(f"{text:f}")) == [meant * 1000]


def test_a_negative_value_is_refused_and_its_sum_told() -> None:
    file, (day,) = file_of(layout_of(), *lines_of("1", "-0.25", "2"))

    total = file.tally.total()
    assert [reading.energy_wh for reading in day.readings] == [1000, 2000]
    assert total.refused == {"negative": 1}
    assert total.negative_wh == -250
    assert seen(day.findings) == [("negative", 3, 3), ("gap", 4, 3)]


def test_a_negative_value_may_count_as_zero_and_its_sum_is_told() -> None:
    file, (day,) = file_of(layout_of(negative="zero"), *lines_of("1", "-0.25", "-0.5"))

    total = file.tally.total()
    assert [reading.energy_wh for reading in day.readings] == [1000, 0, 0]
    assert (total.findings["negative"], total.refused.total()) == (2, 0)
    assert total.negative_wh == -750
    assert "-250 Wh" in day.findings[0].detail


def test_a_negative_value_may_count_as_import_at_the_same_time() -> None:
    file, (day,) = file_of(layout_of(negative="import"), *lines_of("1", "-0.25"))

    total = file.tally.total()
    assert [(item.energy_wh, item.direction) for item in day.readings] == [
        (1000, "production"),
        (250, "import"),
        (0, "production"),
    ]
    assert (total.cells, total.imports, total.readings) == (2, 1, 3)
    assert total.energies["import"].energy_wh == 250
    assert not total.gaps
    assert file.tally.is_balanced


def test_import_out_of_negative_values_has_a_carry_of_its_own() -> None:
    layout = layout_of(negative="import", rounding="carry")

    file, (day,) = file_of(layout, *lines_of("-0.0006", "0.0007", "-0.0006"))

    drawn = [reading.energy_wh for reading in day.in_direction("import")]
    energies = file.tally.total().energies
    assert drawn == [0, 1]
    assert (energies["import"].remainder, energies["production"].remainder) == ("1/5", "7/10")


def test_values_of_several_columns_have_a_direction_each() -> None:
    values = [
        {"column": "A+", "direction": "import"},
        {"column": "A-", "direction": "export"},
    ]
    layout = layout_of(value=ABSENT, direction=ABSENT, values=values)

    readings = readings_of(layout, "meter,at,A+,A-", "A,2024-01-01 00:00,1,2")

    assert [(item.direction, item.energy_wh) for item in readings] == [
        ("export", 2000),
        ("import", 1000),
    ]


def test_direction_and_quality_may_stand_in_columns() -> None:
    directions = {"column": "type", "directions": {"E17": "consumption", "E18": "production"}}
    qualities = {"column": "q", "qualities": {"A01": "corrected", "A02": "estimated"}}
    layout = layout_of(direction=ABSENT, direction_column=directions, quality_column=qualities)
    rows = ["A,2024-01-01 00:00,1,E17,A01", "A,2024-01-01 00:00,2,E18,A02"]

    readings = readings_of(layout, HEADER + ",type,q", *rows)

    assert [(item.direction, item.quality, item.energy_wh) for item in readings] == [
        ("consumption", "corrected", 1000),
        ("production", "estimated", 2000),
    ]


def test_average_power_is_times_whatever_length_a_row_has() -> None:
    time = {"zone": "UTC", "start": "from", "end": "to", "form": "iso"}
    layout = layout_of(time=time, kind="power", unit="kW", rounding="carry")
    rows = [f"A,2024-01-01T{at:02}:00Z,2024-01-01T{at:02}:{at + 1:02}Z,6" for at in range(20)]

    energies = energies_of(layout, "meter,from,to,kWh", *rows)

    assert energies == [100 * (at + 1) for at in range(20)]


def test_readings_of_one_time_are_in_order_of_their_directions() -> None:
    layout = layout_of(negative="import", direction="export")

    readings = readings_of(layout, *lines_of("-1", "1"))

    assert [item.direction for item in readings] == ["export", "import", "export"]
