"""Measuring: readings become spans, with findings where they look wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.ledger.merkle import leaf_hash, root
from app.registry.attachments import Attachments
from app.registry.errors import RefusalError
from app.registry.measurements import (
    MEASURED,
    OVER_CAPACITY,
    DeclaredFinding,
    DeclaredGap,
    DeclaredQuality,
    Interval,
    MeasuredSpan,
    Netting,
    interval_leaves,
    is_over_capacity,
)
from app.registry.operations.measure import Measure
from app.registry.operations.measure_correct import MeasureCorrect
from app.services.record import Asked


@dataclass(frozen=True, slots=True)
class Day:
    """What becomes a span, [start, end) in UTC milliseconds: a local day or part of it.

    `findings` counts, by code, what looked wrong before it came here; `netting` says how the
    intervals follow from gross ones.
    """

    start: int
    end: int
    intervals: Sequence[Interval]
    quality: str = MEASURED
    findings: tuple[tuple[str, int], ...] = ()
    netting: Netting | None = None

    @property
    def energy_wh(self) -> int:
        """The energy of its intervals."""
        return sum(item.energy_wh for item in self.intervals)


def granular(days: Iterable[Day]) -> list[Day]:
    """Return a span for each interval: in a granular domain a certificate has one of its own."""
    return [
        replace(day, start=item.start, end=item.end, intervals=(item,))
        for day in days
        for item in day.intervals
    ]


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
        energy_wh=day.energy_wh,
        count=len(day.intervals),
        root=root(map(leaf_hash, leaves)).hex(),
    )


def findings_of(days: Iterable[Day], *, capacity_w: int) -> tuple[DeclaredFinding, ...]:
    """Return what looks wrong in each day, among it readings over the registered capacity (R6)."""
    return tuple(
        DeclaredFinding(start=day.start, code=code, count=count)
        for day in days
        for code, count in sorted((*day.findings, (OVER_CAPACITY, _over(day, capacity_w))))
        if count
    )


def measured(  # noqa: PLR0913 - what a report says
    *,
    id: str,
    origin: str,
    by: str,
    device: str,
    capacity_w: int,
    days: Sequence[Day],
    gaps: Sequence[DeclaredGap] = (),
    person: str | None = None,
    part_of: str | None = None,
) -> Asked:
    """Return the operation that reports days and gaps, with the readings to keep beside it."""
    members, attachments = _reported(days, device=device, capacity_w=capacity_w)
    operation = Measure(
        id=id,
        origin=origin,
        by=by,
        person=person,
        part_of=part_of,
        gaps=tuple(gaps) or None,
        **members,
    )
    return Asked(operation, attachments)


def corrected(  # noqa: PLR0913 - what a correction says
    *,
    id: str,
    origin: str,
    by: str,
    device: str,
    capacity_w: int,
    days: Sequence[Day],
    reason: str,
    person: str | None = None,
    part_of: str | None = None,
) -> Asked:
    """Return the operation that reports days anew, with the readings to keep in their place."""
    members, attachments = _reported(days, device=device, capacity_w=capacity_w)
    operation = MeasureCorrect(
        id=id, origin=origin, by=by, person=person, part_of=part_of, reason=reason, **members
    )
    return Asked(operation, attachments)


def _reported(
    days: Sequence[Day], *, device: str, capacity_w: int
) -> tuple[dict[str, Any], Attachments]:
    """Return the members that reports share, and the readings."""
    leaves = [interval_leaves(day.intervals) for day in days]
    qualities = tuple(
        DeclaredQuality(start=day.start, quality=day.quality)
        for day in days
        if day.quality != MEASURED
    )
    members = {
        "device": device,
        "spans": tuple(map(span_of, days, leaves)),
        "findings": findings_of(days, capacity_w=capacity_w) or None,
        "qualities": qualities or None,
        "netting": tuple(day.netting for day in days if day.netting is not None) or None,
    }
    readings = [
        (device, day.start, b"[" + b",".join(of_day) + b"]")
        for day, of_day in zip(days, leaves, strict=True)
    ]
    return members, Attachments(readings=readings)


def _over(day: Day, capacity_w: int) -> int:
    return sum(
        is_over_capacity(item.energy_wh, capacity_w=capacity_w, duration_ms=item.end - item.start)
        for item in day.intervals
    )
