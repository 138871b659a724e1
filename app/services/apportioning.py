"""Apportioning: what a multi-fuel device produced, parted among its sources as was declared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from app.registry.fuels import FuelShares
from app.registry.measurements import DeclaredGap, Interval
from app.services.measure import Day
from app.services.netting import Balance, Flow, net

ENTRIES_MOST = 50
"""Spans and gaps of one operation, so that its leaf holds them."""


@dataclass(frozen=True, slots=True)
class WholeSpan:
    """A span of the whole device, with its readings, or a gap and its reason."""

    start: int
    end: int
    energy_wh: int
    intervals: Sequence[Interval]
    quality: str
    gap: str


@dataclass(frozen=True, slots=True)
class PartReport:
    """What is reported of one source: an operation's worth."""

    part: str
    days: tuple[Day, ...]
    gaps: tuple[DeclaredGap, ...]


def share_of(intervals: Sequence[Interval], share_wh: int) -> list[Interval]:
    """Return a part's intervals, none negative, which make up its share to the watt-hour.

    Interval k has floor(C(k) T / E) - floor(C(k-1) T / E): C is the energy up to and with it, E
    that of all and T the share.
    """
    total_wh = sum(item.energy_wh for item in intervals)
    if not total_wh:
        return [item._replace(energy_wh=0) for item in intervals]
    reached = accumulate((item.energy_wh for item in intervals), initial=0)
    given = pairwise(energy_wh * share_wh // total_wh for energy_wh in reached)
    return [
        item._replace(energy_wh=after - before)
        for item, (before, after) in zip(intervals, given, strict=True)
    ]


def apportion(
    spans: Sequence[WholeSpan], shares: Sequence[FuelShares], balances: Mapping[str, Balance]
) -> Iterator[PartReport]:
    """Yield the reports of every source for the spans that a declaration covers, in order.

    `balances` says what each source carries or owes before.
    """
    parts = dict.fromkeys(part for declared in shares for part, _ in declared.shares)
    for part in parts:
        balance = balances[part]
        days: list[Day] = []
        gaps: list[DeclaredGap] = []
        for span in spans:
            if span.gap:
                gaps.append(DeclaredGap(start=span.start, end=span.end, reason=span.gap))
            elif (share_wh := _share(span, shares, part)) is not None:
                day, balance = _day(span, share_wh, balance)
                days.append(day)
            if len(days) + len(gaps) >= ENTRIES_MOST and days:
                yield PartReport(part, tuple(days), tuple(gaps))
                days, gaps = [], []
        if days:
            yield PartReport(part, tuple(days), tuple(gaps))


def _share(span: WholeSpan, shares: Sequence[FuelShares], part: str) -> int | None:
    for declared in shares:
        if declared.start <= span.start and span.end <= declared.end:
            return declared.part_of(span.energy_wh, part)
    return None


def _day(span: WholeSpan, share_wh: int, balance: Balance) -> tuple[Day, Balance]:
    flows = [
        Flow(item.start, item.end, item.energy_wh, 0)
        for item in share_of(span.intervals, share_wh)
    ]
    intervals, entry, after = net(flows, balance)
    day = Day(span.start, span.end, intervals, span.quality, (), entry)
    return day, after
