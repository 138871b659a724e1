"""Times on the log: one spelling for each millisecond from 1970 to 9999."""

import calendar
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger.times import TIME_MAX_MS, TimeError, format_time, parse_time

TIMES = st.integers(0, TIME_MAX_MS)


@settings(deadline=None)
@given(TIMES)
def test_a_time_is_spelt_as_the_c_library_spells_it(time_ms: int) -> None:
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ms // 1000))

    text = format_time(time_ms)

    assert text == f"{second}.{time_ms % 1000:03}Z"


@settings(deadline=None)
@given(TIMES)
def test_a_time_is_read_as_the_c_library_reads_it(time_ms: int) -> None:
    text = format_time(time_ms)

    read_ms = parse_time(text)

    second = calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    assert read_ms == second * 1000 + int(text[20:23]) == time_ms


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400_001, "2000-02-29T00:00:00.001Z"),
        (1_795_348_800_000, "2026-11-22T12:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_known_times_have_known_spellings(time_ms: int, text: str) -> None:
    assert format_time(time_ms) == text
    assert parse_time(text) == time_ms


@pytest.mark.parametrize("time_ms", [-1, TIME_MAX_MS + 1])
def test_a_time_before_1970_or_after_9999_has_no_spelling(time_ms: int) -> None:
    with pytest.raises(TimeError, match="before 1970 or after 9999"):
        format_time(time_ms)


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z"])
def test_a_time_before_1970_is_not_read(text: str) -> None:
    with pytest.raises(TimeError, match="before 1970"):
        parse_time(text)


MISSPELT = {
    "no milliseconds": "2026-11-22T12:00:00Z",
    "two digits of a second": "2026-11-22T12:00:00.00Z",
    "microseconds": "2026-11-22T12:00:00.000000Z",
    "an offset": "2026-11-22T12:00:00.000+00:00",
    "no zone": "2026-11-22T12:00:00.000",
    "lower case": "2026-11-22t12:00:00.000z",
    "a space for T": "2026-11-22 12:00:00.000Z",
    "a comma": "2026-11-22T12:00:00,000Z",
    "hour 24": "2026-01-01T24:00:00.000Z",
    "a space before it": " 2026-11-22T12:00:00.000Z",
    "a line feed after it": "2026-11-22T12:00:00.000Z\n",
    "one digit of a month": "2026-1-22T12:00:00.000Z",
    "a year of five digits": "12026-11-22T12:00:00.000Z",
    "a sign": "+2026-11-22T12:00:00.000Z",
    "a week": "2026-W47-7T12:00:00.000Z",
    "no separators": "20261122T120000.000Z",
    "digits of another script": "٢٠٢٦-11-22T12:00:00.000Z",
    "nothing": "",
}


@pytest.mark.parametrize("text", MISSPELT.values(), ids=MISSPELT)
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(TimeError, match="a time is written"):
        parse_time(text)


MISSING = {
    "a leap second": "2016-12-31T23:59:60.000Z",
    "30 February": "2024-02-30T00:00:00.000Z",
    "29 February of a common year": "2100-02-29T00:00:00.000Z",
    "31 June": "2026-06-31T00:00:00.000Z",
    "month 0": "2026-00-01T00:00:00.000Z",
    "month 13": "2026-13-01T00:00:00.000Z",
    "day 0": "2026-01-00T00:00:00.000Z",
    "minute 60": "2026-01-01T00:60:00.000Z",
    "year 0": "0000-01-01T00:00:00.000Z",
}


@pytest.mark.parametrize("text", MISSING.values(), ids=MISSING)
def test_a_time_that_never_was_is_refused(text: str) -> None:
    with pytest.raises(TimeError, match="no such time"):
        parse_time(text)
