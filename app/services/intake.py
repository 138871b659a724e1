"""Intake: a device's metered flows become reports of spans and gaps; what stays out is counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.layouts.local_days import LocalDays
from app.ledger.times import TIME_MAX_MS
from app.registry.measurements import NIGHT_SUN, DeclaredGap, Interval
from app.registry.reports import DAY_MAX_MS
from app.services.filling import Filled, Filling
from app.services.measure import Day
from app.services.metering import Metered, Stretch, Version
from app.services.netting import Balance, Flow, net
from app.services.night import is_night, needs_sun
from app.services.streams import Reading

MISSING = "not-in-file"
"""The reason of a gap that a file leaves."""

OUTSIDE = "outside-operation-period"
GRANULARITY = "interval-granularity"
FUTURE = "future-production"
OVERLAP = "measurement-overlap"
"""Of time that another reading has, of this file or measured before."""
NOT_ASKED = "not-asked-for"
NOT_GIVEN = "no-production-reading"
"""Drawn in an interval for which nobody read what was given."""

_INTERVAL_MS_LEAST = 60_000


@dataclass(frozen=True, slots=True)
class Report:
    """Spans and gaps of a device in order of time, under one version: an operation's worth."""

    days: tuple[Day, ...]
    gaps: tuple[DeclaredGap, ...]
    version: Version
    start: int

    @classmethod
    def of(cls, filled: Filled, version: Version) -> "Report":
        """Return what was filled under a version."""
        return cls(filled.days, filled.gaps, version, filled.start)

    @property
    def readings(self) -> int:
        """How many readings it has."""
        return sum(len(day.intervals) for day in self.days)

    @property
    def energy_wh(self) -> int:
        """What is left of what was given, net of what was drawn and owed."""
        return sum(day.energy_wh for day in self.days)

    @property
    def given_wh(self) -> int:
        """What was given."""
        return sum(
            day.energy_wh if day.netting is None else day.netting.gross_wh for day in self.days
        )

    @property
    def drawn_wh(self) -> int:
        """What was drawn."""
        return sum(0 if day.netting is None else day.netting.deducted_wh for day in self.days)


