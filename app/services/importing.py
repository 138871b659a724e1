"""Importing: a meter file's series become reports of devices, recorded group by group."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

from app.layouts.days import Reading as MeterReading
from app.layouts.days import SeriesDay
from app.layouts.findings import SeriesKey
from app.ledger.times import format_time
from app.registry.errors import RefusalError
from app.registry.measurements import MEASURED, NEGATIVE
from app.services.intake import Intake, LeftOut, Reading, Report, combined, joined
from app.services.measure import measured
from app.services.metering import Metered
from app.services.netting import Flow
from app.services.record import Asked, Outcome

GIVEN = ("export", "production")
DRAWN = ("charge", "import")
"""Directions that count at a metering point: what it gives, and what it draws (R12)."""
GROUP = 40
UNKNOWN_METER = "unknown-meter"

Record = Callable[[list[Asked]], list[Outcome]]
Progress = Callable[[int], None]
"""Called with how many readings were read so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports, to which log, and under which seed operations have their ids."""

    origin: str
    by: str
    seed: str
    person: str | None = None

    def asked(self, metered: Metered, report: Report) -> Asked:
        """Return the operation of a report; the same file gives it the same id again."""
        return measured(
            id=str(uuid5(UUID(self.by), f"{self.seed}/{metered.device}/{report.start}")),
            origin=self.origin,
            by=self.by,
            person=self.person,
            device=metered.device,
            capacity_w=report.version.capacity_w,
            days=report.days,
            gaps=report.gaps,
        )


@dataclass(slots=True)
class DeviceResult:
    """What became of a device's readings; energy in Wh, net of what it drew and owed."""

    series: list[SeriesKey] = field(default_factory=list)
    operations: int = 0
    spans: int = 0
    readings: int = 0
    energy_wh: int = 0
    gaps: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    aside: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[int, RefusalError]] = field(default_factory=list)

    @property
    def plain(self) -> dict[str, Any]:
        """The result as JSON can say it."""
        return {
            "series": [list(key) for key in self.series],
            "operations": self.operations,
            "spans": self.spans,
            "readings": self.readings,
            "energy_wh": self.energy_wh,
            "gaps": self.gaps,
            "findings": dict(sorted(self.findings.items())),
            "left_out": {
                code: {
                    "readings": left.readings,
                    "given_wh": left.given_wh,
                    "drawn_wh": left.drawn_wh,
                }
                for code, left in sorted(self.left_out.items())
            },
            "aside": dict(sorted(self.aside.items())),
            "refused": [
                {"start": format_time(start), "code": refusal.code, "detail": refusal.detail}
                for start, refusal in self.refusals
            ],
        }


