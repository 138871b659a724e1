"""Findings: what is wrong with a row or a cell is named, counted, and costs that alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.layouts import findings as module
from app.layouts.findings import FINDING_CODES
from app.layouts.reading import read
from app.layouts.tallies import KEPT_FINDINGS
from tests.layouts.meters import (
    ABSENT,
    HALF_HOUR_MS,
    file_of,
    findings_of,
    layout_of,
    seen,
    utc_ms,
    wide_of,
)

HEADER = "meter,at,kWh"
FIRST = "A,2024-01-01 00:00,1"
WIDE_HEADER = ",".join(["meter", "day", *(f"P{number}" for number in range(1, 51))])


def wide_row(day: str, *cells: str) -> str:
    return ",".join(["A", day, *cells, *[""] * (50 - len(cells))])


def test_a_blank_is_missing_and_a_zero_is_read() -> None:
    file, (day,) = file_of(
        layout_of(), HEADER, FIRST, "A,2024-01-01 00:30,", "A,2024-01-01 01:00,0"
    )

    assert [reading.energy_wh for reading in day.readings] == [1000, 0]
    assert seen(day.findings) == [("missing", 3, 3), ("gap", 4, 3)]
    assert file.tally.is_balanced


def test_a_layout_says_which_texts_are_blanks() -> None:
    rows = [FIRST, "A,2024-01-01 00:30,n/e", "A,2024-01-01 01:00,-"]

    file, _ = file_of(layout_of(blanks=["n/e", "-"]), HEADER, *rows)

    assert file.tally.total().refused == {"missing": 2}


def test_missing_cells_of_a_day_are_one_finding_with_their_count() -> None:
    file, (day,) = file_of(wide_of(), WIDE_HEADER, wide_row("2024-04-02", "1", "", "", "1"))

    missing = next(finding for finding in day.findings if finding.code == "missing")
    assert (missing.count, missing.line, missing.column) == (46, 2, 4)
    assert file.tally.total().refused == {"missing": 46}


def test_blanks_at_the_edges_of_a_series_are_gaps_too() -> None:
    file, (day,) = file_of(wide_of(), WIDE_HEADER, wide_row("2024-04-02", "", "1"))

    first, last = (finding for finding in file.tally.kept if finding.code == "gap")
    assert (first.start_ms, first.end_ms, first.count) == (
        day.start_ms,
        day.start_ms + HALF_HOUR_MS,
        1,
    )
    assert (last.start_ms, last.end_ms, last.count) == (
        day.start_ms + 2 * HALF_HOUR_MS,
        day.end_ms,
        46,
    )
    assert file.tally.total().gaps == 47


@pytest.mark.parametrize("is_sorted", [False, True])
def test_days_that_are_left_out_are_a_gap_with_its_stretch(*, is_sorted: bool) -> None:
    layout = layout_of(sorted=is_sorted)

    file, days = file_of(layout, HEADER, FIRST, "A,2024-01-03 00:00,1")

    (gap,) = days[1].findings
    assert (gap.code, gap.line, gap.count) == ("gap", 3, 95)
    assert (gap.start_ms, gap.end_ms) == (
        utc_ms("2024-01-01T00:30:00Z"),
        utc_ms("2024-01-03T00:00:00Z"),
    )
    assert file.tally.total().gaps == 95


@pytest.mark.parametrize("is_sorted", [False, True])
def test_the_same_reading_again_is_taken_once(*, is_sorted: bool) -> None:
    file, (day,) = file_of(layout_of(sorted=is_sorted), HEADER, FIRST, FIRST, FIRST)

    assert [reading.energy_wh for reading in day.readings] == [1000]
    assert seen(day.findings) == [("duplicate", 3, 3), ("duplicate", 4, 3)]
    assert file.tally.total().refused == {"duplicate": 2}
    assert day.findings[0].detail == "the same as line 2"


def test_different_readings_of_one_interval_are_all_refused() -> None:
    rows = [FIRST, FIRST.replace(",1", ",2"), FIRST, "A,2024-01-01 00:30,7"]

    file, (day,) = file_of(layout_of(), HEADER, *rows)

    assert [reading.energy_wh for reading in day.readings] == [7000]
    assert file.tally.total().refused == {"duplicate-conflict": 3}
    assert {finding.detail for finding in day.findings if "conflict" in finding.code} == {
        "lines 2, 3, 4"
    }
    assert file.tally.is_balanced


def test_the_same_energy_of_another_quality_is_in_conflict() -> None:
    qualities = {"column": "q", "qualities": {"M": "measured", "E": "estimated"}}

    findings = findings_of(
        layout_of(quality_column=qualities), HEADER + ",q", FIRST + ",M", FIRST + ",E"
    )

    assert [finding.code for finding in findings][:2] == ["duplicate-conflict"] * 2


def test_intervals_that_share_time_are_all_refused() -> None:
    time = {"zone": "UTC", "start": "from", "end": "to", "form": "iso"}
    rows = [
        "A,2024-01-01T00:00Z,2024-01-01T02:00Z,1",
        "A,2024-01-01T01:00Z,2024-01-01T01:30Z,1",
        "A,2024-01-01T01:45Z,2024-01-01T03:00Z,1",
        "A,2024-01-01T03:00Z,2024-01-01T04:00Z,5",
    ]

    file, (day,) = file_of(layout_of(time=time), "meter,from,to,kWh", *rows)

    assert [reading.energy_wh for reading in day.readings] == [5000]
    assert file.tally.total().refused == {"overlap": 3}


@pytest.mark.parametrize(
    "end", ["2024-01-01T00:00Z", "2023-12-31T00:00Z", "2024-01-01T00:00:01.500Z", "x"]
)
def test_an_interval_that_is_no_whole_seconds_is_misaligned(end: str) -> None:
    time = {"zone": "UTC", "start": "from", "end": "to", "form": "iso"}

    findings = findings_of(
        layout_of(time=time), "meter,from,to,kWh", f"A,2024-01-01T00:00Z,{end},1"
    )

    assert seen(findings) == [("misaligned", 2, 3)]


def test_an_interval_over_midnight_is_outside_its_day() -> None:
    time = {"zone": "UTC", "start": "from", "end": "to", "form": "iso"}
    row = "A,2024-01-01T23:00Z,2024-01-02T01:00Z,1"

    findings = findings_of(layout_of(time=time), "meter,from,to,kWh", row)

    assert seen(findings) == [("outside-day", 2, 3)]


@pytest.mark.parametrize(
    ("day", "cells", "columns"),
    [
        ("2024-04-02", ["1"] * 49, [51]),
        ("2024-04-02", [*["1"] * 48, "", "0"], [52]),
        ("2024-09-29", ["1"] * 48, [49, 50]),
    ],
    ids=["a 49th period", "a zero in the 50th", "two over in spring"],
)
def test_a_value_in_a_period_that_the_day_does_not_have_is_refused(
    day: str, cells: list[str], columns: list[int]
) -> None:
    findings = findings_of(wide_of(), WIDE_HEADER, wide_row(day, *cells))

    assert seen(findings) == [("outside-day", 2, column) for column in columns]


@pytest.mark.parametrize(
    ("day", "count"), [("2024-04-02", 48), ("2024-04-07", 50), ("2024-09-29", 46)]
)
def test_a_wide_row_is_a_local_day(day: str, count: int) -> None:
    cells = [str(number) for number in range(count)]

    file, (only,) = file_of(wide_of(), WIDE_HEADER, wide_row(day, *cells))

    assert [item.energy_wh for item in only.readings] == [n * 1000 for n in range(count)]
    assert (only.readings[0].start_ms, only.readings[-1].end_ms) == (only.start_ms, only.end_ms)
    assert not file.tally.total().findings


@pytest.mark.parametrize("day", ["", "20240402", "2024-W14-2", "2/04/2024", "2024-02-30"])
def test_a_wide_row_without_a_date_counts_its_values(day: str) -> None:
    file, _ = file_of(wide_of(), WIDE_HEADER, wide_row(day, "1", "", "2"))

    (finding,) = file.tally.kept
    assert (finding.code, finding.column, finding.count) == ("not-a-time", 2, 2)
    assert file.tally.total().refused == {"not-a-time": 2}
    assert file.tally.is_balanced


def test_a_label_that_is_not_expected_refuses_the_row() -> None:
    only = [{"column": "unit", "values": ["kWh", "KWH"]}]

    file, (day,) = file_of(
        layout_of(only=only), HEADER + ",unit", FIRST + ",MWh", "A,2024-01-01 00:30,1,KWH"
    )

    assert len(day.readings) == 1
    assert seen(file.tally.kept) == [("unexpected-label", 2, 4)]
    assert file.tally.is_balanced


def test_a_label_may_pass_over_a_row_which_is_counted() -> None:
    only = [{"column": "flow", "values": ["X"], "otherwise": "skip"}]

    file, (day,) = file_of(
        layout_of(only=only), HEADER + ",flow", "B,x,y,I", "A,2024-01-01 00:30,1,X"
    )

    assert len(day.readings) == 1
    assert (file.tally.skipped, file.tally.total().rows) == (1, 1)
    assert file.tally.is_balanced


def test_a_label_that_changes_within_a_series_refuses_the_row() -> None:
    layout = layout_of(constant=["site"])
    rows = [FIRST + ",X", "A,2024-01-01 00:30,1,Y", "B,2024-01-01 00:30,1,Y"]

    findings = findings_of(layout, HEADER + ",site", *rows)

    assert seen(findings) == [("unexpected-label", 3, 4)]


@pytest.mark.parametrize(
    "changes",
    [
        {
            "direction": ABSENT,
            "direction_column": {"column": "x", "directions": {"P": "production"}},
        },
        {"quality_column": {"column": "x", "qualities": {"P": "measured"}}},
    ],
    ids=["direction", "quality"],
)
def test_a_label_without_a_meaning_refuses_the_row(changes: dict[str, object]) -> None:
    findings = findings_of(layout_of(**changes), HEADER + ",x", FIRST + ",Q")

    assert seen(findings) == [("unexpected-label", 2, 4)]


def test_series_may_lie_in_any_order_and_come_out_each_in_order_of_time() -> None:
    rows = ["B,2024-01-02 00:00,1", FIRST, "B,2024-01-01 00:30,2", "B,2024-01-01 00:00,3"]

    file, days = file_of(layout_of(), HEADER, *rows)

    assert [(day.series, day.date.day) for day in days] == [
        (("B",), 1),
        (("B",), 2),
        (("A",), 1),
    ]
    assert [reading.energy_wh for reading in days[0].readings] == [3000, 2000]
    assert {key: tally.rows for key, tally in file.tally.series.items()} == {("B",): 3, ("A",): 1}


def test_a_sorted_file_gives_each_day_as_soon_as_the_next_begins() -> None:
    asked: list[str] = []

    def lines() -> Iterator[str]:
        for line in (HEADER, FIRST, "A,2024-01-02 00:00,1", "B,2024-01-01 00:00,1"):
            asked.append(line)
            yield line

    days = read(layout=layout_of(sorted=True), lines=lines())
    counts = [(day.series[0], day.date.day, len(asked)) for day in days]

    assert counts == [("A", 1, 3), ("A", 2, 4), ("B", 1, 4)]


def test_a_file_may_be_one_series() -> None:
    _, (day,) = file_of(layout_of(series=ABSENT), "at,kWh", "2024-01-01 00:00,1")

    assert day.series == ()


def test_the_tally_says_from_when_until_when() -> None:
    file, _ = file_of(layout_of(), HEADER, FIRST, "A,2024-01-01 23:30,1")

    total = file.tally.total()

    assert (total.first_ms, total.last_ms) == (
        utc_ms("2024-01-01T00:00:00Z"),
        utc_ms("2024-01-02T00:00:00Z"),
    )


def test_only_the_first_findings_are_kept_but_all_are_counted() -> None:
    rows = [f"A,x,{number}" for number in range(KEPT_FINDINGS + 5)]

    file, _ = file_of(layout_of(), HEADER, *rows)

    assert len(file.tally.kept) == KEPT_FINDINGS
    assert file.tally.total().findings == {"not-a-time": KEPT_FINDINGS + 5}


def test_every_published_code_is_used() -> None:
    folder = Path(module.__file__).parent
    said = {
        node.value
        for path in folder.glob("*.py")
        if path.name != "findings.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert FINDING_CODES.keys() <= said