@dataclass(slots=True)
class LeftOut:
    """How many readings stay out, and how much they gave and drew, Wh."""

    readings: int = 0
    given_wh: int = 0
    drawn_wh: int = 0

    def add(self, flow: Flow) -> None:
        """Count one more."""
        self.readings += 1
        self.given_wh += flow.given_wh
        self.drawn_wh += flow.drawn_wh


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
        period: Stretch | None = None,
        gap_reason: str = MISSING,
    ) -> None:
        """Take the device, the time it is, the period that is asked for, and why gaps are.

        What lies where the device is measured already stays out.
        """
        self._metered = metered
        self._days = LocalDays(metered.zone)
        self._now_ms = now_ms
        self._period = period or (0, TIME_MAX_MS)
        self._gap_reason = gap_reason
        self._measured = iter(metered.measured)
        self._stretch = next(self._measured, None)
        self._balance: Balance = metered.balance
        self._run: list[Reading] = []
        self._filling = Filling()
        self._version: Version | None = None
        self._reached: int | None = None
        self._day_end = 0
        self.left_out: dict[str, LeftOut] = defaultdict(LeftOut)

    def take(self, readings: Iterable[Reading]) -> Iterator[Report]:
        """Take more readings; yield what is full."""
        for reading in readings:
            stretch = self._measured_at(reading.flow)
            reason = OVERLAP if stretch else self._reason(reading)
            if stretch:
                yield from self._pass(*stretch)
            if reason:
                self.left_out[reason].add(reading.flow)
            else:
                yield from self._add(reading)

    def finish(self) -> Iterator[Report]:
        """Yield what is left."""
        yield from self._close_run()
        yield from self._given(self._filling.finish())

    def _measured_at(self, flow: Flow) -> Stretch | None:
        """Return the stretch measured before that a flow overlaps."""
        while self._stretch is not None and self._stretch[1] <= flow.start:
            self._stretch = next(self._measured, None)
        if self._stretch is None or flow.end <= self._stretch[0]:
            return None
        return self._stretch

    def _reason(self, reading: Reading) -> str:
        """Return why a reading stays out; nothing where it does not."""
        start, end = reading.flow[:2]
        version = self._version
        most_ms = self._metered.settings.interval_s_most * 1000
        if self._reached is not None and start < self._reached:
            return OVERLAP
        if not _INTERVAL_MS_LEAST <= end - start <= most_ms:
            return GRANULARITY
        if not self._period[0] <= start < self._period[1]:
            return NOT_ASKED
        if end > self._now_ms:
            return FUTURE
        is_covered = version is not None and version.covers(start, end)
        if not is_covered and self._metered.version_at(start, end) is None:
            return OUTSIDE
        return "" if reading.is_given else NOT_GIVEN

    def _add(self, reading: Reading) -> Iterator[Report]:
        start, end = reading.flow[:2]
        if self._version is None or not self._version.covers(start, end):
            yield from self._change_version(reading)
        if self._reached is not None and start > self._reached:
            yield from self._close_run()
            yield from self._close_gap(self._reached, start)
        is_other_day = start >= self._day_end
        if self._run and (is_other_day or not self._is_one(self._run, reading)):
            yield from self._close_run()
        if is_other_day:
            self._day_end = self._days.at(start).end_ms
        self._run.append(reading)
        self._reached = end
        if self._metered.settings.is_granular:
            yield from self._close_run()

    def _is_one(self, run: Sequence[Reading], reading: Reading) -> bool:
        """Say whether a reading of the same day may be in one span with those before it."""
        is_short = reading.flow.end - run[0].flow.start <= DAY_MAX_MS
        return is_short and run[-1].quality == reading.quality

    def _change_version(self, reading: Reading) -> Iterator[Report]:
        """Fill one version's time to its end, and go on where the next one begins."""
        if self._version is not None and self._reached is not None:
            yield from self._close_run()
            yield from self._close_gap(self._reached, self._version.valid_until, is_last=True)
            yield from self._given(self._filling.finish())
        self._filling = Filling()
        self._version = self._metered.version_at(*reading.flow[:2])
        if self._version is not None and self._reached is not None:
            self._reached = max(self._reached, self._version.valid_from)

    def _pass(self, start: int, end: int) -> Iterator[Report]:
        """Go on behind a stretch that was measured before."""
        yield from self._close_run()
        if self._version is not None and self._reached is not None and self._reached < start:
            until = min(start, self._version.valid_until)
            yield from self._close_gap(self._reached, until, is_last=True)
        self._reached = max(self._reached or 0, end)

    def _close_run(self) -> Iterator[Report]:
        """Turn the readings of a span into a day."""
        if not self._run or self._version is None:
            return
        run, self._run = self._run, []
        intervals, entry, self._balance = net([item.flow for item in run], self._balance)
        found = _findings(run, intervals, self._version)
        start, end = run[0].flow.start, run[-1].flow.end
        day = Day(start, end, intervals, run[0].quality, tuple(sorted(found.items())), entry)
        yield from self._given(self._filling.add(day))

    def _close_gap(self, start: int, end: int, *, is_last: bool = False) -> Iterator[Report]:
        """Declare what is missing, local day by local day, so that it can be filled later."""
        gaps = [
            DeclaredGap(start=first, end=last, reason=self._gap_reason)
            for first, last in self._days_between(start, end)
        ]
        yield from self._given(self._filling.declare(gaps, is_last=is_last))

    def _days_between(self, start: int, end: int) -> Iterator[Stretch]:
        while start < end:
            midnight = min(self._days.at(start).end_ms, end)
            yield start, midnight
            start = midnight

    def _given(self, filled: Iterable[Filled]) -> Iterator[Report]:
        for item in filled:
            if self._version is None:
                raise AssertionError("no version is in force")
            yield Report.of(item, self._version)


def _findings(
    run: Sequence[Reading], intervals: Sequence[Interval], version: Version
) -> Counter[str]:
    found = Counter(item.finding for item in run if item.finding)
    if needs_sun(version.energy_source):
        found[NIGHT_SUN] = sum(_is_night_sun(item, version) for item in intervals)
    return +found


def _is_night_sun(item: Interval, version: Version) -> bool:
    return item.energy_wh > 0 and is_night(
        item.start, item.end, latitude=version.latitude, longitude=version.longitude
    )
