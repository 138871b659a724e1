"""The layouts that come with the program, against the files they are for."""

import csv
import gzip
import json
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from app.layouts import shipped as package
from app.layouts.days import SeriesDay
from app.layouts.describing import describe
from app.layouts.opening import open_lines
from app.layouts.reading import MeterFile, read
from app.layouts.shipped import SHIPPED, shipped, shipped_text
from tests.layouts.meters import DATA, HALF_HOUR_MS, file_of, utc_ms

BUNDLED = Path(str(files("app.demo") / "data"))
SCHEMA = json.loads((files("app.layouts") / "schema.json").read_text(encoding="utf-8"))


def opened(path: Path, name: str) -> tuple[MeterFile, list[SeriesDay]]:
    with path.open("rb") as stream:
        file = read(layout=shipped(name=name), lines=open_lines(stream=stream))
        return file, list(file)


def rows_of(lines: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(lines))


def test_every_file_beside_the_code_is_a_layout_by_its_own_name() -> None:
    folder = Path(package.__file__).parent

    names = sorted(path.stem for path in folder.glob("*.json"))

    assert tuple(names) == SHIPPED
    assert all(shipped(name=name).name == name for name in SHIPPED)


def test_a_layout_that_does_not_come_with_the_program_is_no_file() -> None:
    with pytest.raises(KeyError):
        shipped_text(name="../schema")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_layout_is_as_the_schema_says(name: str) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(shipped_text(name=name)))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_layout_describes_itself(name: str) -> None:
    sentences = describe(layout=shipped(name=name))

    assert len(sentences) > 6
    assert all(sentence.endswith(".") for sentence in sentences)


def test_the_wide_generation_of_a_month_is_read_whole() -> None:
    file, days = opened(BUNDLED / "production_A.csv", "nz-generation-wide")

    total = file.tally.total()
    assert (len(days), len(file.tally.series), file.tally.lines) == (2458, 83, 2459)
    assert (total.cells, total.readings) == (118_146, 118_146)
    assert total.energies["production"].energy_wh == 2_782_249_239_000 + 513_707_639_000
    assert total.energies["production"].remainder == "0"
    assert file.tally.is_balanced
    assert (total.first_ms, total.last_ms) == (
        utc_ms("2024-04-01T00:00:00+13:00"),
        utc_ms("2024-05-01T00:00:00+12:00"),
    )


def test_the_stretches_that_the_month_leaves_out_are_gaps() -> None:
    file, _ = opened(BUNDLED / "production_A.csv", "nz-generation-wide")

    series = ("MAT1101", "BOPD", "aniwhenua", "Hydro")
    (gap,) = [finding for finding in file.tally.kept if finding.series == series]

    assert (gap.code, gap.count, file.tally.series[series].gaps) == ("gap", 338, 338)
    assert (gap.start_ms, gap.end_ms) == (
        utc_ms("2024-04-03T00:00:00+13:00"),
        utc_ms("2024-04-10T00:00:00+12:00"),
    )


def test_the_offtake_of_a_month_is_read_whole() -> None:
    file, days = opened(BUNDLED / "consumption.csv", "nz-grid-export")

    total = file.tally.total()
    assert (len(days), len(file.tally.series)) == (1020, 34)
    assert total.energies["consumption"].energy_wh == 654_693_244_000
    assert (total.readings, total.findings.total()) == (49_028, 0)


def test_long_generation_is_read_whole_with_both_changes_of_the_clock() -> None:
    path = DATA / "production_year_days.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = rows_of(lines)

    file, days = opened(path, "nz-generation-long")

    total = file.tally.total()
    counts = {day.date.isoformat(): len(day.readings) for day in days if "arapuni" in day.series}
    assert total.energies["production"].energy_wh == sum(int(row["kWh"]) for row in rows) * 1000
    assert total.readings == len(rows)
    assert counts["2024-04-07"] == 50
    assert counts["2024-09-29"] == 46
    assert counts["2024-12-31"] == 48
    assert file.tally.is_balanced


def test_the_steel_works_is_read_whole_and_midnight_ends_its_day() -> None:
    path = DATA / "steel_kr_days.csv"
    rows = rows_of(path.read_text(encoding="utf-8-sig").splitlines())

    file, days = opened(path, "steel-kr-quarter-hourly")

    (series,) = file.tally.series.values()
    energies = [reading.energy_wh for day in days for reading in day.readings]
    assert energies == [Decimal(row["Usage_kWh"]) * 1000 for row in rows]
    assert [len(day.readings) for day in days] == [96, 96, 96]
    assert days[0].start_ms == utc_ms("2018-01-01T00:00:00+09:00")
    assert rows[95]["date"] == "01/01/2018 00:00"
    assert days[0].readings[95].end_ms == days[1].start_ms
    assert not series.findings


def test_the_prosumer_has_both_directions_and_its_noise_is_counted() -> None:
    path = DATA / "prosumer_ausgrid_days.csv"
    rows = rows_of(path.read_text(encoding="utf-8").splitlines())
    first = rows[:48]

    file, days = opened(path, "ausgrid-prosumer")

    (series,) = file.tally.series.values()
    used = [reading.energy_wh for reading in days[0].in_direction("consumption")]
    made = [reading.energy_wh for reading in days[0].in_direction("production")]
    assert used == [round(Decimal(row["GC"]) * 500) for row in first]
    assert made == [round(Decimal(row["GG"]) * 500) for row in first]
    assert series.findings["decimal-noise"] == sum(
        len(row[name]) > len("0.000") for row in rows for name in ("GC", "GG")
    )
    assert file.tally.is_balanced


def test_the_prosumers_hour_that_never_was_and_the_hour_twice_over_are_refused() -> None:
    path = DATA / "prosumer_ausgrid_days.csv"

    file, days = opened(path, "ausgrid-prosumer")

    refused = {
        finding.line for finding in file.tally.kept if finding.code == "ambiguous-local-time"
    }
    lines = path.read_text(encoding="utf-8").splitlines()
    counts = {day.date.isoformat(): len(day.readings) // 2 for day in days}
    assert [lines[line - 1][:16] for line in sorted(refused)] == [
        "2011-10-02 02:00",
        "2011-10-02 02:30",
        "2012-04-01 02:00",
        "2012-04-01 02:30",
    ]
    assert (counts["2011-10-02"], counts["2012-04-01"]) == (46, 46)
    assert (lines[101][16:], lines[102][16:]) == (":00,0.0,0.0", ":00,0.0,0.0")


def test_readings_of_devices_in_watt_hours_have_intervals_of_any_length() -> None:
    layout = shipped(name="energy-csv")

    _, days = file_of(
        layout,
        "device,start,end,energy_wh,gap",
        "A,2024-04-07T00:00:00.000Z,2024-04-07T00:30:00.000Z,7,",
        "A,2024-04-07T00:30:00.000Z,2024-04-07T00:45:00.000Z,,meter-fault",
        "A,2024-04-07T13:00:00+12:00,2024-04-07T14:00:00+12:00,9,",
    )

    (day,) = days
    lengths = [reading.end_ms - reading.start_ms for reading in day.readings]
    assert (day.energy_wh, lengths) == (16, [HALF_HOUR_MS, 2 * HALF_HOUR_MS])
    assert [finding.code for finding in day.findings] == ["missing", "gap"]


def test_exact_energy_equals_what_was_given_where_nothing_is_rounded() -> None:
    file, _ = opened(DATA / "steel_kr_days.csv", "steel-kr-quarter-hourly")

    (energy,) = file.tally.total().energies.values()

    assert energy.exact_wh == Fraction(energy.energy_wh)
