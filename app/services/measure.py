"""Measuring: readings become a span for each local day, with findings where they look wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.ledger.merkle import leaf_hash, root
from app.registry.attachments import Attachments
from app.registry.errors import RefusalError
from app.registry.measurements import (
    OVER_CAPACITY,
    DeclaredFinding,
    DeclaredGap,
    Interval,
    MeasuredSpan,
    interval_leaves,
    is_over_capacity,
)
from app.registry.operations.measure import Measure
from app.services.record import Asked


@dataclass(frozen=True, slots=True)
class Day:
    """A local day [start, end) of readings in order, in UTC milliseconds and Wh."""

    start: int
    end: int
    intervals: Sequence[Interval]


def span_of(day: Day, leaves: Sequence[bytes]) -> MeasuredSpan:
    """Return the span of a day: its sum, count and the Merkle root of its interval leaves.

    Raises RefusalError where an interval is empty, negative, out of order or outside the day.
    """
    reached = day.start
    for item in day.intervals:
        if item.energy_wh < 0:
            raise RefusalError("invalid-quantity", "an energy is negative", rule="R24")
        if not reached <= item.start < item.end <= day.end:
            raise RefusalError("invalid-interval", "intervals are in order, in their day")
        reached = item.end
    return MeasuredSpan(
        start=day.start,
        end=day.end,
        energy_wh=sum(item.energy_wh for item in day.intervals),
        count=len(day.intervals),
        root=root(map(leaf_hash, leaves)).hex(),
    )


def findings_of(days: Iterable[Day], *, capacity_w: int) -> tuple[DeclaredFinding, ...]:
    """Return how many readings of each day lie over the registered capacity (R6)."""
    counted = (
        (
            day.start,
            sum(
                is_over_capacity(
                    item.energy_wh, capacity_w=capacity_w, duration_ms=item.end - item.start
                )
                for item in day.intervals
            ),
        )
        for day in days
    )
    return tuple(
        DeclaredFinding(start=start, code=OVER_CAPACITY, count=count)
        for start, count in counted
        if count
    )


def measured(
    *,
    id: str,
    origin: str,
    by: str,
    device: str,
    capacity_w: int,
    days: Sequence[Day],
    gaps: Sequence[DeclaredGap] = (),
) -> Asked:
    """Return the operation that reports days and gaps, with the readings to keep beside it."""
    leaves = [interval_leaves(day.intervals) for day in days]
    findings = findings_of(days, capacity_w=capacity_w)
    operation = Measure(
        id=id,
        origin=origin,
        by=by,
        device=device,
        spans=tuple(map(span_of, days, leaves)),
        gaps=tuple(gaps) or None,
        findings=findings or None,
    )
    readings = [
        (device, day.start, b"[" + b",".join(of_day) + b"]")
        for day, of_day in zip(days, leaves, strict=True)
    ]
    return Asked(operation, Attachments(readings=readings))
