"""Files that are refused as a whole: no table, not the layout's table, or past a cap."""

import gzip
from collections.abc import Callable, Iterable
from io import BytesIO
from itertools import chain, repeat

import pytest

from app.layouts.bags import HELD_MAX, SERIES_MAX
from app.layouts.errors import MeterFileError
from app.layouts.layout import Layout
from app.layouts.opening import LINE_MAX, RATIO_MAX, open_lines
from app.layouts.reading import read
from app.layouts.rows import COLUMNS_MAX, LINES_MAX
from tests.layouts.meters import ABSENT, energies_of, file_of, layout_of, wide_of

HEADER = "meter,at,kWh"
ROW = "A,2024-01-01 00:00,1"


def refusal(layout: Layout, lines: Iterable[str]) -> tuple[str, int, int]:
    """Return code, line and column of the refusal of a file."""
    with pytest.raises(MeterFileError) as caught:
        for _ in read(layout=layout, lines=lines):
            pass
    return caught.value.code, caught.value.line, caught.value.column


def opened(data: bytes, encoding: str = "utf-8") -> list[str]:
    return list(open_lines(stream=BytesIO(data), encoding=encoding))


def opening_refusal(data: bytes) -> tuple[str, int]:
    with pytest.raises(MeterFileError) as caught:
        opened(data)
    return caught.value.code, caught.value.line


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("meter,at", 3),
        ("meter,at,kWh,more", 4),
        ("meter,at,kwh", 3),
        ("meter,at,kWh,kWh", 3),
        ("", 1),
        ("meter;at;kWh", 1),
    ],
    ids=["short", "unknown", "letter case", "twice", "blank", "other separator"],
)
def test_columns_that_the_layout_does_not_know_refuse_the_file(header: str, column: int) -> None:
    code, line, found = refusal(layout_of(), [header, ROW])

    assert code == "header"
    assert (line, found) == ((1, column) if header else (2, 1))


def test_a_file_without_a_line_has_no_columns() -> None:
    assert refusal(layout_of(), []) == ("header", 1, 1)


def test_a_file_of_columns_alone_has_no_days() -> None:
    file, days = file_of(layout_of(), HEADER)

    assert days == []
    assert file.tally.is_balanced


@pytest.mark.parametrize(
    "changes", [{"ignored": ["more", "and"]}, {"ignore_other": True}], ids=["named", "any"]
)
def test_other_columns_are_ignored_where_the_layout_says_so(changes: dict[str, object]) -> None:
    assert energies_of(layout_of(**changes), f"more,{HEADER},and", f"x,{ROW},y") == [1000]


def test_columns_may_lie_in_any_order() -> None:
    assert energies_of(layout_of(), "kWh,at,meter", "1,2024-01-01 00:00,A") == [1000]


def test_a_file_that_names_no_columns_has_those_of_the_layout() -> None:
    assert energies_of(layout_of(columns=["meter", "at", "kWh"]), ROW) == [1000]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert energies_of(layout_of(), f"\ufeff{HEADER}", ROW) == [1000]


def test_heading_lines_comments_and_blank_lines_are_passed_over_and_counted() -> None:
    layout = layout_of(skip_lines=2, comment="#")
    lines = ['Export "of', "", "# one", HEADER, "", '# "two', ROW, ""]

    file, (day,) = file_of(layout, *lines)

    tally = file.tally
    assert day.energy_wh == 1000
    assert (tally.lines, tally.heading, tally.comments, tally.blank) == (8, 3, 2, 2)
    assert tally.is_balanced


def test_blanks_around_cells_are_no_part_of_them_where_the_layout_says_so() -> None:
    assert energies_of(layout_of(trim=True), " meter , at,kWh", " A, 2024-01-01 00:00 , 1 ") == [
        1000
    ]


@pytest.mark.parametrize(("row", "column"), [("A,2024-01-01 00:00", 3), (f"{ROW},", 4)])
def test_a_row_of_other_than_all_columns_refuses_the_file(row: str, column: int) -> None:
    assert refusal(layout_of(), [HEADER, ROW, row]) == ("field-count", 3, column)


@pytest.mark.parametrize(
    "row", ['"open,x', 'A,"B"C,1', f"{ROW}\rA"], ids=["open quote", "after a quote", "lone return"]
)
def test_a_line_that_is_no_csv_refuses_the_file(row: str) -> None:
    assert refusal(layout_of(), [f"{HEADER}\n", f"{row}\n"])[:2] == ("not-csv", 2)


def test_a_quoted_cell_ends_in_its_own_line() -> None:
    lines = chain([f"{HEADER}\n", '"A\n'], repeat("more\n"))

    assert refusal(layout_of(), lines) == ("not-csv", 2, 1)


