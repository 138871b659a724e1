"""Register readings: differences, rollover, and what is no energy."""

import pytest

from tests.layouts.meters import ABSENT, energies_of, file_of, layout_of, seen

HEADER = "meter,at,kWh"
TIME = {"zone": "UTC", "interval": 1800, "stamp": "at", "marks": "end"}


def lines_of(*texts: str) -> list[str]:
    stamps = [f"2024-01-01 {at // 2:02}:{at % 2 * 30:02}" for at in range(1, len(texts) + 1)]
    rows = [f"A,{at},{text}" for at, text in zip(stamps, texts, strict=True) if text != "-"]
    return [HEADER, *rows]


def register(digits: int | None = None, rounding: str = "exact") -> dict[str, object]:
    rolls: dict[str, object] = {} if digits is None else {"register_digits": digits}
    return {"kind": "counter", "time": TIME, "rounding": rounding, **rolls}


def test_energy_is_the_difference_of_readings_an_interval_apart() -> None:
    file, (day,) = file_of(layout_of(**register()), *lines_of("100", "101.5", "101.5", "104"))

    assert [reading.energy_wh for reading in day.readings] == [1500, 0, 2500]
    assert seen(day.findings) == [("register-start", 2, 3)]
    assert file.tally.is_balanced
    assert not file.tally.total().gaps


def test_energy_over_a_missing_reading_is_told_but_not_given() -> None:
    file, (day,) = file_of(layout_of(**register()), *lines_of("100", "101", "-", "104", "105"))

    assert [reading.energy_wh for reading in day.readings] == [1000, 1000]
    assert seen(day.findings) == [("register-start", 2, 3), ("register-start", 4, 3), ("gap", 5, 3)]
    assert day.findings[1].detail == "3000 Wh since 2 intervals before"
    assert file.tally.total().gaps == 2


def test_a_register_that_went_back_gives_nothing_for_that_interval() -> None:
    file, (day,) = file_of(layout_of(**register()), *lines_of("100", "101", "5", "7"))

    assert [reading.energy_wh for reading in day.readings] == [1000, 2000]
    assert file.tally.total().refused == {"register-start": 1, "meter-reading-decreased": 1}


def test_a_register_that_comes_back_from_a_false_low_gives_nothing_twice() -> None:
    file, (day,) = file_of(layout_of(**register()), *lines_of("100", "101", "5", "102", "103"))

    assert [reading.energy_wh for reading in day.readings] == [1000, 1000]
    assert file.tally.total().refused == {"register-start": 1, "meter-reading-decreased": 2}


@pytest.mark.parametrize(
    ("texts", "energies"),
    [(("998", "1"), [3000]), (("600", "99"), [499_000]), (("600", "100"), []), (("9", "8"), [])],
)
def test_a_step_back_is_a_rollover_where_it_is_the_shorter_way_forwards(
    texts: tuple[str, str], energies: list[int]
) -> None:
    assert energies_of(layout_of(**register(3)), *lines_of(*texts)) == energies


def test_differences_of_parts_of_a_watt_hour_are_carried() -> None:
    layout = layout_of(**register(rounding="carry"))

    file, (day,) = file_of(layout, *lines_of("0.0002", "0.0008", "0.0014", "0.002"))

    (energy,) = file.tally.total().energies.values()
    assert [reading.energy_wh for reading in day.readings] == [0, 1, 0]
    assert energy.remainder == "4/5"


def test_registers_of_two_directions_stand_apart() -> None:
    values = [{"column": "A+", "direction": "import"}, {"column": "A-", "direction": "export"}]
    members = register() | {"values": values}
    layout = layout_of(**members, value=ABSENT, direction=ABSENT)
    rows = ["A,2024-01-01 00:30,10,7", "A,2024-01-01 01:00,11,9"]

    _, (day,) = file_of(layout, "meter,at,A+,A-", *rows)

    assert [(item.direction, item.energy_wh) for item in day.readings] == [
        ("export", 2000),
        ("import", 1000),
    ]


def test_a_register_goes_on_over_midnight() -> None:
    rows = ["A,2024-01-01 23:30,1", "A,2024-01-01 24:00,2", "A,2024-01-02 00:30,4"]

    assert energies_of(layout_of(**register()), HEADER, *rows) == [1000, 2000]
