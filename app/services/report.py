"""Reports: readings in order become local days, parted where a gap is declared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.registry.errors import RefusalError
from app.registry.measurements import DeclaredGap, Interval
from app.services.measure import Day
from app.services.netting import Balance, Flow, net

DAYS_MAX = 100


def days_of(
    intervals: Sequence[Interval], gaps: Sequence[DeclaredGap], *, timezone: str
) -> list[Day]:
    """Return readings as days of a zone, each without a hole (R2).

    A reading belongs to the local day in which it starts. Raises RefusalError where readings
    overlap, are not in order, or leave a stretch that no gap declares.
    """
    zone = ZoneInfo(timezone)
    days: list[Day] = []
    of_day: list[Interval] = []
    today = date.min
    for number, item in enumerate(intervals):
        _check(intervals, number, gaps)
        started = datetime.fromtimestamp(item.start // 1000, zone).date()
        if of_day and (started != today or item.start != of_day[-1].end):
            days.append(_day(of_day))
            of_day = []
        today = started
        of_day.append(item)
    days.append(_day(of_day))
    if len(days) > DAYS_MAX:
        raise RefusalError("too-many-spans", f"at most {DAYS_MAX} days a report")
    return days


def net_days(
    days: Iterable[Day], *, drawn: Mapping[int, int], balance: Balance, quality: str
) -> Iterator[Day]:
    """Yield days of gross readings net of what was drawn, by their start, and is owed (R12)."""
    for day in days:
        flows = [
            Flow(item.start, item.end, item.energy_wh, drawn.get(item.start, 0))
            for item in day.intervals
        ]
        intervals, entry, balance = net(flows, balance)
        yield replace(day, intervals=intervals, quality=quality, netting=entry)


def balance_before(report: Mapping[str, Any]) -> Balance:
    """Return the balance with which a recorded report was netted, so that it nets alike again."""
    entries = report.get("netting", ())
    is_first = bool(entries) and entries[0]["start"] == report["spans"][0]["start"]
    paid_wh = sum(entry["adjusted_wh"] for entry in entries)
    return Balance(entries[0]["deficit_in_wh"] if is_first else 0, paid_wh)


def _check(intervals: Sequence[Interval], number: int, gaps: Sequence[DeclaredGap]) -> None:
    item = intervals[number]
    pointer = f"/intervals/{number}"
    if item.end <= item.start:
        raise RefusalError(
            "invalid-interval", "it ends before it starts", rule="R7", pointer=f"{pointer}/end"
        )
    before = intervals[number - 1].end if number else item.start
    if item.start < before:
        raise RefusalError(
            "measurement-overlap",
            "it begins before the one before ends",
            rule="R2",
            pointer=pointer,
        )
    if item.start > before and not _is_declared(before, item.start, gaps):
        raise RefusalError(
            "measurement-gap", "declare the gap before it, and why", rule="R2", pointer=pointer
        )


def _is_declared(start: int, end: int, gaps: Sequence[DeclaredGap]) -> bool:
    """Say whether gaps that follow one another cover a stretch exactly."""
    reached = start
    for gap in sorted(gaps, key=lambda gap: gap.start):
        if gap.start == reached and gap.end <= end:
            reached = gap.end
    return reached == end


def _day(intervals: Sequence[Interval]) -> Day:
    return Day(intervals[0].start, intervals[-1].end, tuple(intervals))
