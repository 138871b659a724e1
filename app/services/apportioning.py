"""Apportioning: what a multi-fuel device produced, parted among its sources as was declared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

from app.registry.fuels import FuelShares
from app.registry.measurements import DeclaredGap, Interval
from app.services.filling import Filled, Filling
from app.services.measure import Day
from app.services.netting import Balance, Flow, net


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
        for filled in _reports(_Part(part, shares, balances[part]), spans):
            yield PartReport(part, filled.days, filled.gaps)


@dataclass(slots=True)
class _Part:
    """A source, and what it carries or owes by now."""

    name: str
    shares: Sequence[FuelShares]
    balance: Balance

    def days(self, spans: Iterable[WholeSpan]) -> Iterator[Day]:
        """Yield its days of the whole's spans that a declaration covers."""
        for span in spans:
            share_wh = _share(span, self.shares, self.name)
            if share_wh is not None:
                yield self._day(span, share_wh)

    def _day(self, span: WholeSpan, share_wh: int) -> Day:
        flows = [
            Flow(item.start, item.end, item.energy_wh, 0)
            for item in share_of(span.intervals, share_wh)
        ]
        intervals, entry, self.balance = net(flows, self.balance)
        return Day(span.start, span.end, intervals, span.quality, (), entry)


def _reports(part: _Part, spans: Sequence[WholeSpan]) -> Iterator[Filled]:
    """Yield what is reported of a part, gaps as those of the whole."""
    filling = Filling()
    waiting: list[DeclaredGap] = []
    for is_gap, group in groupby(spans, key=lambda span: bool(span.gap)):
        if is_gap:
            waiting = [_gap(span) for span in group]
            continue
        for day in part.days(group):
            yield from filling.declare(waiting)
            yield from filling.add(day)
            waiting = []
        waiting = []
    yield from filling.declare(waiting, is_last=True)
    yield from filling.finish()


def _gap(span: WholeSpan) -> DeclaredGap:
    return DeclaredGap(start=span.start, end=span.end, reason=span.gap)


def _share(span: WholeSpan, shares: Sequence[FuelShares], part: str) -> int | None:
    for declared in shares:
        if declared.start <= span.start and span.end <= declared.end:
            return declared.part_of(span.energy_wh, part)
    return None
