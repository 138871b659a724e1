"""Spans: a device's measured energy over one local day, and the intervals beneath them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from app.ledger.encoding import encode
from app.ledger.times import format_time
from app.registry.fields import EnergyWh, Hash, Instant, Quantity, Slug

MS_PER_HOUR = 3_600_000
OVER_CAPACITY = "over-capacity"
MEASURED = ""


class Interval(NamedTuple):
    """One reading: [start, end) in UTC milliseconds and its energy in Wh."""

    start: int
    end: int
    energy_wh: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a device's time: measured, or a declared gap; issued at most once (R2)."""

    device: str
    start: int
    end: int
    energy_wh: int
    count: int
    root: str
    gap: str
    is_accepted: bool
    issuance: str | None

    @property
    def key(self) -> tuple[str, int]:
        """What it is found by."""
        return self.device, self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSpan:
    """A span as `measure` states it; root is the Merkle root of its interval leaves."""

    start: Instant
    end: Instant
    energy_wh: EnergyWh
    count: Quantity
    root: Hash

    def of(self, device: str, *, is_accepted: bool) -> Span:
        """Return the device's span, not issued yet."""
        return Span(
            device=device,
            start=self.start,
            end=self.end,
            energy_wh=self.energy_wh,
            count=self.count,
            root=self.root,
            gap=MEASURED,
            is_accepted=is_accepted,
            issuance=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredGap:
    """A stretch for which the reporter has no readings, and why."""

    start: Instant
    end: Instant
    reason: Slug

    def of(self, device: str) -> Span:
        """Return the gap as a stretch of the device's time without energy."""
        return Span(
            device=device,
            start=self.start,
            end=self.end,
            energy_wh=0,
            count=0,
            root="",
            gap=self.reason,
            is_accepted=True,
            issuance=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFinding:
    """What the check of readings found in a span: a code and how many intervals."""

    start: Instant
    code: Slug
    count: Quantity


def interval_leaves(intervals: Iterable[Interval]) -> list[bytes]:
    """Return the interval leaves `[start, end, wh]` in order, as canonical bytes."""
    return [
        encode([format_time(item.start), format_time(item.end), item.energy_wh])
        for item in intervals
    ]


def is_over_capacity(energy_wh: int, *, capacity_w: int, duration_ms: int) -> bool:
    """Say whether energy exceeds what the capacity gives in that time, without rounding (R6)."""
    return energy_wh * MS_PER_HOUR > capacity_w * duration_ms
