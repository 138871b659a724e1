"""Interval leaves: written directly, and byte for byte what the serialiser gives."""

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.encoding import INTEGER_MAX, encode
from app.ledger.times import TIME_MAX_MS, format_time
from app.registry.measurements import Interval, interval_leaves

INSTANTS = st.integers(0, TIME_MAX_MS)
INTERVALS = st.builds(Interval, INSTANTS, INSTANTS, st.integers(0, INTEGER_MAX))


@given(st.lists(INTERVALS, max_size=4))
def test_an_interval_leaf_is_its_canonical_bytes(intervals: list[Interval]) -> None:
    assert interval_leaves(intervals) == [
        encode([format_time(item.start), format_time(item.end), item.energy_wh])
        for item in intervals
    ]


def test_an_interval_leaf_reads_as_it_always_did() -> None:
    leaves = interval_leaves(
        [Interval(0, 1_800_000, 23_257_000), Interval(1_800_000, TIME_MAX_MS, 0)]
    )

    assert leaves == [
        b'["1970-01-01T00:00:00.000Z","1970-01-01T00:30:00.000Z",23257000]',
        b'["1970-01-01T00:30:00.000Z","9999-12-31T23:59:59.999Z",0]',
    ]
