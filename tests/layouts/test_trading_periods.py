"""The wide layout of trading periods: read exactly, or refused at its line and column."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.layouts.trading_periods import (
    GENERATION,
    GRID_EXPORT,
    PERIOD_MS,
    Layout,
    Reading,
    SeriesDay,
    TradingPeriodsError,
    periods_of,
    read_trading_periods,
)

AUCKLAND = ZoneInfo("Pacific/Auckland")
HEADER = ",".join(GENERATION.header)
EXPORT_HEADER = ",".join(GRID_EXPORT.header)
LABELS = "ARA,ARA2201,MRPL,aratiatia,Hydro,Hydro"
EXPORT_LABELS = "TWI2201,NZAS,GN,TPNZ,kWh,X,F"
FIRST_COLUMN = len(GENERATION.labels) + 2

NORMAL_DAY = "2024-04-02"
LONG_DAY = "2024-04-07"
SHORT_DAY = "2024-09-29"


def row(
    day: str = NORMAL_DAY,
    cells: Sequence[str] = ("0",) * 48,
    labels: str = LABELS,
    columns: int = 50,
) -> str:
    return ",".join([labels, day, *cells, *[""] * (columns - len(cells))])


def read(
    *lines: str, layout: Layout = GENERATION, zone: ZoneInfo = AUCKLAND
) -> tuple[SeriesDay, ...]:
    return read_trading_periods(
        lines=[line + "\n" for line in lines], source="meter.csv", layout=layout, zone=zone
    )


def refusal(*lines: str, layout: Layout = GENERATION) -> tuple[str, int, int]:
    with pytest.raises(TradingPeriodsError) as caught:
        read(*lines, layout=layout)
    return caught.value.code, caught.value.line, caught.value.column


def utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def test_a_normal_day_has_48_half_hours_from_local_midnight() -> None:
    (day,) = read(HEADER, row(cells=[str(number) for number in range(48)]))

    assert day.series == ("ARA2201", "MRPL", "aratiatia", "Hydro")
    assert day.date == date(2024, 4, 2)
    assert day.start_at == utc_ms("2024-04-02T00:00:00+13:00")
    assert day.end_at == utc_ms("2024-04-03T00:00:00+13:00")
    assert day.missing == ()
    assert day.energy_wh == sum(range(48)) * 1000
    assert day.readings == tuple(
        Reading(
            day.start_at + number * PERIOD_MS,
            day.start_at + (number + 1) * PERIOD_MS,
            number * 1000,
        )
        for number in range(48)
    )


def test_the_day_daylight_saving_ends_has_50_half_hours_and_moves_the_offset() -> None:
    (day,) = read(HEADER, row(LONG_DAY, ["1"] * 50))

    assert len(day.readings) == 50
    assert day.start_at == utc_ms("2024-04-07T00:00:00+13:00")
    assert day.end_at == utc_ms("2024-04-08T00:00:00+12:00")


def test_the_day_daylight_saving_starts_has_46_half_hours() -> None:
    (day,) = read(HEADER, row(SHORT_DAY, ["1"] * 46))

    assert len(day.readings) == 46
    assert day.start_at == utc_ms("2024-09-29T00:00:00+12:00")
    assert day.end_at == utc_ms("2024-09-30T00:00:00+13:00")


@given(day=st.dates(min_value=date(1990, 1, 1), max_value=date(2037, 12, 31)))
def test_the_half_hours_of_any_day_are_those_whose_local_clock_shows_that_day(day: date) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    candidates = [midnight + timedelta(minutes=30 * step) for step in range(-30, 60)]
    starts = [at for at in candidates if at.astimezone(AUCKLAND).date() == day]

    periods = periods_of(day=day, zone=AUCKLAND)

    assert [start_at for start_at, _ in periods] == [int(at.timestamp()) * 1000 for at in starts]
    assert all(end_at - start_at == PERIOD_MS for start_at, end_at in periods)


def test_a_zone_that_moves_by_half_an_hour_has_a_day_of_49_half_hours() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")

    (day,) = read(HEADER, row(LONG_DAY, ["1"] * 49), zone=zone)

    assert len(day.readings) == 49


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("America/Juneau", date(1867, 10, 19)),
        ("Pacific/Auckland", date(1868, 11, 1)),
        ("Pacific/Auckland", date.max),
    ],
    ids=["skipped", "repeated", "nine minutes long", "last of the calendar"],
)
def test_a_day_that_is_not_1_to_50_whole_half_hours_is_refused(name: str, day: date) -> None:
    with pytest.raises(ValueError, match="day"):
        periods_of(day=day, zone=ZoneInfo(name))


def test_a_blank_inside_the_day_is_missing_and_a_zero_is_read() -> None:
    cells = ["5", "", "0", *["1"] * 44, ""]

    (day,) = read(HEADER, row(cells=cells))

    start_at = day.start_at
    assert day.missing == (
        (start_at + PERIOD_MS, start_at + 2 * PERIOD_MS),
        (start_at + 47 * PERIOD_MS, start_at + 48 * PERIOD_MS),
    )
    assert [reading.energy_wh for reading in day.readings] == [5000, 0, *[1000] * 44]


@given(
    amounts_wh=st.lists(
        st.none() | st.integers(min_value=0, max_value=10**18 - 1), min_size=50, max_size=50
    )
)
def test_every_amount_is_read_exactly_and_every_half_hour_is_read_or_missing(
    amounts_wh: list[int | None],
) -> None:
    cells = ["" if wh is None else f"{wh // 1000}.{wh % 1000:03d}" for wh in amounts_wh]

    (day,) = read(HEADER, row(LONG_DAY, cells))

    periods = periods_of(day=date(2024, 4, 7), zone=AUCKLAND)
    pairs = list(zip(periods, amounts_wh, strict=True))
    assert day.readings == tuple(Reading(*span, wh) for span, wh in pairs if wh is not None)
    assert day.missing == tuple(span for span, wh in pairs if wh is None)


@pytest.mark.parametrize(
    ("text", "energy_wh"),
    [
        ("7", 7000),
        ("7.0", 7000),
        ("7.05", 7050),
        ("7.005", 7005),
        ("0.001", 1),
        ("007", 7000),
        ("999999999999999.999", 999_999_999_999_999_999),
    ],
)
def test_kilowatt_hours_become_watt_hours(text: str, energy_wh: int) -> None:
    (day,) = read(HEADER, row(cells=[text]))

    assert day.readings[0].energy_wh == energy_wh


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-1", "negative"),
        ("-0", "negative"),
        ("0.0001", "too-precise"),
        ("1.0000", "too-precise"),
        ("1e3", "not-an-amount"),
        ("NaN", "not-an-amount"),
        ("Infinity", "not-an-amount"),
        ("+1", "not-an-amount"),
        ("1_000", "not-an-amount"),
        ("1.", "not-an-amount"),
        (".5", "not-an-amount"),
        ("1 ", "not-an-amount"),
        (" ", "not-an-amount"),
        ("\N{ARABIC-INDIC DIGIT ONE}", "not-an-amount"),
        ("1000000000000000", "not-an-amount"),
        ('"1,5"', "not-an-amount"),
    ],
)
def test_a_value_that_is_no_amount_is_refused_where_it_stands(text: str, code: str) -> None:
    place = refusal(HEADER, row(), row("2024-04-03", ["1", "1", text]))

    assert place == (code, 3, FIRST_COLUMN + 2)


@pytest.mark.parametrize(
    ("day", "cells", "column"),
    [
        (NORMAL_DAY, ["1"] * 49, FIRST_COLUMN + 48),
        (NORMAL_DAY, [*["1"] * 48, "", "0"], FIRST_COLUMN + 49),
        (SHORT_DAY, ["1"] * 48, FIRST_COLUMN + 46),
    ],
    ids=["a 49th period", "a zero in the 50th", "a 47th in spring"],
)
def test_a_value_in_a_period_the_day_does_not_have_is_refused(
    day: str, cells: list[str], column: int
) -> None:
    assert refusal(HEADER, row(day, cells)) == ("outside-day", 2, column)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20240402",
        "2024-W14-2",
        "2/04/2024",
        "2024-02-30",
        "2024-4-2",
        "9999-12-31",
        "2024-04-02 ",
    ],
)
def test_a_date_that_is_none_is_refused(text: str) -> None:
    assert refusal(HEADER, row(text)) == ("date", 2, len(GENERATION.labels) + 1)


def test_the_same_day_of_a_series_twice_is_refused_even_where_it_says_the_same() -> None:
    place = refusal(HEADER, row(), row("2024-04-03"), row())

    assert place == ("duplicate-day", 4, len(GENERATION.labels) + 1)


def test_the_same_day_of_another_series_is_read() -> None:
    other = "ARA,ARA2201,MRPL,aratiatia,Wind,Wind"

    days = read(HEADER, row(), row(labels=other))

    assert [day.series[3] for day in days] == ["Hydro", "Wind"]


def test_days_keep_the_order_of_the_file() -> None:
    days = read(HEADER, row("2024-04-03"), row("2024-04-01"), row("2024-04-02"))

    assert [day.date.day for day in days] == [3, 1, 2]


def test_a_label_that_changes_within_a_series_is_refused() -> None:
    changed = "ARA,ARA2201,MRPL,aratiatia,Hydro,Cogen"

    assert refusal(HEADER, row(), row("2024-04-03", labels=changed)) == ("label-varies", 3, 6)


def test_grid_export_is_named_by_point_and_network() -> None:
    (day,) = read(EXPORT_HEADER, row(labels=EXPORT_LABELS, cells=["1.5"]), layout=GRID_EXPORT)

    assert day.series == ("TWI2201", "NZAS")
    assert day.energy_wh == 1500


@pytest.mark.parametrize(
    ("labels", "column"),
    [("TWI2201,NZAS,GN,TPNZ,MWh,X,F", 5), ("TWI2201,NZAS,GN,TPNZ,kWh,I,F", 6)],
    ids=["unit", "direction"],
)
def test_grid_export_in_another_unit_or_direction_is_refused(labels: str, column: int) -> None:
    place = refusal(EXPORT_HEADER, row(labels=labels), layout=GRID_EXPORT)

    assert place == ("fixed-label", 2, column)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("", 1),
        ("\ufeff" + HEADER, 1),
        (EXPORT_HEADER, 1),
        (HEADER.replace("Gen_Code", "gen_code"), 4),
        (HEADER.replace("TP7,", "TP07,"), FIRST_COLUMN + 6),
        (HEADER.removesuffix(",TP50"), FIRST_COLUMN + 49),
        (HEADER + ",TP51", FIRST_COLUMN + 50),
    ],
    ids=["blank", "BOM", "other layout", "letter case", "renamed", "short", "long"],
)
def test_an_unknown_header_is_refused_at_its_first_strange_column(header: str, column: int) -> None:
    assert refusal(header, row()) == ("header", 1, column)


def test_a_file_without_a_line_has_no_header() -> None:
    assert refusal() == ("header", 1, 1)


def test_a_file_of_a_header_alone_has_no_days() -> None:
    assert read(HEADER) == ()


@pytest.mark.parametrize(
    ("line", "column"),
    [("", 1), (row(columns=49), FIRST_COLUMN + 49), (row(columns=51), FIRST_COLUMN + 50)],
    ids=["blank line", "a column short", "a column over"],
)
def test_a_line_with_other_than_all_columns_is_refused(line: str, column: int) -> None:
    assert refusal(HEADER, row(), line) == ("field-count", 3, column)


@pytest.mark.parametrize("line", ['"open', 'A,"B"C'], ids=["open quote", "text after a quote"])
def test_a_line_that_is_no_csv_is_refused(line: str) -> None:
    assert refusal(HEADER, line) == ("not-csv", 2, 1)


def test_a_refusal_says_file_line_column_and_reason() -> None:
    with pytest.raises(TradingPeriodsError) as caught:
        read(HEADER, row(cells=["-1"]))

    assert str(caught.value) == "meter.csv, line 2, column 8: an amount is never negative"
    assert (caught.value.source, caught.value.reason) == (
        "meter.csv",
        "an amount is never negative",
    )


@pytest.mark.parametrize(("layout", "header"), [(GENERATION, HEADER), (GRID_EXPORT, EXPORT_HEADER)])
def test_a_layout_names_its_series_by_its_own_labels(layout: Layout, header: str) -> None:
    assert set(layout.series) <= set(layout.labels)
    assert {name for name, _ in layout.fixed} <= set(layout.labels)
    assert header.split(",")[len(layout.labels)] == "Trading_Date"
