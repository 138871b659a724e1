"""Intake: a device's metered flows become reports of spans and gaps; what stays out is counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from zoneinfo import ZoneInfo

from app.ledger.times import TIME_MAX_MS
from app.registry.measurements import (
    CORRECTED,
    ESTIMATED,
    MEASURED,
    NIGHT_SUN,
    SUBSTITUTED,
    DeclaredGap,
    Interval,
)
from app.services.measure import Day
from app.services.metering import Metered, Version
from app.services.netting import Balance, Flow, net
from app.services.night import is_night, needs_sun

MISSING = "not-in-file"
"""The reason of a gap that a file leaves."""

OUTSIDE = "outside-operation-period"
GRANULARITY = "interval-granularity"
FUTURE = "future-production"
OVERLAP = "measurement-overlap"
NOT_ASKED = "not-asked-for"

_INTERVAL_MS_LEAST = 60_000
_WORSE = (MEASURED, CORRECTED, SUBSTITUTED, ESTIMATED)
_WEIGHT_MOST = 13_000
_SPAN, _GAP, _FINDING, _QUALITY, _NETTING = 200, 120, 85, 75, 190
"""About how many bytes each takes of a leaf."""
_ENTRIES_MOST = 90


@dataclass(frozen=True, slots=True)
class Reading:
    """What a metering point gave and drew in one interval, how it came about, what looked wrong."""

    flow: Flow
    quality: str = MEASURED
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Spans and gaps of a device in order of time, under one version: an operation's worth."""

    days: tuple[Day, ...]
    gaps: tuple[DeclaredGap, ...]
    version: Version

    @property
    def start(self) -> int:
        """When it begins, UTC milliseconds."""
        return min([self.days[0].start, *(gap.start for gap in self.gaps[:1])])


@dataclass(slots=True)
class LeftOut:
    """How many readings stay out, and how much they gave and drew, Wh."""

    readings: int = 0
    given_wh: int = 0
    drawn_wh: int = 0


@dataclass(slots=True)
class _Open:
    """A report that is being filled."""

    version: Version
    days: list[Day] = field(default_factory=list)
    gaps: list[DeclaredGap] = field(default_factory=list)
    weight: int = 0

    @property
    def is_full(self) -> bool:
        return self.weight > _WEIGHT_MOST or len(self.days) + len(self.gaps) >= _ENTRIES_MOST


