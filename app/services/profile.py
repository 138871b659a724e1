"""Profile: from which readings certificates come; numbers follow production time (R22, R23)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from app.registry.measurements import Interval


class Slice(NamedTuple):
    """Energy of a reading, or of a part of it; `is_carried` from an issuance before."""

    start: int
    end: int
    energy_wh: int
    is_carried: bool


def own(intervals: Iterable[Interval]) -> Iterator[Slice]:
    """Yield an issuance's own readings, in order."""
    return (Slice(*item, is_carried=False) for item in intervals)


def carried(intervals: Sequence[Interval], energy_wh: int) -> list[Slice]:
    """Return, in order, the last so many Wh of an earlier issuance's own readings.

    These hold all that it has carried out: less than its certificates and its readings have.
    """
    found: list[Slice] = []
    left_wh = energy_wh
    for item in reversed(intervals):
        taken_wh = min(left_wh, item.energy_wh)
        if taken_wh:
            found.append(Slice(item.start, item.end, taken_wh, is_carried=True))
        left_wh -= taken_wh
        if not left_wh:
            break
    return found[::-1]


def profile(
    slices: Iterable[Slice], *, first: int, last: int, face_value_wh: int
) -> Iterator[Slice]:
    """Yield what certificates `first` to `last` come from, exact to the Wh.

    Certificate k covers [(k - 1) F, k F) of the slices one after another, F being the face value.
    """
    begin, end = (first - 1) * face_value_wh, last * face_value_wh
    reached = 0
    for item in slices:
        following = reached + item.energy_wh
        taken_wh = min(following, end) - max(reached, begin)
        if taken_wh > 0:
            yield item._replace(energy_wh=taken_wh)
        reached = following
        if reached >= end:
            return
