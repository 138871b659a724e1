"""Times of local clocks, in zones as they are, over both of their changes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.layouts.local_days import LocalDays
from tests.layouts.meters import (
    HALF_HOUR_MS,
    file_of,
    findings_of,
    layout_of,
    local_of,
    readings_of,
    seen,
    starts_of,
    utc_ms,
)

HEADER = "meter,at,kWh"
AUCKLAND = ZoneInfo("Pacific/Auckland")

CHANGES = [
    ("Europe/Copenhagen", "2024-03-31", 46),
    ("Europe/Copenhagen", "2024-10-27", 50),
    ("Pacific/Auckland", "2024-09-29", 46),
    ("Pacific/Auckland", "2024-04-07", 50),
    ("Australia/Lord_Howe", "2024-10-06", 47),
    ("Australia/Lord_Howe", "2024-04-07", 49),
    ("America/New_York", "2024-03-10", 46),
    ("America/New_York", "2024-11-03", 50),
]


def clock_shows(zone: str, day: str, count: int, *, at_end: bool = False) -> list[str]:
    """Return what the clock shows at each half-hour of a day, the starts or the ends."""
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    instants = [start + timedelta(minutes=30 * (number + at_end)) for number in range(count)]
    return [f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for at in instants]


@pytest.mark.parametrize(("zone", "day", "count"), CHANGES)
@pytest.mark.parametrize("marks", ["start", "end"])
def test_a_day_as_the_clock_shows_it_is_read_whole_over_a_change(
    zone: str, day: str, count: int, marks: str
) -> None:
    stamps = clock_shows(zone, day, count, at_end=marks == "end")
    layout = local_of(zone, marks=marks, repeated="in-order")
    lines = [f"A,{stamp},{number}" for number, stamp in enumerate(stamps)]

    file, (only,) = file_of(layout, HEADER, *lines)

    assert [reading.energy_wh for reading in only.readings] == [n * 1000 for n in range(count)]
    assert only.readings[0].start_ms == only.start_ms
    assert only.readings[-1].end_ms == only.end_ms
    assert all(first.end_ms == after.start_ms for first, after in pairwise(only.readings))
    assert not file.tally.total().findings


@pytest.mark.parametrize(("zone", "day", "count"), CHANGES)
def test_ends_written_as_start_plus_length_are_read_too(zone: str, day: str, count: int) -> None:
    starts = clock_shows(zone, day, count)
    naive = [datetime.fromisoformat(stamp) + timedelta(minutes=30) for stamp in starts]
    layout = local_of(zone, marks="end", repeated="in-order")
    lines = [f"A,{stamp:%Y-%m-%d %H:%M},{number}" for number, stamp in enumerate(naive)]

    file, (only,) = file_of(layout, HEADER, *lines)

    assert [reading.energy_wh for reading in only.readings] == [n * 1000 for n in range(count)]
    assert not file.tally.total().findings


def test_stamps_that_repeat_side_by_side_are_the_earlier_and_the_later_one() -> None:
    layout = local_of("Europe/Copenhagen", repeated="in-order")
    stamps = ["2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 02:30", "2024-10-27 02:30"]

    starts = starts_of(layout, *stamps)
    readings = readings_of(layout, HEADER, *(f"A,{at},{n}" for n, at in enumerate(stamps)))

    assert starts == ["10-27T00:00Z", "10-27T00:30Z", "10-27T01:00Z", "10-27T01:30Z"]
    assert [reading.energy_wh for reading in readings] == [0, 2000, 1000, 3000]


def test_without_leave_every_stamp_of_the_hour_twice_over_is_refused() -> None:
    layout = local_of("Europe/Copenhagen")
    lines = ["A,2024-10-27 01:30,1", "A,2024-10-27 02:00,2", "A,2024-10-27 02:00,3"]

    findings = findings_of(layout, HEADER, *lines, "A,2024-10-27 03:00,4")

    assert seen(findings) == [
        ("ambiguous-local-time", 3, 3),
        ("ambiguous-local-time", 4, 3),
        ("gap", 5, 3),
    ]
    assert findings[-1].count == 4


def test_one_stamp_of_an_hour_twice_over_may_be_either_and_is_refused() -> None:
    layout = local_of("Europe/Copenhagen", repeated="in-order")

    findings = findings_of(layout, HEADER, "A,2024-10-27 02:00,2", "A,2024-10-27 03:00,4")

    assert seen(findings) == [("ambiguous-local-time", 2, 3), ("gap", 3, 3)]


def test_a_file_that_runs_backwards_does_not_tell_the_order_of_like_stamps() -> None:
    layout = local_of("Europe/Copenhagen", repeated="in-order")
    hours = ["03:30", "03:00", "02:30", "02:00", "02:30", "02:00", "01:30"]

    file, (day,) = file_of(layout, HEADER, *(f"A,2024-10-27 {at},1" for at in hours))

    assert len(day.readings) == 3
    assert file.tally.total().refused == {"ambiguous-local-time": 4}


def test_a_third_reading_of_an_hour_twice_over_is_in_conflict() -> None:
    layout = local_of("Europe/Copenhagen", repeated="in-order")
    lines = [f"A,2024-10-27 02:00,{number}" for number in range(3)]

    findings = findings_of(layout, HEADER, *lines)

    assert seen(findings)[:2] == [("duplicate-conflict", 3, 3), ("duplicate-conflict", 4, 3)]


@pytest.mark.parametrize(
    ("zone", "stamp"),
    [
        ("Europe/Copenhagen", "2024-03-31 02:30"),
        ("Pacific/Auckland", "2024-09-29 02:00"),
        ("Australia/Lord_Howe", "2024-10-06 02:00"),
        ("America/New_York", "2024-03-10 02:30"),
    ],
)
def test_a_time_that_the_clock_leaves_out_is_refused(zone: str, stamp: str) -> None:
    findings = findings_of(local_of(zone), HEADER, f"A,{stamp},1")

    assert seen(findings) == [("ambiguous-local-time", 2, 2)]


def test_stamps_that_keep_standard_time_fall_into_days_of_the_clock() -> None:
    layout = local_of("Europe/Copenhagen", interval=3600, naive="standard")
    stamps = ["2024-06-30 22:00", "2024-06-30 23:00", "2024-07-01 00:00"]

    file, days = file_of(layout, HEADER, *(f"A,{stamp},1" for stamp in stamps))

    assert [(day.date.day, len(day.readings)) for day in days] == [(30, 1), (1, 2)]
    assert file.tally.total().first_ms == utc_ms("2024-06-30T21:00:00Z")


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Dublin", "07-01T02:00Z"),
        ("Pacific/Auckland", "06-30T14:00Z"),
        ("Australia/Lord_Howe", "06-30T15:30Z"),
    ],
)
def test_standard_time_is_that_without_summer_time(zone: str, start: str) -> None:
    assert starts_of(local_of(zone, naive="standard"), "2024-07-01 02:00") == [start]


def test_standard_time_has_every_hour_once_where_the_clock_changes() -> None:
    layout = local_of("Europe/Copenhagen", interval=3600, naive="standard")

    starts = starts_of(layout, "2024-03-31 02:00", "2024-10-27 02:00")

    assert starts == ["03-31T01:00Z", "10-27T01:00Z"]


@pytest.mark.parametrize(
    ("zone", "start"),
    [("UTC", "04-07T02:00Z"), ("+09:00", "04-06T17:00Z"), ("-03:30", "04-07T05:30Z")],
)
def test_a_fixed_offset_never_changes(zone: str, start: str) -> None:
    assert starts_of(local_of(zone), "2024-04-07 02:00") == [start]


def test_hour_ending_labels_run_from_1_to_24() -> None:
    form = {"clock": "h", "order": "mdy", "date_separator": "/"}
    time = {"zone": "America/New_York", "interval": 3600, "date": "d", "clock": "he"}
    layout = layout_of(time=time | {"form": form, "marks": "end"})
    lines = [f"A,01/31/2024,{hour},{hour}" for hour in range(1, 25)]

    _, (day,) = file_of(layout, "meter,d,he,kWh", *lines)

    assert day.date == date(2024, 1, 31)
    assert [reading.energy_wh for reading in day.readings] == [n * 1000 for n in range(1, 25)]
    assert day.readings[-1].end_ms == utc_ms("2024-02-01T00:00:00-05:00")


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2024-03-10", [1, 2, *range(4, 25)]),
        ("2024-11-03", [1, 2, 2, *range(3, 25)]),
    ],
)
def test_hour_ending_labels_over_a_change_of_the_clock(day: str, hours: list[int]) -> None:
    time = {"zone": "America/New_York", "interval": 3600, "date": "d", "clock": "he"}
    layout = layout_of(time=time | {"form": {"clock": "h"}, "marks": "end", "repeated": "in-order"})

    file, (only,) = file_of(layout, "meter,d,he,kWh", *(f"A,{day},{hour},1" for hour in hours))

    assert len(only.readings) == len(hours)
    assert not file.tally.total().findings


@pytest.mark.parametrize(
    ("stamp", "end"),
    [
        ("2024-02-29 24:00", "2024-03-01T00:00:00Z"),
        ("2024-03-01 00:00", "2024-03-01T00:00:00Z"),
        ("2024-12-31 24:00", "2025-01-01T00:00:00Z"),
        ("2025-01-01 00:00", "2025-01-01T00:00:00Z"),
    ],
)
def test_the_last_interval_of_a_month_ends_at_midnight_however_written(
    stamp: str, end: str
) -> None:
    _, (day,) = file_of(local_of("UTC", marks="end"), HEADER, f"A,{stamp},1")

    assert day.readings[0].end_ms == day.end_ms == utc_ms(end)


def test_midnight_may_stand_for_the_end_of_the_day_it_names() -> None:
    layout = local_of("Asia/Seoul", marks="end", midnight="ends")

    starts = starts_of(layout, "2024-01-01 00:30", "2024-01-01 23:30", "2024-01-01 00:00")

    assert starts == ["12-31T15:00Z", "01-01T14:00Z", "01-01T14:30Z"]


def test_24_o_clock_begins_no_interval() -> None:
    assert seen(findings_of(local_of("UTC"), HEADER, "A,2024-01-01 24:00,1")) == [
        ("not-a-time", 2, 2)
    ]


@pytest.mark.parametrize(("zone", "day", "count"), CHANGES)
def test_numbered_periods_split_a_local_day(zone: str, day: str, count: int) -> None:
    layout = layout_of(time={"zone": zone, "interval": 1800, "date": "d", "period": "p"})
    lines = [f"A,{day},{number},1" for number in range(1, count + 2)]

    file, (only,) = file_of(layout, "meter,d,p,kWh", *lines)

    assert len(only.readings) == count
    assert only.readings[-1].end_ms == only.end_ms
    assert seen(file.tally.kept) == [("outside-day", count + 2, 3)]


@pytest.mark.parametrize("text", ["0", "", "-1", "1.0", "x", "00001", "٣"])
def test_a_number_of_a_period_counts_from_1(text: str) -> None:
    layout = layout_of(time={"zone": "UTC", "interval": 1800, "date": "d", "period": "p"})

    assert seen(findings_of(layout, "meter,d,p,kWh", f"A,2024-01-01,{text},1")) == [
        ("not-a-time", 2, 3)
    ]


def test_whole_days_are_as_long_as_the_local_day() -> None:
    layout = layout_of(time={"zone": "Europe/Copenhagen", "interval": 86400, "date": "d"})
    days = ["2024-03-30", "2024-03-31", "2024-10-27"]

    readings = readings_of(layout, "meter,d,kWh", *(f"A,{day},1" for day in days))

    lengths = [(reading.end_ms - reading.start_ms) // (2 * HALF_HOUR_MS) for reading in readings]
    assert lengths == [24, 23, 25]


def test_average_power_over_a_whole_day_is_times_its_hours() -> None:
    time = {"zone": "Europe/Copenhagen", "interval": 86400, "date": "d"}
    layout = layout_of(time=time, kind="power", unit="kW")

    readings = readings_of(layout, "meter,d,kWh", "A,2024-03-31,1", "A,2024-10-27,1")

    assert [reading.energy_wh for reading in readings] == [23_000, 25_000]


@pytest.mark.parametrize(
    ("form", "stamp"),
    [
        ("iso", "2024-04-07T02:00:00Z"),
        ("iso", "2024-04-07T02:00:00.000Z"),
        ("iso", "2024-04-07 14:00:00+12:00"),
        ("epoch-seconds", "1712455200"),
        ("epoch-milliseconds", "1712455200000"),
        ({"order": "dmy", "date_separator": "."}, "07.04.2024 02:00"),
        ({"order": "mdy", "date_separator": "/", "clock": "h:m:s"}, "4/7/2024 2:00:00"),
        ({"clock": "h:m:s", "between": "T"}, "2024-04-07T02:00:00.000"),
        ({"date_separator": "", "clock": "hm", "between": ""}, "202404070200"),
        ({"order": "dmy", "date_separator": "", "clock": "h", "between": " "}, "07042024 2"),
    ],
)
def test_times_are_read_in_every_form(form: object, stamp: str) -> None:
    assert starts_of(local_of("UTC", form=form), stamp) == ["04-07T02:00Z"]


@pytest.mark.parametrize(
    ("form", "stamp"),
    [
        ("iso", "2024-04-07T02:00:00"),
        ("iso", "2024-W14-7T02:00:00Z"),
        ("iso", "20240407T020000Z"),
        ("iso", "2024-04-07T02:00:00.0001Z"),
        ("iso", "2024-04-31T02:00:00Z"),
        ("iso", "0001-01-01T00:00:00+23:00"),
        ("epoch-seconds", "1712455200.0"),
        ("epoch-seconds", "99999999999999"),
        ("epoch-seconds", "9999999999999"),
        ("epoch-seconds", ""),
        ({}, "2024-04-07"),
        ({}, "2024-04-07 02:00:00"),
        ({}, "2024-04-07 2:60"),
        ({}, "2024-04-07 24:01"),
        ({}, "2024-04-07 25:00"),
        ({}, "2024-04-07 002:00"),
        ({}, "2024-02-30 02:00"),
        ({}, "24-04-07 02:00"),
        ({}, "9999-12-31 02:00"),
        ({}, "٢٠٢٤-04-07 02:00"),
        ({"clock": "h:m:s"}, "2024-04-07 02:00:00.5"),
        ({"date_separator": "", "between": " "}, "202404071 02:00"),
        ({"date_separator": "", "clock": "hm", "between": ""}, "20240407020"),
    ],
)
def test_a_text_in_another_form_is_no_time(form: object, stamp: str) -> None:
    findings = findings_of(local_of("UTC", form=form), HEADER, f"A,{stamp},1")

    assert seen(findings) == [("not-a-time", 2, 2)]


START_END = {"zone": "Europe/Copenhagen", "interval": 3600, "start": "from", "end": "to"}


def test_start_and_end_columns_agree_over_the_hour_twice_over() -> None:
    layout = layout_of(time=START_END | {"repeated": "in-order"})
    hours = ["01:00,2024-10-27 02:00", "02:00,2024-10-27 03:00", "02:00,2024-10-27 03:00"]

    readings = readings_of(layout, "meter,from,to,kWh", *(f"A,2024-10-27 {x},1" for x in hours))

    assert [reading.start_ms for reading in readings] == [
        utc_ms("2024-10-26T23:00:00Z"),
        utc_ms("2024-10-27T00:00:00Z"),
        utc_ms("2024-10-27T01:00:00Z"),
    ]


def test_start_and_end_that_are_not_an_interval_apart_are_refused() -> None:
    line = "A,2024-10-26 01:00,2024-10-26 01:30,1"

    findings = findings_of(layout_of(time=START_END), "meter,from,to,kWh", line)

    assert seen(findings) == [("misaligned", 2, 3)]


@pytest.mark.parametrize(
    ("line", "column"), [("A,x,2024-10-26 01:30,1", 2), ("A,2024-10-26 01:00,,1", 3)]
)
def test_a_start_or_end_that_is_no_time_is_named(line: str, column: int) -> None:
    findings = findings_of(layout_of(time=START_END), "meter,from,to,kWh", line)

    assert seen(findings) == [("not-a-time", 2, column)]


@given(day=st.dates(min_value=date(1990, 1, 1), max_value=date(2037, 12, 31)))
def test_a_local_day_is_the_time_at_which_the_clock_shows_its_date(day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    shown = [
        at
        for at in (noon + timedelta(minutes=30 * step) for step in range(-60, 60))
        if at.astimezone(AUCKLAND).date() == day
    ]

    found = LocalDays(AUCKLAND).on(day)

    assert list(found.starts(HALF_HOUR_MS)) == [int(at.timestamp()) * 1000 for at in shown]
    assert LocalDays(AUCKLAND).at(found.start_ms) == found
    assert LocalDays(AUCKLAND).at(found.end_ms - 1) == found


def test_a_day_that_a_zone_leaves_out_has_no_interval() -> None:
    layout = layout_of(time={"zone": "Pacific/Apia", "interval": 1800, "date": "d", "period": "p"})

    findings = findings_of(layout, "meter,d,p,kWh", "A,2011-12-30,1,1")

    assert seen(findings) == [("outside-day", 2, 3)]


def test_an_hour_that_goes_on_past_a_day_of_24_and_a_half_hours_is_outside_it() -> None:
    time = {"zone": "Australia/Lord_Howe", "interval": 3600, "stamp": "at", "form": "iso"}

    findings = findings_of(layout_of(time=time), HEADER, "A,2024-04-07T23:30:00+10:30,1")

    assert seen(findings) == [("outside-day", 2, 2)]


def test_an_interval_off_the_grid_of_its_day_is_misaligned() -> None:
    findings = findings_of(local_of("UTC"), HEADER, "A,2024-04-07 02:15,1")

    assert seen(findings) == [("misaligned", 2, 2)]