class Intake:
    """Takes the readings of one device in order of time and gives reports as they fill.

    A span is a local day of the device's domain, or less: it ends at a gap, where the quality
    changes, and with the version of the device; in a granular domain it is an interval.
    """

    def __init__(
        self,
        metered: Metered,
        *,
        now_ms: int,
        period: tuple[int, int] | None = None,
        gap_reason: str = MISSING,
    ) -> None:
        """Take the device, the time it is, the period that is asked for, and why gaps are."""
        self._metered = metered
        self._zone = metered.zone
        self._now_ms = now_ms
        self._period = period or (0, TIME_MAX_MS)
        self._gap_reason = gap_reason
        self._balance: Balance = metered.balance
        self._run: list[Reading] = []
        self._open: _Open | None = None
        self._reached: int | None = None
        self._day_end = 0
        self.left_out: dict[str, LeftOut] = defaultdict(LeftOut)
        self.findings: Counter[str] = Counter()

    def take(self, readings: Iterable[Reading]) -> Iterator[Report]:
        """Take more readings; yield what is full."""
        for reading in readings:
            version = self._version(reading)
            if version is not None:
                yield from self._add(reading, version)

    def finish(self) -> Iterator[Report]:
        """Yield what is left."""
        yield from self._close_run()
        if self._open is not None and self._open.days:
            yield self._given()

    def _version(self, reading: Reading) -> Version | None:
        """Return the version that a reading belongs to; None where it stays out."""
        flow = reading.flow
        version = self._metered.version_at(flow.start, flow.end)
        length_ms = flow.end - flow.start
        most_ms = self._metered.settings.interval_s_most * 1000
        reason = ""
        if self._reached is not None and flow.start < self._reached:
            reason = OVERLAP
        elif not _INTERVAL_MS_LEAST <= length_ms <= most_ms:
            reason = GRANULARITY
        elif not self._period[0] <= flow.start < self._period[1]:
            reason = NOT_ASKED
        elif flow.end > self._now_ms:
            reason = FUTURE
        elif version is None:
            reason = OUTSIDE
        if reason:
            left = self.left_out[reason]
            left.readings += 1
            left.given_wh += flow.given_wh
            left.drawn_wh += flow.drawn_wh
            return None
        return version

    def _add(self, reading: Reading, version: Version) -> Iterator[Report]:
        start, end = reading.flow.start, reading.flow.end
        if self._open is None or self._open.version is not version:
            yield from self._change_version(version)
        if self._reached is not None and start > self._reached:
            yield from self._close_run()
            yield from self._close_gap(self._reached, start)
        is_other_day = start >= self._day_end
        if self._run and (is_other_day or self._run[-1].quality != reading.quality):
            yield from self._close_run()
        if is_other_day:
            self._day_end = next_midnight(start, self._zone)
        self._run.append(reading)
        self._reached = end
        if self._metered.settings.is_granular:
            yield from self._close_run()

    def _change_version(self, version: Version) -> Iterator[Report]:
        """Fill one version's time to its end, and go on where the next one begins."""
        if self._open is not None and self._reached is not None:
            yield from self._close_run()
            yield from self._close_gap(self._reached, self._open.version.valid_until)
            if self._open.days:
                yield self._given()
            self._reached = version.valid_from
        self._open = _Open(version)

    def _close_run(self) -> Iterator[Report]:
        """Turn the readings of a span into a day, and give the report where it is full."""
        if not self._run or self._open is None:
            return
        run, self._run = self._run, []
        intervals, entry, self._balance = net([item.flow for item in run], self._balance)
        found = self._findings(run, intervals, self._open.version)
        self.findings.update(found)
        day = Day(
            run[0].flow.start,
            run[-1].flow.end,
            intervals,
            run[0].quality,
            tuple(sorted(found.items())),
            entry,
        )
        self._open.days.append(day)
        self._open.weight += _SPAN + _FINDING * (len(found) + 1) + _QUALITY + _NETTING * bool(entry)
        if self._open.is_full:
            yield self._given()

    def _close_gap(self, start: int, end: int) -> Iterator[Report]:
        """Declare what is missing, local day by local day, so that it can be filled later."""
        for first, last in self._days_between(start, end):
            if self._open is None:
                return
            self._open.gaps.append(DeclaredGap(start=first, end=last, reason=self._gap_reason))
            self._open.weight += _GAP
            if self._open.is_full and self._open.days:
                yield self._given()

    def _days_between(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        while start < end:
            midnight = min(next_midnight(start, self._zone), end)
            yield start, midnight
            start = midnight

    def _given(self) -> Report:
        """Return the open report and begin another of the same version."""
        opened = self._open
        if opened is None:
            raise AssertionError("no report is open")
        self._open = _Open(opened.version)
        return Report(tuple(opened.days), tuple(opened.gaps), opened.version)

    def _findings(
        self, run: list[Reading], intervals: list[Interval], version: Version
    ) -> Counter[str]:
        found = Counter(item.finding for item in run if item.finding)
        if needs_sun(version.energy_source):
            found[NIGHT_SUN] = sum(_is_night_sun(item, version) for item in intervals)
        return +found


def _is_night_sun(item: Interval, version: Version) -> bool:
    return item.energy_wh > 0 and is_night(
        item.start, item.end, latitude=version.latitude, longitude=version.longitude
    )


def next_midnight(time_ms: int, zone: ZoneInfo) -> int:
    """Return when the local day of an instant ends, UTC milliseconds."""
    local = datetime.fromtimestamp(time_ms // 1000, zone)
    after = local.date() + timedelta(days=1)
    midnight = datetime(after.year, after.month, after.day, tzinfo=zone)
    return int(midnight.timestamp()) * 1000


def combined(*streams: Iterable[Reading]) -> Iterator[Reading]:
    """Yield the readings of several meters of one point as one, each in order of time.

    What they gave and drew in the same interval is added up; the least good quality is told.
    """
    waiting: Reading | None = None
    for reading in merge(*streams, key=lambda reading: reading.flow[:2]):
        if waiting is None:
            waiting = reading
        elif waiting.flow[:2] == reading.flow[:2]:
            waiting = joined(waiting, reading)
        else:
            yield waiting
            waiting = reading
    if waiting is not None:
        yield waiting


def joined(one: Reading, other: Reading) -> Reading:
    """Return two readings of one interval as one."""
    start, end, given_wh, drawn_wh = one.flow
    flow = Flow(start, end, given_wh + other.flow.given_wh, drawn_wh + other.flow.drawn_wh)
    quality = max(one.quality, other.quality, key=_WORSE.index)
    return Reading(flow, quality, one.finding or other.finding)
