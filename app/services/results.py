"""Results: what became of each device's readings, so that nothing of a file is unaccounted for."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.layouts.findings import SeriesKey
from app.ledger.times import format_time
from app.registry.errors import RefusalError
from app.services.intake import FUTURE, OUTSIDE, LeftOut, Report
from app.services.measure import findings_of

FOR_NOW = frozenset((FUTURE, OUTSIDE))
"""Why readings stay out that may be reported later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A report that was refused: its operation, its start, what it has, and why not."""

    id: str
    start: int
    readings: int
    given_wh: int
    drawn_wh: int
    refusal: RefusalError

    @property
    def plain(self) -> dict[str, Any]:
        """It as JSON can say it."""
        return {
            "id": self.id,
            "start": format_time(self.start),
            "readings": self.readings,
            "given_wh": self.given_wh,
            "drawn_wh": self.drawn_wh,
            "code": self.refusal.code,
            "detail": self.refusal.detail,
        }


@dataclass(slots=True)
class DeviceResult:
    """What became of a device's readings; energy in Wh.

    `energy_wh` is what was given net of what was drawn and owed; `aside` is the energy of other
    directions, which do not count at a metering point.
    """

    series: list[SeriesKey] = field(default_factory=list)
    operations: int = 0
    spans: int = 0
    readings: int = 0
    given_wh: int = 0
    drawn_wh: int = 0
    energy_wh: int = 0
    gaps: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    aside: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)

    def count(self, report: Report) -> None:
        """Count a report that was recorded."""
        self.operations += 1
        self.spans += len(report.days)
        self.gaps += len(report.gaps)
        self.readings += report.readings
        self.given_wh += report.given_wh
        self.drawn_wh += report.drawn_wh
        self.energy_wh += report.energy_wh
        for finding in findings_of(report.days, capacity_w=report.version.capacity_w):
            self.findings[finding.code] += finding.count

    def refuse(self, report: Report, operation: str, refusal: RefusalError) -> None:
        """Keep that a report was refused, by the id of its operation."""
        self.refused.append(
            Refused(
                id=operation,
                start=report.start,
                readings=report.readings,
                given_wh=report.given_wh,
                drawn_wh=report.drawn_wh,
                refusal=refusal,
            )
        )

    @property
    def is_done(self) -> bool:
        """Whether nothing is left that might be reported later."""
        return not self.refused and FOR_NOW.isdisjoint(self.left_out)

    @property
    def plain(self) -> dict[str, Any]:
        """The result as JSON can say it."""
        left_out = {
            code: {"readings": left.readings, "given_wh": left.given_wh, "drawn_wh": left.drawn_wh}
            for code, left in sorted(self.left_out.items())
        }
        return {
            "series": [list(key) for key in self.series],
            "operations": self.operations,
            "spans": self.spans,
            "readings": self.readings,
            "given_wh": self.given_wh,
            "drawn_wh": self.drawn_wh,
            "energy_wh": self.energy_wh,
            "gaps": self.gaps,
            "findings": dict(sorted(self.findings.items())),
            "left_out": left_out,
            "aside": dict(sorted(self.aside.items())),
            "refused": [item.plain for item in self.refused],
        }
