"""Importing: a meter file's series become reports of devices, recorded group by group."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID, uuid5

from app.layouts.days import Reading as MeterReading
from app.layouts.days import SeriesDay
from app.layouts.findings import SeriesKey
from app.registry.errors import RefusalError
from app.registry.measurements import NEGATIVE
from app.services.intake import Intake, Report
from app.services.measure import measured
from app.services.metering import Metered, Stretch
from app.services.netting import Flow
from app.services.record import Asked, Outcome
from app.services.results import DeviceResult
from app.services.streams import Reading, combined, joined

GIVEN = ("export", "production")
DRAWN = ("charge", "import")
"""Directions that count at a metering point: what it gives, and what it draws (R12)."""
GROUP = 40

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
        period: Stretch | None = None,
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
                self._report(metered, combined(*self._waiting.pop(metered.device)))
        self._flush()

    def _take(self, metered: Metered, readings: Iterator[Reading]) -> None:
        if metered.device in self._shared:
            self._waiting[metered.device].append(list(readings))
        else:
            self._report(metered, readings)

    def _report(self, metered: Metered, readings: Iterator[Reading]) -> None:
        drawn = self._drawn.get(metered.device)
        intake = Intake(metered, now_ms=self._now_ms, period=self._period)
        for report in intake.take(combined(readings, drawn) if drawn else readings):
            self._ask(metered, report)
        for report in intake.finish():
            self._ask(metered, report)
        self.results[metered.device].left_out = dict(intake.left_out)

    def _ask(self, metered: Metered, report: Report) -> None:
        self._asked.append((metered.device, report, self._reporter.asked(metered, report)))
        if len(self._asked) >= GROUP:
            self._flush()

    def _flush(self) -> None:
        asked, self._asked = self._asked, []
        outcomes = self._record([item[2] for item in asked]) if asked else []
        for (device, report, item), outcome in zip(asked, outcomes, strict=True):
            if isinstance(outcome, RefusalError):
                self.results[device].refuse(report, item.operation.id, outcome)
            else:
                self.results[device].count(report)

    def _readings(self, metered: Metered, days: Iterable[SeriesDay]) -> Iterator[Reading]:
        """Yield the flows of a series; other directions are set aside and counted."""
        aside = self.results[metered.device].aside
        for day in days:
            negatives = self._negatives(day)
            waiting: Reading | None = None
            for item in day.readings:
                if item.direction not in GIVEN + DRAWN:
                    aside[item.direction] += item.energy_wh
                    continue
                reading = _reading(item, NEGATIVE if item.start_ms in negatives else "")
                if waiting is not None and waiting.flow[:2] == reading.flow[:2]:
                    reading = joined(waiting, reading)
                elif waiting is not None:
                    yield waiting
                waiting = reading
            if waiting is not None:
                yield waiting

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


def _reading(item: MeterReading, finding: str) -> Reading:
    if item.direction in GIVEN:
        flow = Flow(item.start_ms, item.end_ms, item.energy_wh, 0)
        return Reading(flow, item.quality, finding)
    flow = Flow(item.start_ms, item.end_ms, 0, item.energy_wh)
    return Reading(flow, item.quality, finding, is_given=False)


def flows_of(days: Iterable[SeriesDay]) -> list[Reading]:
    """Return all that other meters of a point drew, whatever their files call it."""
    return [
        Reading(Flow(item.start_ms, item.end_ms, 0, item.energy_wh), is_given=False)
        for day in days
        for item in day.readings
    ]
