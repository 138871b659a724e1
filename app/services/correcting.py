"""Correcting: readings in place of spans, net of what is owed and of what those had settled."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.registry.errors import RefusalError
from app.registry.measurements import MEASURED
from app.services.measure import Day
from app.services.netting import Balance, Flow, net


class Stretch(NamedTuple):
    """A span or gap as it stands, [start, end) in UTC milliseconds."""

    start: int
    end: int


def correct_days(
    flows: Sequence[Flow], standing: Sequence[Stretch], *, owed_wh: int, quality: str = MEASURED
) -> list[Day]:
    """Return readings, in order, as days in place of what stands there, what is owed paid first.

    `owed_wh` has in it what the energy of those had settled of other times, which is settled anew.
    What they do not cover is owed: the spans behind them are netted already. Raises RefusalError
    where they do not cover one span after another, each of them whole.
    """
    days: list[Day] = []
    left_wh = owed_wh
    for span, of_span in zip(standing, _parted(flows, standing), strict=True):
        intervals, entry, balance = net(of_span, Balance(0, left_wh))
        left_wh = balance.adjustment_wh + balance.deficit_wh
        days.append(Day(span.start, span.end, intervals, quality, netting=entry))
    return days


def owed_before(report: Mapping[str, Any]) -> int:
    """Return an `owed_wh` that makes of the same readings the days of a recorded correction.

    Where it left energy, all was paid by then; what it did not cover was owed from there on.
    """
    netted = {entry["start"]: entry for entry in report.get("netting", ())}
    least_wh, bounds_wh = 0, []
    settled_wh = 0
    for span in sorted(report["spans"], key=lambda span: str(span["start"])):
        entry = netted.get(span["start"], {"adjusted_wh": 0, "deficit_out_wh": 0})
        settled_wh += entry["adjusted_wh"]
        if entry["adjusted_wh"]:
            least_wh = max(least_wh, settled_wh)
        if span["energy_wh"]:
            bounds_wh.append(settled_wh)
        settled_wh -= entry["deficit_out_wh"]
    return min(bounds_wh, default=least_wh)


def _parted(flows: Sequence[Flow], standing: Sequence[Stretch]) -> list[list[Flow]]:
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


def _holds(span: Stretch, flow: Flow) -> bool:
    return span.start <= flow.start and flow.end <= span.end