class Importer:
    """Takes the days of a file, series by series, and records what they report.

    A device that has several series, such as one for each direction, waits until the file has
    ended; any other streams. `drawn` are readings of other meters of a device, to be deducted.
    """

    def __init__(
        self,
        *,
        record: Record,
        reporter: Reporter,
        devices: Mapping[SeriesKey, Metered],
        now_ms: int,
        period: tuple[int, int] | None = None,
        drawn: Mapping[str, Sequence[Reading]] | None = None,
        are_negatives_flagged: bool = False,
    ) -> None:
        """Take what records, who reports, which device a series is, the time, and what to take."""
        self._record = record
        self._reporter = reporter
        self._devices = devices
        self._now_ms = now_ms
        self._period = period
        self._drawn = drawn or {}
        self._are_negatives_flagged = are_negatives_flagged
        owners = Counter(metered.device for metered in devices.values())
        self._shared = {device for device, count in owners.items() if count > 1}
        self._waiting: dict[str, list[list[Reading]]] = defaultdict(list)
        self._asked: list[tuple[str, Report, Asked]] = []
        self.results: dict[str, DeviceResult] = defaultdict(DeviceResult)
        self.unknown: Counter[SeriesKey] = Counter()

    def run(self, days: Iterable[SeriesDay], progress: Progress = lambda _: None) -> None:
        """Read every day; what is refused is told in the results, and the rest goes on."""
        for series, group in groupby(_watched(days, progress), key=lambda day: day.series):
            metered = self._devices.get(series)
            if metered is None:
                self.unknown[series] += sum(len(day.readings) for day in group)
            else:
                self.results[metered.device].series.append(series)
                self._take(metered, self._readings(metered, group))
        for metered in {item.device: item for item in self._devices.values()}.values():
            if metered.device in self._waiting:
                streams = self._waiting.pop(metered.device)
                self._report(metered, combined(*streams))
        self._flush()

    def _take(self, metered: Metered, readings: Iterator[Reading]) -> None:
        if metered.device in self._shared:
            self._waiting[metered.device].append(list(readings))
        else:
            self._report(metered, readings)

    def _report(self, metered: Metered, readings: Iterator[Reading]) -> None:
        drawn = self._drawn.get(metered.device)
        stream = combined(readings, drawn) if drawn else readings
        intake = Intake(metered, now_ms=self._now_ms, period=self._period)
        for report in intake.take(stream):
            self._ask(metered, report)
        for report in intake.finish():
            self._ask(metered, report)
        result = self.results[metered.device]
        result.left_out = dict(intake.left_out)
        result.findings += intake.findings

    def _ask(self, metered: Metered, report: Report) -> None:
        asked = self._reporter.asked(metered, report)
        self._asked.append((metered.device, report, asked))
        if len(self._asked) >= GROUP:
            self._flush()

    def _flush(self) -> None:
        asked, self._asked = self._asked, []
        outcomes = self._record([item[2] for item in asked]) if asked else []
        for (device, report, _), outcome in zip(asked, outcomes, strict=True):
            result = self.results[device]
            if isinstance(outcome, RefusalError):
                result.refusals.append((report.start, outcome))
            else:
                _count(result, report)

    def _readings(self, metered: Metered, days: Iterable[SeriesDay]) -> Iterator[Reading]:
        """Yield the flows of a series; other directions are set aside and counted."""
        aside = self.results[metered.device].aside
        for day in days:
            negatives = self._negatives(day)
            flows: dict[tuple[int, int], Reading] = {}
            for item in day.readings:
                if item.direction not in GIVEN + DRAWN:
                    aside[item.direction] += item.energy_wh
                    continue
                finding = NEGATIVE if item.start_ms in negatives else ""
                reading = Reading(_flow(item), item.quality, finding)
                before = flows.get(reading.flow[:2])
                flows[reading.flow[:2]] = reading if before is None else joined(before, reading)
            yield from flows.values()

    def _negatives(self, day: SeriesDay) -> set[int | None]:
        if not self._are_negatives_flagged:
            return set()
        return {finding.start_ms for finding in day.findings if finding.code == NEGATIVE}


def _watched(days: Iterable[SeriesDay], progress: Progress) -> Iterator[SeriesDay]:
    done = 0
    for day in days:
        done += len(day.readings)
        progress(done)
        yield day


def _flow(item: MeterReading) -> Flow:
    is_given = item.direction in GIVEN
    return Flow(
        item.start_ms,
        item.end_ms,
        item.energy_wh if is_given else 0,
        0 if is_given else item.energy_wh,
    )


def _count(result: DeviceResult, report: Report) -> None:
    result.operations += 1
    result.spans += len(report.days)
    result.gaps += len(report.gaps)
    result.readings += sum(len(day.intervals) for day in report.days)
    result.energy_wh += sum(item.energy_wh for day in report.days for item in day.intervals)


def flows_of(days: Iterable[SeriesDay]) -> list[Reading]:
    """Return all that other meters of a point drew, whatever their files call it."""
    return [
        Reading(Flow(item.start_ms, item.end_ms, 0, item.energy_wh), MEASURED)
        for day in days
        for item in day.readings
    ]
