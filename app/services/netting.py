"""Netting: what a metering point draws, and what is owed, is taken from what it gives (R12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.registry.measurements import Interval, Netting


class Flow(NamedTuple):
    """One interval at a metering point, [start, end) in UTC milliseconds: given and drawn, in Wh.

    Drawn is import, auxiliaries and pumping alike.
    """

    start: int
    end: int
    given_wh: int
    drawn_wh: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What a device carries from span to span, in Wh: uncovered import, and what it owes (R36)."""

    deficit_wh: int = 0
    adjustment_wh: int = 0


def net(flows: Sequence[Flow], balance: Balance) -> tuple[list[Interval], Netting | None, Balance]:
    """Return the net intervals of a span, how they follow, and what is carried on.

    A deficit is covered before an adjustment is paid, and both before energy is left; no entry
    is needed where nothing was drawn or owed.
    """
    deficit_wh, owed_wh = balance.deficit_wh, max(balance.adjustment_wh, 0)
    intervals: list[Interval] = []
    paid_wh = 0
    for flow in flows:
        left_wh = flow.given_wh - flow.drawn_wh - deficit_wh
        deficit_wh = max(-left_wh, 0)
        payment_wh = min(max(left_wh, 0), owed_wh)
        owed_wh -= payment_wh
        paid_wh += payment_wh
        intervals.append(Interval(flow.start, flow.end, max(left_wh, 0) - payment_wh))
    drawn_wh = sum(flow.drawn_wh for flow in flows)
    if not (drawn_wh or paid_wh or balance.deficit_wh):
        return intervals, None, balance
    entry = Netting(
        start=flows[0].start,
        gross_wh=sum(flow.given_wh for flow in flows),
        deducted_wh=drawn_wh,
        adjusted_wh=paid_wh,
        deficit_in_wh=balance.deficit_wh,
        deficit_out_wh=deficit_wh,
    )
    return intervals, entry, Balance(deficit_wh, balance.adjustment_wh - paid_wh)
