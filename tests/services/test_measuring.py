"""Measuring: readings of a day become its span, or are refused before anything is asked."""

import orjson
import pytest

from app.ledger.merkle import leaf_hash, root
from app.registry.errors import RefusalError
from app.registry.measurements import DeclaredGap, Interval, interval_leaves
from app.registry.operations.measure import Measure
from app.services.measure import Day, findings_of, measured, span_of
from app.services.record import Asked
from tests.scenario import CAPACITY_W, DAY_MS, FIRST_DAY, HOUR_MS, MWH, ORIGIN, hourly, new_id

DEVICE = new_id()


def day(*intervals: tuple[int, int, int]) -> Day:
    """Return FIRST_DAY with intervals in minutes from its start."""
    minute_ms = HOUR_MS // 60
    return Day(
        FIRST_DAY,
        FIRST_DAY + DAY_MS,
        [
            Interval(FIRST_DAY + start * minute_ms, FIRST_DAY + end * minute_ms, energy_wh)
            for start, end, energy_wh in intervals
        ],
    )


def asked(*days: Day, gaps: tuple[DeclaredGap, ...] = ()) -> tuple[Asked, Measure]:
    found = measured(
        id=new_id(),
        origin=ORIGIN,
        by=new_id(),
        device=DEVICE,
        capacity_w=CAPACITY_W,
        days=days,
        gaps=gaps,
    )
    assert isinstance(found.operation, Measure)
    return found, found.operation


def test_a_span_is_the_sum_the_count_and_the_root_of_its_readings() -> None:
    reported = hourly(FIRST_DAY, list(range(24)))
    leaves = interval_leaves(reported.intervals)

    span = span_of(reported, leaves)

    assert (span.start, span.end) == (FIRST_DAY, FIRST_DAY + DAY_MS)
    assert (span.energy_wh, span.count) == (sum(range(24)), 24)
    assert span.root == root(map(leaf_hash, leaves)).hex()


@pytest.mark.parametrize(
    "intervals",
    [
        [(-60, 0, 1)],
        [(-1, 60, 1)],
        [(23 * 60, 24 * 60 + 1, 1)],
        [(24 * 60, 25 * 60, 1)],
        [(60, 120, 1), (0, 60, 1)],
        [(0, 60, 1), (59, 120, 1)],
        [(0, 60, 1), (0, 60, 1)],
        [(60, 60, 1)],
        [(120, 60, 1)],
    ],
    ids=[
        "the day before",
        "begins before",
        "ends after",
        "the day after",
        "out of order",
        "overlap",
        "twice",
        "empty",
        "backwards",
    ],
)
def test_intervals_out_of_order_or_outside_their_day_are_refused(
    intervals: list[tuple[int, int, int]],
) -> None:
    with pytest.raises(RefusalError) as caught:
        asked(day(*intervals))

    assert caught.value.code == "invalid-interval"


def test_negative_energy_is_refused() -> None:
    with pytest.raises(RefusalError) as caught:
        asked(day((0, 60, 5), (60, 120, -1)))

    assert (caught.value.code, caught.value.rule) == ("invalid-quantity", "R24")


def test_readings_may_leave_time_out_and_be_of_any_length() -> None:
    _, operation = asked(day((0, 5, 1), (5, 60, 2), (90, 91, 0)))

    assert (operation.spans[0].energy_wh, operation.spans[0].count) == (3, 3)


def test_a_day_without_readings_cannot_be_recorded() -> None:
    _, operation = asked(day())

    with pytest.raises(RefusalError) as caught:
        operation.plain()

    assert caught.value.pointer == "/spans/0/count"


def test_readings_are_kept_as_the_leaves_under_their_spans_root() -> None:
    found, operation = asked(day((0, 60, 5), (60, 120, 7)), hourly(FIRST_DAY + DAY_MS, [1] * 24))

    kept = found.attachments.readings
    assert [(device, start) for device, start, _ in kept] == [
        (DEVICE, span.start) for span in operation.spans
    ]
    for span, (_, _, intervals) in zip(operation.spans, kept, strict=True):
        leaves = [orjson.dumps(item) for item in orjson.loads(intervals)]
        assert root(map(leaf_hash, leaves)).hex() == span.root


def test_readings_over_the_capacity_are_declared_with_their_day() -> None:
    at_most = day((0, 60, CAPACITY_W), (60, 90, CAPACITY_W // 2))
    over = day((0, 60, CAPACITY_W + 1), (60, 90, CAPACITY_W), (90, 120, 0))

    none, (finding,) = (
        findings_of([reported], capacity_w=CAPACITY_W) for reported in (at_most, over)
    )

    assert none == ()
    assert (finding.start, finding.code, finding.count) == (FIRST_DAY, "over-capacity", 2)


def test_nothing_is_declared_where_there_is_nothing_to_declare() -> None:
    _, plain = asked(hourly(FIRST_DAY, [MWH] * 24))
    gap = DeclaredGap(start=FIRST_DAY + DAY_MS, end=FIRST_DAY + 2 * DAY_MS, reason="outage")

    _, with_gap = asked(hourly(FIRST_DAY, [MWH] * 24), gaps=(gap,))

    assert (plain.gaps, plain.findings) == (None, None)
    assert (with_gap.gaps, with_gap.findings) == ((gap,), None)


@pytest.mark.parametrize("hours", [23, 25])
def test_local_days_have_23_or_25_hours_when_the_clocks_change(hours: int) -> None:
    _, operation = asked(hourly(FIRST_DAY, [1_000] * hours))

    assert operation.spans[0].end - operation.spans[0].start == hours * HOUR_MS
    assert operation.spans[0].count == hours
