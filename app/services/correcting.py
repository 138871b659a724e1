"""Correcting: readings in place of a span's, net of what the span before had paid and covered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from app.registry.errors import RefusalError
from app.registry.measurements import MEASURED, Netting
from app.services.measure import Day
from app.services.netting import Balance, Flow, net


class Standing(NamedTuple):
    """A span or gap as it stands, [start, end) in UTC milliseconds.

    `settled_wh` is what it has paid and covered for other spans, less what others cover for it.
    """

    start: int
    end: int
    settled_wh: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrector:
    """How readings are made into days: their quality, and what the device still owes, Wh."""

    quality: str = MEASURED
    adjustment_wh: int = 0

    def days(self, flows: Sequence[Flow], standing: Sequence[Standing]) -> list[Day]:
        """Return readings, in order, as days in place of what stands there.

        Raises RefusalError where they do not cover one span after another, each of them whole.
        """
        days: list[Day] = []
        balance = Balance(0, self.adjustment_wh)
        for span, of_span in zip(standing, _parted(flows, standing), strict=True):
            day, balance = self._day(span, of_span, balance)
            days.append(day)
        return days

    def _day(self, span: Standing, flows: list[Flow], balance: Balance) -> tuple[Day, Balance]:
        """Return a day; what was settled with the span before stays deducted from it."""
        credited = _credited(flows, -span.settled_wh)
        owing = replace(balance, deficit_wh=max(span.settled_wh, 0))
        intervals, entry, left = net(credited, owing)
        day = Day(span.start, span.end, intervals, self.quality, netting=_folded(entry))
        return day, replace(left, deficit_wh=0)


def _parted(flows: Sequence[Flow], standing: Sequence[Standing]) -> list[list[Flow]]:
    """Return the readings of each span. Raises RefusalError."""
    parts: list[list[Flow]] = [[] for _ in standing]
    reached = [span.start for span in standing]
    for number, flow in enumerate(flows):
        pointer = f"/intervals/{number}"
        if flow.end <= flow.start:
            raise RefusalError(
                "invalid-interval", "it ends before it starts", rule="R7", pointer=f"{pointer}/end"
            )
        at = next((at for at, span in enumerate(standing) if _holds(span, flow)), None)
        if at is None:
            raise RefusalError(
                "span-boundary", "it lies in no span that was reported", rule="R2", pointer=pointer
            )
        if flow.start != reached[at]:
            is_early = flow.start < reached[at]
            code = "measurement-overlap" if is_early else "measurement-gap"
            raise RefusalError(code, "readings follow one another", rule="R2", pointer=pointer)
        parts[at].append(flow)
        reached[at] = flow.end
    if any(end != span.end for end, span in zip(reached, standing, strict=True)):
        raise RefusalError(
            "measurement-gap", "a span is corrected whole", rule="R2", pointer="/intervals"
        )
    return parts


def _holds(span: Standing, flow: Flow) -> bool:
    return span.start <= flow.start and flow.end <= span.end


def _credited(flows: Sequence[Flow], credit_wh: int) -> list[Flow]:
    """Return flows that draw less, by what later spans have covered already."""
    left_wh = max(credit_wh, 0)
    found: list[Flow] = []
    for flow in reversed(flows):
        spared_wh = min(left_wh, flow.drawn_wh)
        left_wh -= spared_wh
        found.append(flow._replace(drawn_wh=flow.drawn_wh - spared_wh))
    return found[::-1]


def _folded(entry: Netting | None) -> Netting | None:
    """Return an entry that takes nothing in from the span before: it is deducted here."""
    if entry is None:
        return None
    deducted_wh = entry.deducted_wh + entry.deficit_in_wh
    return replace(entry, deducted_wh=deducted_wh, deficit_in_wh=0)