def test_a_refusal_says_where_and_why() -> None:
    with pytest.raises(MeterFileError, match="line 2, column 2: 1 cells, not 3") as caught:
        list(read(layout=layout_of(columns=["meter", "at", "kWh"]), lines=[ROW, "x"]))

    assert caught.value.reason == "1 cells, not 3"


def test_a_series_that_comes_back_refuses_a_sorted_file() -> None:
    lines = [HEADER, ROW, "B,2024-01-01 00:00,1", "A,2024-01-01 00:30,1"]

    assert refusal(layout_of(sorted=True), lines) == ("series-returns", 4, 1)


def test_a_day_that_goes_back_refuses_a_sorted_file() -> None:
    lines = [HEADER, "A,2024-01-02 00:00,1", ROW]

    assert refusal(layout_of(sorted=True), lines) == ("not-sorted", 3, 1)


def test_a_line_too_long_refuses_the_file() -> None:
    assert refusal(layout_of(), [HEADER, "A" * (LINE_MAX + 1)]) == ("line-too-long", 2, 1)
    assert opening_refusal(b"a\n" + b"A" * (LINE_MAX + 1)) == ("line-too-long", 2)


def test_too_many_columns_refuse_the_file() -> None:
    header = ",".join([HEADER, *["x"] * (COLUMNS_MAX - 2)])

    assert refusal(layout_of(ignore_other=True), [header]) == (
        "too-many-columns",
        1,
        COLUMNS_MAX + 1,
    )


def test_too_many_lines_refuse_the_file() -> None:
    lines = chain([HEADER], repeat("\n", LINES_MAX))

    assert refusal(layout_of(), lines) == ("too-many-lines", LINES_MAX + 1, 1)


def test_too_many_series_refuse_the_file() -> None:
    rows = (f"{number},x,1" for number in range(SERIES_MAX + 1))

    assert refusal(layout_of(sorted=True), chain([HEADER], rows)) == (
        "too-many-series",
        SERIES_MAX + 2,
        1,
    )


def test_too_much_that_is_not_sorted_refuses_the_file() -> None:
    count = COLUMNS_MAX - 2
    layout = wide_of(periods={"prefix": "P", "first": 1, "last": count})
    header = ",".join(["meter", "day", *(f"P{number}" for number in range(1, count + 1))])
    row = f"A,x{',' * count}"

    code, line, _ = refusal(layout, chain([header], repeat(row)))

    assert (code, line) == ("too-much-unsorted", HELD_MAX // count + 2)


def pressed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize("shape", [bytes, pressed], ids=["plain", "gzip"])
def test_a_file_is_opened_as_it_lies(shape: Callable[[bytes], bytes]) -> None:
    data = "\ufeffat;kWh\r\n1;Ø\n".encode()

    assert opened(shape(data)) == ["at;kWh\r\n", "1;Ø\n"]


def test_members_of_gzip_follow_one_another() -> None:
    assert opened(pressed(b"a\nb") + pressed(b"c\n") + pressed(b"")) == ["a\n", "bc\n"]


def test_an_empty_file_has_no_line() -> None:
    assert opened(b"") == []
    assert opened(b"\x1f") == ["\x1f"]


def test_latin_1_is_read_where_the_layout_says_so() -> None:
    assert opened("Kraftværk\n".encode("latin-1"), "latin-1") == ["Kraftværk\n"]


def test_bytes_of_another_encoding_refuse_the_file() -> None:
    assert opening_refusal(b"a\n" + "Kraftværk\n".encode("latin-1"))[0] == "encoding"


@pytest.mark.parametrize(
    "data",
    [
        pressed(b"a\n" * 999)[:-9],
        pressed(b"a\n")[:5],
        pressed(b"a\n")[:10] + b"\xff" * 20,
        b"\x1f\x8b",
    ],
    ids=["cut off", "no more than a head", "damaged", "two bytes"],
)
def test_a_compressed_file_that_is_damaged_is_refused(data: bytes) -> None:
    assert opening_refusal(data) == ("not-gzip", 1)


def test_a_file_that_grows_too_much_is_refused() -> None:
    line = b"0" * 1000 + b"\n"
    bomb = pressed(line * 20_000)
    assert len(bomb) * RATIO_MAX < len(line) * 20_000

    assert opening_refusal(bomb)[0] == "decompression-ratio"


def test_what_stands_before_a_refusal_is_given_out_but_the_refusal_is_not_lost() -> None:
    days = read(
        layout=layout_of(sorted=True, series=ABSENT),
        lines=["at,kWh", "2024-01-01 00:00,1", "2024-01-02 00:00,1", "x"],
    )

    assert next(days).date.day == 1
    with pytest.raises(MeterFileError):
        next(days)
