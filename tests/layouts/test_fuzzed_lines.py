"""Whatever the lines: a file is read and balances, or is refused with an error of its own."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.layouts.days import SeriesDay
from app.layouts.errors import LayoutError, MeterFileError
from app.layouts.findings import FINDING_CODES
from app.layouts.layout import Layout
from app.layouts.parsing import parse_layout
from app.layouts.reading import MeterFile, read
from tests.layouts.meters import ABSENT, layout_of, local_of, wide_of

LAYOUTS = [
    layout_of(),
    local_of("Europe/Copenhagen", repeated="in-order", marks="end"),
    layout_of(sorted=True, rounding="carry", negative="import", decimals=2),
    layout_of(time={"zone": "UTC", "interval": 1800, "stamp": "at", "form": "iso"}),
    layout_of(
        kind="counter",
        register_digits=3,
        time={"zone": "UTC", "interval": 1800, "stamp": "at", "marks": "end"},
    ),
]
CELLS = st.sampled_from(
    [
        *("", "A", "B", "0", "1", "1.5", "-1", "0.0001", "1e9", "999999999999999.9", "\ufeff", '"'),
        *("2024-10-27 02:00", "2024-10-27 02:30", "2024-10-27 03:00", "2024-10-27 24:00"),
        *("2024-03-31 02:30", "2024-10-26 23:45", "2024-10-27T00:30Z", "9999-12-31 00:00"),
    ]
)
LINES = st.lists(
    st.lists(CELLS, min_size=3, max_size=3).map(",".join) | st.text(max_size=20), max_size=12
)


def check(layout: Layout, lines: list[str]) -> None:
    file = read(layout=layout, lines=lines)
    with suppress(MeterFileError):
        check_whole(file, list(file))


def check_whole(file: MeterFile, days: list[SeriesDay]) -> None:
    total = file.tally.total()
    readings = [reading for day in days for reading in day.readings]
    assert file.tally.is_balanced
    assert total.findings.keys() <= FINDING_CODES.keys()
    assert sum(item.energy_wh for item in readings) == sum(
        energy.energy_wh for energy in total.energies.values()
    )
    assert all(item.start_ms < item.end_ms and item.energy_wh >= 0 for item in readings)


@settings(max_examples=150, deadline=None)
@given(lines=LINES, layout=st.sampled_from(LAYOUTS))
def test_any_lines_below_the_columns_are_accounted_for(lines: list[str], layout: Layout) -> None:
    check(layout, ["meter,at,kWh\n", *(f"{line}\n" for line in lines)])


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=8))
def test_any_wide_rows_are_accounted_for(rows: list[list[str]]) -> None:
    layout = wide_of(series=ABSENT, periods=["P1", "P2", "P3"])

    check(layout, ["day,P1,P2,P3", *(",".join(row) for row in rows)])


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=50))
def test_any_text_is_a_layout_or_refused(text: str) -> None:
    with pytest.raises(LayoutError):
        parse_layout(text=text)
