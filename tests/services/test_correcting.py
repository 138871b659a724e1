"""Correcting: readings in place of spans, net of what is owed, alike each time it is asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.times import format_time
from app.registry.errors import RefusalError
from app.registry.fields import plain_members
from app.registry.measurements import ESTIMATED
from app.services.correcting import Stretch, correct_days, owed_before
from app.services.measure import Day
from app.services.netting import Flow

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DAY = Stretch(0, 4 * HOUR_MS)
WHS = st.integers(0, 100)


def flows(given_wh: list[int], drawn_wh: list[int] | None = None, *, first: int = 0) -> list[Flow]:
    drawn = drawn_wh or [0] * len(given_wh)
    return [
        Flow((first + at) * HOUR_MS, (first + at + 1) * HOUR_MS, gives, draws)
        for at, (gives, draws) in enumerate(zip(given_wh, drawn, strict=True))
    ]


def test_readings_replace_span_by_span() -> None:
    later = Stretch(8 * HOUR_MS, 10 * HOUR_MS)
    given_wh = [*flows([1, 2, 3, 4]), *flows([5, 6], first=8)]

    days = correct_days(given_wh, [DAY, later], owed_wh=0, quality=ESTIMATED)

    assert [(day.start, day.end, day.quality) for day in days] == [
        (0, 4 * HOUR_MS, ESTIMATED),
        (8 * HOUR_MS, 10 * HOUR_MS, ESTIMATED),
    ]
    assert [[item.energy_wh for item in day.intervals] for day in days] == [[1, 2, 3, 4], [5, 6]]
    assert [day.netting for day in days] == [None, None]


@pytest.mark.parametrize(
    ("readings", "code", "pointer"),
    [
        (flows([1, 1, 1]), "measurement-gap", "/intervals"),
        (flows([1, 1, 1], first=1), "measurement-gap", "/intervals/0"),
        ([*flows([1, 1]), *flows([1], first=3)], "measurement-gap", "/intervals/2"),
        (flows([1, 1]) * 2, "measurement-overlap", "/intervals/2"),
        (flows([1, 1, 1, 1, 1]), "span-boundary", "/intervals/4"),
        ([Flow(HOUR_MS, HOUR_MS, 1, 0)], "invalid-interval", "/intervals/0/end"),
    ],
    ids=["end", "beginning", "hole", "twice", "beyond", "empty"],
)
def test_a_span_is_corrected_whole_and_in_order(
    readings: list[Flow], code: str, pointer: str
) -> None:
    with pytest.raises(RefusalError) as refused:
        correct_days(readings, [DAY], owed_wh=0)

    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_what_is_owed_is_paid_before_energy_is_left() -> None:
    (day,) = correct_days(flows([2, 2, 2, 2]), [DAY], owed_wh=3)

    assert [item.energy_wh for item in day.intervals] == [0, 1, 2, 2]
    assert day.netting is not None
    assert (day.netting.gross_wh, day.netting.adjusted_wh, day.netting.energy_wh) == (8, 3, 5)


def test_what_a_span_does_not_cover_is_paid_by_the_next() -> None:
    later = Stretch(4 * HOUR_MS, 6 * HOUR_MS)
    readings = [*flows([0, 0, 5, 0], [6, 0, 0, 4]), *flows([3, 3], first=4)]

    days = correct_days(readings, [DAY, later], owed_wh=0)

    assert [sum(item.energy_wh for item in day.intervals) for day in days] == [0, 1]
    entries = [day.netting for day in days]
    assert all(entry is not None and entry.deficit_in_wh == 0 for entry in entries)
    assert [entry and entry.deficit_out_wh for entry in entries] == [5, 0]
    assert [entry and entry.adjusted_wh for entry in entries] == [0, 5]


def recorded(days: list[Day]) -> dict[str, Any]:
    """Return what a leaf says of days."""
    energies = [sum(item.energy_wh for item in day.intervals) for day in days]
    return {
        "spans": [
            {"start": format_time(day.start), "energy_wh": energy_wh}
            for day, energy_wh in zip(days, energies, strict=True)
        ],
        "netting": [plain_members(day.netting) for day in days if day.netting is not None],
    }


@given(
    given_wh=st.lists(WHS, min_size=6, max_size=6),
    drawn_wh=st.lists(WHS, min_size=6, max_size=6),
    owed_wh=st.integers(-100, 200),
)
def test_a_correction_gives_the_same_days_again_whatever_is_owed_by_then(
    given_wh: list[int], drawn_wh: list[int], owed_wh: int
) -> None:
    stretches = [Stretch(at * HOUR_MS, (at + 2) * HOUR_MS) for at in (0, 2, 4)]
    readings = flows(given_wh, drawn_wh)
    days = correct_days(readings, stretches, owed_wh=owed_wh)

    again = correct_days(readings, stretches, owed_wh=owed_before(recorded(days)))

    assert again == days


@given(
    given_wh=st.lists(WHS, min_size=4, max_size=4),
    drawn_wh=st.lists(WHS, min_size=4, max_size=4),
    owed_wh=st.integers(-100, 200),
)
def test_an_entry_says_how_the_energy_follows(
    given_wh: list[int], drawn_wh: list[int], owed_wh: int
) -> None:
    (day,) = correct_days(flows(given_wh, drawn_wh), [DAY], owed_wh=owed_wh)

    energy_wh = sum(item.energy_wh for item in day.intervals)
    entry = day.netting
    assert energy_wh == (sum(given_wh) if entry is None else entry.energy_wh)
    assert entry is None or entry.adjusted_wh <= max(owed_wh, 0)
    assert entry is None or energy_wh == 0 or entry.adjusted_wh == max(owed_wh, 0)
