"""Spans: a device's measured energy over one local day, and the intervals beneath them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from app.ledger.times import format_time
from app.registry.fields import EnergyWh, Hash, Instant, Quantity, Slug, text

MS_PER_HOUR = 3_600_000
NO_GAP = ""

MEASURED = "measured"
ESTIMATED = "estimated"
SUBSTITUTED = "substituted"
CORRECTED = "corrected"
QUALITIES = (CORRECTED, ESTIMATED, MEASURED, SUBSTITUTED)
"""How a reading came about (REGISTRY 9.3)."""

OVER_CAPACITY = "over-capacity"
NEGATIVE = "negative"
NIGHT_SUN = "night-sun"
FINDINGS = (NEGATIVE, NIGHT_SUN, OVER_CAPACITY)
"""What may look wrong with readings that are reported nevertheless."""


class Interval(NamedTuple):
    """One reading: [start, end) in UTC milliseconds and its energy in Wh."""

    start: int
    end: int
    energy_wh: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a device's time: measured, or a declared gap; issued at most once (R2).

    `owed_wh` is what was booked as issued too much on it (R36); `netted_wh` what its energy is less
    by because it paid an adjustment or a deficit of before, or more by as it carried one on.
    """

    device: str
    start: int
    end: int
    energy_wh: int
    count: int
    root: str
    gap: str
    is_accepted: bool
    issuance: str | None
    quality: str = MEASURED
    owed_wh: int = 0
    netted_wh: int = 0

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

    def of(
        self, device: str, *, is_accepted: bool, quality: str = MEASURED, netted_wh: int = 0
    ) -> Span:
        """Return the device's span, not issued yet."""
        return Span(
            device=device,
            start=self.start,
            end=self.end,
            energy_wh=self.energy_wh,
            count=self.count,
            root=self.root,
            gap=NO_GAP,
            is_accepted=is_accepted,
            issuance=None,
            quality=quality,
            netted_wh=netted_wh,
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
    code: Annotated[str, text("|".join(FINDINGS))]
    count: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredQuality:
    """How the readings of a span came about, where they were not simply measured."""

    start: Instant
    quality: Annotated[str, text("|".join(QUALITIES))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Netting:
    """How a span's energy follows from what the meter says (R12, R36); all in Wh.

    energy = gross - deducted - adjusted - deficit_in + deficit_out: import, auxiliaries and
    pumping are deducted, an adjustment is paid, and what is not covered is carried on.
    """

    start: Instant
    gross_wh: EnergyWh
    deducted_wh: EnergyWh
    adjusted_wh: EnergyWh
    deficit_in_wh: EnergyWh
    deficit_out_wh: EnergyWh

    @property
    def energy_wh(self) -> int:
        """The net energy; negative where the entry cannot be right."""
        return self.gross_wh - self.deducted_wh - self.netted_wh

    @property
    def netted_wh(self) -> int:
        """What was settled of other times' energy, which a correction settles anew."""
        return self.adjusted_wh + self.deficit_in_wh - self.deficit_out_wh


def interval_leaves(intervals: Iterable[Interval]) -> list[bytes]:
    """Return the interval leaves `[start, end, wh]` in order, as canonical bytes.

    Written as they are: times and whole numbers have one spelling, and there are many.
    """
    return [
        f'["{format_time(start)}","{format_time(end)}",{energy_wh}]'.encode()
        for start, end, energy_wh in intervals
    ]


def is_over_capacity(energy_wh: int, *, capacity_w: int, duration_ms: int) -> bool:
    """Say whether energy exceeds what the capacity gives in that time, without rounding (R6)."""
    return energy_wh * MS_PER_HOUR > capacity_w * duration_ms
